"""Drawn photographs that differ from each other, and copies of them as they come back."""

from collections.abc import Callable
from functools import cache, partial
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]


@cache
def drawn(seed: int, width: int = 400, height: int = 300) -> Pixels:
    """A blot with a structure of its own on skin, uint8 (height, width, 3)."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    x = x * width / height
    angle, radius = np.arctan2(y, x), np.hypot(x, y)
    edge = 0.55 + sum(
        0.12 * rng.normal() * np.cos(k * angle + rng.uniform(0, 6)) / k for k in range(1, 6)
    )
    dark = 1 / (1 + np.exp((radius - edge) * 14))
    waves = np.zeros_like(x)
    for turn in rng.uniform(0, np.pi, 24):
        along = x * np.cos(turn) + y * np.sin(turn)
        waves += rng.normal() * np.cos(rng.uniform(2, 24) * along + rng.uniform(0, 6))
    tone = 200 - 90 * dark * (1 + 0.12 * waves) - 6 * waves
    grain = rng.normal(0, 2, x.shape)[..., None]
    rgb = np.stack([tone * 1.05, tone * 0.8, tone * 0.7], axis=-1) + grain
    return np.clip(rgb, 0, 255).astype(np.uint8)


def encoded(pixels: Pixels, kind: str = "JPEG", **options: int) -> bytes:
    """The bytes of a file."""
    out = BytesIO()
    Image.fromarray(pixels).save(out, kind, **options)
    return out.getvalue()


def _again(kind: str, quality: int, side: int = 0) -> Callable[[Pixels], Pixels]:
    def made(pixels: Pixels) -> Pixels:
        image = Image.fromarray(pixels)
        if side:
            scale = side / min(image.size)
            image = image.resize((round(image.width * scale), round(image.height * scale)))
        with Image.open(BytesIO(encoded(np.asarray(image), kind, quality=quality))) as read:
            return np.asarray(read.convert("RGB"))

    return made


def _brighter(factor: float, power: float) -> Callable[[Pixels], Pixels]:
    return lambda p: (np.clip((p / 255) ** power * factor, 0, 1) * 255).astype(np.uint8)


def _tinted(pixels: Pixels) -> Pixels:
    return np.clip(pixels * np.array([1.06, 1.0, 0.93]), 0, 255).astype(np.uint8)


def _turned(quarters: int, pixels: Pixels) -> Pixels:
    return np.ascontiguousarray(np.rot90(pixels, quarters))


def _cut(left: float, top: float, right: float, bottom: float) -> Callable[[Pixels], Pixels]:
    """Shares of the side that are cut away."""

    def cut(p: Pixels) -> Pixels:
        h, w = p.shape[:2]
        return p[round(top * h) : round((1 - bottom) * h), round(left * w) : round((1 - right) * w)]

    return cut


COPIES: dict[str, Callable[[Pixels], Pixels]] = {
    "the same pixels": lambda p: p,
    "WebP, quality 80": _again("WEBP", 80),
    "JPEG, 512 px": _again("JPEG", 85, 512),
    "JPEG, 384 px": _again("JPEG", 75, 384),
    "brighter": _brighter(1.06, 1.0),
    "darker": _brighter(0.9, 1.15),
    "warmer": _tinted,
    "cut by 5 % in the centre": _cut(0.025, 0.025, 0.025, 0.025),
    "cut by 5 % on each side": _cut(0.05, 0.05, 0.05, 0.05),
    **{f"turned by {90 * n} degrees": partial(_turned, n) for n in (1, 2, 3)},
    "mirrored": lambda p: np.ascontiguousarray(p[:, ::-1]),
    "turned and encoded": lambda p: _again("JPEG", 80)(_turned(2, p)),
}
