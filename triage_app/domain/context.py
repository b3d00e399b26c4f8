"""What the clinician tells about patient and lesion; every answer may be missing."""

from dataclasses import dataclass
from enum import StrEnum


class Sex(StrEnum):
    """Sex as recorded for the patient."""

    FEMALE = "female"
    MALE = "male"
    OTHER = "other"


class SkinType(StrEnum):
    """Fitzpatrick skin type."""

    I = "I"  # noqa: E741
    II = "II"
    III = "III"
    IV = "IV"
    V = "V"
    VI = "VI"


class Laterality(StrEnum):
    """Side of the body."""

    LEFT = "left"
    RIGHT = "right"
    MIDLINE = "midline"


class Site(StrEnum):
    """Body site of the lesion."""

    SCALP = "scalp"
    FACE = "face"
    EAR = "ear"
    NECK = "neck"
    CHEST = "chest"
    ABDOMEN = "abdomen"
    BACK = "back"
    BUTTOCK = "buttock"
    UPPER_EXTREMITY = "upper_extremity"
    LOWER_EXTREMITY = "lower_extremity"
    HAND = "hand"
    FOOT = "foot"
    PALM_OR_SOLE = "palm_or_sole"
    NAIL = "nail"
    GENITAL = "genital"
    MUCOSA = "mucosa"


SITE_LABELS: dict[Site, str] = {
    Site.SCALP: "Scalp",
    Site.FACE: "Face",
    Site.EAR: "Ear",
    Site.NECK: "Neck",
    Site.CHEST: "Chest",
    Site.ABDOMEN: "Abdomen",
    Site.BACK: "Back",
    Site.BUTTOCK: "Buttock",
    Site.UPPER_EXTREMITY: "Upper extremity",
    Site.LOWER_EXTREMITY: "Lower extremity",
    Site.HAND: "Hand (back of)",
    Site.FOOT: "Foot (back of)",
    Site.PALM_OR_SOLE: "Palm or sole",
    Site.NAIL: "Nail",
    Site.GENITAL: "Genital",
    Site.MUCOSA: "Mucosa",
}

# Sites that the training images hardly show, and where a missed melanoma is common.
NEVER_ROUTINE_SITES = frozenset(
    {Site.FACE, Site.SCALP, Site.EAR, Site.PALM_OR_SOLE, Site.NAIL, Site.GENITAL, Site.MUCOSA}
)
NEVER_ROUTINE_SKIN = frozenset({SkinType.V, SkinType.VI})
ADULT_AGE = 18
MAX_AGE = 120


class RedFlag(StrEnum):
    """Warning signs asked at intake; they only ever raise the level."""

    NEW_OR_CHANGING = "new_or_changing"
    BLEEDING_OR_ULCERATED = "bleeding_or_ulcerated"
    FIRM_AND_GROWING = "firm_and_growing"
    IMMUNOSUPPRESSION = "immunosuppression"
    PREVIOUS_MELANOMA = "previous_melanoma"
    UGLY_DUCKLING = "ugly_duckling"


RED_FLAG_LABELS: dict[RedFlag, str] = {
    RedFlag.NEW_OR_CHANGING: "New or changing",
    RedFlag.BLEEDING_OR_ULCERATED: "Bleeding or ulcerated",
    RedFlag.FIRM_AND_GROWING: "Firm and growing nodule",
    RedFlag.IMMUNOSUPPRESSION: "Immunosuppression",
    RedFlag.PREVIOUS_MELANOMA: "Previous melanoma",
    RedFlag.UGLY_DUCKLING: '"Ugly duckling"',
}


@dataclass(frozen=True)
class ClinicalContext:
    """Answers of the intake form; None means not given.

    ``red_flags`` is None until the red flags were asked: an empty set says "asked, none present".
    ``dermoscopic`` says whether the clinician confirms a dermoscopic image.
    Raises ValueError for an age outside 0 to 120 years.
    """

    age: int | None = None
    sex: Sex | None = None
    skin_type: SkinType | None = None
    site: Site | None = None
    laterality: Laterality | None = None
    red_flags: frozenset[RedFlag] | None = None
    dermoscopic: bool | None = None

    def __post_init__(self) -> None:
        if self.age is not None and not 0 <= self.age <= MAX_AGE:
            raise ValueError(f"age must be a whole number of years from 0 to {MAX_AGE}")

    @property
    def missing(self) -> tuple[str, ...]:
        """Names of the answers that the triage rule asks for and that were not given."""
        asked = {
            "age": self.age,
            "skin type": self.skin_type,
            "body site": self.site,
            "red flags": self.red_flags,
            "dermoscopic image": self.dermoscopic,
        }
        return tuple(name for name, value in asked.items() if value is None)


NO_CONTEXT = ClinicalContext()
