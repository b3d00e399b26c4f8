"""Findings: calibrated probabilities for one image, and what is known about their worth."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from math import fsum, isfinite

from triage_app.domain.diagnosis import CLASS_OF, KNOWN_LISTS, Diagnosis, FindingClass

SUM_TOLERANCE = 1e-3


@dataclass(frozen=True)
class Findings:
    """Calibrated probabilities of the diagnoses that the model knows, in [0, 1], summing to 1.

    All eight, or the seven of the first edition, which had no squamous cell carcinoma.

    Raises ValueError when a diagnosis is missing, a value is not a probability, or the sum is off:
    a distribution that is not one must never reach the triage rule.
    """

    probabilities: Mapping[Diagnosis, float]

    def __post_init__(self) -> None:
        values = self.probabilities
        if set(values) not in [set(known) for known in KNOWN_LISTS]:
            raise ValueError("findings need a probability for each diagnosis of a model")
        if not all(isfinite(p) and -1e-9 <= p <= 1 + 1e-9 for p in values.values()):
            raise ValueError("a probability is outside [0, 1]")
        if abs(fsum(values.values()) - 1) > SUM_TOLERANCE:
            raise ValueError("probabilities do not sum to 1")

    def by_class(self) -> dict[FindingClass, float]:
        """Probability of each class: the sum over its diagnoses."""
        return {
            c: fsum(p for d, p in self.probabilities.items() if CLASS_OF[d] is c)
            for c in FindingClass
        }

    @property
    def rule_out_score(self) -> float:
        """P(malignant) + P(suspicious)."""
        classes = self.by_class()
        return classes[FindingClass.MALIGNANT] + classes[FindingClass.SUSPICIOUS]

    @property
    def rule_in_score(self) -> float:
        """P(melanoma)."""
        return self.probabilities[Diagnosis.MEL]

    @property
    def leading(self) -> Diagnosis:
        """The diagnosis with the highest probability."""
        return max(self.known, key=lambda d: self.probabilities[d])

    @property
    def known(self) -> tuple[Diagnosis, ...]:
        """The diagnoses that the model tells apart, in their usual order."""
        return tuple(d for d in Diagnosis if d in self.probabilities)


class EvidenceLocation(StrEnum):
    """Where the positive evidence of the overlay lies."""

    CENTRE = "centre"
    OFF_CENTRE = "off_centre"
    NONE = "none"


@dataclass(frozen=True)
class OverlayEvidence:
    """Grad-CAM of the group that set the level, summarised.

    ``group`` is "melanoma" or "malignant_or_suspicious". ``centre_share`` in [0, 1] is the share of
    the positive evidence inside the central region, None where no cell supports the group.
    """

    group: str
    location: EvidenceLocation
    centre_share: float | None


@dataclass(frozen=True)
class Competence:
    """Distance of the image from the training images on the pooled features.

    ``score`` above ``limit`` means unlike them; both in the detector's own unit (see the card).
    """

    score: float
    limit: float

    @property
    def within(self) -> bool:
        """Whether the model may be asked about this image."""
        return isfinite(self.score) and self.score <= self.limit

    @property
    def familiar(self) -> bool:
        """A model of the first edition refuses what is unlike, and says nothing of cameras."""
        return True


@dataclass(frozen=True)
class TwoGates:
    """Whether the image is dermoscopic at all, and whether its camera and look are familiar.

    ``dermoscopic`` in [0, 1]: how sure the gate is; below ``least`` the image is refused.
    ``distance`` from the training images in the detector's own unit (see the card); above ``limit``
    the image is assessed, and never called routine.
    """

    dermoscopic: float
    least: float
    distance: float
    limit: float

    @property
    def within(self) -> bool:
        """Whether the model may be asked about this image: it is dermoscopic."""
        return isfinite(self.dermoscopic) and self.dermoscopic >= self.least

    @property
    def familiar(self) -> bool:
        """Whether the image is like those that the model learnt from."""
        return isfinite(self.distance) and self.distance <= self.limit
