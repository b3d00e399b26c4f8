"""The triage rule: a pure function from evidence and context to a level with its reasons.

Precedence, first match wins: cannot assess, urgent, review, routine. Below the level that matched,
reasons of the lower steps are still listed, so that the reader sees everything that speaks against
"routine". Every fault in the evidence leads upwards: missing pieces never make a level milder.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from triage_app.domain.context import (
    ADULT_AGE,
    NEVER_ROUTINE_SITES,
    NEVER_ROUTINE_SKIN,
    RED_FLAG_LABELS,
    SITE_LABELS,
    ClinicalContext,
    RedFlag,
)
from triage_app.domain.diagnosis import CLASS_LABELS, DIAGNOSIS_LABELS, Diagnosis, FindingClass
from triage_app.domain.findings import (
    Competence,
    EvidenceLocation,
    Findings,
    OverlayEvidence,
    TwoGates,
)
from triage_app.domain.quality import Grade, ImageQuality


class Level(StrEnum):
    """Triage level, mildest first; ``CANNOT_ASSESS`` stands beside the scale."""

    ROUTINE = "routine"
    REVIEW = "review"
    URGENT = "urgent"
    CANNOT_ASSESS = "cannot_assess"


LEVEL_LABELS: dict[Level, str] = {
    Level.ROUTINE: "Routine",
    Level.REVIEW: "Review",
    Level.URGENT: "Urgent",
    Level.CANNOT_ASSESS: "Cannot assess",
}

# Order for "by risk". An image that could not be assessed hides an unknown risk, so it stands
# above routine and review: someone has to look.
RISK_RANK: dict[Level, int] = {
    Level.ROUTINE: 0,
    Level.REVIEW: 1,
    Level.CANNOT_ASSESS: 2,
    Level.URGENT: 3,
}


class ReasonCode(StrEnum):
    """Stable name of a reason, for tests, statistics and the command line."""

    MODEL_UNAVAILABLE = "model_unavailable"
    UNREADABLE = "unreadable"
    NOT_DERMOSCOPIC = "not_dermoscopic"
    POOR_IMAGE = "poor_image"
    UNLIKE_TRAINING = "unlike_training"
    NO_DERMOSCOPY = "no_dermoscopy"
    UNFAMILIAR = "unfamiliar"
    REFER_ON_RED_FLAG = "refer_on_red_flag"
    RULE_IN = "rule_in"
    URGENT_RED_FLAG = "urgent_red_flag"
    RULE_OUT = "rule_out"
    AMBIGUOUS = "ambiguous"
    BORDERLINE_IMAGE = "borderline_image"
    EVIDENCE_OFF_LESION = "evidence_off_lesion"
    MIMIC_LEADS = "mimic_leads"
    SKIN_TYPE = "skin_type"
    AGE = "age"
    SITE = "site"
    RED_FLAG = "red_flag"
    RED_FLAGS_NOT_ASKED = "red_flags_not_asked"
    DERMOSCOPY_NOT_CONFIRMED = "dermoscopy_not_confirmed"
    BELOW_RULE_OUT = "below_rule_out"
    WITHHELD = "withheld"


@dataclass(frozen=True)
class Reason:
    """Why a level was set, in words; ``level`` is the level that it calls for by itself."""

    code: ReasonCode
    level: Level
    text: str


@dataclass(frozen=True)
class Policy:
    """Operating points, and what a site made stricter.

    ``rule_out``: review at or above this P(malignant)+P(suspicious), in (0, 1).
    ``rule_in``: urgent at or above this P(melanoma), in (0, 1).
    """

    rule_out: float
    rule_in: float
    urgent_red_flags: frozenset[RedFlag] = frozenset()

    def __post_init__(self) -> None:
        if not (0 < self.rule_out < 1 and 0 < self.rule_in < 1):
            raise ValueError("operating points must lie strictly between 0 and 1")


@dataclass(frozen=True)
class Evidence:
    """Everything that the image gave.

    ``refusal`` names why there are no findings (no model, unreadable); with it the rest may be
    None. ``prediction_set`` is the conformal set of classes. Without refusal all are required:
    a missing piece raises ValueError rather than passing as "nothing found".
    """

    findings: Findings | None = None
    prediction_set: frozenset[FindingClass] | None = None
    quality: ImageQuality | None = None
    competence: Competence | TwoGates | None = None
    overlay: OverlayEvidence | None = None
    refusal: Reason | None = None

    def __post_init__(self) -> None:
        parts = (
            self.findings,
            self.prediction_set,
            self.quality,
            self.competence,
            self.overlay,
        )
        if self.refusal is None and any(part is None for part in parts):
            raise ValueError("evidence is incomplete; give a refusal instead of leaving parts out")


@dataclass(frozen=True)
class Decision:
    """Outcome of the rule.

    ``findings_level`` is the level from the image alone, as if every answer at intake were
    reassuring; ``level`` adds the context and is never milder on the risk scale.
    """

    level: Level
    findings_level: Level
    reasons: tuple[Reason, ...]

    @property
    def assessed(self) -> bool:
        """Whether findings may be shown."""
        return self.level is not Level.CANNOT_ASSESS


def decide(evidence: Evidence, context: ClinicalContext, policy: Policy) -> Decision:
    """Apply the rule. Pure: same arguments, same decision."""
    image_refusals = tuple(_image_refusals(evidence))
    refusals = (*image_refusals, *_context_refusals(context))
    from_image = () if image_refusals else tuple(_image_reasons(evidence, policy))
    findings_level = Level.CANNOT_ASSESS if image_refusals else _worst(from_image)
    if refusals:
        reasons = (*refusals, *_refer_on_red_flags(context))
        return Decision(Level.CANNOT_ASSESS, findings_level, reasons)
    reasons = (*from_image, *_context_reasons(context, policy))
    level = _worst(reasons)
    if level is Level.ROUTINE:
        return Decision(level, findings_level, (_below_rule_out(evidence, policy),))
    ordered = sorted(reasons, key=lambda r: -RISK_RANK[r.level])
    return Decision(level, findings_level, tuple(ordered))


def _worst(reasons: tuple[Reason, ...]) -> Level:
    return max((r.level for r in reasons), key=RISK_RANK.__getitem__, default=Level.ROUTINE)


def _cannot(code: ReasonCode, text: str) -> Reason:
    return Reason(code, Level.CANNOT_ASSESS, text)


def _review(code: ReasonCode, text: str) -> Reason:
    return Reason(code, Level.REVIEW, text)


def _image_refusals(evidence: Evidence) -> Iterator[Reason]:
    if evidence.refusal is not None:
        yield evidence.refusal
    if evidence.quality is not None:
        for finding in evidence.quality.findings:
            if finding.grade is Grade.POOR:
                yield _cannot(
                    ReasonCode.POOR_IMAGE,
                    f"{finding.label} too poor to assess. {finding.advice} "
                    "If that is not possible, refer on clinical grounds.",
                )
    if evidence.competence is not None and not evidence.competence.within:
        yield _outside(evidence.competence)


def _outside(competence: Competence | TwoGates) -> Reason:
    if isinstance(competence, TwoGates):
        return _cannot(
            ReasonCode.NO_DERMOSCOPY,
            "This does not look like a dermoscopic image, or its colours are exchanged. Send the "
            "picture as the dermatoscope's camera saved it; otherwise refer on clinical grounds.",
        )
    return _cannot(
        ReasonCode.UNLIKE_TRAINING,
        "The image is unlike the dermoscopic images that the model was trained on. "
        "Retake it with the dermatoscope, lesion centred; otherwise refer on clinical grounds.",
    )


def _context_refusals(context: ClinicalContext) -> Iterator[Reason]:
    if context.dermoscopic is False:
        yield _cannot(
            ReasonCode.NOT_DERMOSCOPIC,
            "Stated not to be a dermoscopic image; the model was trained on dermoscopic images "
            "only. Take a dermoscopic image, or refer on clinical grounds.",
        )


def _refer_on_red_flags(context: ClinicalContext) -> Iterator[Reason]:
    for flag in sorted(context.red_flags or ()):
        yield _cannot(
            ReasonCode.REFER_ON_RED_FLAG,
            f"Red flag: {RED_FLAG_LABELS[flag]}. Do not wait for a better image: "
            "refer on clinical grounds.",
        )


def _image_reasons(evidence: Evidence, policy: Policy) -> Iterator[Reason]:
    findings, quality, overlay = evidence.findings, evidence.quality, evidence.overlay
    assert findings and quality and overlay and evidence.prediction_set is not None
    if findings.rule_in_score >= policy.rule_in:
        yield Reason(
            ReasonCode.RULE_IN,
            Level.URGENT,
            f"P(melanoma) {_pct(findings.rule_in_score)} is at or above the rule-in point "
            f"{_pct(policy.rule_in)}.",
        )
    if findings.rule_out_score >= policy.rule_out:
        yield _review(
            ReasonCode.RULE_OUT,
            f"P(malignant) + P(suspicious) {_pct(findings.rule_out_score)} is at or above the "
            f"rule-out point {_pct(policy.rule_out)}.",
        )
    if evidence.prediction_set != {FindingClass.BENIGN}:
        yield _ambiguous(evidence.prediction_set)
    yield from _borderline(quality)
    if evidence.competence is not None and not evidence.competence.familiar:
        yield _review(
            ReasonCode.UNFAMILIAR,
            "The camera or the look of this image is unfamiliar to the model. Its probabilities "
            "are less certain here, so a clinician must look.",
        )
    if overlay.location is EvidenceLocation.OFF_CENTRE:
        yield _review(
            ReasonCode.EVIDENCE_OFF_LESION,
            "The evidence lies off the image centre: the model may have reacted to the border, "
            "ink, a ruler or a neighbouring structure.",
        )
    if findings.leading in (Diagnosis.VASC, Diagnosis.DF):
        yield _review(
            ReasonCode.MIMIC_LEADS,
            f"{DIAGNOSIS_LABELS[findings.leading]} leads; amelanotic melanoma can look the same.",
        )


def _ambiguous(prediction_set: frozenset[FindingClass]) -> Reason:
    members = [CLASS_LABELS[c] for c in FindingClass if c in prediction_set]
    if len(members) == 1:
        text = f"The prediction set holds {members[0]} alone."
    elif members:
        text = f"Ambiguous: the prediction set holds {' and '.join(members)}."
    else:
        text = "Ambiguous: no class fits the image well enough to enter the prediction set."
    return _review(ReasonCode.AMBIGUOUS, text)


def _borderline(quality: ImageQuality) -> Iterator[Reason]:
    for finding in quality.findings:
        if finding.grade is Grade.BORDERLINE:
            yield _review(
                ReasonCode.BORDERLINE_IMAGE, f"{finding.label} borderline. {finding.advice}"
            )


def _context_reasons(context: ClinicalContext, policy: Policy) -> Iterator[Reason]:
    yield from _red_flag_reasons(context, policy)
    if context.skin_type is None:
        yield _review(ReasonCode.SKIN_TYPE, "Skin type not given.")
    elif context.skin_type in NEVER_ROUTINE_SKIN:
        yield _review(
            ReasonCode.SKIN_TYPE,
            f"Fitzpatrick skin type {context.skin_type}: the training images show almost only "
            "light skin, so a clinician must look.",
        )
    if context.age is None:
        yield _review(ReasonCode.AGE, "Age not given.")
    elif context.age < ADULT_AGE:
        yield _review(ReasonCode.AGE, f"Age under {ADULT_AGE}: the training images show few.")
    if context.site is None:
        yield _review(ReasonCode.SITE, "Body site not given.")
    elif context.site in NEVER_ROUTINE_SITES:
        yield _review(
            ReasonCode.SITE,
            f"Site {SITE_LABELS[context.site].lower()}: never routine, the training images show "
            "few such lesions.",
        )
    if context.dermoscopic is None:
        yield _review(
            ReasonCode.DERMOSCOPY_NOT_CONFIRMED, "Not confirmed to be a dermoscopic image."
        )


def _red_flag_reasons(context: ClinicalContext, policy: Policy) -> Iterator[Reason]:
    if context.red_flags is None:
        yield _review(ReasonCode.RED_FLAGS_NOT_ASKED, "Red flags not asked.")
        return
    for flag in sorted(context.red_flags):
        label = RED_FLAG_LABELS[flag]
        if flag in policy.urgent_red_flags:
            text = f"Red flag that this site treats as urgent: {label}."
            yield Reason(ReasonCode.URGENT_RED_FLAG, Level.URGENT, text)
        else:
            yield _review(ReasonCode.RED_FLAG, f"Red flag: {label}.")


def _below_rule_out(evidence: Evidence, policy: Policy) -> Reason:
    assert evidence.findings is not None
    return Reason(
        ReasonCode.BELOW_RULE_OUT,
        Level.ROUTINE,
        f"P(malignant) + P(suspicious) {_pct(evidence.findings.rule_out_score)} is below the "
        f"rule-out point {_pct(policy.rule_out)}; a clinician decides. This is no discharge.",
    )


def _pct(probability: float) -> str:
    """Percent with enough digits that a score never reads as equal to a point it is below."""
    return f"{100 * probability:.2f} %"
