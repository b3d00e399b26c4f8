"""The page on which administrators open, change and shut accounts."""

from collections.abc import Sequence
from typing import Any

import gradio as gr

from triage_app.domain.errors import TriageError
from triage_app.domain.people import ROLE_LABELS, Actor, Permission, Person, Role
from triage_app.services.accounts.accounts import Accounts
from triage_app.services.images.storing import now
from triage_app.ui.kit import frame
from triage_app.ui.kit.desk import Desk, bind
from triage_app.ui.kit.fields import typed
from triage_app.ui.kit.markup import esc, notice, section, table, when
from triage_app.ui.office.sessions import choices, sessions
from triage_app.ui.words import people as words
from triage_app.ui.words import texts

MANAGE = Permission.MANAGE_PEOPLE
ROLE_CHOICES = [(ROLE_LABELS[role], role.value) for role in Role]


class PeoplePage:
    """Draws the page and handles its events."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    @property
    def _accounts(self) -> Accounts:
        accounts = self._desk.station.accounts
        if accounts is None:
            raise TriageError(words.ACCOUNT_SINGLE)
        return accounts

    def build(self, page: gr.Blocks) -> None:
        frame.header(self._desk.station, "people")
        self._message = frame.message()
        self._list = gr.HTML("")
        with gr.Row(elem_classes="work-area"):
            with gr.Column(elem_classes="form-group", min_width=320):
                self._draw_new()
            with gr.Column(elem_classes="form-group", min_width=320):
                self._draw_change()
        self._wire(page)

    def _draw_new(self) -> None:
        gr.HTML(f"<h2>{words.NEW_PERSON}</h2>")
        self._name = typed(words.NEW_NAME, info=words.NEW_NAME_INFO, elem_id="new-name")
        self._roles = gr.CheckboxGroup(
            ROLE_CHOICES, value=[], label=words.ROLES, elem_id="new-roles"
        )
        gr.HTML(_roles_explained())
        self._create = gr.Button(words.CREATE, variant="primary")

    def _draw_change(self) -> None:
        gr.HTML(f"<h2>{words.CHANGE_PERSON}</h2>")
        self._who = gr.Dropdown(
            [], value=None, label=words.WHO, allow_custom_value=True, elem_id="person"
        )
        with gr.Column(visible=False) as self._change:
            self._new_roles = gr.CheckboxGroup(
                ROLE_CHOICES, value=[], label=words.ROLES, elem_id="person-roles"
            )
            self._active = gr.Checkbox(label=words.OPEN_ACCOUNT, elem_id="person-open")
            with gr.Row():
                self._save = gr.Button(words.SAVE_PERSON, variant="primary", min_width=140)
                self._reset = gr.Button(words.RESET, min_width=140)
            with gr.Column(visible=False, elem_classes="ask") as self._ask:
                self._question = gr.HTML("")
                with gr.Row():
                    self._keep = gr.Button(words.KEEP, min_width=120)
                    self._reset_yes = gr.Button(words.RESET_YES, variant="stop", min_width=120)
            self._sessions = gr.HTML("")
            with gr.Row():
                self._session = gr.Dropdown(
                    [],
                    value=None,
                    label=words.END_WHICH,
                    visible=False,
                    allow_custom_value=True,
                    elem_id="session",
                )
                self._end = gr.Button(words.END_SESSION, visible=False, scale=0, min_width=140)

    def _wire(self, page: gr.Blocks) -> None:
        shown = [self._message, self._list, self._who]
        chosen = [
            self._change,
            self._new_roles,
            self._active,
            self._ask,
            self._sessions,
            self._session,
            self._end,
        ]
        bind(page.load, self.open, outputs=shown)
        new = [self._name, self._roles]
        bind(self._create.click, self.create, inputs=new, outputs=[*shown, *new])
        bind(self._who.input, self.choose, inputs=[self._who], outputs=chosen)
        everything = [*shown, *chosen]
        changed = [self._who, self._new_roles, self._active]
        bind(self._save.click, self.change, inputs=changed, outputs=everything)
        asked = [self._ask, self._question]
        bind(self._reset.click, self.ask_reset, inputs=[self._who], outputs=asked)
        bind(self._keep.click, self.keep, outputs=asked)
        bind(self._reset_yes.click, self.reset, inputs=[self._who], outputs=everything)
        ended = [self._who, self._session]
        bind(self._end.click, self.end, inputs=ended, outputs=everything)

    def open(self, request: gr.Request) -> list[Any]:
        """Fill list and choices."""
        return self._all(self._desk.authorise(request, MANAGE), "")

    def create(self, name: str, roles: list[str], request: gr.Request) -> list[Any]:
        """Open an account and show its one-time password once."""
        actor = self._desk.authorise(request, MANAGE)
        try:
            wanted = [Role(role) for role in roles or []]
            person, password = self._accounts.create(actor, name or "", wanted)
        except (TriageError, ValueError) as error:
            return [notice(str(error), "error"), *[gr.skip()] * 4]
        said = notice(words.CREATED.format(name=person.name)) + one_time(person.name, password)
        return [*self._all(actor, said), "", []]

    def choose(self, person_id: str | None, request: gr.Request) -> list[Any]:
        """Show what can be changed of a person."""
        actor = self._desk.authorise(request, MANAGE)
        return self._one(actor, person_id)

    def change(
        self, person_id: str | None, roles: list[str], active: bool, request: gr.Request
    ) -> list[Any]:
        """Give other roles, shut or open the account."""
        actor = self._desk.authorise(request, MANAGE)
        try:
            wanted = [Role(role) for role in roles or []]
            person = self._accounts.change(actor, person_id or "", wanted, bool(active))
        except (TriageError, ValueError) as error:
            return self._kept(error)
        return self._done(actor, person_id, notice(words.PERSON_SAVED.format(name=person.name)))

    def ask_reset(self, person_id: str | None, request: gr.Request) -> list[Any]:
        """Ask before a password is replaced."""
        actor = self._desk.authorise(request, MANAGE)
        person = self._find(actor, person_id)
        name = person.name if person else ""
        question = f'<p role="alert">{esc(words.RESET_ASK.format(name=name))}</p>'
        return [gr.update(visible=person is not None), question]

    def keep(self, request: gr.Request) -> list[Any]:
        """Take the question back."""
        self._desk.authorise(request, MANAGE)
        return [gr.update(visible=False), ""]

    def reset(self, person_id: str | None, request: gr.Request) -> list[Any]:
        """Replace a password by one for a single use and show it once."""
        actor = self._desk.authorise(request, MANAGE)
        try:
            password = self._accounts.reset_password(actor, person_id or "")
        except TriageError as error:
            return self._kept(error)
        person = self._find(actor, person_id)
        return self._done(actor, person_id, one_time(person.name if person else "", password))

    def end(self, person_id: str | None, session: str | None, request: gr.Request) -> list[Any]:
        """End one of a person's sessions."""
        actor = self._desk.authorise(request, MANAGE)
        try:
            self._accounts.revoke(actor, session or "")
        except TriageError as error:
            return self._kept(error)
        return self._done(actor, person_id, notice(words.SESSION_REVOKED))

    def _all(self, actor: Actor, message: str) -> list[Any]:
        try:
            everyone = self._accounts.everyone(actor)
        except TriageError as error:
            return [notice(str(error), "error"), "", gr.skip()]
        names = [(person.name, person.id) for person in everyone]
        return [message, listed(everyone), gr.update(choices=names)]

    def _done(self, actor: Actor, person_id: str | None, message: str) -> list[Any]:
        return [*self._all(actor, message), *self._one(actor, person_id)]

    def _kept(self, error: Exception) -> list[Any]:
        return [notice(str(error), "error"), *[gr.skip()] * 9]

    def _find(self, actor: Actor, person_id: str | None) -> Person | None:
        return next((p for p in self._accounts.everyone(actor) if p.id == person_id), None)

    def _one(self, actor: Actor, person_id: str | None) -> list[Any]:
        person = self._find(actor, person_id)
        if person is None:
            hidden = gr.update(visible=False)
            return [hidden, [], False, hidden, "", hidden, hidden]
        open_ones = self._accounts.sessions(actor, person.id)
        heading = words.SESSIONS_OF.format(name=person.name)
        return [
            gr.update(visible=True),
            sorted(role.value for role in person.roles),
            person.active,
            gr.update(visible=False),
            section(heading, sessions(open_ones, actor.session)),
            gr.update(visible=bool(open_ones), choices=choices(open_ones), value=None),
            gr.update(visible=bool(open_ones)),
        ]


