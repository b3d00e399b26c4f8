"""The page on which many images are analysed at once and confirmed one by one."""

from collections.abc import Mapping, Sequence
from typing import Any

import gradio as gr
from gradio.components import Component

from triage_app.domain.case import Analysis, Case, CaseFilter, CaseState, CaseSummary, Page
from triage_app.domain.errors import TriageError
from triage_app.domain.people import Actor, Permission
from triage_app.domain.triage import LEVEL_LABELS
from triage_app.services.batches.assigning import FIELDS, Line, refuse_other_than
from triage_app.services.patients.reference_words import pointed_out
from triage_app.ui.cases import listing
from triage_app.ui.cases.batch_assign import AssignPart
from triage_app.ui.cases.batch_parts import (
    Bar,
    DrawnLine,
    Place,
    draw_bar,
    heading,
    line_field,
    picked,
    picture,
)
from triage_app.ui.kit import copies, frame
from triage_app.ui.kit.desk import Desk, bind, fitted, guarded
from triage_app.ui.kit.local import zone
from triage_app.ui.kit.markup import notice
from triage_app.ui.kit.scripts import call, forward
from triage_app.ui.words import copies as texts_copies
from triage_app.ui.words import review as words
from triage_app.ui.words import texts

# Each line is a form of its own, so a page of many would be slow to draw.
SHOWN = 25


