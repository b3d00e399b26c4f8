"""Graded damage to images: at each step the image must be refused, or keep its sensitivity."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from triage_app.domain.triage import Level
from triage_app.statistics.intervals import share
from triage_app.training.assess import ShippedRule
from triage_app.training.calibrate import NEEDS_ACTION
from triage_app.training.data import Record, photographs_of
from triage_app.training.figures import as_figure

Pixels = NDArray[np.uint8]
Damage = Callable[[Pixels, float], Pixels]


def blur(pixels: Pixels, radius: float) -> Pixels:
    """Gaussian blur; ``radius`` in percent of the side."""
    image = Image.fromarray(pixels)
    return np.asarray(image.filter(ImageFilter.GaussianBlur(radius / 100 * image.width)))


def darkness(pixels: Pixels, share_kept: float) -> Pixels:
    """Multiply the light by a share from 1 to 0."""
    return (pixels * share_kept).astype(np.uint8)


def glare(pixels: Pixels, size: float) -> Pixels:
    """A white spot with a soft edge off the middle; ``size`` is its radius as a share of the side.

    A dermatoscope without contact or polarisation makes such a reflection.
    """
    side = pixels.shape[0]
    rows, columns = np.mgrid[0:side, 0:side] / side
    distance = np.hypot(rows - 0.42, columns - 0.56)
    cover = np.clip((size - distance) / max(size * 0.4, 1e-6), 0, 1)[..., None]
    lit: Pixels = (pixels * (1 - cover) + 252 * cover).astype(np.uint8)
    return lit


def off_centre(pixels: Pixels, shift: float) -> Pixels:
    """Move the picture by a share of the side; what comes in mirrors the edge."""
    steps = round(shift * pixels.shape[0])
    padded = np.pad(pixels, ((steps, 0), (steps, 0), (0, 0)), mode="reflect")
    return padded[: pixels.shape[0], : pixels.shape[1]]


def ink(pixels: Pixels, width: float) -> Pixels:
    """A violet marker stroke beside the lesion; ``width`` as a share of the side."""
    image = Image.fromarray(pixels)
    side = image.width
    line = [(side * 0.1, side * 0.2), (side * 0.55, side * 0.12), (side * 0.9, side * 0.3)]
    ImageDraw.Draw(image).line(line, fill=(78, 52, 150), width=max(1, round(width * side)))
    return np.asarray(image)


def haze(pixels: Pixels, cover: float) -> Pixels:
    """Veil the picture evenly with pale grey; ``cover`` from 0 to 1.

    So does a fogged or greasy contact plate, or light that falls in from the side.
    """
    veiled: Pixels = (pixels * (1 - cover) + 200 * cover).astype(np.uint8)
    return veiled


STEPS: Mapping[str, tuple[Damage, tuple[float, ...]]] = {
    "blur": (blur, (0.5, 1.0, 2.0, 4.0)),
    "darkness": (darkness, (0.7, 0.5, 0.3, 0.15)),
    "glare": (glare, (0.08, 0.15, 0.25, 0.4)),
    "off_centre": (off_centre, (0.1, 0.2, 0.3, 0.4)),
    "haze": (haze, (0.15, 0.3, 0.5, 0.7)),
    "ink": (ink, (0.02, 0.05, 0.1, 0.2)),
}


def robustness(
    rule: ShippedRule, images: Path, records: list[Record], limit: int = 60
) -> dict[str, Any]:
    """Refusals, and sensitivity with refusals as referred, for each damage and step.

    Measured on up to ``limit`` malignant or suspicious images, spread over the records, and on as
    many benign ones for the share that is refused. "undamaged" is the comparison.
    """
    concern = [r for r in records if r.label in NEEDS_ACTION]
    benign = [r for r in records if r.label not in NEEDS_ACTION]
    chosen = [*_spread(concern, limit), *_spread(benign, limit)]
    pixels = list(photographs_of(images, chosen, lit=rule.lit))
    positive = np.array([r.label in NEEDS_ACTION for r in chosen])
    groups = [r.group for r in chosen]

    def measured(change: Callable[[Pixels], Pixels]) -> dict[str, Any]:
        levels = [rule(change(picture))[1].findings_level for picture in pixels]
        sent = np.array([level is not Level.ROUTINE for level in levels])
        refused = np.array([level is Level.CANNOT_ASSESS for level in levels])
        own = [g for g, p in zip(groups, positive, strict=True) if p]
        kept = share(sent[positive], own, 200)
        return {
            "sensitivity_refusals_as_referred": as_figure(kept, len(own)),
            "refused": float(refused.mean()),
        }

    out: dict[str, Any] = {"undamaged": measured(lambda picture: picture)}
    for name, (damage, steps) in STEPS.items():
        out[name] = {
            f"{step:g}": measured(lambda p, d=damage, s=step: d(p, s))  # type: ignore[misc]
            for step in steps
        }
    return out


def _spread(records: list[Record], limit: int) -> list[Record]:
    return records[:: max(1, len(records) // limit)][:limit]
