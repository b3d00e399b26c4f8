"""Drawing primitives: noise, masks and blending on a square sheet of skin.

A canvas is float32 (side, side, 3), sRGB 0 to 255; a mask float32 (side, side) in [0, 1]. Lengths
are millimetres of skin, places (x, y) in millimetres from the middle.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

PX_PER_MM = 26.0
Floats = NDArray[np.float32]
Colour = tuple[float, float, float]
Place = tuple[float, float]
Rng = np.random.Generator
_ROW = np.float32(0.866)  # rows of a honeycomb, in units of its spacing


@dataclass(frozen=True)
class Sheet:
    """A square of ``side`` pixels to draw on."""

    side: int

    @cached_property
    def axes(self) -> tuple[Floats, Floats]:
        """x and y of every pixel in mm."""
        line = ((np.arange(self.side) - self.side / 2 + 0.5) / PX_PER_MM).astype(np.float32)
        whole = (self.side, self.side)
        return np.broadcast_to(line, whole), np.broadcast_to(line[:, None], whole)

    @cached_property
    def angles(self) -> Floats:
        """Angle of every pixel around the middle, radians."""
        x, y = self.axes
        return np.asarray(np.arctan2(y, x), np.float32)

    @cached_property
    def distances(self) -> Floats:
        """Distance of every pixel from the middle, mm."""
        return np.asarray(np.hypot(*self.axes), np.float32)

    def noise(self, rng: Rng, sizes: Sequence[float], gain: float = 0.7) -> Floats:
        """Smooth noise of several sizes in mm, each ``gain`` times the one before; spread 1."""
        total = np.zeros((self.side, self.side), np.float32)
        for order, size in enumerate(sizes):
            count = max(3, round(self.side / PX_PER_MM / size))
            total += gain**order * self._enlarged(rng.standard_normal((count, count), np.float32))
        spread: Floats = (total - total.mean()) / max(float(total.std()), 1e-6)
        return spread

    def cells(self, rng: Rng, size: float, jitter: float, every: int = 2) -> Floats:
        """How near a border between cells a pixel is: 1 on it, 0 in the middle of a cell.

        The cells lie around scattered points; ``size`` is their spacing in mm, ``jitter`` 0 (a
        honeycomb) to 1 (without order). It is worked out for one pixel in ``every`` each way.
        """
        some = slice(None, None, every)
        x, y = (np.ascontiguousarray(a[some, some]) / np.float32(size) for a in self.axes)
        row, count = np.floor(y / _ROW).astype(np.int32), int(self.side / PX_PER_MM / size) + 6
        offsets = np.float32(jitter) * (rng.random((2, count, count), np.float32) - np.float32(0.5))
        near, second = (np.full(x.shape, 9, np.float32) for _ in range(2))
        for line in (row - 1, row, row + 1):
            shift = np.float32(0.5) * (line % 2).astype(np.float32)
            column = np.floor(x - shift).astype(np.int32)
            for place in (column - 1, column, column + 1):
                dx, dy = offsets[:, line % count, place % count]
                across = place.astype(np.float32) + shift + np.float32(0.5) + dx - x
                down = (line.astype(np.float32) + np.float32(0.5) + dy) * _ROW - y
                away = np.hypot(across, down)
                second = np.minimum(second, np.maximum(near, away))
                near = np.minimum(near, away)
        lines: Floats = np.clip(self._enlarged(np.clip(1 - (second - near) / 0.45, 0, 1)), 0, 1)
        return lines

    def discs(self, spots: Iterable[tuple[Place, float]], soft: float = 0.04) -> Floats:
        """Mask of discs given by place and radius, mm; ``soft`` blurs their edge, mm."""
        layer = Image.new("L", (self.side, self.side), 0)
        pen = ImageDraw.Draw(layer)
        for (x, y), radius in spots:
            cx, cy, r = self.pixel(x), self.pixel(y), radius * PX_PER_MM
            pen.ellipse((cx - r, cy - r, cx + r, cy + r), 255)
        return _mask(layer, soft)

    def strokes(self, lines: Iterable[tuple[Sequence[Place], float]], soft: float = 0.03) -> Floats:
        """Mask of lines given by their places and width, mm."""
        layer = Image.new("L", (self.side, self.side), 0)
        pen = ImageDraw.Draw(layer)
        for places, width in lines:
            points = [(self.pixel(x), self.pixel(y)) for x, y in places]
            pen.line(points, 255, max(1, round(width * PX_PER_MM)), "curve")
        return _mask(layer, soft)

    def pixel(self, value: float) -> float:
        """Column or row of a place, px."""
        return value * PX_PER_MM + self.side / 2

    def _enlarged(self, values: Floats) -> Floats:
        size = (self.side, self.side)
        enlarged = Image.fromarray(values).resize(size, Image.Resampling.BICUBIC)
        return np.asarray(enlarged, np.float32)


def step(values: Floats, softness: float | Floats) -> Floats:
    """0 far below zero, 1 far above, over about ``softness`` on each side."""
    scaled: Floats = 1 / (1 + np.exp(np.clip(-4 * values / softness, -30, 30)))
    return scaled


def blend(canvas: Floats, mask: Floats, colour: Colour | Floats, strength: float = 1.0) -> None:
    """Lay a colour over the canvas where the mask is."""
    paint = np.asarray(colour, np.float32)
    canvas += (paint - canvas) * (strength * mask)[..., None]


def darken(canvas: Floats, mask: Floats, strength: float) -> None:
    """Multiply the canvas down where the mask is, blue more than red, as pigment does."""
    share = np.array([0.72, 0.95, 1.0], np.float32) * np.float32(strength)
    canvas *= 1 - mask[..., None] * share


def _mask(layer: Image.Image, soft: float) -> Floats:
    blurred = layer.filter(ImageFilter.GaussianBlur(soft * PX_PER_MM))
    return np.asarray(blurred, np.float32) / np.float32(255)
