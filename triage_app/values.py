"""Values of settings that are one of a few; each function raises ConfigurationError for others."""

from ipaddress import ip_address

from triage_app.domain.context import RedFlag
from triage_app.domain.errors import ConfigurationError


def loopback(host: str) -> str:
    """The address to listen on."""
    try:
        allowed = host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        allowed = False
    if not allowed:
        raise ConfigurationError(
            f"TRIAGE_HOST is {host!r}. The server itself speaks plain HTTP, so it only listens on "
            "this machine: use 127.0.0.1, ::1 or localhost, and a reverse proxy with TLS in front."
        )
    return host


def red_flags(text: str) -> frozenset[RedFlag]:
    """The red flags that make a case urgent."""
    names = [name.strip() for name in text.split(",") if name.strip()]
    try:
        return frozenset(RedFlag(name) for name in names)
    except ValueError as error:
        raise ConfigurationError(
            f"TRIAGE_URGENT_RED_FLAGS: {error}. Known: {', '.join(f.value for f in RedFlag)}."
        ) from None


def log_level(text: str) -> str:
    """The least severe messages that are logged."""
    if text.upper() not in {"DEBUG", "INFO", "WARNING", "ERROR"}:
        raise ConfigurationError(
            f"TRIAGE_LOG_LEVEL must be DEBUG, INFO, WARNING or ERROR, not {text!r}."
        )
    return text.upper()