def listed(everyone: Sequence[Person]) -> str:
    """All accounts as a table."""
    rows = [
        [
            f"<bdi>{esc(person.name)}</bdi>",
            esc(", ".join(ROLE_LABELS[role] for role in Role if role in person.roles)),
            state(person),
            words.ON if person.totp_secret else words.OFF,
            when(person.created_at),
        ]
        for person in everyone
    ]
    return section(texts.TITLES["people"], table(words.PEOPLE_COLUMNS, rows, words.ROLES))


def state(person: Person) -> str:
    """Whether somebody can sign in to the account."""
    if not person.active:
        return words.STATE_SHUT
    if person.locked_until and person.locked_until > now():
        return words.STATE_LOCKED.format(when=when(person.locked_until))
    return words.STATE_ONE_TIME if person.must_change_password else words.STATE_OPEN


def one_time(name: str, password: str) -> str:
    """A password that is shown once."""
    said = esc(words.ONE_TIME.format(name=name))
    return (
        f'<div class="notice one-time" role="status"><p>{said}</p>'
        f"<p><code>{esc(password)}</code></p><p>{words.ONE_TIME_HINT}</p></div>"
    )


def _roles_explained() -> str:
    lines = "".join(
        f"<li><strong>{ROLE_LABELS[role]}</strong> {esc(words.ROLE_INFO[role.value])}</li>"
        for role in Role
    )
    return f'<ul class="hint roles">{lines}</ul>'
