"""What the clinician told at intake."""

from reportlab.platypus import CondPageBreak, Flowable

from triage_app.domain.case import CaseDetails
from triage_app.report import words
from triage_app.report.layout import Desk

_LABEL_AND_LINES = 34.0


def context(desk: Desk, details: CaseDetails) -> list[Flowable]:
    """Every answer at intake, the clinical question and the note."""
    *pairs, flags = words.context_fields(details.context)
    quarter = desk.width / 4
    cells = [desk.field(label, value) for label, value in pairs]
    rows = [cells[:4], [*cells[4:], desk.field(*flags), []]]
    answers = desk.grid(rows, [quarter] * 4, extra=[("SPAN", (2, 1), (3, 1))])
    return [
        *desk.section("Clinical context", [answers]),
        *typed(desk, "Clinical question", details.clinical_question),
        *typed(desk, "Note", details.note),
    ]


def typed(desk: Desk, label: str, text: str) -> list[Flowable]:
    """A label above text that somebody typed, which may run over pages."""
    field = desk.field(label, text or words.NOT_GIVEN, desk.styles.typed_spaced)
    # A label is not left alone at the foot of a page.
    return [CondPageBreak(_LABEL_AND_LINES), *field]
