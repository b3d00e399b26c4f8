"""Pictures and probabilities."""

from reportlab.platypus import Flowable, Spacer

from triage_app.domain.case import Case
from triage_app.domain.diagnosis import CLASS_LABELS, DIAGNOSIS_LABELS, Diagnosis
from triage_app.domain.findings import EvidenceLocation, Findings, OverlayEvidence
from triage_app.ports.documents import ReportContent
from triage_app.report import words
from triage_app.report.drawings import Bar, Picture, Placeholder
from triage_app.report.layout import Desk, Grid
from triage_app.report.pictures import OVERLAY_OPACITY, checked, with_overlay
from triage_app.report.styles import GAP
from triage_app.report.text import Text

_SIDE = 190.0
_NUMBER_WIDTH = 44.0


def pictures(desk: Desk, content: ReportContent) -> list[Flowable]:
    """The crop, the crop with the overlay, and what the overlay says, in one row."""
    styles = desk.styles
    missing = _why_no_overlay(content)
    caption = "Overlay" if missing else "Analysed crop with overlay"
    left = [
        Picture(checked(content.crop), _SIDE, "The analysed crop of the dermoscopic image"),
        desk.text("Analysed crop", styles.label),
    ]
    right = [_overlay(desk, content, missing), desk.text(caption, styles.label)]
    beside = desk.width - 2 * (_SIDE + GAP)
    statement = desk.text("" if missing else _statement(content.case), styles.small)
    row = desk.grid([[left, right, statement]], [_SIDE + GAP, _SIDE + GAP, beside])
    return [Spacer(0, 8), row]


def _overlay(desk: Desk, content: ReportContent, missing: str) -> Flowable:
    if missing or content.overlay is None:
        return Placeholder(missing, _SIDE, desk.styles.small_centred, desk.faces)
    blended = with_overlay(content.crop, content.overlay)
    return Picture(blended, _SIDE, "The analysed crop with the overlay on it")


def _why_no_overlay(content: ReportContent) -> str:
    analysis = content.case.analysis
    if analysis.model is None:
        return f"No overlay. {words.NO_MODEL}"
    if not analysis.decision.assessed:
        return "No overlay: the image could not be assessed."
    evidence = analysis.evidence.overlay
    if evidence is None or evidence.location is EvidenceLocation.NONE:
        return (
            "No overlay: no positive evidence. "
            f"Nothing of weight in the image supports {_group(evidence)}."
        )
    return "" if content.overlay else "No overlay is stored for this analysis."


def _group(evidence: OverlayEvidence | None) -> str:
    if evidence is None:
        return "the finding"
    return words.GROUPS.get(evidence.group, evidence.group.replace("_", " "))


def _statement(case: Case) -> str:
    evidence = case.analysis.evidence.overlay
    parts = [
        f"The overlay shows where the model found support for {_group(evidence)} against the "
        f"rest (Grad-CAM), blended in at an opacity of {whole_percent(OVERLAY_OPACITY)}. It shows "
        "where the model looked, not where disease is, and it does not outline the lesion. Clear "
        "areas gave no support."
    ]
    if evidence and evidence.centre_share is not None:
        parts.append(
            f"{whole_percent(evidence.centre_share)} of the support lies in the image centre."
        )
    if evidence and evidence.location is EvidenceLocation.OFF_CENTRE:
        parts.append(
            "It lies off the centre: the model may have reacted to the border, ink or a ruler."
        )
    return " ".join(parts)


def whole_percent(share: float) -> str:
    """A share in whole percent."""
    return f"{100 * share:.0f} %"


def probabilities(desk: Desk, case: Case) -> list[Flowable]:
    """The three classes, and the diagnoses beside them; nothing when not assessed."""
    findings = case.analysis.shown_findings
    if findings is None:
        reason = words.NO_MODEL if case.analysis.model is None else words.WITHHELD
        return desk.section("Findings", [desk.text(reason)])
    half = (desk.width - 2 * GAP) / 2
    both = desk.grid(
        [[_classes(desk, findings, half), _diagnoses(desk, findings, half)]],
        [half + 2 * GAP, half],
        2 * GAP,
    )
    note = desk.text(
        "Calibrated probabilities of the model for this image. The class suspicious is actinic "
        "keratosis and Bowen's disease; it is not the level of suspicion, which is the triage "
        "level." + _unknown(findings),
        desk.styles.label,
    )
    return desk.section("Findings: probability of each class and diagnosis", [both, note])


def _unknown(findings: Findings) -> str:
    missing = [DIAGNOSIS_LABELS[d].lower() for d in Diagnosis if d not in findings.known]
    if not missing:
        return ""
    return f" This model did not know {', '.join(missing)}; it shows under another diagnosis."


def _classes(desk: Desk, findings: Findings, width: float) -> Grid:
    rows = []
    for name, share in findings.by_class().items():
        label = desk.text(CLASS_LABELS[name], desk.styles.strong)
        number = _number(desk, share, strong=True)
        rows.append([[label, Spacer(0, 2), Bar(share, width - _NUMBER_WIDTH - GAP, 8)], number])
    return desk.grid(rows, [width - _NUMBER_WIDTH, _NUMBER_WIDTH], below=7)


def _diagnoses(desk: Desk, findings: Findings, width: float) -> Grid:
    bar = 84.0
    ordered = sorted(findings.probabilities.items(), key=lambda pair: -pair[1])
    rows = [
        [
            desk.text(DIAGNOSIS_LABELS[diagnosis], desk.styles.small),
            [Spacer(0, 3), Bar(share, bar, 5)],
            _number(desk, share, strong=False),
        ]
        for diagnosis, share in ordered
    ]
    return desk.grid(rows, [width - bar - GAP - _NUMBER_WIDTH, bar + GAP, _NUMBER_WIDTH], below=2)


def _number(desk: Desk, share: float, strong: bool) -> Text:
    style = desk.styles.number_strong if strong else desk.styles.small_right
    return desk.text(words.percent(share), style)
