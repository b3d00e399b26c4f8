"""Random views of a training image, drawn with Pillow and NumPy.

One affine sampling does rotation, scale, shift, shear and flip at the target size; one colour
matrix and one lookup table do colour and light. That keeps a view at one to two milliseconds, so
that two cores still spend their time on the network.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from triage_app.training import artefacts, camera

Rng = np.random.Generator


@dataclass(frozen=True)
class AugmentSettings:
    """Ranges and chances of every change; a scale above 1 shows more of the surroundings."""

    scale: tuple[float, float] = (0.6, 1.3)
    aspect: float = 0.12
    shift: float = 0.08
    shear: float = 0.08
    colour: float = 0.15
    hue: float = 0.045
    gamma: float = 0.2
    field: float = 0.25
    illuminant: float = 0.08
    constancy: float = 0.5
    amplitude: float = 0.15
    sharpness: float = 0.2
    noise: float = 0.1
    blur: float = 0.12
    saved_again: float = 0.5
    hair: float = 0.06
    ruler: float = 0.06
    ink: float = 0.04
    vignette: float = 0.08
    border: float = 0.05


def view(
    pixels: NDArray[np.uint8],
    size: int,
    rng: Rng,
    settings: AugmentSettings,
    other: NDArray[np.uint8] | None = None,
) -> NDArray[np.uint8]:
    """One random view, uint8 (size, size, 3), of a square uint8 RGB image of any side.

    ``other``: an image of another source, whose colours and shading may be mixed in.
    """
    image = affine(pixels, size, rng, settings)
    if other is not None and rng.random() < settings.amplitude:
        shown = np.asarray(Image.fromarray(other).resize((size, size), Image.Resampling.BILINEAR))
        image = camera.amplitude_mixed(image, shown, rng)
    if rng.random() < settings.constancy:
        image = camera.constancy(image, float(rng.uniform(0.5, 1.0)))
    image = _colour(camera.illuminant(image, rng, settings.illuminant), rng, settings)
    if rng.random() < settings.field:
        image = _light_field(image, rng)
    for chance, change in (
        (settings.hair, artefacts.hair),
        (settings.ruler, artefacts.ruler),
        (settings.ink, artefacts.ink),
        (settings.vignette, artefacts.vignette),
        (settings.border, artefacts.border),
    ):
        if rng.random() < chance:
            image = change(image, rng)
    return np.asarray(_degrade(image, rng, settings))


def affine(
    pixels: NDArray[np.uint8], size: int, rng: Rng, settings: AugmentSettings
) -> Image.Image:
    """Rotation by any angle, scale, shift, shear and flip, sampled once; corners are mirrored."""
    side = pixels.shape[0]
    low, high = settings.scale
    zoom = math.exp(rng.uniform(math.log(low), math.log(high)))
    angle = rng.uniform(0, 2 * math.pi)
    shear = rng.uniform(-settings.shear, settings.shear)
    flip = -1.0 if rng.random() < 0.5 else 1.0
    cos, sin = math.cos(angle), math.sin(angle)
    ratio = zoom * side / size
    wide = math.exp(rng.uniform(-settings.aspect, settings.aspect))
    stretch = np.diag([wide, 1 / wide])
    turn = np.array([[cos, -sin], [sin, cos]])
    matrix = stretch @ turn @ np.array([[flip, shear], [0.0, 1.0]]) * ratio
    centre = side / 2 + rng.uniform(-settings.shift, settings.shift, 2) * side
    offset = centre - matrix @ np.array([size / 2, size / 2])
    return _sample(pixels, matrix, offset, size)


def _sample(
    pixels: NDArray[np.uint8], matrix: NDArray[np.float64], offset: NDArray[np.float64], size: int
) -> Image.Image:
    side = pixels.shape[0]
    corners = np.array([[0, 0], [0, size], [size, 0], [size, size]]) @ matrix.T + offset
    over = max(0.0, float(-corners.min()), float(corners.max()) - side)
    margin = min(side - 1, int(over) + 2)
    if margin > 2:
        index = np.abs(np.arange(-margin, side + margin))
        index = np.where(index >= side, 2 * (side - 1) - index, index)
        pixels = pixels.take(index, axis=0).take(index, axis=1)
        offset = offset + margin
    (a, b), (d, e) = matrix.tolist()
    return Image.fromarray(pixels).transform(
        (size, size),
        Image.Transform.AFFINE,
        (a, b, float(offset[0]), d, e, float(offset[1])),
        Image.Resampling.BILINEAR,
    )


def _colour(image: Image.Image, rng: Rng, settings: AugmentSettings) -> Image.Image:
    """Brightness, contrast, saturation, hue and white balance in one matrix; gamma by table."""
    spread = settings.colour
    bright, contrast, saturation = 1 + rng.uniform(-spread, spread, 3)
    balance = 1 + rng.uniform(-spread / 3, spread / 3, 3)
    grey = np.array([0.299, 0.587, 0.114])
    blend = saturation * np.eye(3) + (1 - saturation) * np.tile(grey, (3, 1))
    matrix = np.diag(balance) @ blend @ _hue(rng.uniform(-settings.hue, settings.hue) * math.pi)
    matrix *= bright * contrast
    lift = 127.5 * bright * (1 - contrast)
    rows = np.concatenate([matrix, np.full((3, 1), lift)], axis=1)
    image = image.convert("RGB", tuple(rows.ravel().tolist()))
    gamma = math.exp(rng.uniform(-settings.gamma, settings.gamma))
    table = (255 * (np.arange(256) / 255) ** gamma + 0.5).astype(np.uint8).tolist()
    return image.point(table * 3)


def _hue(angle: float) -> NDArray[np.float64]:
    """Rotation about the grey axis."""
    cos, sin = math.cos(angle), math.sin(angle)
    root = math.sqrt(1 / 3)
    cross = np.array([[0, -root, root], [root, 0, -root], [-root, root, 0]])
    return cos * np.eye(3) + sin * cross + (1 - cos) / 3


def _light_field(image: Image.Image, rng: Rng) -> Image.Image:
    """Uneven lighting: a smooth field of 0.7 to 1.25 over the picture."""
    coarse = Image.fromarray(rng.uniform(0.7, 1.25, (3, 3)).astype(np.float32))
    field = np.asarray(coarse.resize(image.size, Image.Resampling.BICUBIC))
    lit = np.asarray(image, np.float32) * field[..., None]
    return Image.fromarray(np.clip(lit, 0, 255).astype(np.uint8))


def _degrade(image: Image.Image, rng: Rng, settings: AugmentSettings) -> Image.Image:
    if rng.random() < settings.blur:
        image = image.filter(ImageFilter.GaussianBlur(rng.uniform(0.3, 1.5) * image.width / 224))
    if rng.random() < settings.sharpness:
        image = camera.sharpness(image, rng)
    if rng.random() < settings.noise:
        image = camera.noise(image, rng)
    if rng.random() < settings.saved_again:
        image = camera.saved_again(image, rng)
    return image
