"""What may be asked for, from where, and the headers that every answer carries; pure functions."""

import re
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import unquote_plus, urlsplit

from triage_app.domain.people import Permission
from triage_app.ui.kit import places

SAFE_METHODS = frozenset({"GET", "HEAD"})
# Names that a browser on this machine uses. Any other Host is a rebinding attack or a mistake.
LOOPBACK_NAMES = frozenset({"127.0.0.1", "localhost", "::1"})
UPLOAD_PATH = "/api/uploads"
JOIN_PATH = "/gradio_api/queue/join"
PASSWORD_PATH, SIGN_IN_PATH, SIGN_OUT_PATH = "/password", "/sign-in", "/sign-out"
TWO_FACTOR_PATH = "/two-factor"
# Pages without Gradio: plain forms.
FORM_PATHS = frozenset({SIGN_IN_PATH, PASSWORD_PATH, TWO_FACTOR_PATH})
OTHER_BODIES_LIMIT = 1_000_000

_ID = r"[0-9a-f]{32}"
BATCH_FILES_PATH = re.compile(rf"/api/batches/{_ID}/files")
DOCUMENT_PATH = re.compile(rf"/api/cases/{_ID}/outcomes/{_ID}/document")
_ANY = places.EVERYONE


@dataclass(frozen=True)
class Rule:
    """Who may ask for what, before the handler itself looks closer.

    ``any_of``: permissions of which one is enough; an empty set lets in whoever is signed in.
    ``page`` answers a person who is not signed in with the way to sign in, rather than an error.
    ``quiet`` requests are made by a page by itself and do not keep a session alive.
    """

    methods: frozenset[str]
    pattern: re.Pattern[str]
    any_of: frozenset[Permission] = _ANY
    public: bool = False
    page: bool = False
    quiet: bool = False


def _get(pattern: str, any_of: frozenset[Permission] = _ANY, **flags: bool) -> Rule:
    return Rule(SAFE_METHODS, re.compile(pattern), any_of, **flags)


def _send(method: str, pattern: str, any_of: frozenset[Permission] = _ANY, **flags: bool) -> Rule:
    return Rule(frozenset({method}), re.compile(pattern), any_of, **flags)


_UPLOAD = frozenset({Permission.UPLOAD})
_CHANGE = frozenset({Permission.CHANGE_CASES})
_SEE = frozenset({Permission.SEE_FINDINGS})
_REVIEW = frozenset({Permission.REVIEW})
RULES: tuple[Rule, ...] = (
    _get(SIGN_IN_PATH, public=True),
    _send("POST", SIGN_IN_PATH, public=True),
    _get(r"/healthz", public=True),
    _get(r"/favicon\.ico", public=True),
    _get(r"/components/[0-9a-f]{12}/[a-z-]+\.(?:js|css|svg)", public=True),
    # Programs and styles of Gradio, without data.
    _get(r"/theme\.css", public=True),
    _get(r"/(?:assets|static)/[A-Za-z0-9._/-]+", public=True),
    _get(r"/", page=True),
    *(_get(place.path, place.any_of, page=True) for place in places.PLACES),
    _get(f"{PASSWORD_PATH}|{TWO_FACTOR_PATH}", page=True),
    _send("POST", f"{PASSWORD_PATH}|{TWO_FACTOR_PATH}", page=True),
    _send("POST", SIGN_OUT_PATH, page=True),
    _get(r"/api/me", quiet=True),
    _send("POST", UPLOAD_PATH, _UPLOAD),
    _send("POST", BATCH_FILES_PATH.pattern, _UPLOAD),
    _get(rf"/api/batches/{_ID}", _UPLOAD, quiet=True),
    _send("POST", rf"/api/batches/{_ID}/(?:retry|dismiss|stop)", _UPLOAD),
    _send("PUT", rf"/api/cases/{_ID}/draft", _UPLOAD | _CHANGE),
    _send("POST", rf"/api/cases/{_ID}/file", _CHANGE),
    _get(rf"/cases/{_ID}/images/(?:original|crop|overlay|thumbnail)", places.SIGHT),
    _get(rf"/(?:reports|outcomes|letters)/{_ID}\.pdf", _SEE),
    _send("POST", DOCUMENT_PATH.pattern, _REVIEW),
    _send("POST", r"/cases/export", frozenset({Permission.EXPORT_CASES})),
    _send("POST", r"/patients/export", frozenset({Permission.EXPORT_PATIENT})),
    _get(rf"/certificates/{_ID}\.pdf", frozenset({Permission.ERASE})),
    # What the pages of Gradio need. All else of Gradio stays shut, above all uploads to its
    # cache, files from it, fetching of addresses, deep links and its own API pages.
    _send("POST", JOIN_PATH),
    _get(r"/gradio_api/(?:app_id|startup-events|queue/data)", quiet=True),
    _get(r"/gradio_api/heartbeat/[a-z0-9]+", quiet=True),
)
_CACHEABLE = re.compile(r"/(?:assets|static|components)/.*|/theme\.css|/favicon\.ico")
# Their names change with their content.
_UNCHANGING = re.compile(r"/assets/.*|/theme\.css\?v=[0-9a-f]+")
FOR_GOOD = "public, max-age=31536000, immutable"


