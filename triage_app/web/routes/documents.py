"""What closes a case and leaves the store: pathologists' reports, letters, and cases as CSV."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import fields as fields_of

from anyio import to_thread
from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response, StreamingResponse
from starlette.requests import Request

from triage_app.domain.case import Case
from triage_app.domain.errors import InvalidInput, UploadTooLarge
from triage_app.domain.people import Permission
from triage_app.services.reading.outcomes import LARGEST_DOCUMENT
from triage_app.services.site.application import Application
from triage_app.ui.cases.query import LONGEST, HistoryQuery
from triage_app.web.door.access import authorise
from triage_app.web.door.limits import InFlight
from triage_app.web.routes.records import attachment
from triage_app.web.routes.uploads import read_body
from triage_app.web.sign_in.routes import fields

# Each document on its way in is held in memory; further ones wait at the socket.
DOCUMENTS_AT_ONCE = 2


def router(station: Application) -> APIRouter:
    """The routes."""
    routes = APIRouter()
    _add_documents(routes, station)
    _add_letters(routes, station)

    @routes.post("/cases/export")
    async def export(request: Request) -> Response:
        actor = authorise(request, Permission.EXPORT_CASES)
        # In the body: what is searched for may name a patient, and addresses are kept.
        wanted = _query(await fields(request)).filter()
        parts = await to_thread.run_sync(station.exports.stream, actor, wanted)
        return StreamingResponse(
            parts, media_type="text/csv; charset=utf-8", headers=attachment("cases.csv")
        )

    return routes


def _add_documents(routes: APIRouter, station: Application) -> None:
    slots = asyncio.Semaphore(DOCUMENTS_AT_ONCE)
    in_flight = InFlight()

    @routes.post("/api/cases/{case_id}/outcomes/{outcome_id}/document", status_code=201)
    async def attach(case_id: str, outcome_id: str, request: Request) -> JSONResponse:
        actor = authorise(request, Permission.REVIEW)
        async with AsyncExitStack() as held:
            if not station.single_user:
                held.enter_context(in_flight.one(actor.id))
            await held.enter_async_context(slots)
            data = await _document(request)
            case: Case = await to_thread.run_sync(
                station.outcomes.attach, actor, case_id, outcome_id, data
            )
        return JSONResponse({"case": case.id, "version": case.version}, 201)

    @routes.get("/outcomes/{outcome_id}.pdf")
    async def document(outcome_id: str, request: Request) -> Response:
        actor = authorise(request, Permission.SEE_FINDINGS)
        _, data = await to_thread.run_sync(station.outcomes.document, actor, outcome_id)
        # Not made by us, so a browser keeps it as a file and never shows it as a page of ours.
        return _pdf(data, f"pathology-{outcome_id[:8]}.pdf")


def _add_letters(routes: APIRouter, station: Application) -> None:
    @routes.get("/letters/{letter_id}.pdf")
    async def letter(letter_id: str, request: Request) -> Response:
        actor = authorise(request, Permission.SEE_FINDINGS)
        issued, data, case = await to_thread.run_sync(station.letters.read, actor, letter_id)
        return _pdf(data, f"letter-{case.id[:8]}-{issued.number}.pdf")


async def _document(request: Request) -> bytes:
    try:
        return await read_body(request, LARGEST_DOCUMENT)
    except UploadTooLarge:
        megabytes = LARGEST_DOCUMENT // 1_000_000
        raise InvalidInput(
            "document", f"The report is larger than {megabytes} MB. Export it anew."
        ) from None


def _query(sent: dict[str, str]) -> HistoryQuery:
    """The list that the history page would show for these fields of its filter."""
    known = {f.name for f in fields_of(HistoryQuery)} - {"order", "cursor"}
    return HistoryQuery(**{name: sent[name][:LONGEST] for name in known if name in sent})


def _pdf(data: bytes, name: str) -> Response:
    return Response(data, media_type="application/pdf", headers=attachment(name))
