"""Routes of batches: files are kept at once and analysed later, whoever is still looking."""

from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request

from triage_app.domain.batch import Progress, Upload, UploadState
from triage_app.domain.people import Permission
from triage_app.services.ground.queueing import Lane
from triage_app.services.site.application import Application
from triage_app.web.door.access import authorise
from triage_app.web.door.failures import MalformedRequest
from triage_app.web.routes.uploads import ID, Doorway, is_id, read_body, source_name

# What is told rounded, so that the time which single images take can't be read from it.
REMAINING_STEP_S = 5
LARGEST_SELECTION = 1000


class Selection(BaseModel):
    """Files of a batch by their ids."""

    model_config = ConfigDict(extra="forbid")
    files: list[Annotated[str, Field(pattern=rf"^{ID}$")]] = Field(max_length=LARGEST_SELECTION)


def router(station: Application, doorway: Doorway) -> APIRouter:
    """The routes."""
    routes = APIRouter()

    @routes.post("/api/batches/{batch_id}/files", status_code=202)
    async def receive(batch_id: str, request: Request) -> JSONResponse:
        actor = authorise(request, Permission.UPLOAD)
        name, number = source_name(request), upload_id(request)
        async with doorway.opened(actor, Lane.BACKGROUND):
            data = await read_body(request, station.max_upload_bytes)
            upload: Upload = await to_thread.run_sync(
                lambda: station.intake.receive(actor, batch_id, number, data, name)
            )
        return JSONResponse({"file": upload.id, "state": upload.state}, 202)

    @routes.get("/api/batches/{batch_id}")
    async def progress(batch_id: str, request: Request) -> dict[str, object]:
        actor = authorise(request, Permission.UPLOAD)
        return told(await to_thread.run_sync(station.intake.progress, actor, batch_id))

    @routes.post("/api/batches/{batch_id}/retry")
    async def retry(batch_id: str, body: Selection, request: Request) -> dict[str, object]:
        actor = authorise(request, Permission.UPLOAD)
        await to_thread.run_sync(station.intake.retry, actor, batch_id, body.files)
        return told(await to_thread.run_sync(station.intake.progress, actor, batch_id))

    @routes.post("/api/batches/{batch_id}/dismiss")
    async def dismiss(batch_id: str, body: Selection, request: Request) -> dict[str, object]:
        actor = authorise(request, Permission.UPLOAD)
        await to_thread.run_sync(station.intake.dismiss, actor, batch_id, body.files)
        return told(await to_thread.run_sync(station.intake.progress, actor, batch_id))

    @routes.post("/api/batches/{batch_id}/stop")
    async def stop(batch_id: str, request: Request) -> dict[str, object]:
        actor = authorise(request, Permission.UPLOAD)
        await to_thread.run_sync(station.intake.stop, actor, batch_id)
        return told(await to_thread.run_sync(station.intake.progress, actor, batch_id))

    return routes


def upload_id(request: Request) -> str:
    """The file's own number, chosen by the page; raises MalformedRequest for another form."""
    number = request.headers.get("x-upload", "")
    if not is_id(number):
        raise MalformedRequest("The file has no number. Reload the page.")
    return number


def told(progress: Progress) -> dict[str, object]:
    """A batch for its page; no time of a single image, and nothing of what was found."""
    counts, rate, rest = progress.counts, progress.per_minute, progress.remaining_s
    return {
        "total": counts.total,
        "waiting": counts.waiting,
        "done": counts.done,
        "failed": counts.failed,
        "per_minute": None if rate is None else round(rate),
        "remaining_s": None if rest is None else REMAINING_STEP_S * (1 + rest // REMAINING_STEP_S),
        "pause": progress.pause,
        "failures": [
            {"file": upload.id, "name": upload.source_name, "reason": upload.reason}
            for upload in progress.failures
            if upload.state is UploadState.FAILED
        ],
    }
