"""Patients' lesions: where they are, which images show them, and their level over time."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from triage_app.domain.context import Laterality, Site
from triage_app.domain.errors import InvalidInput
from triage_app.domain.triage import RISK_RANK, Level


class RiskFactor(StrEnum):
    """What raises a patient's risk of skin cancer."""

    PREVIOUS_MELANOMA = "previous_melanoma"
    PREVIOUS_SKIN_CANCER = "previous_skin_cancer"
    FAMILY_MELANOMA = "family_melanoma"
    MANY_NAEVI = "many_naevi"
    ATYPICAL_NAEVI = "atypical_naevi"
    IMMUNOSUPPRESSION = "immunosuppression"
    SUNBURNS = "sunburns"
    SUNBEDS = "sunbeds"


RISK_FACTOR_LABELS: dict[RiskFactor, str] = {
    RiskFactor.PREVIOUS_MELANOMA: "Previous melanoma",
    RiskFactor.PREVIOUS_SKIN_CANCER: "Previous other skin cancer",
    RiskFactor.FAMILY_MELANOMA: "Melanoma in the family",
    RiskFactor.MANY_NAEVI: "More than 50 naevi",
    RiskFactor.ATYPICAL_NAEVI: "Atypical naevi",
    RiskFactor.IMMUNOSUPPRESSION: "Immunosuppression or transplant",
    RiskFactor.SUNBURNS: "Severe sunburns in childhood",
    RiskFactor.SUNBEDS: "Use of sunbeds",
}


class BodyView(StrEnum):
    """One drawing of the body map."""

    FRONT = "front"
    BACK = "back"
    HEAD = "head"
    HANDS = "hands"
    FEET = "feet"


BODY_VIEW_LABELS: dict[BodyView, str] = {
    BodyView.FRONT: "Front",
    BodyView.BACK: "Back",
    BodyView.HEAD: "Head",
    BodyView.HANDS: "Hands",
    BodyView.FEET: "Feet",
}


@dataclass(frozen=True)
class MapPoint:
    """A place on a drawing: shares of its width and height, 0 to 1, from the top left.

    Raises InvalidInput for a place outside of it.
    """

    view: BodyView
    x: float
    y: float

    def __post_init__(self) -> None:
        if not (0 <= self.x <= 1 and 0 <= self.y <= 1):
            raise InvalidInput("point", "The place lies outside of the body map.")


@dataclass(frozen=True)
class Lesion:
    """A lesion of a patient; ``version`` counts changes. ``label`` is what people call it."""

    id: str
    version: int
    patient_id: str
    label: str
    site: Site
    laterality: Laterality
    point: MapPoint | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True)
class Move:
    """An image was filed under another lesion; an empty id stands for none."""

    at: datetime
    by: str
    from_lesion: str
    to_lesion: str
    reason: str = ""


def lesion_level(levels: Iterable[Level | None]) -> Level | None:
    """The worst level of a lesion's images; None while one of them is withheld, or without any.

    Milder images that come later lower nothing: a fall of probability is no proof.
    """
    found = list(levels)
    if not found or None in found:
        return None
    return max((level for level in found if level), key=RISK_RANK.__getitem__)
