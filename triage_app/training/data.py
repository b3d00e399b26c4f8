"""What is known of labelled photographs, and their pixels, decoded once."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from triage_app.inference.preprocessing import resized_crop
from triage_app.training.errors import LeakingLesion
from triage_app.training.photographs import Photographs, square_images

CLASSES: tuple[str, ...] = ("akiec", "bcc", "bkl", "df", "mel", "nv", "vasc")
SPLITS: tuple[str, ...] = ("train", "val", "test")


@dataclass(frozen=True)
class Record:
    """One photograph and what is known of it; unknown facts are empty strings."""

    image: str
    group: str
    dx: str
    split: str
    dx_type: str = ""
    age: str = ""
    sex: str = ""
    site: str = ""
    source: str = ""
    lesion_id: str = ""

    @property
    def label(self) -> int:
        """Index of the diagnosis in CLASSES."""
        return CLASSES.index(self.dx)


def check_records(records: Sequence[Record]) -> None:
    """Raise LeakingLesion for the first group that has images in two splits."""
    seen: dict[str, str] = {}
    for record in records:
        first = seen.setdefault(record.group, record.split)
        if first != record.split:
            raise LeakingLesion(record.group, sorted({first, record.split}))


def of_split(records: Iterable[Record], split: str) -> list[Record]:
    """The records of one split, in the order of the CSV."""
    return [record for record in records if record.split == split]


def photographs_of(folder: Path, records: Sequence[Record]) -> Photographs:
    """The crops of these records, as serving would analyse them; raises ImageMissing."""
    return Photographs(folder, [record.image for record in records])


def load_images(folder: Path, records: Sequence[Record], side: int = 256) -> NDArray[np.uint8]:
    """Decode each photograph once into uint8 (n, side, side, 3), RGB, central square crop.

    Decoded and resampled as serving does it. Raises ImageMissing with the names of all files that
    are absent or damaged.
    """
    return square_images(photographs_of(folder, records), side)


def resized(images: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """The same uint8 RGB images at another side, resampled as serving does it."""
    if images.shape[1] == side:
        return images
    out = np.empty((len(images), side, side, 3), np.uint8)
    for index, pixels in enumerate(images):
        out[index] = resized_crop(pixels, side)
    return out


def data_hash(records: Sequence[Record], images: NDArray[np.uint8]) -> str:
    """SHA-256 over the labels and decoded pixels, in order: names the data of a run."""
    digest = hashlib.sha256()
    for record, pixels in zip(records, images, strict=True):
        digest.update(f"{record.image}|{record.group}|{record.dx}|{record.split}".encode())
        digest.update(pixels.tobytes())
    return digest.hexdigest()


def class_counts(records: Sequence[Record]) -> NDArray[np.int64]:
    """Number of images of each class, int64 (7,), in the order of CLASSES."""
    return np.bincount([record.label for record in records], minlength=len(CLASSES))
