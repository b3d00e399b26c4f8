"""The page of patients who are to come back; made to be printed as well."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import gradio as gr

from triage_app.domain.calendar import said_day
from triage_app.domain.errors import TriageError
from triage_app.domain.people import Actor, Permission
from triage_app.domain.reading import StepKind
from triage_app.domain.worklist import DueItem
from triage_app.services.reading.worklist import DUE_SHOWN
from triage_app.ui.cases import listing
from triage_app.ui.cases.query import day
from triage_app.ui.kit import frame
from triage_app.ui.kit.desk import Desk, bind
from triage_app.ui.kit.fields import typed
from triage_app.ui.kit.local import today
from triage_app.ui.kit.markup import esc, notice, table
from triage_app.ui.reading.parts import BY_PROGRAM
from triage_app.ui.reading.record import due_mark
from triage_app.ui.words import texts
from triage_app.ui.words import worklist as words

KINDS = frozenset({StepKind.FOLLOW_UP})


class RecallPage:
    """Draws the page and handles its events."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def build(self, page: gr.Blocks) -> None:
        frame.header(self._desk.station, "recall")
        gr.HTML(f"<p>{words.RECALL_INTRO}</p>", elem_classes="not-printed")
        with gr.Column(elem_classes="filters not-printed"), gr.Row():
            self._until = typed(
                words.RECALL_UNTIL,
                info=words.RECALL_UNTIL_INFO,
                elem_id="recall-until",
                min_width=160,
            )
            self._owner = gr.Dropdown(
                [(words.EVERYBODY, "")],
                value="",
                label=words.RECALL_OWNER,
                info=words.RECALL_OWNER_INFO,
                allow_custom_value=True,
                min_width=200,
                elem_id="recall-owner",
            )
            self._show = gr.Button(words.RECALL_SHOW, variant="primary", scale=0, min_width=120)
        self._list = gr.HTML("")
        bind(page.load, self.open, outputs=[self._list, self._owner])
        fields = [self._until, self._owner]
        for trigger in (self._show.click, self._until.submit, self._owner.input):
            bind(trigger, self.search, inputs=fields, outputs=[self._list])

    def open(self, request: gr.Request) -> list[Any]:
        """Everybody who is to come back."""
        actor = self._desk.authorise(request, Permission.REVIEW)
        people = self._desk.station.worklist.clinicians(actor)
        choices = [(words.EVERYBODY, ""), *((name, person) for person, name in people.items())]
        return [self._found(actor, "", ""), gr.update(choices=choices, value="")]

    def search(self, until: str, owner: str, request: gr.Request) -> str:
        """Those who are due up to a day, of one person."""
        actor = self._desk.authorise(request, Permission.REVIEW)
        return self._found(actor, until or "", owner or "")

    def _found(self, actor: Actor, until: str, owner: str) -> str:
        worklist = self._desk.station.worklist
        try:
            last = day("until", until)
            # The service counts the days before one; a reader means the day itself as well.
            before = last + timedelta(days=1) if last and last < date.max else None
            items = worklist.due(actor, KINDS, owner, before)
            return whole(items, worklist.names(actor), today())
        except TriageError as error:
            return notice(str(error), "error")


def whole(items: Sequence[DueItem], names: Mapping[str, str], on: date) -> str:
    """The list as a table, with a heading for the printed sheet."""
    if not items:
        link = ("/worklist", texts.NAV["worklist"])
        return listing.nothing(words.RECALL_NONE, words.RECALL_NONE_HELP, link)
    one = words.RECALL_COUNT_ONE
    count = one if len(items) == 1 else words.RECALL_COUNT.format(count=len(items))
    if len(items) >= DUE_SHOWN:
        count += ". " + words.ALL_SHOWN.format(count=DUE_SHOWN)
    title = words.RECALL_TITLE.format(day=said_day(on))
    rows = [_row(item, names, on) for item in items]
    return (
        f'<div class="recall"><div class="work-bar"><h2>{title}</h2><triage-print></triage-print>'
        f'</div><p class="total" role="status">{count}</p>'
        f"{table(words.RECALL_COLUMNS, rows, title)}</div>"
    )


def _row(item: DueItem, names: Mapping[str, str], on: date) -> list[str]:
    letter = words.NO_LETTER
    if item.letter_id:
        letter = f'<a href="/letters/{item.letter_id}.pdf" download>{words.LETTER}</a>'
    owner = names.get(item.owner) or BY_PROGRAM.get(item.owner, item.owner[:8])
    return [
        f"<bdi>{esc(item.patient_reference)}</bdi>",
        f"<bdi>{esc(item.lesion_label)}</bdi>",
        due_mark(item.due, on),
        f"<bdi>{esc(owner)}</bdi>",
        letter,
        f'<a href="/case?id={item.case_id}">{words.OPEN}</a>',
    ]
