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

CLASSES: tuple[str, ...] = ("akiec", "bcc", "bkl", "df", "mel", "nv", "scc", "vasc")
# Known to be benign and no more: a label, and no diagnosis of the network.
BENIGN = "benign"
LABELS: tuple[str, ...] = (*CLASSES, BENIGN)
UNNAMED = -1
BENIGN_LABELS: tuple[int, ...] = tuple(CLASSES.index(c) for c in ("bkl", "df", "nv", "vasc"))
# Raise it when decoding changes, so that kept arrays are not taken for today's.
_DECODING = 1
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
        """Index of the diagnosis in CLASSES; UNNAMED for one that is only known to be benign."""
        return UNNAMED if self.dx == BENIGN else CLASSES.index(self.dx)


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


def photographs_of(folder: Path, records: Sequence[Record], *, lit: bool = True) -> Photographs:
    """The crops of these records, as serving would analyse them; raises ImageMissing.

    ``lit``: inside the lit field, as models see them that are made today.
    """
    return Photographs(folder, [record.image for record in records], lit=lit)


def load_images(folder: Path, records: Sequence[Record], side: int = 256) -> NDArray[np.uint8]:
    """Decode each photograph once into uint8 (n, side, side, 3), RGB, central square crop.

    Decoded and resampled as serving does it. Raises ImageMissing with the names of all files that
    are absent or damaged.
    """
    return square_images(photographs_of(folder, records), side)


def load_once(folder: Path, records: Sequence[Record], side: int, cache: Path) -> NDArray[np.uint8]:
    """``load_images``, kept in the folder ``cache`` under the names, sizes and times of the files.

    A run that goes on after a kill then starts in seconds; the kept array is mapped, not read.
    """
    digest = hashlib.sha256(f"{_DECODING} {side}".encode())
    photographs = photographs_of(folder, records)
    for record, path in zip(records, photographs.paths, strict=True):
        known = path.stat()
        digest.update(f"|{record.image} {known.st_size} {known.st_mtime_ns}".encode())
    kept = cache / f"decoded-{digest.hexdigest()[:24]}.npy"
    if not kept.exists():
        cache.mkdir(parents=True, exist_ok=True)
        part = kept.with_suffix(".part")
        with part.open("wb") as handle:
            np.save(handle, square_images(photographs, side))
        part.replace(kept)
    stored: NDArray[np.uint8] = np.load(kept, mmap_mode="r", allow_pickle=False)
    return stored


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
    """Number of images of each diagnosis, int64 (C,), in the order of CLASSES."""
    named = [record.label for record in records if record.dx in CLASSES]
    return np.bincount(named, minlength=len(CLASSES))
