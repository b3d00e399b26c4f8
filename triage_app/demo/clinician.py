"""How the made-up clinicians judge what they see: mostly well, not always."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from triage_app.demo.looks import Kind
from triage_app.demo.truth import TrueLesion
from triage_app.domain.case import Case
from triage_app.domain.reading import DISPOSITIONS_OF, Disposition, ImpressionDiagnosis
from triage_app.domain.triage import Level

Rng = np.random.Generator
# How dangerous a lesion of each kind looks to a clinician, 0 to 1.
_SUSPECT: dict[Kind, float] = {
    Kind.NAEVUS: 0.06,
    Kind.DYSPLASTIC_NAEVUS: 0.4,
    Kind.MELANOMA_IN_SITU: 0.72,
    Kind.MELANOMA: 0.95,
    Kind.BASAL_CELL_CARCINOMA: 0.84,
    Kind.SQUAMOUS_CELL_CARCINOMA: 0.9,
    Kind.BOWEN: 0.72,
    Kind.ACTINIC_KERATOSIS: 0.58,
    Kind.SEBORRHOEIC_KERATOSIS: 0.12,
    Kind.SOLAR_LENTIGO: 0.2,
    Kind.DERMATOFIBROMA: 0.12,
    Kind.ANGIOMA: 0.04,
}
_NAMED: dict[Kind, ImpressionDiagnosis] = {
    Kind.NAEVUS: ImpressionDiagnosis.NAEVUS,
    Kind.DYSPLASTIC_NAEVUS: ImpressionDiagnosis.ATYPICAL_NAEVUS,
    Kind.MELANOMA_IN_SITU: ImpressionDiagnosis.MELANOMA,
    Kind.MELANOMA: ImpressionDiagnosis.MELANOMA,
    Kind.BASAL_CELL_CARCINOMA: ImpressionDiagnosis.BASAL_CELL_CARCINOMA,
    Kind.SQUAMOUS_CELL_CARCINOMA: ImpressionDiagnosis.SQUAMOUS_CELL_CARCINOMA,
    Kind.BOWEN: ImpressionDiagnosis.BOWEN,
    Kind.ACTINIC_KERATOSIS: ImpressionDiagnosis.ACTINIC_KERATOSIS,
    Kind.SEBORRHOEIC_KERATOSIS: ImpressionDiagnosis.BENIGN_KERATOSIS,
    Kind.SOLAR_LENTIGO: ImpressionDiagnosis.BENIGN_KERATOSIS,
    Kind.DERMATOFIBROMA: ImpressionDiagnosis.DERMATOFIBROMA,
    Kind.ANGIOMA: ImpressionDiagnosis.VASCULAR,
}
_TAKEN_FOR: dict[Kind, ImpressionDiagnosis] = {
    Kind.NAEVUS: ImpressionDiagnosis.ATYPICAL_NAEVUS,
    Kind.DYSPLASTIC_NAEVUS: ImpressionDiagnosis.NAEVUS,
    Kind.MELANOMA_IN_SITU: ImpressionDiagnosis.ATYPICAL_NAEVUS,
    Kind.SOLAR_LENTIGO: ImpressionDiagnosis.UNSURE,
    Kind.SEBORRHOEIC_KERATOSIS: ImpressionDiagnosis.NAEVUS,
}
_MILDER = (
    "Symmetric with a regular network, unchanged for years according to the patient.",
    "Milia-like cysts and a sharp border: typical of a benign keratosis.",
    "Looks like the patient's other naevi.",
    "Typical benign pattern; no criterion of the seven-point checklist.",
)
_WORSE = (
    "Asymmetric with several colours; I would not leave this.",
    "History of growth weighs more here than the figures.",
    "Blue-white structures and irregular streaks.",
    "Vessels and ulceration; the software was not trained on all such lesions.",
)


@dataclass(frozen=True)
class Opinion:
    """What a clinician thinks of an image; ``danger`` 0 to 1."""

    diagnosis: ImpressionDiagnosis
    level: Level
    danger: float


def opinion(rng: Rng, lesion: TrueLesion, years: float, *, careful: bool) -> Opinion:
    """The opinion on an image ``years`` after the first one."""
    kind = lesion.drawn.kind
    grown = 0.35 * years * min(lesion.drawn.growth, 1.0)
    danger = _SUSPECT[kind] + grown + 0.08 * careful + rng.normal(0, 0.12)
    diagnosis = _NAMED[kind]
    if rng.random() < 0.2:
        diagnosis = _TAKEN_FOR.get(kind, diagnosis)
    level = Level.ROUTINE
    if danger > 0.3:
        level = Level.REVIEW
    pressing = kind not in (Kind.BASAL_CELL_CARCINOMA, Kind.ACTINIC_KERATOSIS)
    if danger > 0.8 and pressing:
        level = Level.URGENT
    return Opinion(diagnosis, level, float(np.clip(danger, 0, 1)))


def impression_fields(rng: Rng, seen: Opinion) -> dict[str, object]:
    """The form of an impression, now and then with one of the two checklists."""
    unsure = abs(seen.danger - 0.45)
    fields: dict[str, object] = {
        "diagnosis": seen.diagnosis.value,
        "level": seen.level.value,
        "confidence": "low" if unsure < 0.12 else "high" if unsure > 0.32 else "moderate",
    }
    if rng.random() < 0.25:
        fields |= {
            "abcd_asymmetry": str(round(2 * seen.danger)),
            "abcd_border": str(round(6 * seen.danger)),
            "abcd_colours": str(1 + round(4 * seen.danger)),
            "abcd_structures": str(1 + round(4 * seen.danger)),
        }
    elif rng.random() < 0.2:
        fields["seven_point"] = _seven_point(seen)
    return fields


def _seven_point(seen: Opinion) -> list[str]:
    in_order = (
        "irregular_dots_globules",
        "atypical_network",
        "irregular_blotches",
        "irregular_streaks",
        "blue_whitish_veil",
        "regression",
    )
    return list(in_order[: round(6 * seen.danger)]) or ["none"]


def verdict_fields(rng: Rng, seen: Opinion, case: Case, today: date) -> Mapping[str, object]:
    """The form of a verdict on a case whose findings are shown."""
    found, wanted = case.analysis.decision.level, _disposition(rng, seen)
    fields: dict[str, object] = {"answer": "agree"}
    level = found
    if _disagrees(rng, seen.level, found) or wanted not in DISPOSITIONS_OF[found]:
        # Whoever does not want what an urgent lesion needs does not think it urgent.
        fits = seen.level is not found and wanted in DISPOSITIONS_OF[seen.level]
        level = seen.level if fits else Level.REVIEW
        milder = level is not Level.URGENT and found in (Level.URGENT, Level.REVIEW)
        reasons = _MILDER if milder else _WORSE
        fields = {
            "answer": "override",
            "level": level.value,
            "reason": reasons[int(rng.integers(len(reasons)))],
        }
    if wanted not in DISPOSITIONS_OF[level]:
        wanted = Disposition.BIOPSY_OR_EXCISION
    fields["disposition"] = wanted.value
    if wanted is Disposition.FOLLOW_UP:
        months = int(rng.choice((3, 6, 12), p=(0.7, 0.22, 0.08)))
        fields["due"] = (today + timedelta(days=30 * months + 1)).isoformat()
    return fields


def _disagrees(rng: Rng, given: Level, found: Level) -> bool:
    if found is Level.CANNOT_ASSESS:
        return rng.random() < 0.5
    if given is found:
        return False
    if found is Level.REVIEW and given is Level.ROUTINE:
        # Review asks for a clinician's look, and that is what this was.
        return rng.random() < 0.25
    return rng.random() < 0.85


def _disposition(rng: Rng, seen: Opinion) -> Disposition:
    if seen.danger > 0.75:
        urgent = seen.level is Level.URGENT and rng.random() < 0.35
        return Disposition.URGENT_REFERRAL if urgent else Disposition.BIOPSY_OR_EXCISION
    if seen.danger > 0.5:
        cut = rng.random() < 0.6
        return Disposition.BIOPSY_OR_EXCISION if cut else Disposition.FOLLOW_UP
    # Some harmless ones are watched as well, as a baseline of patients with many.
    watched = seen.danger > 0.24 or rng.random() < 0.3
    return Disposition.FOLLOW_UP if watched else Disposition.DISCHARGE
