"""What dermoscopy leaves in the picture: drawn over training images at random.

Classes are confounded with these marks (ink beside excised lesions, rulers in some clinics), so
the network must meet them on every class. All functions take and return a Pillow RGB image.
"""

from __future__ import annotations

import math

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

Rng = np.random.Generator
Colour = tuple[int, int, int]


def hair(image: Image.Image, rng: Rng) -> Image.Image:
    """A few curved strokes, dark or grey, one to two pixels wide."""
    out = image.copy()
    draw = ImageDraw.Draw(out)
    side = image.width
    shade = int(rng.integers(10, 110))
    for _ in range(int(rng.integers(3, 18))):
        start = rng.uniform(0, side, 2)
        angle, bend = rng.uniform(0, 2 * math.pi), rng.normal(0, 0.9)
        length = rng.uniform(0.2, 0.8) * side
        steps = np.linspace(0, 1, 8)
        headings = angle + bend * steps
        points = start + np.cumsum(
            np.stack([np.cos(headings), np.sin(headings)], 1) * length / 8, axis=0
        )
        colour = (shade, max(0, shade - 8), max(0, shade - 14))
        draw.line([(float(x), float(y)) for x, y in points], fill=colour, width=1 + (side > 160))
    return out


def ruler(image: Image.Image, rng: Rng) -> Image.Image:
    """Tick marks along one edge, or across the frame."""
    out = image.copy()
    draw = ImageDraw.Draw(out)
    side = image.width
    shade = int(rng.integers(0, 90)) if rng.random() < 0.8 else int(rng.integers(200, 256))
    line = rng.uniform(0.02, 0.98) * side
    gap = rng.uniform(0.02, 0.07) * side
    tick = rng.uniform(0.02, 0.06) * side
    upright = rng.random() < 0.5
    for number in range(int(side / gap) + 1):
        at, long = number * gap, tick * (1.8 if number % 5 == 0 else 1.0)
        ends = [(at, line), (at, line + long)]
        draw.line([(y, x) if upright else (x, y) for x, y in ends], fill=(shade,) * 3, width=1)
    return out


def ink(image: Image.Image, rng: Rng) -> Image.Image:
    """Surgical marker: one or two soft blue-violet strokes near the edge."""
    side = image.width
    mask = Image.new("L", image.size, 0)
    draw = ImageDraw.Draw(mask)
    for _ in range(int(rng.integers(1, 3))):
        centre = side / 2 + side * rng.uniform(0.3, 0.5) * _unit(rng)
        direction = _unit(rng) * side * rng.uniform(0.05, 0.25)
        ends = [tuple(centre - direction), tuple(centre + direction)]
        draw.line(
            [(float(x), float(y)) for x, y in ends],
            fill=int(rng.integers(120, 230)),
            width=int(side * rng.uniform(0.02, 0.07)) + 1,
        )
    colour: Colour = (
        int(rng.integers(30, 110)),
        int(rng.integers(20, 90)),
        int(rng.integers(90, 190)),
    )
    soft = mask.filter(ImageFilter.GaussianBlur(side * 0.008))
    return Image.composite(Image.new("RGB", image.size, colour), image, soft)


def vignette(image: Image.Image, rng: Rng) -> Image.Image:
    """The round dark frame of a dermatoscope, soft or hard edged, a little off the centre."""
    side = image.width
    axis = (np.arange(side, dtype=np.float32) + 0.5) / side - 0.5
    shift = rng.uniform(-0.05, 0.05, 2).astype(np.float32)
    radius = np.hypot(axis[:, None] - shift[0], axis[None, :] - shift[1])
    edge = np.float32(rng.uniform(0.46, 0.66))
    width = np.float32(rng.choice([0.01, 0.05, 0.15]))
    mask = np.clip((edge + width - radius) / width, 0, 1) * 255
    dark = Image.new("RGB", image.size, (int(rng.integers(0, 30)),) * 3)
    return Image.composite(image, dark, Image.fromarray(mask.astype(np.uint8)))


def border(image: Image.Image, rng: Rng) -> Image.Image:
    """A dark bar along one or two opposite edges."""
    out = image.copy()
    draw = ImageDraw.Draw(out)
    side = image.width
    size = int(side * rng.uniform(0.02, 0.12))
    fill = (int(rng.integers(0, 25)),) * 3
    boxes = [(0, 0, side, size), (0, side - size, side, side)]
    if rng.random() < 0.5:
        boxes = [(top, left, bottom, right) for left, top, right, bottom in boxes]
    for box in boxes[: int(rng.integers(1, 3))]:
        draw.rectangle(box, fill=fill)
    return out


def _unit(rng: Rng) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    angle = rng.uniform(0, 2 * math.pi)
    return np.array([math.cos(angle), math.sin(angle)])
