"""What leaves the store about a patient as a whole: the export, and certificates of erasure."""

from anyio import to_thread
from fastapi import APIRouter
from fastapi.responses import Response, StreamingResponse
from starlette.requests import Request

from triage_app.domain.people import Permission
from triage_app.services.site.application import Application
from triage_app.web.door.access import authorise
from triage_app.web.routes.records import attachment
from triage_app.web.sign_in.routes import fields


def router(station: Application) -> APIRouter:
    """The routes."""
    routes = APIRouter()

    @routes.post("/patients/export")
    async def export(request: Request) -> Response:
        actor = authorise(request, Permission.EXPORT_PATIENT)
        # In the body, because an address is kept by browsers and proxies.
        reference = (await fields(request)).get("reference", "")
        parts = await to_thread.run_sync(station.privacy.export_patient, actor, reference)
        return StreamingResponse(
            parts, media_type="application/zip", headers=attachment("patient.zip")
        )

    @routes.get("/certificates/{certificate_id}.pdf")
    async def certificate(certificate_id: str, request: Request) -> Response:
        actor = authorise(request, Permission.ERASE)
        data = await to_thread.run_sync(station.privacy.certificate_pdf, actor, certificate_id)
        name = f"certificate-{certificate_id[:8]}.pdf"
        return Response(data, media_type="application/pdf", headers=attachment(name))

    return routes
