"""The page on which auditors search the trail."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import gradio as gr

from triage_app.domain.errors import InvalidInput, TriageError
from triage_app.domain.people import Actor, Permission
from triage_app.domain.trail import Action, Event, TrailFilter
from triage_app.ui.cases.query import day
from triage_app.ui.kit import frame, local
from triage_app.ui.kit.desk import Desk, bind
from triage_app.ui.kit.fields import typed
from triage_app.ui.kit.markup import esc, notice, section, table
from triage_app.ui.words import site as words
from triage_app.ui.words import texts
from triage_app.ui.words.trail import ACTIONS, name_of

READ = Permission.READ_TRAIL
SHOWN = 50


class TrailPage:
    """Draws the page and handles its events."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def build(self, page: gr.Blocks) -> None:
        frame.header(self._desk.station, "trail")
        self._message = frame.message()
        with gr.Column(elem_classes="filters"):
            self._draw_filter()
        self._list = gr.HTML("")
        with gr.Row(elem_classes="pager"):
            self._newest = gr.Button(words.TRAIL_NEWEST, visible=False)
            self._older = gr.Button(words.TRAIL_OLDER, visible=False)
        self._before = gr.Number(visible=False, precision=0)
        with gr.Column(elem_classes="form-group"):
            gr.HTML(f"<h2>{words.ANCHOR}</h2><p>{words.ANCHOR_HELP}</p>")
            self._anchor = gr.HTML("")
            self._show_anchor = gr.Button(words.ANCHOR_GET)
        self._wire(page)

    def _draw_filter(self) -> None:
        with gr.Row():
            self._action = gr.Dropdown(
                [(texts.ANY, ""), *((label, action.value) for action, label in ACTIONS.items())],
                value="",
                label=words.TRAIL_ACTION,
                min_width=200,
                elem_id="trail-action",
            )
            self._who = gr.Dropdown(
                [(words.ANYONE, "")],
                value="",
                label=words.TRAIL_WHO,
                allow_custom_value=True,
                min_width=200,
                elem_id="trail-who",
            )
            self._subject = typed(
                words.TRAIL_SUBJECT,
                info=words.TRAIL_SUBJECT_INFO,
                min_width=260,
                elem_id="trail-subject",
            )
        self._draw_times()

    def _draw_times(self) -> None:
        with gr.Row():
            self._since, self._until = (
                typed(label, info=texts.DATE_INFO, elem_id=name, min_width=150)
                for label, name in (
                    (words.TRAIL_FROM, "trail-since"),
                    (words.TRAIL_TO, "trail-until"),
                )
            )
            self._search = gr.Button(words.TRAIL_SEARCH, variant="primary", scale=0, min_width=140)

    def _wire(self, page: gr.Blocks) -> None:
        fields = [self._action, self._who, self._subject, self._since, self._until]
        found = [self._message, self._list, self._older, self._newest, self._before]
        bind(page.load, self.open, outputs=[*found, self._who])
        entered = (self._subject, self._since, self._until)
        for trigger in (
            self._search.click,
            self._newest.click,
            self._action.input,
            self._who.input,
            *(field.submit for field in entered),
        ):
            bind(trigger, self.search, inputs=fields, outputs=found)
        bind(self._older.click, self.turn, inputs=[*fields, self._before], outputs=found)
        bind(self._show_anchor.click, self.anchor, outputs=[self._anchor])

    def open(self, request: gr.Request) -> list[Any]:
        """The newest events, and everybody's name as a choice."""
        actor = self._desk.authorise(request, READ)
        names = sorted(self._desk.station.trail.people(actor).items(), key=lambda one: one[1])
        choices = [(words.ANYONE, ""), *((name, person) for person, name in names)]
        return [*self._found(actor, TrailFilter(), None), gr.update(choices=choices)]

    def search(  # noqa: PLR0917 - one argument for each field, in order
        self, action: str, who: str, subject: str, since: str, until: str, request: gr.Request
    ) -> list[Any]:
        """The newest events that the filter finds."""
        return self.turn(action, who, subject, since, until, None, request)

    def turn(  # noqa: PLR0917
        self,
        action: str,
        who: str,
        subject: str,
        since: str,
        until: str,
        before: float | None,
        request: gr.Request,
    ) -> list[Any]:
        """The events before a row."""
        actor = self._desk.authorise(request, READ)
        try:
            wanted = _filter(action or "", who or "", subject or "", since or "", until or "")
        except TriageError as error:
            return [notice(str(error), "error"), *[gr.skip()] * 4]
        return self._found(actor, wanted, int(before) if before else None)

    def anchor(self, request: gr.Request) -> str:
        """Number and hash of the last row."""
        actor = self._desk.authorise(request, READ)
        try:
            anchor = self._desk.station.trail.anchor(actor)
        except TriageError as error:
            return notice(str(error), "error")
        return f'<p class="anchor"><code>{esc(anchor)}</code></p>'

    def _found(self, actor: Actor, wanted: TrailFilter, before: int | None) -> list[Any]:
        trail = self._desk.station.trail
        try:
            names = trail.people(actor)
            events = trail.page(actor, wanted, before, SHOWN)
        except TriageError as error:
            return [notice(str(error), "error"), *[gr.skip()] * 4]
        more = len(events) == SHOWN and events[-1].number > 1
        return [
            "",
            listed(events, names),
            gr.update(visible=more),
            gr.update(visible=before is not None),
            events[-1].number if events else 0,
        ]


def listed(events: Sequence[Event], names: Mapping[str, str]) -> str:
    """Events as a table, newest first."""
    if not events:
        return f'<p class="notice" role="status">{words.TRAIL_NONE}</p>'
    first, last = events[0].number, events[-1].number
    template = words.TRAIL_ONE if len(events) == 1 else words.TRAIL_COUNT
    count = template.format(count=len(events), first=first, last=last)
    rows = [
        [
            str(event.number),
            local.to_the_second(event.at),
            f"<bdi>{esc(names.get(event.actor, event.actor) or words.NOBODY)}</bdi>",
            esc(name_of(event.action)),
            _subject(event.subject, names),
            f"<code>{esc('' if event.details == '{}' else event.details)}</code>",
        ]
        for event in events
    ]
    body = table(words.TRAIL_COLUMNS, rows, words.TRAIL_ACTION)
    hint = f'<p class="hint">{words.TRAIL_HINT}</p>'
    return section(count, f"{body}{hint}", "trail")


def _subject(subject: str, names: Mapping[str, str]) -> str:
    name = f"<bdi>{esc(names[subject])}</bdi> " if subject in names else ""
    return f"{name}<code>{esc(subject)}</code>" if subject else ""


def _filter(action: str, who: str, subject: str, since: str, until: str) -> TrailFilter:
    try:
        actions = frozenset({Action(action)}) if action else frozenset()
    except ValueError:
        raise InvalidInput("action", texts.FILTER_WRONG) from None
    first, last = day("since", since), day("until", until)
    return TrailFilter(
        actions=actions,
        actor=who.strip(),
        subject=subject.strip(),
        since=local.zone().start_of(first) if first else None,
        # Both ends count, so the last instant of the day is the end.
        until=local.zone().bounds_of(last)[1] - timedelta(microseconds=1) if last else None,
    )
