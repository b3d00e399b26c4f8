"""The page on which many images are analysed at once and confirmed one by one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr
from gradio.components import Component

from triage_app.domain.case import CaseFilter, CaseState, CaseSummary, Page
from triage_app.domain.errors import TriageError
from triage_app.domain.people import Actor, Permission
from triage_app.domain.triage import LEVEL_LABELS
from triage_app.services.drafts import save_fields
from triage_app.services.forms import FIELD_LABELS
from triage_app.ui import frame, listing, texts
from triage_app.ui import texts_review as words
from triage_app.ui.desk import Desk, bind, guarded
from triage_app.ui.fields import typed
from triage_app.ui.markup import esc, notice
from triage_app.ui.scripts import call, forward

SHOWN = 100
ROW_FIELDS = ("patient_reference", "lesion_label")


@dataclass(frozen=True)
class _Bar:
    """What acts on all selected lines: the fields of ``ROW_FIELDS`` and three controls."""

    common: list[gr.Textbox]
    everything: gr.Checkbox
    apply: gr.Button
    file: gr.Button


class BatchPage:
    """Draws the page and handles its events."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def build(self, page: gr.Blocks) -> None:
        """Draw into the open page of ``page``."""
        frame.header(self._desk.station, "batch")
        gr.HTML(f"<p>{texts.BATCH_INTRO}</p>")
        limit = self._desk.station.max_upload_bytes
        upload = gr.HTML(
            f'<triage-batch-uploader data-limit="{limit}"></triage-batch-uploader>',
            js_on_load=forward("triage-batch"),
        )
        self._message = frame.message()
        self._batch = gr.Textbox(visible=False)
        # Counts up whenever the lines have to be drawn anew from what is stored.
        self._turn = gr.Number(value=0, visible=False, precision=0)
        # Selected lines, by case, so that drawing anew keeps the selection.
        self._picked = gr.Textbox(visible=False)
        bind(
            page.load,
            self.open,
            inputs=[self._turn],
            outputs=[self._batch, self._turn],
            js=call("rows", "recover"),
        )
        bind(upload.submit, self.added, inputs=[self._turn], outputs=[self._batch, self._turn])

        @gr.render(  # type: ignore[untyped-decorator]
            inputs=[self._batch, self._turn, self._picked],
            triggers=[self._turn.change],
            show_progress="hidden",
        )
        @guarded
        def lines(batch: str, turn: float | None, picked: str, request: gr.Request) -> None:
            actor = self._desk.authorise(request, Permission.UPLOAD)
            self._draw(actor, batch, int(turn or 0), frozenset((picked or "").split()))

    def open(self, turn: float, request: gr.Request) -> tuple[str, float]:
        """Take the batch from the page's address."""
        self._desk.authorise(request, Permission.UPLOAD)
        return str(dict(request.query_params).get("id", "")), (turn or 0) + 1

    def added(self, turn: float, event: gr.EventData, request: gr.Request) -> tuple[str, float]:
        """Draw the lines after images were stored."""
        self._desk.authorise(request, Permission.UPLOAD)
        return str(event.batch), (turn or 0) + 1

    def _draw(self, actor: Actor, batch: str, turn: int, picked: frozenset[str]) -> None:
        page = self._page(actor, batch)
        if not page.items:
            gr.HTML(f'<p class="hint">{texts.BATCH_EMPTY}</p>')
            return
        gr.HTML(_heading(actor, page))
        bar = _draw_bar(may_file=actor.may(Permission.CHANGE_CASES))
        marks = {item.id: self._line(actor, item, turn, item.id in picked) for item in page.items}
        drafts = [item.id for item in page.items if item.state is CaseState.DRAFT]
        self._wire_bar(bar, {case_id: marks[case_id] for case_id in drafts})

    def _wire_bar(self, bar: _Bar, marks: dict[str, Component]) -> None:
        outputs = [self._message, self._picked, self._turn]
        flushed = call("rows", "flushed")
        ids, boxes = list(marks), list(marks.values())

        # The request stands before the marks, of which there is any number.
        def write(
            turn: float, patient: str, lesion: str, request: gr.Request, *marked: bool
        ) -> list[Any]:
            actor = self._desk.authorise(request, Permission.UPLOAD, Permission.CHANGE_CASES)
            picked = [i for i, m in zip(ids, marked, strict=True) if m]
            typed = dict(zip(ROW_FIELDS, (patient, lesion), strict=True))
            return self._write(actor, turn, picked, typed)

        def confirm(turn: float, request: gr.Request, *marked: bool) -> list[Any]:
            actor = self._desk.authorise(request, Permission.CHANGE_CASES)
            return self._file(actor, turn, [i for i, m in zip(ids, marked, strict=True) if m])

        bind(bar.apply.click, write, [self._turn, *bar.common, *boxes], outputs, flushed)
        bind(bar.file.click, confirm, [self._turn, *boxes], outputs, flushed)
        bar.everything.input(
            fn=None,
            js=f"(all) => Array({len(boxes)}).fill(all)" if len(boxes) != 1 else "(all) => all",
            inputs=[bar.everything],
            outputs=boxes,
            show_progress="hidden",
        )

    def _from_image(self, actor: Actor, item: CaseSummary) -> str:
        if not actor.may(Permission.SEE_FINDINGS):
            return ""
        if item.blinded:
            return words.WITHHELD_BATCH
        # New images of a batch have no context, so the level with it says little by itself.
        level = self._desk.cases.get(actor, item.id).analysis.decision.findings_level
        return texts.FINDINGS_LEVEL.format(level=LEVEL_LABELS[level].lower())

    def _line(self, actor: Actor, item: CaseSummary, turn: int, picked: bool) -> Component:
        seen = {"patient_reference": item.patient_reference, "lesion_label": item.lesion_label}
        with gr.Row(elem_classes="batch-line", key=f"row-{item.id}"):
            draft = item.state is CaseState.DRAFT
            mark = gr.Checkbox(
                value=picked,
                label=texts.SELECT,
                visible=draft,
                min_width=90,
                scale=0,
                key=f"mark-{item.id}-{turn}",
            )
            gr.HTML(self._picture(actor, item), min_width=280, scale=2)
            fields = [
                _line_field(name, seen[name], f"{name}-{item.id}-{turn}") for name in ROW_FIELDS
            ]
            button = gr.Button(
                texts.FILE_ONE,
                visible=draft and actor.may(Permission.CHANGE_CASES),
                scale=0,
                min_width=90,
                key=f"file-{item.id}",
            )
        self._wire_line(item, seen, fields, button)
        return mark

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

        def confirm(turn_now: float, request: gr.Request) -> list[Any]:
            actor_now = self._desk.authorise(request, Permission.CHANGE_CASES)
            return self._file(actor_now, turn_now, [item.id])

        bind(
            button.click,
            confirm,
            inputs=[self._turn],
            outputs=[self._message, self._picked, self._turn],
            js=call("rows", "flushed"),
        )

    def _picture(self, actor: Actor, item: CaseSummary) -> str:
        level = listing.level(item) if actor.may(Permission.SEE_FINDINGS) else ""
        return _picture(item, level, self._from_image(actor, item))

    def _page(self, actor: Actor, batch: str) -> Page:
        if len(batch) != 32:
            return Page((), None, None)
        return self._desk.cases.page(actor, CaseFilter(batch_id=batch), size=SHOWN)

    def _write(
        self, actor: Actor, turn: float, picked: Sequence[str], fields: dict[str, str]
    ) -> list[Any]:
        given = {name: value for name, value in fields.items() if value and value.strip()}
        if not picked:
            return [notice(texts.NOTHING_SELECTED, "error"), "", turn]
        problems = []
        for case_id in picked:
            try:
                case = self._desk.find(actor, case_id)
                save_fields(self._desk.cases, actor, case_id, case.version, given)
            except TriageError as error:
                problems.append(str(error))
        message = notice(" ".join(dict.fromkeys(problems)), "error")
        return [message, " ".join(picked), turn + 1]

    def _file(self, actor: Actor, turn: float, picked: Sequence[str]) -> list[Any]:
        if not picked:
            return [notice(texts.NOTHING_SELECTED, "error"), "", turn]
        filed, problems = 0, ""
        for case_id in picked:
            try:
                case = self._desk.find(actor, case_id)
                self._desk.cases.file(actor, case_id, case.version)
                filed += 1
            except TriageError as error:
                name = self._name(actor, case_id)
                refused = texts.BATCH_NOT_FILED.format(name=name, reason=error)
                problems += notice(refused, "error")
        done = notice(texts.BATCH_FILED.format(count=filed)) if filed else ""
        return [done + problems, " ".join(picked), turn + 1]

    def _name(self, actor: Actor, case_id: str) -> str:
        try:
            files = self._desk.find(actor, case_id).files.values()
        except TriageError:
            return texts.UNNAMED
        return next((f.source_name for f in files if f.source_name), texts.UNNAMED)


