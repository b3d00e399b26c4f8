"""The page that takes outcomes from a CSV file, and gives cases as one."""

from typing import Any

import gradio as gr

from triage_app.domain.calendar import said_day
from triage_app.domain.case import Case
from triage_app.domain.errors import TriageError
from triage_app.domain.files import FileKind
from triage_app.domain.pathology import PATHOLOGY_LABELS
from triage_app.domain.people import Permission
from triage_app.services.exchange.outcome_import import (
    ROW_STATUS_LABELS,
    ImportPlan,
    PlannedRow,
    RowStatus,
)
from triage_app.ui.cases.listing import picture
from triage_app.ui.kit import frame
from triage_app.ui.kit.desk import Desk, bind
from triage_app.ui.kit.local import day
from triage_app.ui.kit.markup import esc, notice, section, table
from triage_app.ui.kit.scripts import call, forward
from triage_app.ui.office.import_questions import answers_from, asked
from triage_app.ui.words import lesions as words

REVIEW = Permission.REVIEW


class OutcomesPage:
    """Draws the page and handles its events. The window keeps the file's text, not the server."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def build(self, page: gr.Blocks) -> None:
        frame.header(self._desk.station, "outcomes")
        self._message = frame.message()
        self._file = gr.HTML(_chooser(), js_on_load=forward("triage-csv"))
        # Where a reference may mean several patients, choosing one asks for the preview again.
        self._preview = gr.HTML("", js_on_load=forward("triage-csv"))
        with gr.Column(elem_classes="plain-group"):
            self._apply = gr.Button(words.APPLY_ONE, variant="primary", visible=False)
        self._export = gr.HTML("")
        # Filled by the page's script: the text that the preview was made of, and its digest.
        self._text = gr.Textbox(visible=False)
        self._digest = gr.Textbox(visible=False)
        self._answers = gr.Textbox(visible=False)
        shown = [self._message, self._preview, self._apply, self._digest]
        bind(page.load, self.open, outputs=[self._export])
        for chooser in (self._file, self._preview):
            bind(chooser.submit, self.read, outputs=shown)
        bind(
            self._apply.click,
            self.apply,
            inputs=[self._text, self._digest, self._answers],
            outputs=shown,
            js=call("csv", "held"),
        )

    def open(self, request: gr.Request) -> str:
        """The way to the export, for whoever may have it."""
        actor = self._desk.authorise(request, REVIEW)
        return export() if actor.may(Permission.EXPORT_CASES) else ""

    def read(self, event: gr.EventData, request: gr.Request) -> list[Any]:
        """Show what a file would do."""
        actor = self._desk.authorise(request, REVIEW)
        text = getattr(event, "text", "")
        try:
            plan = self._desk.station.outcome_import.preview(
                actor,
                text if isinstance(text, str) else "",
                answers_from(getattr(event, "answers", "")),
            )
        except TriageError as error:
            return [notice(str(error), "error"), "", gr.update(visible=False), ""]
        return ["", *_planned(plan)]

    def apply(self, text: str, digest: str, answers: str, request: gr.Request) -> list[Any]:
        """Add what the preview said, and show how the file stands then."""
        actor = self._desk.authorise(request, REVIEW)
        station = self._desk.station
        if not text:
            return [notice(words.READ_AGAIN, "error"), *[gr.skip()] * 3]
        try:
            given = answers_from(answers)
            done = station.outcome_import.apply(actor, text, digest or "", given)
            plan = station.outcome_import.preview(actor, text, given)
        except TriageError as error:
            return [notice(str(error), "error"), *[gr.skip()] * 3]
        said = words.APPLIED.format(added=done.added, stored=done.stored, left=done.left)
        return [notice(said), *_planned(plan)]


def _chooser() -> str:
    diagnoses = table(
        ("diagnosis", ""),
        [[f"<code>{d.value}</code>", esc(label)] for d, label in PATHOLOGY_LABELS.items()],
        words.OUTCOMES_DIAGNOSES,
    )
    columns = "".join(
        f"<div><dt><code>{name}</code></dt><dd>{esc(text)}</dd></div>"
        for name, text in words.OUTCOMES_COLUMNS.items()
    )
    more = (
        f"<details><summary>{words.OUTCOMES_FORMAT}</summary><p>{words.OUTCOMES_SEPARATED}</p>"
        f'<dl class="facts">{columns}</dl></details>'
        f"<details><summary>{words.OUTCOMES_DIAGNOSES}</summary>{diagnoses}</details>"
    )
    body = f"<p>{words.OUTCOMES_HELP}</p><triage-csv></triage-csv>{more}"
    return section(words.OUTCOMES_IN, body, "csv")


def _planned(plan: ImportPlan) -> list[Any]:
    adds = plan.count(RowStatus.ADD)
    label = words.APPLY_ONE if adds == 1 else words.APPLY.format(count=adds)
    return [preview(plan), gr.update(visible=adds > 0, value=label), plan.digest]


def preview(plan: ImportPlan) -> str:
    """What becomes of each row, those that are not added first."""
    counts = "".join(
        f'<li class="status-{status}">{words.PREVIEW_COUNTS[status].format(count=count)}</li>'
        for status in RowStatus
        if (count := plan.count(status))
    )
    order = list(RowStatus)
    rows = sorted(plan.rows, key=lambda planned: (-order.index(planned.status), planned.row.number))
    body = table(words.PREVIEW_COLUMNS, [_row(planned) for planned in rows], words.PREVIEW)
    notes = "".join(map(notice, plan.notes))
    said = f'{notes}{asked(plan.questions)}<ul class="counts" role="status">{counts}</ul>'
    return section(words.PREVIEW, f"{said}{body}", "preview")


def _row(planned: PlannedRow) -> list[str]:
    row, stated = planned.row, planned.row.stated
    why = f"<small>{esc(planned.sentence)}</small>" if planned.sentence else ""
    state = ROW_STATUS_LABELS[planned.status]
    case = planned.case
    reference = case.details.patient_reference if case else stated.get("patient_reference", "")
    diagnosis = stated.get("diagnosis", "") if row.fault else PATHOLOGY_LABELS[row.diagnosis]
    return [
        str(row.number),
        f'<span class="status-{planned.status}">{state}</span>{why}',
        _target(case, planned.lesion) if case else "",
        f"<bdi>{esc(reference)}</bdi>",
        f"<bdi>{esc(row.specimen or stated.get('specimen', ''))}</bdi>",
        esc(stated.get("date", "") if row.fault else said_day(row.on)),
        f"<bdi>{esc(diagnosis)}</bdi>",
        esc(stated.get("breslow_mm", "")),
    ]


def _target(case: Case, lesion: str) -> str:
    """The image that the row belongs to: its picture, lesion and day at the site."""
    seen = picture(case.id, shown=FileKind.THUMBNAIL in case.files)
    named = f"<bdi>{esc(lesion)}</bdi>" if lesion else words.PREVIEW_NO_LESION
    return (
        f'<a class="target" href="/case?id={case.id}">{seen}<span>{named}'
        f'<span class="sub">{day(case.created_at)}</span></span></a>'
    )


def export() -> str:
    """The button that hands all cases out."""
    button = f'<button class="button">{words.EXPORT_GET}</button>'
    sent = f'<form method="post" action="/cases/export">{button}</form>'
    return section(words.EXPORT, f"<p>{words.EXPORT_HELP}</p>{sent}")
