"""Signing in and out: plain pages, so that no password passes through Gradio's queue."""

import re
from collections.abc import Mapping
from urllib.parse import parse_qsl

from anyio import to_thread
from fastapi import APIRouter
from fastapi.responses import RedirectResponse
from starlette.requests import Request
from starlette.responses import Response

from triage_app.domain.errors import NotSignedIn, SignInRefused, TooManyRequests
from triage_app.domain.people import Actor
from triage_app.services.accounts.accounts import Accounts
from triage_app.services.site.application import Application
from triage_app.ui.kit import places
from triage_app.ui.kit.frame import made_up
from triage_app.ui.kit.markup import esc, notice
from triage_app.ui.words import people as words
from triage_app.web.door import plain
from triage_app.web.door.access import Access, address_of, authorise
from triage_app.web.door.failures import MalformedRequest
from triage_app.web.door.limits import Attempts

FORM_LIMIT = 20_000
# Everything that the browser keeps of this server; the cookie is taken back by its name.
CLEARED = '"cache", "storage"'
_OWN = re.compile(rf"/(?:{'|'.join(places.BY_NAME)})(?:\?[A-Za-z0-9=&%._~+-]*)?")


def router(station: Application, access: Access) -> APIRouter:
    """Routes of signing in and out; without accounts they lead to the start."""
    routes = APIRouter()
    accounts = station.accounts

    @routes.get("/sign-in")
    async def form(request: Request) -> Response:
        if accounts is None or await _is_signed_in(access, request):
            return RedirectResponse("/", 303)
        after = own_path(request.query_params.get("next", ""))
        said = words.SESSION_ENDED if after else ""
        if "out" in request.query_params:
            said = words.SIGNED_OUT
        return _page(station, notice(said), after)

    @routes.post("/sign-out")
    async def leave(request: Request) -> Response:
        authorise(request)
        if accounts is None:
            return RedirectResponse("/", 303)
        await to_thread.run_sync(accounts.sign_out, access.token(request))
        answer = RedirectResponse("/sign-in?out", 303, {"clear-site-data": CLEARED})
        access.drop_cookie(answer)
        return answer

    _add_entry(routes, station, access)
    return routes


def _add_entry(routes: APIRouter, station: Application, access: Access) -> None:
    accounts, attempts = station.accounts, Attempts()

    @routes.post("/sign-in")
    async def enter(request: Request) -> Response:
        sent = await fields(request)
        after = own_path(sent.get("next", ""))
        if accounts is None:
            return RedirectResponse("/", 303)
        wait = attempts.wait_minutes(address_of(request))
        if wait:
            refusal = words.TOO_MANY.format(minutes=wait)
            return _page(station, notice(refusal, "error"), after, 429)
        try:
            token, actor = await to_thread.run_sync(_enter, accounts, sent, address_of(request))
        except (SignInRefused, TooManyRequests) as error:
            status = 401 if isinstance(error, SignInRefused) else 429
            return _page(station, notice(str(error), "error"), after, status)
        attempts.succeeded(address_of(request))
        answer = RedirectResponse(after or places.start(actor), 303)
        access.set_cookie(answer, token)
        return answer


def own_path(path: str) -> str:
    """The path if it is one of our pages, else nothing: nobody is led elsewhere."""
    return path if _OWN.fullmatch(path) else ""


async def fields(request: Request) -> dict[str, str]:
    """The fields of a form; raises MalformedRequest for anything else."""
    body = await request.body()
    kind = request.headers.get("content-type", "").partition(";")[0].strip()
    try:
        if kind != "application/x-www-form-urlencoded" or len(body) > FORM_LIMIT:
            raise ValueError("no form of ours")
        return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=20))
    except ValueError:
        raise MalformedRequest(
            "The page sent something unexpected. Reload it and try again."
        ) from None


async def _is_signed_in(access: Access, request: Request) -> bool:
    try:
        await to_thread.run_sync(lambda: access.identify(request, touch=False))
    except NotSignedIn:
        return False
    return True


def _enter(accounts: Accounts, sent: Mapping[str, str], address: str) -> tuple[str, Actor]:
    code = sent.get("code", "").replace(" ", "")
    return accounts.sign_in(sent.get("name", ""), sent.get("password", ""), code, address)


def _page(station: Application, said: str, after: str, status: int = 200) -> Response:
    typed = (
        plain.field("name", words.NAME, autocomplete="username", required="", autofocus="")
        + plain.password_field("password", words.PASSWORD)
        + plain.field(
            "code",
            words.CODE,
            words.CODE_HINT,
            autocomplete="one-time-code",
            inputmode="numeric",
            maxlength="8",
        )
    )
    sent = plain.form("/sign-in", typed, words.SIGN_IN, {"next": after} if after else {})
    body = f'{made_up(station)}{said}{sent}<p class="hint">{esc(words.FORGOTTEN)}</p>'
    return plain.document(words.SIGN_IN, body, station.site_name, status)
