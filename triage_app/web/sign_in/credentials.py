"""The own password and the second factor: plain pages like the one for signing in."""

from collections.abc import Callable
from functools import partial

from anyio import to_thread
from fastapi import APIRouter
from fastapi.responses import RedirectResponse
from starlette.requests import Request
from starlette.responses import Response

from triage_app.domain.errors import InvalidInput, SignInRefused, StalePerson, TooManyRequests
from triage_app.domain.people import MIN_PASSWORD, Actor
from triage_app.services.accounts.accounts import Accounts
from triage_app.services.site.application import Application
from triage_app.ui.kit.frame import made_up
from triage_app.ui.kit.markup import esc, notice
from triage_app.ui.words import people as words
from triage_app.web.door import plain
from triage_app.web.door.access import authorise
from triage_app.web.sign_in.routes import fields

WRONG = (InvalidInput, SignInRefused, StalePerson, TooManyRequests)
ACCOUNT = "/account"


def router(station: Application) -> APIRouter:
    """The routes; without accounts they lead to the start."""
    routes = APIRouter()

    @routes.get("/password")
    async def password_form(request: Request) -> Response:
        actor = authorise(request)
        if station.accounts is None:
            return RedirectResponse("/", 303)
        return _password_page(station, actor)

    @routes.post("/password")
    async def password(request: Request) -> Response:
        actor, sent = authorise(request), await fields(request)
        if station.accounts is None:
            return RedirectResponse("/", 303)
        if sent.get("new", "") != sent.get("repeat", ""):
            return _password_page(station, actor, words.NOT_REPEATED)
        change = partial(
            station.accounts.change_password, actor, sent.get("old", ""), sent.get("new", "")
        )
        error = await _refusal(change)
        if error:
            return _password_page(station, actor, error)
        # A forced change is the first thing that somebody does here.
        forced = actor.must_change_password
        return RedirectResponse("/" if forced else f"{ACCOUNT}?done=password", 303)

    _add_two_factor(routes, station)
    return routes


def _add_two_factor(routes: APIRouter, station: Application) -> None:
    @routes.get("/two-factor")
    async def two_factor_form(request: Request) -> Response:
        actor = authorise(request)
        if station.accounts is None:
            return RedirectResponse("/", 303)
        return await to_thread.run_sync(_two_factor_page, station, station.accounts, actor)

    @routes.post("/two-factor")
    async def two_factor(request: Request) -> Response:
        actor, sent = authorise(request), await fields(request)
        accounts = station.accounts
        if accounts is None:
            return RedirectResponse("/", 303)
        password, secret = sent.get("password", ""), sent.get("secret", "")
        code = sent.get("code", "").replace(" ", "")
        if secret:
            change, done = partial(accounts.confirm_totp, actor, secret, code, password), "on"
        else:
            change, done = partial(accounts.drop_totp, actor, password), "off"
        error = await _refusal(change)
        if error:
            return await to_thread.run_sync(_two_factor_page, station, accounts, actor, error)
        return RedirectResponse(f"{ACCOUNT}?done=two-factor-{done}", 303)


async def _refusal(change: Callable[[], None]) -> str:
    """Carry out a change; the sentence that says what is wrong, or nothing."""
    try:
        await to_thread.run_sync(change)
    except WRONG as error:
        return str(error)
    return ""


def _password_page(station: Application, actor: Actor, error: str = "") -> Response:
    forced = actor.must_change_password
    typed = (
        # Password managers file the new one under this name.
        plain.field("name", words.NAME, autocomplete="username", readonly="", value=actor.name)
        + plain.password_field("old", words.OLD_PASSWORD)
        + plain.password_field(
            "new",
            words.NEW_PASSWORD,
            words.PASSWORD_HINT.format(length=MIN_PASSWORD),
            "new-password",
        )
        + plain.password_field("repeat", words.REPEAT_PASSWORD, kind="new-password")
    )
    said = notice(words.PASSWORD_FORCED) if forced else f"<p>{esc(words.PASSWORD_ENDS)}</p>"
    out = plain.form("/sign-out", "", words.SIGN_OUT)
    body = (
        notice(error, "error")
        + said
        + plain.form("/password", typed, words.CHANGE_PASSWORD)
        + (out if forced else _cancel())
    )
    return plain.document(
        words.PASSWORD_TITLE, made_up(station) + body, station.site_name, 422 if error else 200
    )


def _two_factor_page(
    station: Application, accounts: Accounts, actor: Actor, error: str = ""
) -> Response:
    on = bool(accounts.own(actor).totp_secret)
    body = _switch_off() if on else _switch_on(accounts, actor)
    whole = notice(error, "error") + body + _cancel()
    return plain.document(
        words.TWO_FACTOR_TITLE, made_up(station) + whole, station.site_name, 422 if error else 200
    )


def _switch_on(accounts: Accounts, actor: Actor) -> str:
    enrolment = accounts.begin_totp(actor)
    grouped = " ".join(enrolment.secret[i : i + 4] for i in range(0, len(enrolment.secret), 4))
    typed = plain.field(
        "code",
        words.CODE,
        autocomplete="one-time-code",
        inputmode="numeric",
        maxlength="8",
        required="",
    ) + plain.password_field("password", words.OLD_PASSWORD)
    return (
        f"<p>{esc(words.TWO_FACTOR_INTRO)}</p>"
        f'<div class="qr" role="img" aria-label="{words.QR_LABEL}">{enrolment.svg}</div>'
        f"<p>{words.TWO_FACTOR_SECRET}<br><code>{esc(grouped)}</code></p>"
        + plain.form("/two-factor", typed, words.TWO_FACTOR_ON, {"secret": enrolment.secret})
    )


def _switch_off() -> str:
    typed = plain.password_field("password", words.OLD_PASSWORD)
    off = plain.form("/two-factor", typed, words.TWO_FACTOR_OFF)
    return f"<p>{esc(words.TWO_FACTOR_IS_ON)}</p>{off}"


def _cancel() -> str:
    return f'<p class="steps"><a class="button" href="{ACCOUNT}">{words.CANCEL}</a></p>'
