"""POST /api/uploads: one image as the raw body, analysed and stored as a draft at once."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from urllib.parse import unquote

from anyio import to_thread
from fastapi import APIRouter
from fastapi.responses import JSONResponse
from starlette.requests import ClientDisconnect, Request

from triage_app.domain.case import Case
from triage_app.domain.errors import StorageUnavailable, UploadTooLarge
from triage_app.domain.people import Actor, Permission
from triage_app.domain.text import BIDI_CONTROLS
from triage_app.services.ground.queueing import FairQueue, Lane
from triage_app.services.site.application import Application
from triage_app.web.door.access import authorise
from triage_app.web.door.failures import MalformedRequest
from triage_app.web.door.limits import InFlight
from triage_app.web.routes.records import shown_level

# Each upload in progress holds its file in memory; further ones wait at the socket.
UPLOADS_AT_ONCE = 6
SECONDS_BETWEEN_PARTS = 30.0
NAME_LENGTH = 200
ID = r"[0-9a-f]{32}"


@dataclass(frozen=True)
class Doorway:
    """What every route that takes an image is held by: files in memory, and each person's share.

    Further uploads wait at the socket, in fair order, before anything of them is read.
    """

    station: Application
    in_memory: FairQueue = field(
        default_factory=lambda: FairQueue(UPLOADS_AT_ONCE, each=UPLOADS_AT_ONCE // 2)
    )
    in_flight: InFlight = field(default_factory=InFlight)

    @asynccontextmanager
    async def opened(self, actor: Actor, lane: Lane) -> AsyncIterator[None]:
        """Held while one file is in memory; raises TooManyRequests and Busy."""
        with nullcontext() if self.station.single_user else self.in_flight.one(actor.id):
            async with self.in_memory.awaited(actor.id, lane):
                yield


def router(station: Application, doorway: Doorway) -> APIRouter:
    """The route."""
    routes = APIRouter()

    @routes.post("/api/uploads", status_code=201)
    async def upload(request: Request) -> JSONResponse:
        actor = authorise(request, Permission.UPLOAD)
        name, batch = source_name(request), batch_id(request)
        async with doorway.opened(actor, Lane.INTERACTIVE):
            data = await read_body(request, station.max_upload_bytes)
            async with station.queue.awaited(actor.id):
                case: Case = await to_thread.run_sync(
                    lambda: station.cases.analyse_upload(actor, data, name, batch_id=batch)
                )
        copies = await to_thread.run_sync(station.copies.seen, actor, [case.id])
        answer = {
            "case": case.id,
            "version": case.version,
            "level": shown_level(case),
            "copies": len(copies.get(case.id, ())),
        }
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
    if not is_id(batch):
        raise MalformedRequest("The batch number is malformed. Reload the page.")
    return batch


def is_id(text: str) -> bool:
    """Whether the text has the form of an internal id."""
    return re.fullmatch(ID, text) is not None
