"""The scripts and styles of the pages, under addresses that change with their content.

So a browser keeps them for good and asks for none of them again, and after an update a page never
mixes old ones with new ones.
"""

from functools import cache
from hashlib import sha256
from importlib.resources import files

MEDIA_TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
ROOT = "/components/"
VERSION_LENGTH = 12


@cache
def _raw() -> dict[str, bytes]:
    folder = files("triage_app.ui").joinpath("static")
    return {entry.name: entry.read_bytes() for entry in folder.iterdir() if _kind(entry.name)}


def _kind(name: str) -> str:
    return MEDIA_TYPES.get(f".{name.rpartition('.')[2]}", "")


@cache
def version() -> str:
    """Twelve hexadecimal digits that change when any of the files does."""
    digest = sha256()
    for name, content in sorted(_raw().items()):
        digest.update(f"{name} {len(content)} ".encode() + content)
    return digest.hexdigest()[:VERSION_LENGTH]


def address(name: str) -> str:
    """Where a page finds a file."""
    return f"{ROOT}{version()}/{name}"


@cache
def load() -> dict[str, tuple[bytes, str]]:
    """Content and media type of each file by its name; scripts name each other by ``address``."""
    written, served = f'"{ROOT}'.encode(), f'"{ROOT}{version()}/'.encode()
    return {
        name: (
            content.replace(written, served) if name.endswith(".js") else content,
            _kind(name),
        )
        for name, content in _raw().items()
    }
