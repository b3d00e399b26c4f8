"""An ISIC-style folder with a CSV: read, checked, decoded once."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from triage_app.inference.preprocessing import resized_crop
from triage_app.training.errors import (
    LabelsUnreadable,
    LeakingLesion,
    UnknownLabel,
)
from triage_app.training.photographs import Photographs, square_images

CLASSES: tuple[str, ...] = ("akiec", "bcc", "bkl", "df", "mel", "nv", "vasc")
SPLITS: tuple[str, ...] = ("train", "val", "test")
REQUIRED = ("image", "group", "dx", "split")


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


def read_labels(path: Path) -> list[Record]:
    """Read and check the CSV; raises the error that names the first offending row."""
    try:
        with path.open(newline="", encoding="utf-8") as handle:
            rows = list(csv.DictReader(handle))
    except OSError as fault:
        raise LabelsUnreadable(f"The labels {path} can't be read: {fault.strerror}.") from fault
    if not rows:
        raise LabelsUnreadable(f"The labels {path} hold no rows.")
    missing = [name for name in REQUIRED if name not in rows[0]]
    if missing:
        raise LabelsUnreadable(f"The labels {path} lack the column(s) {', '.join(missing)}.")
    names = Record.__dataclass_fields__
    records = [Record(**{k: v or "" for k, v in row.items() if k in names}) for row in rows]
    check_records(records)
    return records


def check_records(records: Sequence[Record]) -> None:
    """Raise UnknownLabel or LeakingLesion for the first record that breaks a rule."""
    seen: dict[str, str] = {}
    for line, record in enumerate(records, start=2):
        if record.dx not in CLASSES:
            raise UnknownLabel(
                f"Line {line}: {record.dx!r} is no diagnosis; use one of {', '.join(CLASSES)}."
            )
        if record.split not in SPLITS:
            raise UnknownLabel(
                f"Line {line}: {record.split!r} is no split; use one of {', '.join(SPLITS)}."
            )
        if not record.group:
            raise UnknownLabel(f"Line {line}: no lesion is named in the column group.")
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
