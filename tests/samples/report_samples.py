"""Cases to draw reports from: a synthetic lesion, drawn here, and findings made up for the test."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from typing import Any

import numpy as np

from tests.samples.images import square
from triage_app.config import PROJECT_ROOT
from triage_app.domain.case import Analysis, Case, CaseDetails, CaseState, ModelIdentity
from triage_app.domain.context import (
    ClinicalContext,
    Laterality,
    RedFlag,
    Sex,
    Site,
    SkinType,
)
from triage_app.domain.diagnosis import Diagnosis, FindingClass
from triage_app.domain.files import FileKind, StoredFile
from triage_app.domain.findings import Competence, EvidenceLocation, Findings, OverlayEvidence
from triage_app.domain.quality import Grade, ImageQuality, QualityFinding
from triage_app.domain.trail import Anchor
from triage_app.domain.triage import Evidence, Level, Policy, Reason, ReasonCode, decide
from triage_app.imaging.overlay import encode_jpeg, render_overlay
from triage_app.ports.documents import ReportContent

FONTS = PROJECT_ROOT / "assets" / "fonts"
REPORT_ID = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
CASE_ID = "a1b2c3d4e5f60718293a4b5c6d7e8f90"
IMAGE_SHA256 = "3a" * 32
CROP_SHA256 = "5c" * 32
MODEL_SHA256 = "7e" * 32
AT = datetime(2026, 11, 22, 14, 5, 9, tzinfo=UTC)
CONTENT_HASH = "4d" * 32
ANCHOR = Anchor(4711, "0123456789abcdef" * 4)
POLICY = Policy(rule_out=0.1234, rule_in=0.4321)

BENIGN = {
    Diagnosis.NV: 0.9417,
    Diagnosis.BKL: 0.0312,
    Diagnosis.MEL: 0.0123,
    Diagnosis.BCC: 0.0061,
    Diagnosis.AKIEC: 0.0048,
    Diagnosis.DF: 0.0027,
    Diagnosis.VASC: 0.0012,
}
MELANOMA = {**BENIGN, Diagnosis.MEL: 0.7604, Diagnosis.NV: 0.1936}
REASSURING = ClinicalContext(
    age=52,
    sex=Sex.FEMALE,
    skin_type=SkinType.II,
    site=Site.BACK,
    laterality=Laterality.LEFT,
    red_flags=frozenset(),
    dermoscopic=True,
)
WORRYING = replace(REASSURING, age=17, red_flags=frozenset(RedFlag), site=Site.FACE)


def _rate(value: float, low: float, high: float, n: int) -> dict[str, float | int]:
    return {"value": value, "low": low, "high": high, "n": n}


OPERATING_POINTS: dict[str, Any] = {
    "rule_out": {
        "score": "P(malignant)+P(suspicious)",
        "value": 0.1234,
        "interval": [0.1011, 0.1499],
        "sensitivity": _rate(0.951, 0.932, 0.967, 312),
        "specificity": _rate(0.703, 0.681, 0.724, 1201),
        "sensitivity_by_diagnosis": {
            "akiec": _rate(0.974, 0.871, 0.995, 41),
            "bcc": _rate(0.987, 0.931, 0.998, 77),
            "mel": _rate(0.953, 0.911, 0.976, 194),
        },
        "measured_on": "validation lesions of HAM10000 and ISIC 2017",
        "prevalence": 0.206,
    },
    "rule_in": {
        "score": "P(melanoma)",
        "value": 0.4321,
        "interval": [0.3987, 0.4702],
        "sensitivity": _rate(0.612, 0.541, 0.679, 194),
        "specificity": _rate(0.950, 0.938, 0.960, 1319),
        "sensitivity_by_diagnosis": {"mel": _rate(0.612, 0.541, 0.679, 194)},
        "measured_on": "validation lesions of HAM10000 and ISIC 2017",
        "prevalence": 0.128,
    },
}
LIMITS = (
    "Not for squamous cell carcinoma or nodular melanoma, which the training images hardly show.",
    "Not for skin types V and VI, children, nails, mucosa, scalp, face, ear, palm or sole.",
    "Measured on retrospective images of two archives, not on patients of this site.",
)


@dataclass(frozen=True)
class Sample:
    """What a test changes about a case; the rest is an ordinary filed one."""

    probabilities: dict[Diagnosis, float]
    details: CaseDetails
    grade: Grade = Grade.GOOD
    within: bool = True
    location: EvidenceLocation = EvidenceLocation.CENTRE
    group: str = "malignant_or_suspicious"
    model: bool = True

    def content(self, **changes: Any) -> ReportContent:
        """The report content of this case; ``changes`` replace its fields."""
        content = ReportContent(
            case=_case(self),
            report_id=REPORT_ID,
            number=1,
            issued_at=AT,
            crop=crop_jpeg(),
            overlay=None if self.location is EvidenceLocation.NONE else overlay_png(),
            site_name="Example Dermatology Clinic",
            anchor=ANCHOR,
            content_hash=CONTENT_HASH,
        )
        return replace(content, **changes)


def details(**changes: Any) -> CaseDetails:
    """Ordinary answers; ``changes`` replace fields."""
    ordinary = CaseDetails(
        patient_reference="MRN-004217",
        lesion_label="Lesion 2, left scapula",
        context=REASSURING,
        note="Seen at the routine skin check. Unchanged since last year, as the patient says.",
        clinical_question="Is short-term follow-up needed?",
    )
    return replace(ordinary, **changes)


def routine(**changes: Any) -> Sample:
    """A naevus with reassuring answers."""
    return replace(Sample(dict(BENIGN), details()), **changes)


def urgent(**changes: Any) -> Sample:
    """A probable melanoma with every red flag."""
    sample = Sample(dict(MELANOMA), details(context=WORRYING), group="melanoma")
    return replace(sample, **changes)


def _quality(grade: Grade) -> ImageQuality:
    advice = "" if grade is Grade.GOOD else "Hold the camera still and focus again."
    return ImageQuality(
        (
            QualityFinding("sharpness", "Sharpness", grade, 0.412, 0.25, advice),
            QualityFinding("exposure", "Exposure", Grade.GOOD, 0.57, 0.2),
            QualityFinding("contrast", "Contrast", Grade.GOOD, 0.31, 0.1),
            QualityFinding("resolution", "Resolution", Grade.GOOD, 1024, 224),
        )
    )


def _evidence(sample: Sample) -> Evidence:
    quality = _quality(sample.grade)
    if not sample.model:
        text = "The model is missing. The image is stored; refer on clinical grounds."
        refusal = Reason(ReasonCode.MODEL_UNAVAILABLE, Level.CANNOT_ASSESS, text)
        return Evidence(quality=quality, refusal=refusal)
    shares = {EvidenceLocation.CENTRE: 0.83, EvidenceLocation.OFF_CENTRE: 0.21}
    return Evidence(
        findings=Findings(sample.probabilities),
        prediction_set=frozenset({FindingClass.BENIGN}),
        quality=quality,
        competence=Competence(score=12.3 if sample.within else 48.9, limit=21.0),
        overlay=OverlayEvidence(sample.group, sample.location, shares.get(sample.location)),
    )


def _case(sample: Sample) -> Case:
    evidence = _evidence(sample)
    analysis = Analysis(
        id="1234567890abcdef1234567890abcdef",
        created_at=AT,
        evidence=evidence,
        decision=decide(evidence, sample.details.context, POLICY),
        model=ModelIdentity("mobilenet_v1-dermoscopy", "1.0.0", MODEL_SHA256)
        if sample.model
        else None,
        operating_points=OPERATING_POINTS if sample.model else {},
        limits_of_use=LIMITS if sample.model else (),
        timings={"decode": 12.0},
        app_version="0.1.0",
        image_notes=("rotated by its EXIF orientation",),
    )
    return Case(
        id=CASE_ID,
        version=2,
        state=CaseState.FILED,
        created_at=AT,
        updated_at=AT,
        details=sample.details,
        analysis=analysis,
        files={
            FileKind.ORIGINAL: _file(FileKind.ORIGINAL, IMAGE_SHA256, 4032, 3024),
            FileKind.CROP: _file(FileKind.CROP, CROP_SHA256, 1024, 1024),
        },
        filed_at=AT,
    )


def _file(kind: FileKind, sha256: str, width: int, height: int) -> StoredFile:
    return StoredFile("9" * 32, kind, sha256, 3_412_907, "image/jpeg", AT, width, height, "IMG.jpg")


@cache
def crop_jpeg(side: int = 512) -> bytes:
    """JPEG of a drawn lesion."""
    return encode_jpeg(square(side))


@cache
def overlay_png(side: int = 512) -> bytes:
    """An overlay with one warm place right of the centre, drawn as the product draws it."""
    y, x = np.mgrid[0:7, 0:7].astype(np.float32)
    heat = np.exp(-((x - 3.6) ** 2 + (y - 3.0) ** 2) / 2.2).astype(np.float32)
    return render_overlay(np.where(heat < 0.05, 0, heat).astype(np.float32), side)
