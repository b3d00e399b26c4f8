"""Pictures that the dermoscopy gate must refuse: folders of them, and dermoscopic ones spoilt."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from triage_app.inference.preprocessing import resized_crop
from triage_app.tables.reader import read_file
from triage_app.training.augment import AugmentSettings, view
from triage_app.training.errors import ImageMissing, OthersUnreadable
from triage_app.training.photographs import EXTENSIONS, Crop, Crops, Photographs

# The orders of channels that are not red, green, blue.
_ORDERS = ((2, 1, 0), (1, 0, 2), (0, 2, 1), (1, 2, 0), (2, 0, 1))
# px. A random view is sampled from a copy of this side, near which sampling is free of aliasing.
_SAMPLED_SIDE = 256
_SHARES = (("train", 0.7), ("val", 0.15), ("test", 0.15))


@dataclass(frozen=True)
class Others:
    """A folder of pictures of one kind that are not dermoscopic, and the table of their splits."""

    kind: str
    folder: Path
    table: Path | None = None

    def of_split(self, split: str, *, lit: bool = True) -> Photographs:
        """The pictures of one split, in the order of their names.

        A table names the split of each; without one it follows from the file's name. Raises
        ImageMissing, OthersUnreadable and TableUnreadable.
        """
        names = [name for name, own in self._splits() if own == split]
        return Photographs(self.folder, names, lit=lit)

    def _splits(self) -> Sequence[tuple[str, str]]:
        if self.table is None:
            return [(name, _split_of(name)) for name in self._names()]
        rows = read_file(self.table).checked_rows()
        try:
            return sorted((row.cells["image"], row.cells["split"]) for row in rows)
        except KeyError as fault:
            raise OthersUnreadable(str(self.table)) from fault

    def _names(self) -> list[str]:
        if not self.folder.is_dir():
            raise ImageMissing(
                f"There is no folder {self.folder}. Give the folder of the pictures."
            )
        files = (path for path in self.folder.rglob("*") if path.suffix.casefold() in EXTENSIONS)
        return sorted(str(path.relative_to(self.folder)) for path in files)


def parse_others(texts: Sequence[str]) -> list[Others]:
    """Kinds from "KIND=FOLDER" or "KIND=FOLDER=TABLE"; raises OthersUnreadable."""
    found = []
    for text in texts:
        parts = text.split("=")
        if len(parts) not in (2, 3) or not all(parts):
            raise OthersUnreadable(text)
        found.append(Others(parts[0], Path(parts[1]), Path(parts[2]) if parts[2:] else None))
    return found


def _split_of(name: str) -> str:
    place = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4]) / 2**32
    for split, share in _SHARES:
        place -= share
        if place < 0:
            return split
    return _SHARES[-1][0]


@dataclass(frozen=True)
class Changed:
    """Crops, each changed by a function of its number and itself."""

    crops: Crops
    change: Callable[[int, Crop], Crop]

    def __len__(self) -> int:
        return len(self.crops)

    def __iter__(self) -> Iterator[Crop]:
        for number, crop in enumerate(self.crops):
            yield self.change(number, crop)


def exchanged(number: int, crop: Crop) -> Crop:
    """The crop with its channels in another order, as faulty software leaves it."""
    order = _ORDERS[number % len(_ORDERS)]
    changed: NDArray[np.uint8] = np.ascontiguousarray(crop[..., order])
    return changed


def inverted(_: int, crop: Crop) -> Crop:
    """The crop as a negative."""
    changed: NDArray[np.uint8] = 255 - crop
    return changed


class WithChangedCopies:
    """Crops and one random view of each: another camera's colours are no reason to refuse."""

    def __init__(self, crops: Crops, seed: int) -> None:
        self._crops, self._seed = crops, seed

    def __len__(self) -> int:
        return 2 * len(self._crops)

    def __iter__(self) -> Iterator[NDArray[np.uint8]]:
        settings = AugmentSettings()
        for number, crop in enumerate(self._crops):
            yield crop
            rng = np.random.default_rng([self._seed, number])
            yield view(resized_crop(crop, _SAMPLED_SIDE), _SAMPLED_SIDE, rng, settings)
