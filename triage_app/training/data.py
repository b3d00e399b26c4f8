"""An ISIC-style folder with a CSV: read, checked, decoded once."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from triage_app.training.errors import (
    ImageMissing,
    LabelsUnreadable,
    LeakingLesion,
    UnknownLabel,
)

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


def load_images(folder: Path, records: Sequence[Record], side: int = 256) -> NDArray[np.uint8]:
    """Decode each photograph once into uint8 (n, side, side, 3), RGB, central square crop.

    Raises ImageMissing with the file's name when one is absent or damaged.
    """
    out = np.empty((len(records), side, side, 3), np.uint8)

    def load(index: int) -> None:
        out[index] = _decode(folder / records[index].image, side)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(load, range(len(records))))
    return out


def _decode(path: Path, side: int) -> NDArray[np.uint8]:
    try:
        with Image.open(path) as image:
            return np.asarray(_square(image.convert("RGB"), side))
    except OSError as fault:
        raise ImageMissing(
            f"The image {path.name} is missing or damaged ({fault}). Restore the file, or remove "
            "its row from the labels."
        ) from fault


def _square(image: Image.Image, side: int) -> Image.Image:
    width, height = image.size
    edge = min(width, height)
    left, top = (width - edge) // 2, (height - edge) // 2
    if (width, height) != (edge, edge):
        image = image.crop((left, top, left + edge, top + edge))
    return image if edge == side else image.resize((side, side), Image.Resampling.BILINEAR)


def resized(images: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """The same uint8 RGB images at another side, antialiased."""
    if images.shape[1] == side:
        return images
    out = np.empty((len(images), side, side, 3), np.uint8)
    for index, pixels in enumerate(images):
        picture = Image.fromarray(pixels)
        out[index] = np.asarray(picture.resize((side, side), Image.Resampling.BILINEAR))
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
