"""One FastAPI application: the guard, the own routes, and the pages behind them."""

from fastapi import APIRouter, FastAPI
from fastapi.responses import RedirectResponse
from starlette.requests import Request

from triage_app import __version__
from triage_app.services.application import Application
from triage_app.web import components, failures, records, uploads
from triage_app.web.access import authorise
from triage_app.web.guard import Guard
from triage_app.web.mount import mount_pages


def create_app(station: Application) -> FastAPI:
    """The application for one workstation; building it opens no port."""
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
    web.include_router(uploads.router(station))
    web.include_router(records.router(station))
    mount_pages(web, station)
    web.add_middleware(Guard)
    return web


def _basics(station: Application) -> APIRouter:
    routes = APIRouter()

    @routes.get("/")
    async def start(request: Request) -> RedirectResponse:
        authorise(request)
        return RedirectResponse("/analyse", 303)

    @routes.get("/healthz")
    async def health() -> dict[str, object]:
        return {
            "status": "ok",
            "version": __version__,
            "model": "in service" if station.card else "not in service",
        }

    return routes
