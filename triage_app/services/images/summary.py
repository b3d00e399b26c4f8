"""An assessment as the JSON object of the command line."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from triage_app.domain.context import ClinicalContext
from triage_app.domain.copies import SameBy, SeenCopy
from triage_app.domain.errors import ImageRejected
from triage_app.domain.quality import ImageQuality
from triage_app.domain.shown import as_text
from triage_app.domain.triage import Level, ReasonCode
from triage_app.domain.withholding import IMPRESSION_FIRST
from triage_app.services.images.assessment import Assessment

WITHHELD = "withheld"
STORE_FIRST = (
    "This site shows findings only after a clinician has recorded an impression: store the image "
    "with --save, and record it in the browser."
)


def result_json(path: Path, assessment: Assessment, context: ClinicalContext) -> dict[str, Any]:
    """Findings, decision, quality, model and timings of one image; shares in [0, 1], times in ms.

    ``probabilities``, ``diagnoses``, ``leading`` and ``decision`` are None when the image cannot be
    assessed. ``image_notes`` say what was converted before it was assessed.
    """
    decision, model = assessment.decision, assessment.model
    findings = assessment.evidence.findings if decision.assessed else None
    return {
        "image": as_text(path),
        "status": "assessed" if decision.assessed else "cannot_assess",
        "triage": decision.level.value,
        "findings_level": decision.findings_level.value,
        "reasons": _reasons(assessment, context),
        "reason_codes": [reason.code.value for reason in decision.reasons],
        "probabilities": (
            {c.value: p for c, p in findings.by_class().items()} if findings else None
        ),
        "diagnoses": (
            {d.value: p for d, p in findings.probabilities.items()} if findings else None
        ),
        "leading": _leading(assessment) if findings else None,
        "decision": _operating_points(assessment) if findings else None,
        "quality": quality_json(assessment.evidence.quality),
        "image_notes": list(assessment.decoded.notes),
        "heatmap": None,
        "model": (
            {"name": model.name, "version": model.version, "sha256": model.sha256}
            if model
            else None
        ),
        "ms": dict(assessment.timings),
    }


def rejected_json(path: Path, error: ImageRejected) -> dict[str, Any]:
    """The same object for a file that could not be read as an image."""
    level = Level.CANNOT_ASSESS.value
    return _without_findings(path, level, str(error), error.code, quality_json(None))


def withheld_json(path: Path, assessment: Assessment, *, stored: bool) -> dict[str, Any]:
    """The same object where findings are withheld until a clinician has recorded an impression."""
    sentence = IMPRESSION_FIRST if stored else STORE_FIRST
    quality = quality_json(assessment.evidence.quality)
    line = _without_findings(path, WITHHELD, sentence, ReasonCode.WITHHELD.value, quality)
    return line | {"image_notes": list(assessment.decoded.notes)}


def _without_findings(
    path: Path, status: str, sentence: str, code: str, quality: dict[str, Any]
) -> dict[str, Any]:
    return {
        "image": as_text(path),
        "status": status,
        "triage": status,
        "findings_level": status,
        "reasons": [sentence],
        "reason_codes": [code],
        "probabilities": None,
        "diagnoses": None,
        "leading": None,
        "decision": None,
        "quality": quality,
        "image_notes": [],
        "heatmap": None,
        "model": None,
        "ms": {},
    }


def quality_json(quality: ImageQuality | None) -> dict[str, Any]:
    """Grade of the image and of each measure, with values and limits in the measure's unit."""
    if quality is None:
        return {"grade": "unreadable", "measures": {}}
    return {
        "grade": quality.grade.value,
        "measures": {
            f.code: {
                "grade": f.grade.value,
                "value": f.value,
                "limit": f.limit,
                "advice": f.advice,
            }
            for f in quality.findings
        },
    }


def _reasons(assessment: Assessment, context: ClinicalContext) -> list[str]:
    reasons = [reason.text for reason in assessment.decision.reasons]
    if context.missing:
        reasons.append(
            f"Context not given: {', '.join(context.missing)}. "
            f"Level from findings alone: {assessment.decision.findings_level.replace('_', ' ')}."
        )
    return reasons


def _leading(assessment: Assessment) -> dict[str, str | None]:
    """The likeliest diagnosis as calibrated, and were all equally frequent."""
    findings, even = assessment.evidence.findings, assessment.leading_even_weights
    assert findings is not None
    return {
        "as_calibrated": findings.leading.value,
        "even_weights": even.value if even is not None else None,
    }


def _operating_points(assessment: Assessment) -> dict[str, Any]:
    findings, points = assessment.evidence.findings, assessment.operating_points
    assert findings is not None
    return {
        "rule_out": {"score": findings.rule_out_score, "point": points["rule_out"]["value"]},
        "rule_in": {"score": findings.rule_in_score, "point": points["rule_in"]["value"]},
    }


def copy_json(copy: SeenCopy) -> dict[str, Any]:
    """An image that is stored already and that the one just stored is a copy of."""
    return {
        "same": copy.by.value,
        "case": copy.case_id,
        "patient": copy.patient_reference,
        "lesion": copy.lesion_label,
        "stored": copy.taken_at.isoformat() if copy.taken_at else "",
        "other_patient": copy.other_patient,
    }


def copy_words(copy: Mapping[str, Any]) -> str:
    """The same in words."""
    same = "this very file" if copy["same"] == SameBy.FILE else "this photograph, or one like it,"
    lesion = f", lesion {copy['lesion']}" if copy["lesion"] else ""
    said = f"{same} is stored already: patient {copy['patient'] or 'not given'}{lesion}"
    wrong = " - ANOTHER PATIENT: check whose it is" if copy["other_patient"] else ""
    return f"{said}, {copy['stored']}, kept as a second copy{wrong}"
