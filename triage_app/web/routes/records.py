"""Routes of stored cases: autosave, filing, pictures and reports."""

from typing import Any

from anyio import to_thread
from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request

from triage_app.domain.case import Case
from triage_app.domain.files import FileKind
from triage_app.domain.people import Permission
from triage_app.domain.withholding import is_withheld
from triage_app.services.cases.drafts import save_fields
from triage_app.services.site.application import Application
from triage_app.web.door.access import authorise
from triage_app.web.door.events import LARGEST_NUMBER

# The original is handed out as a file, never rendered: it is the only one not made by us.
SUFFIXES = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/webp": "webp",
    "image/tiff": "tif",
    "image/bmp": "bmp",
    "image/heic": "heic",
    "image/heif": "heif",
}


class Draft(BaseModel):
    """Changed fields of a form, and the version of the case that they were typed over."""

    model_config = ConfigDict(extra="forbid")
    version: int = Field(ge=1, le=LARGEST_NUMBER)
    fields: dict[str, Any] = Field(max_length=32)


class Confirmation(BaseModel):
    """The version of the case that the person saw when confirming it."""

    model_config = ConfigDict(extra="forbid")
    version: int = Field(ge=1, le=LARGEST_NUMBER)


def router(station: Application) -> APIRouter:
    """The routes."""
    routes = APIRouter()

    @routes.put("/api/cases/{case_id}/draft")
    async def draft(case_id: str, body: Draft, request: Request) -> dict[str, object]:
        actor = authorise(request, Permission.UPLOAD, Permission.CHANGE_CASES)
        case = await to_thread.run_sync(
            save_fields, station.cases, actor, case_id, body.version, body.fields
        )
        return _state(case)

    @routes.post("/api/cases/{case_id}/file")
    async def file(case_id: str, body: Confirmation, request: Request) -> dict[str, object]:
        actor = authorise(request, Permission.CHANGE_CASES)
        return _state(await to_thread.run_sync(station.cases.file, actor, case_id, body.version))

    @routes.get("/cases/{case_id}/images/{kind}")
    async def image(case_id: str, kind: FileKind, request: Request) -> Response:
        actor = authorise(request, Permission.SEE_FINDINGS, Permission.SEE_OWN_UPLOADS)
        stored, data = await to_thread.run_sync(station.cases.file_bytes, actor, case_id, kind)
        headers = {}
        if kind is FileKind.ORIGINAL:
            suffix = SUFFIXES.get(stored.media_type, "bin")
            headers = attachment(f"image-{case_id[:8]}.{suffix}")
        return Response(data, media_type=stored.media_type, headers=headers)

    @routes.get("/reports/{report_id}.pdf")
    async def report(report_id: str, request: Request) -> Response:
        actor = authorise(request, Permission.SEE_FINDINGS)
        issued, data, case = await to_thread.run_sync(station.reports.read, actor, report_id)
        name = f"report-{case.id[:8]}-{issued.number}.pdf"
        return Response(data, media_type="application/pdf", headers=attachment(name))

    return routes


def _state(case: Case) -> dict[str, object]:
    decision = case.analysis.decision
    return {
        "version": case.version,
        "state": case.state,
        "level": shown_level(case),
        "reasons": [reason.code for reason in decision.reasons],
    }


def shown_level(case: Case) -> str | None:
    """The level; None where findings are withheld, since "cannot assess" would be untrue."""
    return None if is_withheld(case) else case.analysis.decision.level.value


def attachment(name: str) -> dict[str, str]:
    """Headers that make a browser keep an answer as a file, which it never shows as a page."""
    return {"content-disposition": f'attachment; filename="{name}"'}
