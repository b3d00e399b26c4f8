"""One FastAPI application: the guard, the own routes, and the pages behind them."""

from fastapi import APIRouter, FastAPI
from fastapi.responses import RedirectResponse
from starlette.requests import Request

from triage_app import __version__
from triage_app.services.site.application import Application
from triage_app.ui.kit import places
from triage_app.web.door import failures
from triage_app.web.door.access import Access, authorise
from triage_app.web.door.events import EventGate, Windows
from triage_app.web.door.guard import Guard
from triage_app.web.door.window_states import WindowStates
from triage_app.web.mount import mount_pages
from triage_app.web.routes import batches, components, documents, me, patients, records, uploads
from triage_app.web.sign_in import credentials
from triage_app.web.sign_in import routes as sign_in


def create_app(station: Application, public_origin: str = "") -> FastAPI:
    """The application for one workstation; building it opens no port.

    ``public_origin`` is the origin of a reverse proxy with TLS in front of it, empty without one.
    """
    access = Access(station.accounts, public_origin)
    web = FastAPI(
        title=station.site_name,
        version=__version__,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
    )
    failures.install(web)
    web.include_router(_basics(station))
    web.include_router(components.router())
    doorway = uploads.Doorway(station)
    web.include_router(uploads.router(station, doorway))
    web.include_router(batches.router(station, doorway))
    web.include_router(records.router(station))
    web.include_router(sign_in.router(station, access))
    web.include_router(credentials.router(station))
    web.include_router(patients.router(station))
    web.include_router(documents.router(station))
    web.include_router(me.router(station))
    pages = mount_pages(web, station)
    gate = EventGate(pages, Windows(), WindowStates(pages))
    web.add_middleware(Guard, access=access, gate=gate)
    return web


def _basics(station: Application) -> APIRouter:
    routes = APIRouter()

    @routes.get("/")
    async def start(request: Request) -> RedirectResponse:
        return RedirectResponse(places.start(authorise(request)), 303)

    @routes.get("/healthz")
    async def health() -> dict[str, object]:
        # Anybody may ask, so it tells no version.
        return {"status": "ok", "model": "in service" if station.card else "not in service"}

    return routes
