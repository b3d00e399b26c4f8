"""The page that finds stored cases."""

from dataclasses import replace
from typing import Any

import gradio as gr
from gradio.components import Component

from triage_app.domain.case import Order, Page
from triage_app.domain.diagnosis import CLASS_LABELS
from triage_app.domain.errors import TriageError
from triage_app.domain.people import Actor, Permission
from triage_app.domain.triage import LEVEL_LABELS
from triage_app.ui.cases import listing
from triage_app.ui.cases.query import HistoryQuery
from triage_app.ui.kit import frame
from triage_app.ui.kit.desk import Desk, bind
from triage_app.ui.kit.fields import typed
from triage_app.ui.kit.markup import esc, notice
from triage_app.ui.kit.places import SIGHT
from triage_app.ui.kit.scripts import call
from triage_app.ui.words import texts


class HistoryPage:
    """Draws the page and handles its events."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def build(self, page: gr.Blocks) -> None:
        frame.header(self._desk.station, "history")
        with gr.Column(elem_classes="filters"):
            self._draw_filter()
        self._list = gr.HTML("")
        with gr.Row(elem_classes="pager"):
            self._previous = gr.Button(texts.PREVIOUS, visible=False)
            self._next = gr.Button(texts.NEXT, visible=False)
        self._previous_cursor = gr.Textbox(visible=False)
        self._next_cursor = gr.Textbox(visible=False)
        self._wire(page)

    def _draw_filter(self) -> None:
        with gr.Row():
            self._order = gr.Radio(
                [(label, order.value) for order, label in texts.ORDERS.items()],
                value=Order.NEWEST.value,
                label=texts.ORDER,
            )
            self._level = gr.CheckboxGroup(
                [(label, level.value) for level, label in LEVEL_LABELS.items()],
                label=texts.FILTER_LEVEL,
                scale=2,
            )
        with gr.Row():
            self._patient = typed(
                texts.FILTER_PATIENT,
                info=texts.FILTER_PATIENT_INFO,
                elem_id="filter-patient",
                min_width=200,
            )
            self._text = typed(
                texts.FILTER_TEXT,
                info=texts.FILTER_TEXT_INFO,
                elem_id="filter-text",
                min_width=200,
            )
            self._apply = gr.Button(texts.APPLY, variant="primary", scale=0, min_width=140)
            self._clear = gr.Button(texts.CLEAR, scale=0, min_width=140)
        with gr.Accordion(texts.MORE_FILTERS, open=False) as self._more, gr.Row():
            self._draw_more_filters()

    def _draw_more_filters(self) -> None:
        self._show = gr.Dropdown(
            [(label, value) for value, label in texts.FILTER_STATES.items()],
            value="",
            label=texts.FILTER_STATE,
            filterable=False,
            min_width=200,
            elem_id="filter-show",
        )
        self._leading = gr.Dropdown(
            [(texts.ANY, ""), *((label, c.value) for c, label in CLASS_LABELS.items())],
            value="",
            label=texts.FILTER_CLASS,
            filterable=False,
            min_width=200,
            elem_id="filter-leading",
        )
        self._since, self._until = (
            typed(label, info=texts.DATE_INFO, elem_id=name, min_width=130)
            for label, name in (
                (texts.FILTER_FROM, "filter-since"),
                (texts.FILTER_TO, "filter-until"),
            )
        )

    @property
    def _fields(self) -> list[Component]:
        chosen = [self._order, self._level, self._leading, self._show]
        return [*chosen, self._since, self._until, self._patient, self._text]

    def _wire(self, page: gr.Blocks) -> None:
        fields = self._fields
        cursors = [self._previous_cursor, self._next_cursor]
        found = [self._list, self._previous, self._next, *cursors]
        searched = [self._patient, self._text]
        bind(
            page.load,
            self.open,
            inputs=searched,
            outputs=[*found, *fields, self._more],
            js=call("search", "recall"),
        )
        texts_entered = (self._since, self._until, self._patient, self._text)
        for trigger in (
            self._apply.click,
            *(field.input for field in (self._order, self._level, self._leading, self._show)),
            *(field.submit for field in texts_entered),
        ):
            bind(trigger, self.search, inputs=fields, outputs=found, js=call("search", "keep"))
        bind(self._clear.click, self.clear, outputs=[*found, *fields], js=call("search", "drop"))
        bind(self._next.click, self.turn, inputs=[*fields, self._next_cursor], outputs=found)
        bind(
            self._previous.click, self.turn, inputs=[*fields, self._previous_cursor], outputs=found
        )

    def open(self, patient: str, text: str, request: gr.Request) -> list[Any]:
        """Fill filter and list from the address, and from what this window searched before."""
        actor = self._desk.authorise(request, *SIGHT)
        query = HistoryQuery.from_address(dict(request.query_params), patient or "", text or "")
        more = bool(query.show or query.leading or query.since or query.until)
        fields = _field_updates(query)
        if not actor.may(Permission.SEE_FINDINGS):
            # Order and filters by findings would tell them; the list does not follow them either.
            fields[:3] = [gr.update(visible=False)] * 3
        return [*self._found(actor, query), *fields, gr.update(open=more)]

    def clear(self, request: gr.Request) -> list[Any]:
        """All cases, newest first."""
        actor = self._desk.authorise(request, *SIGHT)
        return [*self._found(actor, HistoryQuery()), *_field_values(HistoryQuery())]

    # One argument for each field, in order, because that is how Gradio calls a handler.
    def search(  # noqa: PLR0917
        self,
        order: str,
        level: list[str],
        leading: str,
        show: str,
        since: str,
        until: str,
        patient: str,
        text: str,
        request: gr.Request,
    ) -> list[Any]:
        """The first page for the filter as it stands."""
        return self.turn(order, level, leading, show, since, until, patient, text, "", request)

    def turn(  # noqa: PLR0917
        self,
        order: str,
        level: list[str],
        leading: str,
        show: str,
        since: str,
        until: str,
        patient: str,
        text: str,
        cursor: str,
        request: gr.Request,
    ) -> list[Any]:
        """The page that starts at a cursor."""
        actor = self._desk.authorise(request, *SIGHT)
        # A field that nobody has touched arrives as None.
        words = [value or "" for value in (leading, show, since, until, patient, text, cursor)]
        return self._found(actor, HistoryQuery(order, ",".join(level or []), *words))

    def _found(self, actor: Actor, query: HistoryQuery) -> list[Any]:
        address = f'<triage-address data-query="{esc(query.address())}"></triage-address>'
        try:
            page = self._desk.cases.page(
                actor, query.filter(), query.parsed_order(), query.cursor or None
            )
        except TriageError as error:
            hidden = gr.update(visible=False)
            return [address + notice(str(error), "error"), hidden, hidden, "", ""]
        return [
            address + (_list(actor, page) if page.items else _empty(query)),
            gr.update(visible=page.previous_cursor is not None),
            gr.update(visible=page.next_cursor is not None),
            page.previous_cursor or "",
            page.next_cursor or "",
        ]


def _list(actor: Actor, page: Page) -> str:
    return listing.cases(page, with_findings=actor.may(Permission.SEE_FINDINGS))


def _empty(query: HistoryQuery) -> str:
    if replace(query, cursor="").narrows:
        link = ("/history", texts.CLEAR)
        return listing.nothing(texts.HISTORY_NO_MATCH, texts.HISTORY_NO_MATCH_HELP, link)
    link = ("/analyse", texts.NAV["analyse"])
    return listing.nothing(texts.HISTORY_EMPTY, texts.HISTORY_EMPTY_HELP, link)


def _field_values(query: HistoryQuery) -> list[Any]:
    return [
        query.order,
        query.levels,
        query.leading,
        query.show,
        query.since,
        query.until,
        query.patient,
        query.text,
    ]


def _field_updates(query: HistoryQuery) -> list[Any]:
    # A field that the address leaves alone stays as it is: somebody may be typing in it already.
    pairs = zip(_field_values(query), _field_values(HistoryQuery()), strict=True)
    return [gr.skip() if value == default else value for value, default in pairs]
