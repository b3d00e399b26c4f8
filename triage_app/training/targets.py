"""What the network is asked to say of each training image, and of two mixed into one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Targets = NDArray[np.float32]


def soft_targets(
    labels: NDArray[np.int64],
    prior: NDArray[np.float64],
    *,
    smoothing: float,
    teacher: NDArray[np.float32] | None = None,
    share: float = 0.0,
) -> Targets:
    """Target probabilities, float32 (n, classes), each row summing to one.

    The label with smoothing, and in the given share what teachers say (distillation, Hinton et
    al. 2015). ``teacher`` holds their class-balanced logits (n, classes); the ``prior`` of the
    sampling is added to them as it is to the pupil's, so that both speak of the same epoch.
    """
    classes = len(prior)
    hard = np.eye(classes)[labels] * (1 - smoothing) + smoothing / classes
    if teacher is None or share == 0.0:
        return hard.astype(np.float32)
    raised = teacher + np.log(np.maximum(prior, 1e-12))
    chance = np.exp(raised - raised.max(axis=1, keepdims=True))
    chance /= chance.sum(axis=1, keepdims=True)
    both: Targets = ((1 - share) * hard + share * chance).astype(np.float32)
    return both


def mixed(
    images: NDArray[np.float32], targets: Targets, chance: float, rng: np.random.Generator
) -> tuple[NDArray[np.float32], Targets]:
    """Blend each image, with the given chance, with its successor in the batch (mixup,
    arXiv:1710.09412); targets are blended in the same proportion."""
    count = len(images)
    drawn = rng.beta(0.4, 0.4, count)
    drawn = np.maximum(drawn, 1 - drawn)  # the image itself always leads
    weight: NDArray[np.float32] = np.where(rng.random(count) < chance, drawn, 1.0).astype(
        np.float32
    )
    other = np.roll(np.arange(count), -1)
    across = weight[:, None, None, None]
    return (
        images * across + images[other] * (1 - across),
        targets * weight[:, None] + targets[other] * (1 - weight[:, None]),
    )
