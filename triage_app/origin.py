"""The address of the reverse proxy, as browsers spell it in ``Origin`` and ``Host``.

Follows the host parser and the serialiser of the URL standard, https://url.spec.whatwg.org/, but
refuses spellings that nobody means.
"""

import re
from ipaddress import IPv6Address, ip_address
from urllib.parse import unquote_to_bytes

import idna

from triage_app.domain.errors import ConfigurationError
from triage_app.domain.shown import shown

HTTPS_PORT = 443
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_LONGEST_NAME = 253
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")


def browser_origin(text: str) -> str:
    """``https://host`` or ``https://host:port`` as a browser sends it; empty for empty text.

    Letters are folded, names with other than ASCII letters become punycode, the port 443 and a
    slash or dot at the end go. Raises ConfigurationError for whatever is more or less than an
    origin with TLS.
    """
    if not text:
        return ""
    scheme, separator, rest = text.partition("://")
    if not separator or scheme.lower() != "https":
        raise _refused(text, "it must begin with https://, since patients' data need TLS")
    authority, path = re.fullmatch(r"([^/?#\\]*)(.*)", rest, re.DOTALL).groups()  # type: ignore[union-attr]
    if path.strip("/"):
        raise _refused(text, "leave out the path and whatever else comes after the host")
    if "@" in authority:
        raise _refused("not shown here", "leave out the user name and password")
    host, port = _split(text, authority)
    return f"https://{_host(text, host)}{_port(text, port)}"


def _split(text: str, authority: str) -> tuple[str, str]:
    """Host and port; the host of an IPv6 address with its brackets."""
    if authority.startswith("["):
        host, bracket, rest = authority.partition("]")
        if not bracket or (rest and not rest.startswith(":")):
            raise _refused(text, "an IPv6 address is written as in https://[2001:db8::1]")
        return host + bracket, rest[1:]
    if authority.count(":") > 1:
        raise _refused(text, "an IPv6 address needs brackets, as in https://[2001:db8::1]")
    host, _, port = authority.partition(":")
    return host, port


def _port(text: str, port: str) -> str:
    if not port:
        return ""
    if not re.fullmatch(r"[0-9]{1,5}", port) or not 0 < int(port) <= 65535:
        raise _refused(text, "the port must be a number from 1 to 65535")
    return "" if int(port) == HTTPS_PORT else f":{int(port)}"


def _host(text: str, host: str) -> str:
    if host.startswith("["):
        try:
            return f"[{_ipv6(host[1:-1])}]"
        except ValueError:
            raise _refused(text, "what is in brackets is no IPv6 address") from None
    name = _name(text, host)
    if _NUMBER.fullmatch(name.rpartition(".")[2]):
        # Browsers take "127.1" and "0x7f000001" for addresses, too; nobody means those.
        try:
            return str(ip_address(name))
        except ValueError:
            raise _refused(text, "an IPv4 address is four numbers up to 255") from None
    return name


def _ipv6(address: str) -> str:
    if "%" in address:
        raise ValueError("browsers know no zones")
    parsed = IPv6Address(address)
    if parsed.ipv4_mapped:
        # Browsers write it in hexadecimal digits, later versions of Python don't.
        high, low = divmod(int(parsed.ipv4_mapped), 1 << 16)
        return f"::ffff:{high:x}:{low:x}"
    return parsed.compressed


def _name(text: str, host: str) -> str:
    try:
        decoded = unquote_to_bytes(host).decode()
        mapped = idna.uts46_remap(decoded, std3_rules=False).removesuffix(".")
        labels = [_ascii(label) for label in mapped.split(".")]
    except (UnicodeError, idna.IDNAError):
        raise _refused(
            text,
            "the name of its host isn't one that browsers know. Open it in a browser, and copy "
            "the address from there",
        ) from None
    name = ".".join(labels)
    if not all(map(_LABEL.fullmatch, labels)) or len(name) > _LONGEST_NAME:
        raise _refused(
            text, "a host is made of letters, digits and hyphens, with dots between its parts"
        )
    return name


def _ascii(label: str) -> str:
    if label.startswith("xn--"):
        label[4:].encode("ascii").decode("punycode")  # or it is none
    return label if label.isascii() else idna.alabel(label).decode("ascii")


def _refused(text: str, why: str) -> ConfigurationError:
    return ConfigurationError(
        f"TRIAGE_PUBLIC_ORIGIN is {shown(text)}: {why}. "
        "It is the address that people type, such as https://triage.clinic.example."
    )
