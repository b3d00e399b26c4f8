"""What is needed to find copies of a picture, as a protocol."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from triage_app.domain.copies import Copy, Coverage


class PictureRepository(Protocol):
    """Shapes of pictures, and the copies that were found."""

    def add(self, case_id: str, signs: bytes | None, keys: Sequence[int]) -> None:
        """Store the shape of a case's picture; None for a picture without one."""

    def same_file(self, sha256: str) -> Sequence[str]:
        """Ids of the cases whose original has this hash."""

    def met(self, keys: Sequence[Sequence[int]]) -> Sequence[tuple[str, bytes]]:
        """Case ids and signs of the pictures that share a key, up to a limit."""

    def relate(self, copies: Sequence[Copy]) -> None:
        """Store copies that were found."""

    def copies_of(self, case_id: str) -> Sequence[Copy]:
        """All pairs that a case is one of, the latest first."""

    def keep(self, case_id: str, by: str, at: datetime) -> Sequence[str]:
        """Note for all pairs of the case that somebody went on; ids of the others in them."""

    def without(self, after: int, size: int) -> Sequence[tuple[int, str]]:
        """Row and id of cases after a row that have no shape yet, in the order of rows."""

    def coverage(self) -> Coverage:
        """How many images can be compared; counts every case."""
