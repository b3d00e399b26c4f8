"""The top of the report: whose lesion it is, and what was decided."""

from reportlab.platypus import Flowable, Spacer

from triage_app.domain.case import Case
from triage_app.domain.context import SITE_LABELS
from triage_app.domain.outcome import current_outcome
from triage_app.domain.triage import LEVEL_LABELS, Level, Reason
from triage_app.ports.documents import ReportContent
from triage_app.report import loop_words, words
from triage_app.report.drawings import LevelShape
from triage_app.report.layout import Desk, Grid
from triage_app.report.styles import GREY, LEVEL_COLOURS
from triage_app.report.tags import Tag

_SHAPE_SIDE = 26.0
_BAND_PADDING = 9.0


def title(desk: Desk, content: ReportContent) -> list[Flowable]:
    """Site, title, number and time of issue, identifiers."""
    styles, case = desk.styles, content.case
    synthetic = [desk.text(words.SYNTHETIC, styles.small)] if content.synthetic else []
    left = [
        desk.text(content.site_name, styles.site),
        desk.text(words.TITLE, styles.title, Tag("H1")),
        *synthetic,
    ]
    right = [
        desk.text(f"Report no. {content.number} of this case", styles.issue),
        desk.text(f"Issued {desk.zone.said(content.issued_at)}", styles.issue),
        desk.text(f"Analysed {desk.zone.said(case.analysis.created_at)}", styles.issue),
    ]
    head = desk.grid([[left, right]], [0.66 * desk.width, 0.34 * desk.width], below=6)
    return [head, _identifiers(desk, content, case)]


def _identifiers(desk: Desk, content: ReportContent, case: Case) -> Grid:
    strong, small = desk.styles.strong, desk.styles.small
    reference = case.details.patient_reference or words.NOT_GIVEN
    first = [
        desk.field("Patient reference", reference, strong),
        desk.field("Lesion", _lesion(content), strong),
        desk.field("Case id", case.id, small) + desk.field("Report id", content.report_id, small),
    ]
    return desk.grid([first], [0.36 * desk.width, 0.34 * desk.width, 0.30 * desk.width], below=6)


def _lesion(content: ReportContent) -> str:
    """The label typed at intake, or else the lesion that the image is filed under."""
    typed, lesion = content.case.details.lesion_label, content.lesion
    if lesion is None or typed == lesion.label:
        return typed or words.NOT_GIVEN
    filed = lesion.label or f"{SITE_LABELS[lesion.site]}, {lesion.laterality}"
    return f"{filed} ({typed})" if typed else filed


def decision(desk: Desk, case: Case) -> list[Flowable]:
    """The triage level as shape and word, with its reasons, in a frame."""
    decided = case.analysis.decision
    words_beside = [
        desk.text("Triage level", desk.styles.label),
        desk.text(LEVEL_LABELS[decided.level], desk.styles.level, Tag("H2")),
        *_reasons(desk, decided.reasons),
        desk.text(words.findings_level(decided), desk.styles.small_spaced),
    ]
    return _band(desk, decided.level, words_beside)


def verdict(desk: Desk, case: Case, names: loop_words.Names) -> list[Flowable]:
    """The verdict that counts and the outcome, framed as the decision above it is.

    Nothing where neither is recorded: then there are lines to write on below.
    """
    last, outcome = case.verdict, current_outcome(case.outcomes)
    if last is None and outcome is None:
        return []
    styles = desk.styles
    said = [desk.text("Verdict of the clinician", styles.label)]
    if last is None:
        said.append(desk.text("Not recorded yet", styles.disposition, Tag("H2")))
    else:
        level, what = LEVEL_LABELS[last.level], loop_words.disposition(last)
        said += [
            desk.text(f"{level}: {what[0].lower()}{what[1:]}", styles.disposition, Tag("H2")),
            desk.text(loop_words.agreement(last)),
            *_since(desk, case),
            desk.text(f"Given by {loop_words.given(last, names, desk.zone)}.", styles.small_spaced),
        ]
    if outcome is not None:
        said.append(desk.text(loop_words.summary(outcome), styles.strong))
    return [Spacer(0, 6), *_band(desk, last.level if last else None, said)]


def _since(desk: Desk, case: Case) -> list[Flowable]:
    """A verdict on another level than today's must not read as one on this."""
    now = case.analysis.decision.level
    if case.verdict is None or case.verdict.found is now:
        return []
    changed = f"The triage level changed after this verdict: it is {loop_words.level(now)} now."
    return [desk.text(changed, desk.styles.strong)]


def _band(desk: Desk, level: Level | None, beside: list[Flowable]) -> list[Flowable]:
    colour = LEVEL_COLOURS[level] if level else GREY
    inner = desk.width - _SHAPE_SIDE - 3 * _BAND_PADDING
    frame = [
        ("BOX", (0, 0), (-1, -1), 1.4, colour),
        ("LEFTPADDING", (0, 0), (0, 0), _BAND_PADDING),
        ("TOPPADDING", (0, 0), (0, 0), _BAND_PADDING + 3),
        ("TOPPADDING", (1, 0), (1, 0), _BAND_PADDING - 3),
        ("RIGHTPADDING", (-1, 0), (-1, -1), _BAND_PADDING),
    ]
    widths = [_SHAPE_SIDE + 2 * _BAND_PADDING, inner + _BAND_PADDING]
    shape = LevelShape(level, _SHAPE_SIDE) if level else Spacer(_SHAPE_SIDE, _SHAPE_SIDE)
    return [desk.grid([[shape, beside]], widths, 0, _BAND_PADDING - 2, frame)]


def _reasons(desk: Desk, reasons: tuple[Reason, ...]) -> list[Flowable]:
    if len(reasons) == 1:
        return [desk.text(reasons[0].text)]
    return [desk.text(f"{n}. {reason.text}") for n, reason in enumerate(reasons, start=1)]
