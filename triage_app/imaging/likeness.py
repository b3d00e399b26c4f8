"""The shape of a picture: signs that stay when it is encoded, scaled, brightened or cropped anew.

Signs of the low terms of the cosine transform of the grey picture, after C. Zauner's "pHash"
(Implementation and Benchmarking of Perceptual Image Hash Functions, 2010). What is stored is taken
from the inner part of the crop. What it is compared with are the parts of the other picture that
would be that inner part if one of the two were a crop of the other; and, because a turn or mirror
only swaps terms and signs, the same of the picture turned.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

SIDE = 128
TERMS = 16
INNER = 0.8
"""Share of the crop's side that the stored shape is taken from."""
CROPPED = (0.975, 0.95, 0.925, 0.9)
"""Shares of the side that are left by the crops that are found."""
STEPS = {0.975: 3, 0.95: 5, 0.925: 5, 0.9: 5}
SHIFTS = (-0.04, -0.02, 0.0, 0.02, 0.04)
ALIKE = 18
"""Signs of 213 that may differ, measured: see README, "Images that are stored already"."""
BANDS, BAND_BITS = 6, 22
# A picture without any structure, grey levels (0 to 255) as a standard deviation: its signs are
# noise, and it is like any other such.
FLAT = 1.5

Signs = NDArray[np.bool_]


@dataclass(frozen=True)
class Shape:
    """What is stored of a picture: the signs, and ``keys``, six parts of them to look up by.

    ``signs`` are 27 bytes. Of two copies of a photograph at least one key is nearly always equal.
    """

    signs: bytes
    keys: tuple[int, ...]


@dataclass(frozen=True)
class Sought:
    """Shapes that copies of a picture would have: ``signs`` uint8 (n, 27), a row for each, and for
    each of the six keys its values."""

    signs: NDArray[np.uint8]
    keys: tuple[tuple[int, ...], ...]

    def distance(self, signs: bytes) -> int:
        """How many signs differ between a stored shape and the nearest of these; 0 to 213, and
        more than that for bytes that are no shape."""
        if len(signs) != self.signs.shape[1]:
            return 8 * int(self.signs.shape[1])
        other = np.frombuffer(signs, np.uint8)
        return int(np.bitwise_count(self.signs ^ other).sum(axis=1, dtype=np.int64).min())


def compared(crop: NDArray[np.uint8]) -> tuple[Shape, Sought] | None:
    """Both of the analysed crop, uint8 (S, S, 3): what is stored, and what its copies would be.

    None for a picture without structure.
    """
    grey = _grey(crop)
    return None if grey is None else (_shape(grey), _sought(grey))


def _shape(grey: NDArray[np.float32]) -> Shape:
    window = _rows(INNER, (1 - INNER) / 2)
    terms = np.asarray(window @ grey @ window.T, np.float32)
    signs = _signs(terms[None])
    return Shape(np.packbits(signs, axis=1)[0].tobytes(), _keys(signs)[0])


def pixels_of(jpeg: bytes) -> NDArray[np.uint8]:
    """Pixels uint8 (h, w, 3) of a crop that this program stored; raises ValueError for others."""
    try:
        with Image.open(BytesIO(jpeg), formats=("JPEG",)) as image:
            return np.asarray(image.convert("RGB"))
    except (OSError, SyntaxError) as error:
        raise ValueError("the bytes are no JPEG") from error


def _sought(grey: NDArray[np.float32]) -> Sought:
    plain, turned = [], []
    for size, offsets in _windows():
        rows = np.concatenate([_rows(size, offset) for offset in offsets])
        count, middle = len(offsets), len(offsets) // 2
        terms = (rows @ grey @ rows.T).reshape(count, TERMS, count, TERMS).swapaxes(1, 2)
        turned.append(terms[middle, middle])
        plain.append(terms.reshape(-1, TERMS, TERMS))
    signs = _signs(np.concatenate([*plain, *_turns(np.stack(turned))]))
    keys = np.array(_keys(signs)).T.tolist()
    return Sought(np.packbits(signs, axis=1), tuple(tuple(sorted(set(key))) for key in keys))


def _grey(crop: NDArray[np.uint8]) -> NDArray[np.float32] | None:
    small = Image.fromarray(crop).convert("L").resize((SIDE, SIDE), Image.Resampling.BOX)
    grey = np.asarray(small, np.float32)
    return None if float(grey.std()) < FLAT else grey


def _windows() -> Iterator[tuple[float, list[float]]]:
    """Side and offsets, as shares of the crop's, of the parts that are compared."""
    edge = (1 - INNER) / 2
    yield INNER, [edge + shift for shift in SHIFTS]
    for left in CROPPED:
        cut = np.linspace(0, 1 - left, STEPS[left])
        # This picture is the crop, and then, the other one is.
        yield INNER / left, [(edge - float(x)) / left for x in cut]
        yield INNER * left, [float(x) + edge * left for x in cut]


@cache
def _rows(size: float, offset: float) -> NDArray[np.float32]:
    """Cosines float32 (TERMS, SIDE) over a part of the side, zero outside of it."""
    place = (np.arange(SIDE) + 0.5) / SIDE
    inside = (place - offset) / size
    cosines = np.cos(np.pi * np.arange(TERMS)[:, None] * inside[None, :])
    # A pixel that the edge cuts counts by its part.
    covered = np.clip(np.minimum(place - offset, offset + size - place) * SIDE + 0.5, 0, 1)
    weights = cosines * covered
    # Else a term would also tell how bright the part is.
    weights[1:] -= covered * (weights[1:].sum(1) / covered.sum())[:, None]
    return np.asarray(weights, np.float32)


def _turns(terms: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    """The terms of a picture in its seven other positions; (n, TERMS, TERMS) each."""
    odd = np.where(np.arange(TERMS) % 2, -1, 1).astype(np.float32)
    flips = [np.ones((1, 1), np.float32), odd[:, None], odd[None, :], odd[:, None] * odd[None, :]]
    kinds = (terms, terms.transpose(0, 2, 1))
    return [kind * flip for kind in kinds for flip in flips][1:]


@cache
def _terms_used() -> NDArray[np.intp]:
    """Places of the terms whose signs count, lowest first: all but the constant, in a circle."""
    down, across = np.mgrid[:TERMS, :TERMS]
    radius = (down**2 + across**2).ravel()
    order = np.argsort(radius, kind="stable")
    used: NDArray[np.intp] = order[(radius[order] > 0) & (radius[order] <= TERMS**2)]
    return used


def _signs(terms: NDArray[np.float32]) -> Signs:
    return terms.reshape(len(terms), -1)[:, _terms_used()] > 0


def _keys(signs: Signs) -> list[tuple[int, ...]]:
    """The lowest terms are the steadiest; each key has some of every height."""
    powers = 1 << np.arange(BAND_BITS, dtype=np.int64)
    lowest = signs[:, : BANDS * BAND_BITS].astype(np.int64)
    keys = np.stack([lowest[:, band::BANDS] @ powers for band in range(BANDS)], axis=1)
    return [tuple(row) for row in keys.tolist()]
