"""Lines to write on by hand: the whole verdict where none is recorded, otherwise a signature."""

from reportlab.platypus import Flowable, KeepTogether

from triage_app.domain.case import Case
from triage_app.report.drawings import WritingLine
from triage_app.report.layout import Desk, Grid, Rule
from triage_app.report.tags import Tag


def blank_verdict(desk: Desk, case: Case) -> list[Flowable]:
    """Agreement, disposition, name, signature and date; the impression where none is recorded."""
    title = desk.text("Verdict of the clinician", desk.styles.heading, Tag("H2"))
    width = desk.width
    rows = [] if case.impressions else [[_line(desk, "Own impression", width)]]
    rows += [
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
    ]
    written = [_row(desk, row) for row in rows]
    return [KeepTogether([Rule(), title, *written, signature(desk)])]


def signature(desk: Desk) -> Grid:
    """Name, signature and date."""
    width = desk.width
    parts = [
        _line(desk, "Name", 0.38 * width),
        _line(desk, "Signature", 0.38 * width),
        _line(desk, "Date", 0.24 * width),
    ]
    return _row(desk, parts)


def _row(desk: Desk, parts: list[WritingLine]) -> Grid:
    return desk.grid([parts], [part.width for part in parts], gap=0, below=0)


def _line(desk: Desk, label: str, width: float) -> WritingLine:
    return WritingLine(label, width, desk.styles.small, desk.faces, box=False, line=True)


def _tick(desk: Desk, label: str, width: float) -> WritingLine:
    return WritingLine(label, width, desk.styles.small, desk.faces, box=True, line=False)


def _tick_line(desk: Desk, label: str, width: float) -> WritingLine:
    return WritingLine(label, width, desk.styles.small, desk.faces, box=True, line=True)
