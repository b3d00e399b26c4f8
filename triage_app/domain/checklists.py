"""Two published rules for pigmented lesions, with their scores.

ABCD rule of dermoscopy: Stolz et al., Eur J Dermatol 1994; thresholds 4.75 and 5.45.
Seven-point checklist: Argenziano et al., Arch Dermatol 1998; threshold 3.
"""

from dataclasses import dataclass
from enum import StrEnum

from triage_app.domain.errors import InvalidInput

ABCD_NAME = "ABCD rule of dermoscopy (Stolz 1994)"
SEVEN_POINT_NAME = "Seven-point checklist (Argenziano 1998)"
_ABCD_LIMITS = {
    "asymmetry": (0, 2),
    "border": (0, 8),
    "colours": (1, 6),
    "structures": (1, 5),
}
ABCD_LABELS = {
    "asymmetry": "Asymmetry (axes, 0 to 2)",
    "border": "Border (abrupt segments, 0 to 8)",
    "colours": "Colours (1 to 6)",
    "structures": "Dermoscopic structures (1 to 5)",
}


@dataclass(frozen=True)
class StolzAbcd:
    """Counts of the ABCD rule; raises InvalidInput outside their limits."""

    asymmetry: int
    border: int
    colours: int
    structures: int

    def __post_init__(self) -> None:
        for name, (low, high) in _ABCD_LIMITS.items():
            if not low <= getattr(self, name) <= high:
                label = ABCD_LABELS[name].partition(" (")[0]
                raise InvalidInput(name, f"{label} counts from {low} to {high}.")

    @property
    def score(self) -> float:
        """Total dermoscopy score, 1.0 to 8.9."""
        tenths = 13 * self.asymmetry + self.border + 5 * self.colours + 5 * self.structures
        return tenths / 10

    @property
    def meaning(self) -> str:
        """What the authors say of the score."""
        if self.score < 4.75:
            return "below 4.75: benign melanocytic lesion"
        if self.score <= 5.45:
            return "4.75 to 5.45: suspicious, close follow-up or excision"
        return "above 5.45: highly suspicious of melanoma"


class SevenPoint(StrEnum):
    """Criteria of the checklist."""

    ATYPICAL_NETWORK = "atypical_network"
    BLUE_WHITISH_VEIL = "blue_whitish_veil"
    ATYPICAL_VASCULAR = "atypical_vascular"
    IRREGULAR_STREAKS = "irregular_streaks"
    IRREGULAR_DOTS_GLOBULES = "irregular_dots_globules"
    IRREGULAR_BLOTCHES = "irregular_blotches"
    REGRESSION = "regression"


SEVEN_POINT_LABELS: dict[SevenPoint, str] = {
    SevenPoint.ATYPICAL_NETWORK: "Atypical pigment network (2)",
    SevenPoint.BLUE_WHITISH_VEIL: "Blue-whitish veil (2)",
    SevenPoint.ATYPICAL_VASCULAR: "Atypical vascular pattern (2)",
    SevenPoint.IRREGULAR_STREAKS: "Irregular streaks (1)",
    SevenPoint.IRREGULAR_DOTS_GLOBULES: "Irregular dots or globules (1)",
    SevenPoint.IRREGULAR_BLOTCHES: "Irregular blotches (1)",
    SevenPoint.REGRESSION: "Regression structures (1)",
}
_MAJOR = frozenset(
    {SevenPoint.ATYPICAL_NETWORK, SevenPoint.BLUE_WHITISH_VEIL, SevenPoint.ATYPICAL_VASCULAR}
)
SEVEN_POINT_THRESHOLD = 3


@dataclass(frozen=True)
class SevenPointChecklist:
    """Criteria that were seen."""

    seen: frozenset[SevenPoint]

    @property
    def score(self) -> int:
        """0 to 10: two for each major criterion, one for each minor one."""
        return sum(2 if criterion in _MAJOR else 1 for criterion in self.seen)

    @property
    def meaning(self) -> str:
        """What the authors say of the score."""
        if self.score >= SEVEN_POINT_THRESHOLD:
            return "3 or more: suggestive of melanoma"
        return "below 3: not suggestive of melanoma"
