"""Near-identical photographs in different splits: one lesion under two names."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from triage_app.training.data import Record, resized

SIDE = 16
ALIKE = 0.985  # correlation of the 16-pixel copies above which a person should look


def near_duplicates(
    records: Sequence[Record], images: NDArray[np.uint8], alike: float = ALIKE
) -> list[tuple[str, str, float]]:
    """Pairs of image names in different splits whose small copies correlate above ``alike``.

    Turned and mirrored copies count too. ``images`` uint8 (n, side, side, 3). Sorted from the most
    alike. It points at pairs to look at; it can't prove that two photographs show one lesion.
    """
    small = _fingerprints(resized(images, SIDE))
    splits = np.array([record.split for record in records])
    best = np.zeros((len(records), len(records)), np.float32)
    base = _flat(small)
    for turned in _orientations(small):
        np.maximum(best, base @ _flat(turned).T, out=best)
    best[splits[:, None] == splits[None, :]] = 0
    rows, columns = np.nonzero(np.triu(np.maximum(best, best.T)) > alike)
    pairs = [
        (records[i].image, records[j].image, float(max(best[i, j], best[j, i])))
        for i, j in zip(rows.tolist(), columns.tolist(), strict=True)
    ]
    return sorted(pairs, key=lambda pair: -pair[2])


def _fingerprints(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Contrast-normalised copies: brightness and strength of colour don't count."""
    values = images.astype(np.float32)
    values -= values.mean(axis=(1, 2), keepdims=True)
    length = np.sqrt((values**2).sum(axis=(1, 2, 3), keepdims=True))
    normalised: NDArray[np.float32] = values / np.maximum(length, 1e-6)
    return normalised


def _orientations(images: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    mirrored = images[:, :, ::-1]
    return [np.rot90(kind, turn, (1, 2)) for kind in (images, mirrored) for turn in range(4)]


def _flat(images: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.ascontiguousarray(images).reshape(len(images), -1)
