"""What another camera would have made of the same skin: light, tone, colour and compression."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Rng = np.random.Generator
Pixels = NDArray[np.float32]

# Minkowski norm of the "shades of grey" estimate of the light (Finlayson & Trezzi 2004); 6 is the
# value that dermoscopy studies settled on (Barata et al. 2015).
_NORM = 6.0
_LINEAR = ((np.arange(256) / 255) ** 2.2).astype(np.float32)


def illuminant(image: Image.Image, rng: Rng, spread: float) -> Image.Image:
    """Other light: gains of the three channels in linear light, and another tone curve."""
    gains = np.exp(rng.normal(0, spread, 3))
    gains *= np.exp(rng.normal(0, spread)) / gains.mean()
    contrast = float(np.exp(rng.normal(0, 0.12)))
    bend = float(rng.normal(0, 0.08))
    table = []
    for gain in gains:
        value = np.clip(_LINEAR * gain, 0, 1) ** (1 / 2.2)
        value = np.clip(0.5 + (value - 0.5) * contrast, 0, 1)
        value = np.clip(value + bend * np.sin(2 * np.pi * value) / 2, 0, 1)
        table.extend((255 * value + 0.5).astype(np.uint8).tolist())
    return image.point(table)


def constancy(image: Image.Image, strength: float) -> Image.Image:
    """Shades of grey: the estimated light made neutral, wholly (1) or in part."""
    values = np.asarray(image, np.float32)[::2, ::2] / 255
    light = (values**_NORM).mean(axis=(0, 1)) ** (1 / _NORM) + 1e-6
    gains = (light.mean() / light) ** strength
    table: list[int] = []
    for gain in gains:
        table.extend(np.clip(np.arange(256) * gain + 0.5, 0, 255).astype(np.uint8).tolist())
    return image.point(table)


def amplitude_mixed(image: Image.Image, other: NDArray[np.uint8], rng: Rng) -> Image.Image:
    """The low frequencies' amplitudes of ``other``, in part, under the image's own phases.

    ``other``: uint8 (side, side, 3) of the image's side. Colour cast and large shading of another
    source under this one's structure (Yang & Soatto 2020; Xu et al. 2021).
    """
    own = np.fft.rfft2(np.asarray(image, np.float32), axes=(0, 1))
    theirs = np.abs(np.fft.rfft2(other.astype(np.float32), axes=(0, 1)))
    reach = int(rng.integers(1, 4))
    share = float(rng.uniform(0.2, 0.8))
    for rows in (slice(0, reach), slice(-reach, None)):
        part = own[rows, :reach]
        size = np.abs(part) + 1e-6
        own[rows, :reach] = part / size * ((1 - share) * size + share * theirs[rows, :reach])
    mixed = np.fft.irfft2(own, s=(image.height, image.width), axes=(0, 1))
    return Image.fromarray(np.clip(mixed, 0, 255).astype(np.uint8))


def saved_again(image: Image.Image, rng: Rng) -> Image.Image:
    """Saved once more: perhaps smaller, as JPEG or WebP of any quality in use."""
    side = image.width
    small = int(side * rng.uniform(0.6, 1.0)) if rng.random() < 0.5 else side
    buffer = io.BytesIO()
    shrunk = image if small == side else image.resize((small, small), Image.Resampling.BICUBIC)
    if rng.random() < 0.7:
        subsampling = int(rng.choice([0, 2]))
        shrunk.save(buffer, "JPEG", quality=int(rng.integers(35, 96)), subsampling=subsampling)
    else:
        shrunk.save(buffer, "WEBP", quality=int(rng.integers(50, 96)), method=0)
    with Image.open(buffer) as stored:
        again = stored.convert("RGB")
    return again if small == side else again.resize((side, side), Image.Resampling.BICUBIC)


def sharpness(image: Image.Image, rng: Rng) -> Image.Image:
    """The camera's own sharpening, or its lack: an unsharp mask of either sign."""
    reduced = image.reduce(2).resize(image.size, Image.Resampling.BILINEAR)
    return Image.blend(reduced, image, float(rng.uniform(0.6, 1.6)))


def noise(image: Image.Image, rng: Rng) -> Image.Image:
    """Sensor noise of one to six grey levels."""
    values = np.asarray(image, np.float32)
    grain = rng.standard_normal(values.shape, np.float32) * np.float32(rng.uniform(1, 6))
    return Image.fromarray(np.clip(values + grain, 0, 255).astype(np.uint8))
