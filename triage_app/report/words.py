"""The fixed words of the report, and how values read in it."""

from collections.abc import Mapping

from triage_app.domain.context import RED_FLAG_LABELS, SITE_LABELS, ClinicalContext
from triage_app.domain.files import StoredFile
from triage_app.domain.quality import QualityFinding
from triage_app.domain.trail import Anchor
from triage_app.domain.triage import LEVEL_LABELS, Decision

TITLE = "Dermoscopy triage report"
RESEARCH = (
    "Research software. Not CE- or UKCA-marked, not cleared by the FDA. "
    "Decision support for clinicians, not a diagnosis."
)
SYNTHETIC = "SYNTHETIC DATA: made up for demonstration. No patient, no finding of a patient."
SYNTHETIC_SHORT = "SYNTHETIC DATA"
NOT_GIVEN = "Not given"
NOT_RECORDED = "not recorded"
NOT_MEASURED = "not measured"
NO_MODEL = "No model was in service when this image was analysed, so nothing was assessed."
WITHHELD = "Withheld: the image could not be assessed, so no probability is shown."
NOT_APPLIED = "Not applied: the image could not be assessed, so there is nothing to compare."
GROUPS: Mapping[str, str] = {
    "melanoma": "melanoma",
    "malignant_or_suspicious": "malignant or suspicious",
}


def percent(share: float) -> str:
    """Two decimals, as in the reasons: a score never reads as equal to a point it is below."""
    return f"{100 * share:.2f} %"


def short_anchor(anchor: Anchor) -> str:
    """Enough of the anchor to recognise it on every page; the whole stands once in the report."""
    return f"Trail anchor {anchor.number}:{anchor.hash[:16]}…"


def context_fields(context: ClinicalContext) -> list[tuple[str, str]]:
    """Label and value of every answer at intake; what was not answered says so."""
    return [
        ("Age", NOT_GIVEN if context.age is None else f"{context.age} years"),
        ("Sex", context.sex.capitalize() if context.sex else NOT_GIVEN),
        ("Fitzpatrick skin type", context.skin_type or NOT_GIVEN),
        ("Body site", SITE_LABELS[context.site] if context.site else NOT_GIVEN),
        ("Laterality", context.laterality.capitalize() if context.laterality else NOT_GIVEN),
        ("Dermoscopic image", _confirmed(context.dermoscopic)),
        ("Red flags", _red_flags(context)),
    ]


def _confirmed(dermoscopic: bool | None) -> str:
    if dermoscopic is None:
        return f"{NOT_GIVEN} (not confirmed)"
    return "Confirmed by the clinician" if dermoscopic else "No, as stated by the clinician"


def _red_flags(context: ClinicalContext) -> str:
    if context.red_flags is None:
        return f"{NOT_GIVEN} (not asked)"
    labels = [label for flag, label in RED_FLAG_LABELS.items() if flag in context.red_flags]
    return "; ".join(labels) or "Asked, none present"


def findings_level(decision: Decision) -> str:
    """The level from findings alone, in a sentence.

    Findings of an image that could not be assessed as a whole are not to be relied on, also where
    only the context refused it, so their level is withheld too.
    """
    if not decision.assessed:
        return "No finding is shown. This outcome says nothing about the lesion."
    label = LEVEL_LABELS[decision.findings_level].lower()
    return f"Level from findings alone, without the context: {label}."


def quality_text(finding: QualityFinding) -> str:
    """Grade, value and limit of one measure, with the advice where there is any."""
    figures = f"{finding.grade.capitalize()} ({finding.value:.4g}, limit {finding.limit:.4g})"
    return f"{figures}. {finding.advice}" if finding.advice else f"{figures}."


def image_size(original: StoredFile | None) -> str:
    """Size and type of the original in words."""
    if original is None or not (original.width and original.height):
        return NOT_RECORDED
    kind = original.media_type.removeprefix("image/").upper()
    return f"{original.width} × {original.height} px, {kind}, {original.size:,} bytes"
