"""The lit field of the dermatoscope, and the square inside it that is analysed.

Cameras frame a lesion with a round or cut dark mask, with letterbox bars, or not at all. Classes
are confounded with such frames (in one source 45 % of melanomas and 7 % of the others have dark
corners), so a network that sees them learns the frame. Training and serving therefore both analyse
the largest square that lies inside the lit field.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

# The field is found on a copy of this size in px: its edge need not be known any better.
_WORK_SIDE = 128
# Brightest channel of an unlit pixel, 0 to 255, and as a share of the picture's own brightness.
# Black hair and the darkest melanomas stay above one of the two.
_DARK, _DARK_SHARE = 48.0, 0.28
# Share of a square's area that may be unlit: a rounded corner may touch it, no more.
_UNLIT_ALLOWED = 0.01
_LEAST_CORNERS = 2
# Less unlit border than this share of the picture is no frame.
_NO_FRAME = 0.004
# A field smaller than this share of the shorter side is not believed: the picture is dark instead.
_LEAST_SHARE = 0.4
_LEAST_SIDE = 64


@dataclass(frozen=True)
class Square:
    """A square part of a picture: ``left``, ``top`` and ``side`` in px of that picture."""

    left: int
    top: int
    side: int


def analysed_square(pixels: NDArray[np.uint8]) -> Square:
    """The square inside the lit field, centred on it as far as its size allows.

    Args:
        pixels: uint8 (height, width, 3), sRGB, 0 to 255.

    Returns:
        The central square of the shorter side where no dark frame touches the border.
    """
    height, width = pixels.shape[:2]
    shorter = min(height, width)
    central = Square((width - shorter) // 2, (height - shorter) // 2, shorter)
    scale = shorter / min(_WORK_SIDE, shorter)
    outside = _outside(_small(pixels, scale))
    if outside.mean() < _NO_FRAME:
        return central
    found = _largest_square(outside)
    if found is None or found.side < _LEAST_SHARE * min(outside.shape):
        return central
    side = min(int(found.side * scale), shorter)
    left = min(int(found.left * scale), width - side)
    return Square(left, min(int(found.top * scale), height - side), side)


def lit_part(crop: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The part of a square crop, uint8 (S, S, 3), inside the lit field; all of it without a frame.

    A part of fewer than 64 px is not believed.
    """
    part = analysed_square(crop)
    if part.side == crop.shape[0] or part.side < _LEAST_SIDE:
        return crop
    return crop[part.top : part.top + part.side, part.left : part.left + part.side]


def _small(pixels: NDArray[np.uint8], scale: float) -> NDArray[np.float32]:
    """Brightest channel of a reduced copy, float32, 0 to 255."""
    height, width = pixels.shape[:2]
    size = max(1, round(width / scale)), max(1, round(height / scale))
    small = Image.fromarray(pixels).resize(size, Image.Resampling.BOX)
    brightest: NDArray[np.float32] = np.asarray(small).max(axis=2).astype(np.float32)
    return brightest


def _outside(bright: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Unlit pixels that are joined to a dark corner, where at least two corners are dark.

    A frame darkens corners; a black lesion that is cut by the border lies between them.
    """
    limit = min(_DARK, _DARK_SHARE * float(np.percentile(bright, 75)))
    dark = bright <= limit
    reached = np.zeros_like(dark)
    corners = np.ix_([0, -1], [0, -1])
    if dark[corners].sum() < _LEAST_CORNERS:
        return reached
    reached[corners] = dark[corners]
    while True:
        grown = reached.copy()
        grown[1:] |= reached[:-1]
        grown[:-1] |= reached[1:]
        grown[:, 1:] |= reached[:, :-1]
        grown[:, :-1] |= reached[:, 1:]
        grown &= dark
        if (grown == reached).all():
            return reached
        reached = grown


def _largest_square(outside: NDArray[np.bool_]) -> Square | None:
    """The largest square with next to no unlit pixel, the one nearest to the field's centre."""
    table = np.zeros((outside.shape[0] + 1, outside.shape[1] + 1))
    table[1:, 1:] = outside.cumsum(0).cumsum(1)
    low, high, best = 1, min(outside.shape), None
    while low <= high:
        side = (low + high) // 2
        fitting = _unlit_in_squares(table, side) <= _UNLIT_ALLOWED * side * side
        if fitting.any():
            best, low = (side, fitting), side + 1
        else:
            high = side - 1
    if best is None:
        return None
    side, fitting = best
    rows, columns = np.nonzero(~outside)
    offset = np.argwhere(fitting) + side / 2 - [rows.mean() + 0.5, columns.mean() + 0.5]
    top, left = np.argwhere(fitting)[np.hypot(*offset.T).argmin()]
    return Square(int(left), int(top), side)


def _unlit_in_squares(table: NDArray[np.float64], side: int) -> NDArray[np.float64]:
    return table[side:, side:] - table[:-side, side:] - table[side:, :-side] + table[:-side, :-side]
