"""The page of what waits: cases without a verdict, and next steps that must not be forgotten."""

from typing import Any
from urllib.parse import urlencode

import gradio as gr

from triage_app.domain.errors import TriageError
from triage_app.domain.people import Actor, Permission
from triage_app.domain.worklist import Whose, WorkCounts
from triage_app.services.images.storing import now
from triage_app.services.reading.worklist import DUE_SHOWN
from triage_app.ui.cases import listing
from triage_app.ui.kit import frame
from triage_app.ui.kit.desk import Desk, bind, case_of, known_form
from triage_app.ui.kit.local import today
from triage_app.ui.kit.markup import esc, notice
from triage_app.ui.kit.scripts import forward
from triage_app.ui.waiting import parts
from triage_app.ui.words import worklist as words

READ, URGENT = "read", "urgent"


class WorklistPage:
    """Draws the page and handles its events."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def build(self, page: gr.Blocks) -> None:
        frame.header(self._desk.station, "worklist")
        self._message = frame.message()
        self._list = gr.HTML("", js_on_load=forward("triage-work"))
        shown = [self._message, self._list]
        bind(page.load, self.open, outputs=shown)
        bind(self._list.submit, self.act, outputs=shown)

    def open(self, request: gr.Request) -> list[Any]:
        """The section that the address names."""
        actor = self._desk.authorise(request, Permission.REVIEW)
        asked = dict(request.query_params)
        return ["", self._drawn(actor, asked.get("show", ""), asked.get("whose", ""), "")]

    def act(self, event: gr.EventData, request: gr.Request) -> list[Any]:
        """Take, release or assign a case, or show another part of the list."""
        actor = self._desk.authorise(request, Permission.REVIEW)
        step, person, reader, show, whose, cursor = (
            _word(event, name) for name in ("step", "person", "reader", "show", "whose", "cursor")
        )
        try:
            said = notice(self._done(actor, step, case_of(event), person, reader))
        except TriageError as error:
            said = notice(str(error), "error")
        return [said, self._drawn(actor, show, whose, cursor)]

    def _done(self, actor: Actor, step: str, case_id: str, person: str, reader: str) -> str:
        reading = self._desk.station.reading
        if step == "take":
            reading.take(actor, known_form(case_id))
            return words.TAKEN
        if step == "release":
            reading.release(actor, known_form(case_id), reader)
            return words.RELEASED
        if step == "assign":
            reading.assign(actor, known_form(case_id), person, reader)
            return words.ASSIGNED
        return ""

    def _drawn(self, actor: Actor, show: str, whose: str, cursor: str) -> str:
        show = show if show in words.SHOW else READ
        part = Whose(whose) if whose in list(Whose) else Whose.ALL
        if show in words.KIND_OF and part is Whose.FREE:
            part = Whose.ALL
        try:
            counts = self._desk.station.worklist.counts(actor)
            body = self._section(actor, show, part, cursor)
        except TriageError as error:
            return notice(str(error), "error")
        return _whole(show, part, counts, body)

    def _section(self, actor: Actor, show: str, whose: Whose, cursor: str) -> str:
        return (
            self._due(actor, show, whose)
            if show in words.KIND_OF
            else self._unread(actor, show, whose, cursor)
        )

    def _unread(self, actor: Actor, show: str, whose: Whose, cursor: str) -> str:
        worklist = self._desk.station.worklist
        page = worklist.page(actor, whose, cursor or None, urgent_only=show == URGENT)
        if not page.items:
            return _empty(show, whose) + parts.pager(page, cursor)
        return parts.unread(page, self._sight(actor)) + parts.pager(page, cursor)

    def _due(self, actor: Actor, show: str, whose: Whose) -> str:
        owner = actor.id if whose is Whose.MINE else ""
        kinds = frozenset({words.KIND_OF[show]})
        items = self._desk.station.worklist.due(actor, kinds, owner)
        if not items:
            return _empty(show, whose)
        more = f'<p class="hint">{words.ALL_SHOWN.format(count=DUE_SHOWN)}</p>'
        rest = more if len(items) >= DUE_SHOWN else ""
        return parts.due(items, self._sight(actor), today()) + rest

    def _sight(self, actor: Actor) -> parts.Sight:
        worklist = self._desk.station.worklist
        names, clinicians = worklist.names(actor), worklist.clinicians(actor)
        return parts.Sight(actor, now(), self._desk.station.terms, names, clinicians)


def _word(event: gr.EventData, name: str) -> str:
    value = getattr(event, name, "")
    return value if isinstance(value, str) else ""


def _whole(show: str, whose: Whose, counts: WorkCounts, body: str) -> str:
    chosen = {"show": show, "whose": whose.value}
    default = {"show": READ, "whose": Whose.ALL.value}
    address = urlencode({n: v for n, v in chosen.items() if v != default[n]})
    hint = f'<p class="hint">{words.ORDER_HINT}</p>' if show == READ else ""
    return (
        f'<triage-address data-query="{esc(address)}"></triage-address>'
        f'<triage-work data-show="{show}" data-whose="{whose}">{parts.cards(counts, show)}'
        f'<div class="work-bar"><h2>{words.SHOW[show]}</h2>'
        f"{parts.whose_buttons(show, whose, counts.mine)}<triage-keys></triage-keys></div>"
        f"{hint}{body}</triage-work>"
    )


def _empty(show: str, whose: Whose) -> str:
    title, text = words.EMPTY[show] if whose is Whose.ALL else words.EMPTY_WHOSE
    return listing.nothing(title, text, ("/analyse", words.TO_ANALYSE))