def _line_field(name: str, value: str, key: str) -> gr.Textbox:
    # A new turn, in the key, shows what is stored, in place of what the browser remembers.
    return typed(FIELD_LABELS[name], value=value, interactive=True, min_width=160, key=key)


def _draw_bar(*, may_file: bool) -> _Bar:
    with gr.Column(elem_classes="filters"), gr.Row():
        common = [
            typed(FIELD_LABELS[name], value="", info=texts.APPLY_HELP, key=f"all-{name}")
            for name in ROW_FIELDS
        ]
        everything = gr.Checkbox(label=texts.SELECT_ALL, min_width=120, key="select-all")
        apply = gr.Button(texts.APPLY_SELECTED, min_width=150, key="apply")
        file = gr.Button(
            texts.FILE_SELECTED, variant="primary", min_width=150, key="file", visible=may_file
        )
    return _Bar(common, everything, apply, file)


def _heading(actor: Actor, page: Page) -> str:
    filed = sum(item.state is CaseState.FILED for item in page.items)
    progress = texts.BATCH_PROGRESS.format(filed=filed, total=len(page.items))
    more = ""
    if page.total > len(page.items):
        more = texts.BATCH_MORE.format(shown=len(page.items), total=page.total)
    hint = texts.BATCH_CONTEXT if actor.may(Permission.SEE_FINDINGS) else texts.WITHHELD
    return f'<h2>{texts.BATCH_DRAFTS}</h2><p>{progress}. {more}</p><p class="hint">{hint}</p>'


def _picture(item: CaseSummary, level: str, from_image: str) -> str:
    name = f"<bdi>{esc(item.source_name or texts.UNNAMED)}</bdi>"
    return (
        f'<div class="batch-picture">{listing.thumbnail(item)}<div><p>{level} '
        f'{listing.state(item)}</p><p><a href="/case?id={item.id}">{name}</a></p>'
        f'<p class="hint">{esc(from_image)}</p>'
        f'<p class="row-status" role="status" data-row-status="{item.id}"></p></div></div>'
    )
