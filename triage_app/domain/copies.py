"""The same photograph stored twice: told, never forbidden, and kept when somebody says so."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class SameBy(StrEnum):
    """How two images were found to be copies: the very bytes, or nearly the same picture."""

    FILE = "file"
    PICTURE = "picture"


@dataclass(frozen=True)
class Copy:
    """The image of ``case_id`` came after that of ``other_id`` and is a copy of it.

    ``kept_at`` and ``kept_by`` (internal id) say who went on with it as a second copy, None and
    empty until then.
    """

    case_id: str
    other_id: str
    by: SameBy
    found_at: datetime
    kept_at: datetime | None = None
    kept_by: str = ""

    def beside(self, case_id: str) -> str:
        """The other one of the two cases."""
        return self.other_id if case_id == self.case_id else self.case_id


@dataclass(frozen=True)
class SeenCopy:
    """A copy as somebody may see it from the page of the other one.

    ``hidden``: only that it exists may be told. ``case_id`` is empty where no link may be given.
    ``taken_at`` is when it was analysed. ``other_patient``: it is filed under another reference.
    """

    by: SameBy
    hidden: bool = True
    case_id: str = ""
    patient_reference: str = ""
    lesion_label: str = ""
    taken_at: datetime | None = None
    in_bin: bool = False
    other_patient: bool = False
    kept_at: datetime | None = None


@dataclass(frozen=True)
class Coverage:
    """How many stored images can be compared by their picture, and how many not yet, or never,
    because their picture is missing or shows nothing."""

    compared: int
    waiting: int
    never: int
