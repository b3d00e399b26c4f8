"""Image quality as the triage rule sees it."""

from dataclasses import dataclass
from enum import StrEnum


class Grade(StrEnum):
    """How a quality measure stands against its limits."""

    GOOD = "good"
    BORDERLINE = "borderline"
    POOR = "poor"


GRADE_ORDER = (Grade.GOOD, Grade.BORDERLINE, Grade.POOR)


@dataclass(frozen=True)
class QualityFinding:
    """One measure: ``code`` (for example "sharpness"), its value, and what to do when not good.

    ``limit`` is the limit that decided the grade, in the unit of ``value``; ``advice`` is empty for
    a good grade, otherwise a sentence for the person who takes the photograph.
    """

    code: str
    label: str
    grade: Grade
    value: float
    limit: float
    advice: str = ""


@dataclass(frozen=True)
class ImageQuality:
    """All quality findings of one image."""

    findings: tuple[QualityFinding, ...]

    @property
    def grade(self) -> Grade:
        """The worst grade of any measure."""
        return max((f.grade for f in self.findings), key=GRADE_ORDER.index, default=Grade.POOR)
