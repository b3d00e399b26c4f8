"""A drawn lesion that the shipped model accepts as dermoscopic; no photograph of anybody."""

from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

_SKIN = np.array((225, 170, 160))
_LIGHT, _DARK = np.array((150, 98, 72)), np.array((92, 56, 44))


def lesion(seed: int = 1, side: int = 900, radius: float = 0.3) -> bytes:
    """``pixels`` as a JPEG. The same arguments give the same bytes with one Pillow."""
    out = BytesIO()
    Image.fromarray(pixels(seed, side, radius)).save(out, "JPEG", quality=90)
    return out.getvalue()


def pixels(seed: int = 1, side: int = 900, radius: float = 0.3) -> NDArray[np.uint8]:
    """A square picture: mottled skin, an uneven pigmented lesion with a soft border.

    uint8 (side, side, 3) sRGB; ``side`` in px, ``radius`` in sides.
    """
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:side, 0:side] / side - 0.5
    angle, distance = np.arctan2(y, x), np.hypot(x, 1.15 * y)
    wave = sum(a * np.sin(k * angle + rng.uniform(0, 6)) for a, k in ((0.12, 2), (0.06, 3)))
    edge = radius * (1 + wave) + 0.02 * _mottle(rng, side, (6, 12, 24), 0.55)
    cover = (0.92 / (1 + np.exp((distance - edge) / 0.015)))[..., None]
    grain = _mottle(rng, side, (4, 8, 16, 32, 64, 128, 256), 0.8)[..., None]
    skin = _SKIN * (1 + 0.02 * grain) * (1 - 0.5 * (x**2 + y**2))[..., None]
    mix = np.clip(0.5 + 0.3 * _mottle(rng, side, (5, 10, 20, 40, 80), 0.75), 0, 1)[..., None]
    pigment = _LIGHT * (1 - mix) + _DARK * mix
    drawn = skin * (1 - cover) + pigment * cover + rng.normal(0, 3, (side, side, 1))
    picture = Image.fromarray(np.clip(drawn, 0, 255).astype(np.uint8))
    return np.asarray(picture.filter(ImageFilter.GaussianBlur(side / 1200)))


def _mottle(
    rng: np.random.Generator, side: int, cells: tuple[int, ...], gain: float
) -> NDArray[np.float64]:
    """Smooth noise of several sizes, float64 (side, side), spread 1."""
    total = np.zeros((side, side))
    for order, count in enumerate(cells):
        coarse = Image.fromarray(rng.normal(0, 1, (count, count)).astype(np.float32))
        total += gain**order * np.asarray(coarse.resize((side, side), Image.Resampling.BICUBIC))
    return np.asarray(total / total.std())
