"""The scripts and styles of the pages, served from the package."""

from importlib.resources import files

from fastapi import APIRouter
from fastapi.responses import Response

MEDIA_TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}


def load() -> dict[str, tuple[bytes, str]]:
    """Content and media type of each file by its name."""
    return {
        entry.name: (entry.read_bytes(), MEDIA_TYPES[f".{entry.name.rpartition('.')[2]}"])
        for entry in files("triage_app.web").joinpath("static").iterdir()
        if f".{entry.name.rpartition('.')[2]}" in MEDIA_TYPES
    }


def router() -> APIRouter:
    """Routes of the files; an unknown name is "not found"."""
    routes = APIRouter()
    known = load()

    @routes.get("/components/{name}")
    async def component(name: str) -> Response:
        if name not in known:
            return Response(status_code=404)
        content, media_type = known[name]
        return Response(content, media_type=media_type)

    @routes.get("/favicon.ico")
    async def favicon() -> Response:
        content, media_type = known["icon.svg"]
        return Response(content, media_type=media_type)

    return routes
