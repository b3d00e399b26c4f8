"""What may be asked for, from where, and the headers that every answer carries; pure functions."""

import re
from urllib.parse import urlsplit

SAFE_METHODS = frozenset({"GET", "HEAD"})
PAGES = ("analyse", "batch", "history", "case", "about")
# Names that a browser on this machine uses. Any other Host is a rebinding attack or a mistake.
LOOPBACK_NAMES = frozenset({"127.0.0.1", "localhost", "::1"})
UPLOAD_PATH = "/api/uploads"
OTHER_BODIES_LIMIT = 1_000_000

_ID = r"[0-9a-f]{32}"
_GET = (
    r"/",
    rf"/(?:{'|'.join(PAGES)})",
    r"/healthz",
    r"/favicon\.ico",
    r"/components/[a-z-]+\.(?:js|css|svg)",
    rf"/cases/{_ID}/images/(?:original|crop|overlay|thumbnail)",
    rf"/reports/{_ID}\.pdf",
    # From here on: what the pages of Gradio need. All else of Gradio stays shut, above all
    # uploads to its cache, files from it, fetching of addresses, deep links and its own API pages.
    r"/theme\.css",
    r"/assets/[A-Za-z0-9._/-]+",
    r"/static/[A-Za-z0-9._/-]+",
    r"/gradio_api/(?:app_id|startup-events|queue/data)",
    r"/gradio_api/heartbeat/[a-z0-9]+",
)
_POST = (
    UPLOAD_PATH,
    rf"/api/cases/{_ID}/file",
    r"/gradio_api/queue/join",
)
_PUT = (rf"/api/cases/{_ID}/draft",)
_ALLOWED = {
    "GET": re.compile("|".join(_GET)),
    "HEAD": re.compile("|".join(_GET)),
    "POST": re.compile("|".join(_POST)),
    "PUT": re.compile("|".join(_PUT)),
}
_CACHEABLE = re.compile(r"/(?:assets|static)/.*|/theme\.css")


def is_known(method: str, path: str, query: str) -> bool:
    """Whether the application answers this at all; everything else is "not found"."""
    pattern = _ALLOWED.get(method)
    if pattern is None or pattern.fullmatch(path) is None or ".." in path:
        return False
    # A deep link would make Gradio read saved component values from its cache.
    return "deep_link" not in query


def is_own_host(host: str) -> bool:
    """Whether the Host header names this machine, with any port."""
    try:
        return urlsplit(f"//{host}").hostname in LOOPBACK_NAMES
    except ValueError:
        return False


def is_same_origin(method: str, scheme: str, host: str, origin: str | None, site: str) -> bool:
    """Whether a page of this application asks, where it matters.

    A request that changes something must say where it comes from (``Origin``, or
    ``Sec-Fetch-Site``); one that reads may stay silent, but must not name another origin.
    """
    if origin is not None:
        return origin == f"{scheme}://{host}"
    return method in SAFE_METHODS or site == "same-origin"


def is_cacheable(path: str) -> bool:
    """Whether a browser may keep it: program files without patient data only."""
    return _CACHEABLE.fullmatch(path) is not None


def security_headers(path: str, nonce: str) -> dict[str, str]:
    """Headers of every answer; ``nonce`` lets the inline scripts of this one answer run."""
    headers = {
        "content-security-policy": content_policy(nonce),
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "referrer-policy": "no-referrer",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "permissions-policy": "geolocation=(), microphone=(), payment=(), usb=()",
    }
    if not is_cacheable(path):
        headers["cache-control"] = "no-store"
    return headers


def content_policy(nonce: str) -> str:
    """Content security policy: this server only.

    ``unsafe-eval`` is there because Gradio compiles the scripts of its events with
    ``new Function``; inline styles because its components set them.
    """
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'self' 'nonce-{nonce}' 'unsafe-eval'",
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
