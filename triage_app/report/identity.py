"""The top of the report: whose lesion it is, and what was decided."""

from reportlab.platypus import Flowable

from triage_app.domain.case import Case
from triage_app.domain.triage import LEVEL_LABELS, Reason
from triage_app.report import words
from triage_app.report.drawings import LevelShape
from triage_app.report.layout import Desk, Grid
from triage_app.report.styles import LEVEL_COLOURS
from triage_app.report.tags import Tag
from triage_app.services.content import ReportContent

_SHAPE_SIDE = 26.0
_BAND_PADDING = 9.0


def title(desk: Desk, content: ReportContent) -> list[Flowable]:
    """Site, title, number and time of issue, identifiers."""
    styles, case = desk.styles, content.case
    left = [
        desk.text(content.site_name, styles.site),
        desk.text(words.TITLE, styles.title, Tag("H1")),
    ]
    right = [
        desk.text(f"Report no. {content.number} of this case", styles.issue),
        desk.text(f"Issued {words.moment(content.issued_at)}", styles.issue),
        desk.text(f"Analysed {words.moment(case.analysis.created_at)}", styles.issue),
    ]
    head = desk.grid([[left, right]], [0.66 * desk.width, 0.34 * desk.width], below=6)
    return [head, _identifiers(desk, content, case)]


def _identifiers(desk: Desk, content: ReportContent, case: Case) -> Grid:
    strong, small = desk.styles.strong, desk.styles.small
    reference = case.details.patient_reference or words.NOT_GIVEN
    first = [
        desk.field("Patient reference", reference, strong),
        desk.field("Lesion", case.details.lesion_label or words.NOT_GIVEN, strong),
        desk.field("Case id", case.id, small) + desk.field("Report id", content.report_id, small),
    ]
    return desk.grid([first], [0.36 * desk.width, 0.34 * desk.width, 0.30 * desk.width], below=6)


def decision(desk: Desk, case: Case) -> list[Flowable]:
    """The triage level as shape and word, with its reasons, in a frame."""
    decided = case.analysis.decision
    colour = LEVEL_COLOURS[decided.level]
    words_beside = [
        desk.text("Triage level", desk.styles.label),
        desk.text(LEVEL_LABELS[decided.level], desk.styles.level, Tag("H2")),
        *_reasons(desk, decided.reasons),
        desk.text(words.findings_level(decided), desk.styles.small_spaced),
    ]
    inner = desk.width - _SHAPE_SIDE - 3 * _BAND_PADDING
    frame = [
        ("BOX", (0, 0), (-1, -1), 1.4, colour),
        ("LEFTPADDING", (0, 0), (0, 0), _BAND_PADDING),
        ("TOPPADDING", (0, 0), (0, 0), _BAND_PADDING + 3),
        ("TOPPADDING", (1, 0), (1, 0), _BAND_PADDING - 3),
        ("RIGHTPADDING", (-1, 0), (-1, -1), _BAND_PADDING),
    ]
    shape = LevelShape(decided.level, _SHAPE_SIDE)
    widths = [_SHAPE_SIDE + 2 * _BAND_PADDING, inner + _BAND_PADDING]
    return [desk.grid([[shape, words_beside]], widths, 0, _BAND_PADDING - 2, frame)]


def _reasons(desk: Desk, reasons: tuple[Reason, ...]) -> list[Flowable]:
    if len(reasons) == 1:
        return [desk.text(reasons[0].text)]
    return [desk.text(f"{n}. {reason.text}") for n, reason in enumerate(reasons, start=1)]
