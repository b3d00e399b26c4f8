"""GET /api/me: what the frame of a page needs to know about the person in front of it."""

from base64 import b64encode

from anyio import to_thread
from fastapi import APIRouter
from starlette.requests import Request

from triage_app.services.site.application import Application
from triage_app.ui.kit import places
from triage_app.ui.words import people as words
from triage_app.web.door.access import authorise


def router(station: Application) -> APIRouter:
    """The route; it asks for no use of the session, so a page may ask again by itself."""
    routes = APIRouter()

    @routes.get("/api/me")
    async def me(request: Request) -> dict[str, object]:
        actor = authorise(request)
        suspended = await to_thread.run_sync(station.safety.suspended)
        key = await to_thread.run_sync(station.windows.key, actor)
        side, menu = places.divided(places.open_to(actor, single_user=station.single_user))
        return {
            "id": actor.id,
            "key": b64encode(key).decode(),
            "name": "" if station.single_user else actor.name,
            "links": [_link(place) for place in side],
            "menu": [_link(place) for place in menu],
            "menu_label": words.MENU.format(name=actor.name),
            "sign_out": words.SIGN_OUT,
            "notes": [words.SINGLE_USER] if station.single_user else [],
            "suspended": words.SUSPENDED.format(sentence=suspended) if suspended else "",
        }

    return routes


def _link(place: places.Place) -> dict[str, str]:
    return {"path": place.path, "label": place.label}