class BatchPage:
    """Draws the page and handles its events."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._assign = AssignPart(desk)

    def build(self, page: gr.Blocks) -> None:
        frame.header(self._desk.station, "batch")
        gr.HTML(f"<p>{texts.BATCH_INTRO}</p>")
        limit = self._desk.station.max_upload_bytes
        upload = gr.HTML(
            f'<triage-batch-uploader data-limit="{limit}" data-page="{SHOWN}">'
            "</triage-batch-uploader>",
            js_on_load=forward("triage-batch"),
        )
        self._message = frame.message()
        self._batch = gr.Textbox(visible=False)
        # Counts up whenever the lines have to be drawn anew from what is stored.
        self._turn = gr.Number(value=0, visible=False, precision=0)
        self._cursor = gr.Textbox(visible=False)
        self._assign.build()
        self._assigned = self._assign.wire(self._message, self._batch, self._turn)
        place = [self._batch, self._cursor, self._turn, *self._assign.outputs]
        bind(
            page.load,
            self.open,
            inputs=[self._turn],
            outputs=place,
            js=call("rows", "recover"),
        )
        bind(upload.submit, self.added, inputs=[self._turn], outputs=place)

        drawn_from = [self._batch, self._turn, self._assign.round, self._cursor]

        def lines(
            batch: str, turn: float | None, rounds: float | None, cursor: str, request: gr.Request
        ) -> None:
            actor = self._desk.authorise(request, Permission.UPLOAD)
            self._draw(actor, Place(batch, cursor, turn or 0, rounds or 0))

        gr.render(inputs=drawn_from, triggers=[self._turn.change], show_progress="hidden")(
            guarded(fitted(lines, drawn_from))
        )

    def open(self, turn: float, request: gr.Request) -> list[Any]:
        """Take the batch, and the page of its lines, from the page's address."""
        actor = self._desk.authorise(request, Permission.UPLOAD)
        asked = dict(request.query_params)
        batch, cursor = str(asked.get("id", "")), str(asked.get("cursor", ""))
        return [batch, cursor, (turn or 0) + 1, *self._assign.shown(actor, batch)]

    def added(self, turn: float, event: gr.EventData, request: gr.Request) -> list[Any]:
        """Draw the newest lines after images were analysed."""
        actor = self._desk.authorise(request, Permission.UPLOAD)
        batch = str(event.batch)
        return [batch, "", (turn or 0) + 1, *self._assign.shown(actor, batch)]

    def _draw(self, actor: Actor, place: Place) -> None:
        try:
            page = self._page(actor, place)
        except TriageError as error:
            gr.HTML(notice(str(error), "error"))
            return
        if not page.items:
            gr.HTML(f'<p class="hint">{texts.BATCH_EMPTY}</p>')
            return
        gr.HTML(place.address() + self._heading(actor, place, page))
        bar = draw_bar(place, may_file=actor.may(Permission.CHANGE_CASES))
        told = self._copies(actor, page)
        lines = [self._line(actor, item, place, told.get(item.id, "")) for item in page.items]
        self._wire_bar(bar, [line for line in lines if line.draft])
        self._draw_pager(page)

    def _draw_pager(self, page: Page) -> None:
        ways = [(texts.PREVIOUS, page.previous_cursor), (texts.NEXT, page.next_cursor)]
        with gr.Row(elem_classes="pager"):
            for words, cursor in ways:
                button = gr.Button(words, visible=cursor is not None)
                self._wire_turn(button, cursor or "")

    def _wire_turn(self, button: gr.Button, cursor: str) -> None:
        def turn_page(batch: str, turn: float, request: gr.Request) -> list[Any]:
            actor = self._desk.authorise(request, Permission.UPLOAD)
            return [cursor, (turn or 0) + 1, *self._assign.shown(actor, batch)]

        inputs = [self._batch, self._turn]
        outputs = [self._cursor, self._turn, *self._assign.outputs]
        bind(button.click, turn_page, inputs, outputs, call("rows", "flushed"))

    def _heading(self, actor: Actor, place: Place, page: Page) -> str:
        done = CaseFilter(batch_id=place.batch, state=CaseState.FILED)
        return heading(actor, page, self._desk.cases.count(actor, done))

    def _wire_bar(self, bar: Bar, lines: Sequence[DrawnLine]) -> None:
        flushed = call("rows", "flushed")
        boxes = [line.mark for line in lines]
        shown: list[Component] = [*boxes, *(field for line in lines for field in line.fields)]
        counters = [self._batch, self._turn, self._assign.round]

        # The request stands before the lines, of which there is any number.
        def write(  # noqa: PLR0917 - one argument for each component, in order
            batch: str,
            turn: float,
            rounds: float,
            patient: str,
            lesion: str,
            request: gr.Request,
            *values: Any,
        ) -> list[Any]:
            actor = self._desk.authorise(request, Permission.UPLOAD, Permission.CHANGE_CASES)
            typed = dict(zip(FIELDS, (patient, lesion), strict=True))
            return self._assign.apply(actor, [batch, turn, rounds], picked(lines, values), typed)

        def confirm(turn: float, request: gr.Request, *values: Any) -> list[Any]:
            actor = self._desk.authorise(request, Permission.CHANGE_CASES)
            return self._file(actor, turn, picked(lines, values))

        bind(bar.apply.click, write, [*counters, *bar.common, *shown], self._assigned, flushed)
        filed = [self._message, self._turn]
        bind(bar.file.click, confirm, [self._turn, *shown], filed, flushed)
        bar.everything.input(
            fn=None,
            js=f"(all) => Array({len(boxes)}).fill(all)" if len(boxes) != 1 else "(all) => all",
            inputs=[bar.everything],
            outputs=boxes,
            show_progress="hidden",
        )

    @staticmethod
    def _from_image(actor: Actor, item: CaseSummary, analysis: Analysis) -> str:
        if not actor.may(Permission.SEE_FINDINGS):
            return ""
        if item.blinded:
            return words.WITHHELD_BATCH
        # New images of a batch have no context, so the level with it says little by itself.
        level = LEVEL_LABELS[analysis.decision.findings_level].lower()
        return texts.FINDINGS_LEVEL.format(level=level)

    def _copies(self, actor: Actor, page: Page) -> Mapping[str, str]:
        """What is told of the copies of each line, by its case; how many there are, first."""
        seen = self._desk.station.copies.seen(actor, [item.id for item in page.items])
        if seen:
            words = texts_copies.IN_BATCH if len(seen) > 1 else texts_copies.IN_BATCH_ONE
            gr.HTML(notice(words.format(count=len(seen))))
        here = {item.id: item.patient_reference for item in page.items}
        return {case_id: copies.brief(some, here[case_id]) for case_id, some in seen.items()}

    def _line(self, actor: Actor, item: CaseSummary, place: Place, told: str) -> DrawnLine:
        seen = {"patient_reference": item.patient_reference, "lesion_label": item.lesion_label}
        turn = place.turn
        with gr.Row(elem_classes="batch-line", key=f"row-{item.id}"):
            draft = item.state is CaseState.DRAFT
            # Drawn unticked in each turn: what is done with a selection is done once.
            mark = gr.Checkbox(
                value=False,
                label=texts.SELECT,
                visible=draft,
                interactive=True,
                min_width=90,
                scale=0,
                key=f"mark-{item.id}-{turn}",
            )
            gr.HTML(self._picture(actor, item) + told, min_width=280, scale=2)
            fields = [line_field(name, seen[name], f"{name}-{item.id}-{turn}") for name in FIELDS]
            button = gr.Button(
                texts.FILE_ONE,
                visible=draft and actor.may(Permission.CHANGE_CASES),
                scale=0,
                min_width=90,
                key=f"file-{item.id}",
            )
        self._wire_line(item, seen, fields, button)
        return DrawnLine(item.id, draft, mark, fields)

    def _wire_line(
        self,
        item: CaseSummary,
        seen: dict[str, str],
        fields: list[gr.Textbox],
        button: gr.Button,
    ) -> None:
        gr.on(
            [field.change for field in fields],
            fn=None,
            js=call("rows", "changed", item.id, item.version, seen),
            inputs=fields,
            show_progress="hidden",
        )

        def confirm(turn_now: float, patient: str, lesion: str, request: gr.Request) -> list[Any]:
            actor_now = self._desk.authorise(request, Permission.CHANGE_CASES)
            shown = dict(zip(FIELDS, (patient, lesion), strict=True))
            return self._file(actor_now, turn_now, [Line(item.id, shown)])

        bind(
            button.click,
            confirm,
            inputs=[self._turn, *fields],
            outputs=[self._message, self._turn],
            js=call("rows", "flushed"),
        )

    def _picture(self, actor: Actor, item: CaseSummary) -> str:
        level = listing.level(item) if actor.may(Permission.SEE_FINDINGS) else ""
        analysis = self._desk.cases.get(actor, item.id).analysis
        from_image = self._from_image(actor, item, analysis)
        return picture(item, level, from_image, analysis.image_notes)

    def _page(self, actor: Actor, place: Place) -> Page:
        if len(place.batch) != 32:
            return Page((), None, None)
        wanted = CaseFilter(batch_id=place.batch)
        return self._desk.cases.page(actor, wanted, cursor=place.cursor or None, size=SHOWN)

    def _file(self, actor: Actor, turn: float, lines: Sequence[Line]) -> list[Any]:
        if not lines:
            return [notice(texts.NOTHING_SELECTED, "error"), turn]
        filed, problems, said = 0, "", dict[str, None]()
        for line in lines:
            try:
                case = self._desk.find(actor, line.case_id)
                refuse_other_than(case, line.fields)
                self._desk.cases.file(actor, line.case_id, case.version)
                filed += 1
                said[self._pointed_out(actor, case)] = None
            except TriageError as error:
                name = self._assign.name(actor, line.case_id)
                refused = texts.BATCH_NOT_FILED.format(name=name, reason=error)
                problems += notice(refused, "error")
        done = notice(texts.BATCH_FILED.format(count=filed)) if filed else ""
        hints = "".join(notice(text, "error") for text in said)
        return [done + problems + hints, turn + 1]

    def _pointed_out(self, actor: Actor, case: Case) -> str:
        reference = case.details.patient_reference
        alike = self._desk.station.references.alike(actor, reference, case.id)
        said = pointed_out(reference, alike, zone())
        return f"{reference}: {said}" if said else ""
