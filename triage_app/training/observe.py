"""What the exported network says about images: logits and features, averaged over views.

It runs the very file that is shipped, through serving's own preprocessing, so that what is fitted
and measured here is what clinicians get.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from triage_app.inference.gate import gate_inputs
from triage_app.inference.preprocessing import model_input
from triage_app.inference.runtime import Network
from triage_app.training.photographs import Crops

EIGHT_VIEWS: tuple[str, ...] = (
    "identity",
    "flip_horizontal",
    "flip_vertical",
    "rotate_90",
    "rotate_180",
    "rotate_270",
    "transpose",
    "transverse",
)


@dataclass(frozen=True)
class Observations:
    """What the network says of n images, all float32 and means over the views.

    ``logits`` (n, D) class-balanced; ``features`` (n, K), what the competence detector sees;
    ``gate`` (n, G), what the dermoscopy gate sees.
    """

    logits: NDArray[np.float32]
    features: NDArray[np.float32]
    gate: NDArray[np.float32]


def observe(
    network: Network,
    images: Crops,
    size: int,
    views: Sequence[str],
    report: Callable[[str], None] | None = None,
) -> Observations:
    """Run every crop, uint8 (S, S, 3) of any side, through the network in all views."""
    logits, features, gate = [], [], []
    for number, pixels in enumerate(images, start=1):
        outputs = network.forward(model_input(pixels, size, views))
        logits.append(outputs.logits.mean(axis=0))
        features.append(outputs.texture.mean(axis=0))
        gate.append(gate_inputs(outputs, pixels))
        if report is not None and number % 500 == 0:
            report(f"{number} of {len(images)} images")
    return Observations(np.stack(logits), np.stack(features), np.stack(gate))


def observe_once(
    weights: Path,
    images: Crops,
    size: int,
    views: Sequence[str],
    *,
    cache: Path,
    report: Callable[[str], None] | None = None,
) -> Observations:
    """``observe``, kept in the folder ``cache`` under the hash of weights, images and views."""
    content = weights.read_bytes()
    digest = hashlib.sha256(content)
    for pixels in images:
        digest.update(f"{pixels.shape[0]} ".encode() + pixels.tobytes())
    digest.update(f"{size} {' '.join(views)}".encode())
    path = cache / f"observed-{digest.hexdigest()[:24]}.npz"
    if path.exists():
        with np.load(path, allow_pickle=False) as stored:
            return Observations(stored["logits"], stored["features"], stored["gate"])
    found = observe(Network(content), images, size, views, report)
    cache.mkdir(parents=True, exist_ok=True)
    np.savez(path, logits=found.logits, features=found.features, gate=found.gate)
    return found
