"""Pictures that are no dermoscopic images, drawn from random numbers.

They check that the competence detector refuses what doesn't belong: a photograph dropped by
mistake, a scanned letter, a covered lens. Drawn ones stand in for the real ones that can't be
shipped; every function returns uint8 RGB (side, side, 3).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

Rng = np.random.Generator
Pixels = NDArray[np.uint8]
SKIN = ((241, 205, 182), (224, 172, 140), (198, 134, 100), (141, 85, 54), (90, 56, 37))


def noise(side: int, rng: Rng) -> Pixels:
    """Independent values in blocks of one to sixteen pixels, coloured or grey."""
    block = int(rng.choice([1, 2, 4, 8, 16]))
    cells = -(-side // block)
    channels = 3 if rng.random() < 0.7 else 1
    values = rng.integers(0, 256, (cells, cells, channels), dtype=np.uint8)
    big = np.repeat(np.repeat(values, block, axis=0), block, axis=1)[:side, :side]
    return np.broadcast_to(big, (side, side, 3)).copy()


def plain(side: int, rng: Rng) -> Pixels:
    """One colour with faint grain; skin tones among them."""
    skin = rng.random() < 0.5
    colour = np.array(SKIN[rng.integers(len(SKIN))]) if skin else rng.integers(0, 256, 3)
    grain = rng.normal(0, rng.uniform(0, 4), (side, side, 1))
    return _bytes(colour + grain)


def gradient(side: int, rng: Rng) -> Pixels:
    """Two colours blended along one direction or from a centre."""
    first, second = rng.integers(0, 256, 3), rng.integers(0, 256, 3)
    rows, columns = np.mgrid[0:side, 0:side] / side
    if rng.random() < 0.5:
        angle = rng.uniform(0, 2 * np.pi)
        place = (np.cos(angle) * rows + np.sin(angle) * columns + 1) / 2.5
    else:
        place = np.hypot(rows - rng.random(), columns - rng.random())
    return _bytes(first + np.clip(place, 0, 1)[..., None] * (second - first))


def document(side: int, rng: Rng) -> Pixels:
    """A page: lines of dark marks in words, perhaps a table or a picture, slightly turned."""
    paper = int(rng.integers(215, 256))
    image = Image.new("RGB", (side, side), (paper, paper, int(paper * rng.uniform(0.92, 1))))
    draw = ImageDraw.Draw(image)
    height = max(3, int(side * rng.uniform(0.012, 0.04)))
    for top in range(int(side * 0.05), int(side * 0.95), int(height * rng.uniform(1.6, 2.4)) + 1):
        _words(draw, top, height, side, rng)
    if rng.random() < 0.4:
        corners = np.sort(rng.integers(0, side, (2, 2)), axis=0)
        fill = tuple(int(v) for v in rng.integers(0, 256, 3))
        draw.rectangle([(int(x), int(y)) for x, y in corners], fill=fill)
    return np.asarray(image.rotate(rng.uniform(-8, 8), fillcolor=(paper, paper, paper)))


def _words(draw: ImageDraw.ImageDraw, top: int, height: int, side: int, rng: Rng) -> None:
    left = int(side * 0.06)
    ink = int(rng.integers(0, 90))
    while left < side * rng.uniform(0.6, 0.94):
        for _ in range(int(rng.integers(2, 9))):
            width = max(1, int(height * rng.uniform(0.3, 0.7)))
            if rng.random() < 0.85:
                low = top + int(height * rng.uniform(0, 0.4))
                draw.rectangle((left, low, left + width - 1, top + height), fill=(ink,) * 3)
            left += width + 1
        left += max(2, height // 2)


def scene(side: int, rng: Rng) -> Pixels:
    """A photograph-like layout: two backgrounds at a horizon, shaded shapes before them."""
    image = Image.fromarray(gradient(side, rng))
    horizon = int(side * rng.uniform(0.3, 0.8))
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, horizon, side, side), fill=_colour(rng))
    for _ in range(int(rng.integers(4, 22))):
        centre, size = rng.uniform(0, side, 2), rng.uniform(0.04, 0.3) * side
        low, high = centre - size * rng.uniform(0.3, 1, 2), centre + size * rng.uniform(0.3, 1, 2)
        box = (float(low[0]), float(low[1]), float(high[0]), float(high[1]))
        kind = int(rng.integers(3))
        if kind == 0:
            draw.ellipse(box, fill=_colour(rng))
        elif kind == 1:
            draw.rectangle(box, fill=_colour(rng), outline=_colour(rng))
        else:
            points = rng.uniform(0, 1, (int(rng.integers(3, 7)), 2)) * (high - low) + low
            draw.polygon([(float(x), float(y)) for x, y in points], fill=_colour(rng))
    image = image.filter(ImageFilter.GaussianBlur(rng.uniform(0, 1.5)))
    return _bytes(np.asarray(image) + rng.normal(0, rng.uniform(0, 10), (side, side, 1)))


def portrait(side: int, rng: Rng) -> Pixels:
    """A face as a child draws it: head, hair, eyes, mouth, before a background."""
    image = Image.fromarray(gradient(side, rng))
    draw = ImageDraw.Draw(image)
    skin = SKIN[rng.integers(len(SKIN))]
    middle, top = side * rng.uniform(0.4, 0.6), side * rng.uniform(0.12, 0.3)
    wide, tall = side * rng.uniform(0.18, 0.32), side * rng.uniform(0.45, 0.6)
    draw.ellipse((middle - wide * 1.15, top - tall * 0.12, middle + wide * 1.15, top + tall * 0.8),
                 fill=_colour(rng))  # fmt: skip
    draw.ellipse((middle - wide, top, middle + wide, top + tall), fill=skin)
    draw.rectangle((middle - wide * 1.6, top + tall * 0.98, middle + wide * 1.6, side),
                   fill=_colour(rng))  # fmt: skip
    for sign in (-1, 1):
        eye = middle + sign * wide * 0.42
        draw.ellipse((eye - wide * 0.16, top + tall * 0.38, eye + wide * 0.16, top + tall * 0.46),
                     fill=(245, 245, 245))  # fmt: skip
        draw.ellipse((eye - wide * 0.07, top + tall * 0.385, eye + wide * 0.07, top + tall * 0.455),
                     fill=_colour(rng))  # fmt: skip
    draw.ellipse((middle - wide * 0.35, top + tall * 0.7, middle + wide * 0.35, top + tall * 0.77),
                 fill=(160, 60, 60))  # fmt: skip
    return np.asarray(image.filter(ImageFilter.GaussianBlur(rng.uniform(0.3, 2.0))))


def pattern(side: int, rng: Rng) -> Pixels:
    """Stripes, checks or rings of two colours: fabric, tiles, a screen."""
    rows, columns = np.mgrid[0:side, 0:side].astype(np.float64)
    period = side * rng.uniform(0.02, 0.25)
    angle = rng.uniform(0, np.pi)
    along = np.cos(angle) * rows + np.sin(angle) * columns
    across = np.cos(angle) * columns - np.sin(angle) * rows
    wave = np.sin(2 * np.pi * along / period)
    kind = int(rng.integers(3))
    if kind == 1:
        wave = wave * np.sin(2 * np.pi * across / period)
    elif kind == 2:
        wave = np.sin(2 * np.pi * np.hypot(rows - side / 2, columns - side / 2) / period)
    blend = (1 + np.tanh(wave * rng.uniform(1, 8))) / 2
    first, second = rng.integers(0, 256, 3), rng.integers(0, 256, 3)
    return _bytes(first + blend[..., None] * (second - first))


def clutter(side: int, rng: Rng) -> Pixels:
    """Smooth noise at several scales in unrelated colours: foliage, crowds, cloth."""
    out = np.zeros((side, side, 3))
    for cells in (4, 8, 16, 32, 64):
        coarse = rng.uniform(0, 255, (cells, cells, 3)).astype(np.uint8)
        layer = Image.fromarray(coarse).resize((side, side), Image.Resampling.BICUBIC)
        out += (np.asarray(layer, np.float64) - 127.5) * rng.uniform(0.2, 1.0)
    return _bytes(127.5 + out * rng.uniform(0.4, 1.2))


KINDS: dict[str, Callable[[int, Rng], Pixels]] = {
    "noise": noise,
    "plain": plain,
    "gradient": gradient,
    "document": document,
    "scene": scene,
    "portrait": portrait,
    "pattern": pattern,
    "clutter": clutter,
}


def foreign_pictures(each: int, side: int, seed: int) -> tuple[Pixels, list[str]]:
    """``each`` pictures of every kind, uint8 (n, side, side, 3), and the kind of each."""
    pictures, names = [], []
    for number, (name, draw) in enumerate(KINDS.items()):
        for index in range(each):
            pictures.append(draw(side, np.random.default_rng([seed, number, index])))
            names.append(name)
    return np.stack(pictures), names


def _bytes(values: NDArray[np.floating]) -> Pixels:
    clipped: Pixels = np.clip(values, 0, 255).astype(np.uint8)
    return clipped


def _colour(rng: Rng) -> tuple[int, int, int]:
    red, green, blue = (int(v) for v in rng.integers(0, 256, 3))
    return red, green, blue
