"""POST /api/uploads: one image as the raw body, analysed and stored as a draft at once."""

import asyncio
import re
from contextlib import AsyncExitStack
from urllib.parse import unquote

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter
from fastapi.responses import JSONResponse
from starlette.requests import ClientDisconnect, Request

from triage_app.domain.case import Case
from triage_app.domain.errors import StorageUnavailable, UploadTooLarge
from triage_app.domain.people import Permission
from triage_app.domain.text import BIDI_CONTROLS
from triage_app.services.application import Application
from triage_app.web.access import authorise
from triage_app.web.failures import MalformedRequest
from triage_app.web.limits import InFlight
from triage_app.web.records import shown_level

# Each upload in progress holds its file in memory; further ones wait at the socket.
UPLOADS_AT_ONCE = 6
ANALYSES_AT_ONCE = 2
SECONDS_BETWEEN_PARTS = 30.0
NAME_LENGTH = 200
_BATCH = re.compile(r"[0-9a-f]{32}")


def router(station: Application) -> APIRouter:
    """The route, with its own limits on simultaneous work."""
    routes = APIRouter()
    slots = asyncio.Semaphore(UPLOADS_AT_ONCE)
    workers = CapacityLimiter(ANALYSES_AT_ONCE)
    in_flight = InFlight()

    @routes.post("/api/uploads", status_code=201)
    async def upload(request: Request) -> JSONResponse:
        actor = authorise(request, Permission.UPLOAD)
        name, batch = source_name(request), batch_id(request)
        async with AsyncExitStack() as held:
            if not station.single_user:
                held.enter_context(in_flight.one(actor.id))
            await held.enter_async_context(slots)
            data = await read_body(request, station.max_upload_bytes)
            case: Case = await to_thread.run_sync(
                lambda: station.cases.analyse_upload(actor, data, name, batch_id=batch),
                limiter=workers,
            )
        answer = {"case": case.id, "version": case.version, "level": shown_level(case)}
        return JSONResponse(answer, 201, {"location": f"/case?id={case.id}"})

    return routes


async def read_body(request: Request, limit: int) -> bytes:
    """The body in memory, at most ``limit`` bytes.

    Raises UploadTooLarge before reading where the length is declared, MalformedRequest for a
    connection that stalls or breaks off.
    """
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > limit:
        raise UploadTooLarge(limit / 1e6)
    parts = bytearray()
    stream = request.stream().__aiter__()
    while True:
        try:
            part = await asyncio.wait_for(anext(stream), SECONDS_BETWEEN_PARTS)
        except StopAsyncIteration:
            return bytes(parts)
        except (TimeoutError, ClientDisconnect):
            raise MalformedRequest("The upload broke off. Send the file again.") from None
        except MemoryError:
            raise StorageUnavailable("The server is short of memory. Try again later.") from None
        parts += part
        if len(parts) > limit:
            raise UploadTooLarge(limit / 1e6)


def source_name(request: Request) -> str:
    """Name that the file had, from the percent-encoded ``X-File-Name`` header; only ever shown."""
    name = unquote(request.headers.get("x-file-name", ""))
    last = re.split(r"[/\\]", name)[-1]
    shown = "".join(c for c in last if c.isprintable() and c not in BIDI_CONTROLS)
    return shown.strip()[:NAME_LENGTH]


def batch_id(request: Request) -> str | None:
    """The batch that the page put the file into; raises MalformedRequest for another form."""
    batch = request.headers.get("x-batch", "")
    if not batch:
        return None
    if not _BATCH.fullmatch(batch):
        raise MalformedRequest("The batch number is malformed. Reload the page.")
    return batch
