"""Evidence and reasons as plain JSON values, without loss in either direction.

Reading is strict: an unknown word or a missing piece raises KeyError, TypeError or ValueError, so
that a damaged record never passes as "nothing found".
"""

from collections.abc import Iterable
from math import isfinite
from typing import Any

from triage_app.domain.diagnosis import Diagnosis, FindingClass
from triage_app.domain.findings import (
    Competence,
    EvidenceLocation,
    Findings,
    OverlayEvidence,
    TwoGates,
)
from triage_app.domain.quality import Grade, ImageQuality, QualityFinding
from triage_app.domain.triage import Evidence, Level, Reason, ReasonCode

Json = dict[str, Any]


def evidence_to_json(evidence: Evidence) -> Json:
    """All parts of the evidence; None for a part that is missing."""
    return {
        "findings": evidence.findings and dict(evidence.findings.probabilities),
        "prediction_set": _classes(evidence.prediction_set),
        "quality": evidence.quality and [_quality_to_json(f) for f in evidence.quality.findings],
        "competence": evidence.competence and _competence_to_json(evidence.competence),
        "overlay": evidence.overlay and _overlay_to_json(evidence.overlay),
        "refusal": evidence.refusal and reason_to_json(evidence.refusal),
    }


def evidence_from_json(value: Json) -> Evidence:
    """Inverse of ``evidence_to_json``."""
    findings, prediction_set = value["findings"], value["prediction_set"]
    quality, competence = value["quality"], value["competence"]
    overlay, refusal = value["overlay"], value["refusal"]
    return Evidence(
        findings=None if findings is None else _findings_from_json(findings),
        prediction_set=(
            None if prediction_set is None else frozenset(map(FindingClass, prediction_set))
        ),
        quality=(
            None if quality is None else ImageQuality(tuple(map(_quality_from_json, quality)))
        ),
        competence=None if competence is None else _competence_from_json(competence),
        overlay=None if overlay is None else _overlay_from_json(overlay),
        refusal=None if refusal is None else reason_from_json(refusal),
    )


def reason_to_json(reason: Reason) -> Json:
    """Code, level and words of a reason."""
    return {"code": reason.code, "level": reason.level, "text": reason.text}


def reason_from_json(value: Json) -> Reason:
    """Inverse of ``reason_to_json``."""
    return Reason(ReasonCode(value["code"]), Level(value["level"]), str(value["text"]))


def _classes(members: Iterable[FindingClass] | None) -> list[FindingClass] | None:
    return None if members is None else [c for c in FindingClass if c in set(members)]


def _number(value: float) -> float | str:
    """JSON has no infinity and no "not a number"; ``float`` reads their names back."""
    return value if isfinite(value) else str(value)


def _findings_from_json(value: Json) -> Findings:
    return Findings({Diagnosis(name): float(p) for name, p in value.items()})


def _competence_to_json(competence: Competence | TwoGates) -> Json:
    if isinstance(competence, TwoGates):
        return {name: _number(value) for name, value in vars(competence).items()}
    return {"score": _number(competence.score), "limit": _number(competence.limit)}


def _competence_from_json(value: Json) -> Competence | TwoGates:
    if "dermoscopic" in value:
        return TwoGates(**{name: float(given) for name, given in value.items()})
    return Competence(score=float(value["score"]), limit=float(value["limit"]))


def _overlay_to_json(overlay: OverlayEvidence) -> Json:
    share = overlay.centre_share
    return {
        "group": overlay.group,
        "location": overlay.location,
        "centre_share": None if share is None else _number(share),
    }


def _overlay_from_json(value: Json) -> OverlayEvidence:
    share = value["centre_share"]
    return OverlayEvidence(
        group=str(value["group"]),
        location=EvidenceLocation(value["location"]),
        centre_share=None if share is None else float(share),
    )


def _quality_to_json(finding: QualityFinding) -> Json:
    return {
        "code": finding.code,
        "label": finding.label,
        "grade": finding.grade,
        "value": _number(finding.value),
        "limit": _number(finding.limit),
        "advice": finding.advice,
    }


def _quality_from_json(value: Json) -> QualityFinding:
    return QualityFinding(
        code=str(value["code"]),
        label=str(value["label"]),
        grade=Grade(value["grade"]),
        value=float(value["value"]),
        limit=float(value["limit"]),
        advice=str(value["advice"]),
    )
