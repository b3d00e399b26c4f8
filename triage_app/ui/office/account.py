"""The page of one's own account: credentials and open sessions."""

from typing import Any

import gradio as gr

from triage_app.domain.errors import TriageError
from triage_app.domain.people import ROLE_LABELS, Actor, Person, Role
from triage_app.ui.kit import frame
from triage_app.ui.kit.desk import Desk, bind
from triage_app.ui.kit.markup import esc, facts, notice, section, when
from triage_app.ui.office.sessions import choices, sessions
from triage_app.ui.words import people as words


class AccountPage:
    """Draws the page and handles its events. Passwords are typed on plain pages of their own."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def build(self, page: gr.Blocks) -> None:
        frame.header(self._desk.station, "account")
        self._message = frame.message()
        self._who = gr.HTML("")
        self._sessions = gr.HTML("")
        with gr.Row(elem_classes="narrow"):
            self._session = gr.Dropdown(
                [],
                value=None,
                label=words.END_WHICH,
                visible=False,
                allow_custom_value=True,
                elem_id="session",
            )
            self._end = gr.Button(words.END_SESSION, visible=False, scale=0, min_width=160)
        shown = [self._message, self._who, self._sessions, self._session, self._end]
        bind(page.load, self.open, outputs=shown)
        bind(self._end.click, self.end, inputs=[self._session], outputs=shown)

    def open(self, request: gr.Request) -> list[Any]:
        """Fill the page."""
        done = str(dict(request.query_params).get("done", ""))
        said = words.ACCOUNT_NOTICES.get(done, "")
        return self._all(self._desk.authorise(request), notice(said))

    def end(self, session: str | None, request: gr.Request) -> list[Any]:
        """End one of the own sessions."""
        actor = self._desk.authorise(request)
        accounts = self._desk.station.accounts
        if accounts is None or not session:
            return self._all(actor, notice(words.CHOOSE_SESSION, "error"))
        try:
            accounts.revoke(actor, session)
        except TriageError as error:
            return self._all(actor, notice(str(error), "error"))
        return self._all(actor, notice(words.SESSION_REVOKED))

    def _all(self, actor: Actor, message: str) -> list[Any]:
        accounts = self._desk.station.accounts
        hidden = gr.update(visible=False)
        if accounts is None:
            return [notice(words.ACCOUNT_SINGLE), "", "", hidden, hidden]
        open_ones = accounts.sessions(actor)
        others = [session for session in open_ones if session.id != actor.session]
        hint = f'<p class="hint">{words.SESSIONS_HINT}</p>'
        return [
            message,
            who(accounts.own(actor)),
            section(words.SESSIONS, sessions(open_ones, actor.session) + hint),
            gr.update(visible=bool(others), choices=choices(others), value=None),
            gr.update(visible=bool(others)),
        ]


def who(person: Person) -> str:
    """Name, roles and credentials, with the ways to change them."""
    rows = words.ACCOUNT_ROWS
    stated = facts(
        {
            rows["name"]: f"<bdi>{esc(person.name)}</bdi>",
            rows["roles"]: esc(", ".join(ROLE_LABELS[r] for r in Role if r in person.roles)),
            rows["two_factor"]: words.ON if person.totp_secret else words.OFF,
            rows["since"]: when(person.created_at),
        }
    )
    second = words.TWO_FACTOR_OFF if person.totp_secret else words.TWO_FACTOR_ON
    links = (
        f'<p class="next-steps"><a class="button" href="/password">{words.CHANGE_PASSWORD}</a>'
        f'<a class="button" href="/two-factor">{second}</a></p>'
    )
    return section(words.ACCOUNT_WHO, stated + links)
