"""What damage leaves in a decoded picture: a step across the whole frame that no scene has.

Pictures are coded from left to right and row by row. Where damage strikes in the middle of a row,
all that follows is off by the same amount: the step runs below the row on the right of that place,
and one row further down on its left. A scene's edge has no reason to step exactly there.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

_Means = NDArray[np.float32]
# Grey levels of 255; share of the frame's width; both chosen on intact photographs, re-encoded.
_STEP = 5
_MOST_OF_IT = 0.8
_HARDLY_ANY = 0.2
_MARGIN = 2
# Of a step that is even: its spread in its own size; of a picture that goes on: grey levels from
# one unit to the next that count, and how many of them have to agree.
_EVEN = 0.2
_MOVE = 0.5
_ALIKE = 0.85
# Of uncoded pixels: bytes at the end of a row that make a rim, bytes that are compared at a time,
# and how many times more than usual a row differs from the one above where it isn't its own.
_RIM = 12
_GROUP = 24
_FOREIGN = 4
_ROWS_AT_ONCE = 256


def has_seam(pixels: NDArray[np.uint8], unit: tuple[int, int]) -> bool:
    """Whether a step runs across the frame along the coded rows.

    Args:
        pixels: uint8 (height, width, channels).
        unit: width and height in px of what is coded at a time.
    """
    across, down = unit
    rows, columns = pixels.shape[0] // down - 1, pixels.shape[1] // across
    if rows < 3 or columns < 4 * _MARGIN:
        return False
    for below, above in _sides(pixels, across, down, rows, columns):
        steps = below - above
        if _is_seam(steps > _STEP) or _is_seam(steps < -_STEP) or _is_shift(steps, below, above):
            return True
    return False


def _sides(
    pixels: NDArray[np.uint8], across: int, down: int, rows: int, columns: int
) -> Iterator[tuple[_Means, _Means]]:
    """For each channel the means below and above each edge of a unit: (rows, columns)."""
    wide = columns * across
    below = pixels[down : (rows + 1) * down : down, :wide]
    above = pixels[down - 1 : rows * down : down, :wide]
    for channel in range(pixels.shape[2]):
        yield tuple(
            side[..., channel].reshape(rows, columns, across).mean(2, dtype=np.float32)
            for side in (below, above)
        )


def _is_shift(steps: _Means, below: _Means, above: _Means) -> bool:
    """Whether a picture goes on below an edge as it was above, but for one and the same step.

    At the edge of a border one side is plain; where two pictures meet they have nothing in common.
    """
    middle = np.median(steps, axis=1)
    spread = np.median(np.abs(steps - middle[:, None]), axis=1)
    even = (np.abs(middle) > _STEP) & (spread < _EVEN * np.abs(middle))
    # At the very top and bottom devices draw thin frames, through which the picture shows.
    rim = 1 + len(steps) // 20
    candidates = rim + np.flatnonzero(even[rim : len(steps) - rim])
    return any(_go_on(below[row], above[row]) for row in candidates)


def _go_on(below: _Means, above: _Means) -> bool:
    """Whether brightness rises and falls along both sides of an edge at the same places."""
    below, above = np.diff(below), np.diff(above)
    moves = (np.abs(below) > _MOVE) & (np.abs(above) > _MOVE)
    return bool(moves.mean() > 0.5 and (below * above > 0)[moves].mean() > _ALIKE)


def _is_seam(hits: NDArray[np.bool_]) -> bool:
    """Whether hits fill one row from some place on, and the next row up to there, and no more."""
    columns = hits.shape[1]
    until = np.cumsum(hits, axis=1)[:, _MARGIN - 1 : columns - _MARGIN]
    total = hits.sum(axis=1, keepdims=True)
    left = np.arange(_MARGIN, columns - _MARGIN + 1)
    right = columns - left
    above_left, below_left = until[:-1], until[1:]
    above_right, below_right = total[:-1] - above_left, total[1:] - below_left
    # Each side for itself, or the edge of a border, which has but one row, would look the same.
    found = (above_right >= _MOST_OF_IT * right) & (below_left >= _MOST_OF_IT * left)
    found &= (above_left <= _HARDLY_ANY * left) & (below_right <= _HARDLY_ANY * right)
    return bool(found.any())


def has_hole(rows: NDArray[np.uint8]) -> bool:
    """Whether uncoded pixels hold a stretch that something else was written over.

    Args:
        rows: uint8 (height, bytes of a row), in the order in which they are stored.
    """
    rows = np.ascontiguousarray(rows)
    return len(rows) > 3 and (_has_constant_stretch(rows) or _has_foreign_stretch(rows))


def _has_constant_stretch(rows: NDArray[np.uint8]) -> bool:
    """One byte again and again, for a row or more, from within a row to within another.

    A dark rim, a border or a white ground goes on in the rows before and after, or begins with a
    row.
    """
    stored, wide = rows.reshape(-1), rows.shape[1]
    changes = np.flatnonzero(stored[1:] != stored[:-1]) + 1
    bounds = np.concatenate(([0], changes, [len(stored)]))
    for at in np.flatnonzero(np.diff(bounds) >= wide):
        start, end = int(bounds[at]), int(bounds[at + 1])
        begins = _within(start, wide) and not _rim(rows, start // wide - 1, -_RIM, stored[start])
        ends = end == len(stored) or (
            _within(end, wide) and not _rim(rows, end // wide + 1, 0, stored[start])
        )
        if begins and ends:
            return True
    return False


def _within(place: int, wide: int) -> bool:
    return 0.02 * wide < place % wide < 0.98 * wide


def _rim(rows: NDArray[np.uint8], row: int, start: int, value: np.uint8) -> bool:
    """Whether a row begins (or ends) with the value too; beyond the picture nothing does."""
    if not 0 <= row < len(rows):
        return False
    end = start + _RIM or None
    return bool((rows[row, start:end] == value).all())


def _has_foreign_stretch(rows: NDArray[np.uint8]) -> bool:
    """A row that has little in common with the one above, from the same place to the same place."""
    columns = rows.shape[1] // _GROUP
    if columns < 4 * _MARGIN:
        return False
    # Some rows at a time, each time with the last two of before.
    for start in range(0, len(rows) - 2, _ROWS_AT_ONCE):
        part = rows[start : start + _ROWS_AT_ONCE + 2, : columns * _GROUP].astype(np.int16)
        steps = np.abs(np.diff(part, axis=0)).reshape(-1, columns, _GROUP).mean(2)
        usual = np.median(steps)
        if len(steps) > 1 and _is_seam(steps > _FOREIGN * usual + _STEP):
            return True
    return False