def rule_for(method: str, path: str, query: str) -> Rule | None:
    """The rule for a request; None for what the application does not answer at all."""
    # A deep link would make Gradio read saved component values from its cache.
    if ".." in path or "deep_link" in unquote_plus(query):
        return None
    fitting = (r for r in RULES if method in r.methods and r.pattern.fullmatch(path))
    return next(fitting, None)


def takes_a_file(path: str) -> bool:
    """Whether a route takes a file as its body, and sees to its size by itself."""
    patterns = (BATCH_FILES_PATH, DOCUMENT_PATH)
    return path == UPLOAD_PATH or any(p.fullmatch(path) is not None for p in patterns)


def is_own_host(host: str, public_host: str = "") -> bool:
    """Whether the Host header names this machine with any port, or the reverse proxy."""
    if public_host and host == public_host:
        return True
    try:
        return urlsplit(f"//{host}").hostname in LOOPBACK_NAMES
    except ValueError:
        return False


def as_sent(scheme: str, host: str) -> str:
    """A Host, or what follows ``//`` in an Origin, in the spelling of browsers.

    Some proxies add the port, keep capital letters, or a dot at the end.
    """
    port = {"https": "443", "http": "80"}.get(scheme, "")
    name = host.lower().removesuffix(f":{port}") if port else host.lower()
    before, separator, number = name.rpartition(":")
    return f"{before.removesuffix('.')}:{number}" if separator else name.removesuffix(".")


def is_loopback(address: str) -> bool:
    """Whether a client's address is on this machine."""
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False


def is_same_origin(method: str, scheme: str, host: str, origin: str | None, site: str) -> bool:
    """Whether a page of this application asks, where it matters.

    A request that changes something must say where it comes from (``Origin``, or
    ``Sec-Fetch-Site``); one that reads may stay silent, but must not name another origin.
    """
    if origin is not None:
        named, _, rest = origin.partition("://")
        return named == scheme and as_sent(scheme, rest) == as_sent(scheme, host)
    return method in SAFE_METHODS or site == "same-origin"


def is_cacheable(path: str) -> bool:
    """Whether a browser may keep it: program files without patient data only."""
    return _CACHEABLE.fullmatch(path) is not None


def is_unchanging(path: str, query: str) -> bool:
    """Whether what Gradio serves there is the same for good."""
    return _UNCHANGING.fullmatch(f"{path}?{query}" if query else path) is not None


def security_headers(path: str, nonce: str) -> dict[str, str]:
    """Headers of every answer; ``nonce`` lets the inline scripts of this one answer run."""
    headers = {
        "content-security-policy": content_policy(nonce, compiling=path not in FORM_PATHS),
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        # To other sites nothing; a form without any would send no origin either.
        "referrer-policy": "same-origin",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "permissions-policy": "geolocation=(), microphone=(), payment=(), usb=()",
    }
    if not is_cacheable(path):
        headers["cache-control"] = "no-store"
    return headers


def content_policy(nonce: str, *, compiling: bool = True) -> str:
    """Content security policy: this server only.

    With ``compiling`` scripts may compile scripts: Gradio does so with those of its events. Inline
    styles are there because its components set them.
    """
    unsafe = " 'unsafe-eval'" if compiling else ""
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'self' 'nonce-{nonce}'{unsafe}",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "connect-src 'self'",
            "base-uri 'self'",
            "form-action 'self'",
            "frame-ancestors 'none'",
            "object-src 'none'",
        )
    )
