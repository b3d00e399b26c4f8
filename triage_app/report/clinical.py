"""What the clinician told, and the place for the clinician's verdict."""

from reportlab.platypus import CondPageBreak, Flowable, KeepTogether

from triage_app.domain.case import CaseDetails
from triage_app.report import words
from triage_app.report.drawings import WritingLine
from triage_app.report.layout import Desk, Grid, Rule
from triage_app.report.tags import Tag

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
        *_typed(desk, "Clinical question", details.clinical_question),
        *_typed(desk, "Note", details.note),
    ]


def _typed(desk: Desk, label: str, text: str) -> list[Flowable]:
    field = desk.field(label, text or words.NOT_GIVEN, desk.styles.typed_spaced)
    # A label is not left alone at the foot of a page.
    return [CondPageBreak(_LABEL_AND_LINES), *field]


def verdict(desk: Desk) -> list[Flowable]:
    """Blank lines: impression, agreement, disposition, name, signature and date."""
    title = desk.text("Verdict of the clinician", desk.styles.heading, Tag("H2"))
    width = desk.width
    rows = [
        [_line(desk, "Own impression", width)],
        [
            _tick(desk, "Agree with the triage level", 0.3 * width),
            _tick_line(desk, "Override; level given instead", 0.7 * width),
        ],
        [
            _tick(desk, "Discharge", 0.15 * width),
            _tick_line(desk, "Short-term follow-up, due", 0.4 * width),
            _tick(desk, "Biopsy or excision", 0.23 * width),
            _tick(desk, "Urgent referral", 0.22 * width),
        ],
        [
            _line(desk, "Name", 0.38 * width),
            _line(desk, "Signature", 0.38 * width),
            _line(desk, "Date", 0.24 * width),
        ],
    ]
    return [KeepTogether([Rule(), title, *(_row(desk, row) for row in rows)])]


def _row(desk: Desk, parts: list[WritingLine]) -> Grid:
    return desk.grid([parts], [part.width for part in parts], gap=0, below=0)


def _line(desk: Desk, label: str, width: float) -> WritingLine:
    return WritingLine(label, width, desk.styles.small, desk.faces, box=False, line=True)


def _tick(desk: Desk, label: str, width: float) -> WritingLine:
    return WritingLine(label, width, desk.styles.small, desk.faces, box=True, line=False)


def _tick_line(desk: Desk, label: str, width: float) -> WritingLine:
    return WritingLine(label, width, desk.styles.small, desk.faces, box=True, line=True)
