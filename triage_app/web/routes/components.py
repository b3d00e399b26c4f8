"""The routes of the scripts and styles."""

from fastapi import APIRouter
from fastapi.responses import Response

from triage_app.ui.kit import components
from triage_app.web.door import policy

A_DAY = "public, max-age=86400"


def router() -> APIRouter:
    """Routes of the files; an unknown name is "not found"."""
    routes = APIRouter()
    known = components.load()

    @routes.get("/components/{version}/{name}")
    async def component(version: str, name: str) -> Response:
        if name not in known:
            return Response(status_code=404, headers={"cache-control": "no-store"})
        # A page from before an update goes on with what there is now, and keeps none of it.
        current = version == components.version()
        return _answer(name, policy.FOR_GOOD if current else "no-store")

    @routes.get("/favicon.ico")
    async def favicon() -> Response:
        return _answer("icon.svg", A_DAY)

    def _answer(name: str, kept: str) -> Response:
        content, media_type = known[name]
        return Response(content, media_type=media_type, headers={"cache-control": kept})

    return routes
