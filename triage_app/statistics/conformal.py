"""Conformal prediction sets: a set of classes that holds the truth with a stated frequency."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray


def threshold(true_class_probability: ArrayLike, alpha: float) -> float:
    """The probability at or above which a class enters the set, for a miss rate ``alpha``.

    The floor((n + 1) alpha)-th smallest probability that calibration images gave to their true
    class (Sadinle et al. 2019); 0 when there are too few images to promise anything.
    """
    values = np.sort(np.asarray(true_class_probability, np.float64))
    rank = math.floor((values.size + 1) * alpha + 1e-9)
    return float(values[rank - 1]) if rank >= 1 else 0.0


def membership(
    probabilities: ArrayLike, thresholds: Sequence[float] | NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Which classes are in each image's set, bool (n, classes)."""
    members: NDArray[np.bool_] = np.asarray(probabilities) >= np.asarray(thresholds)
    return members


def coverage(members: NDArray[np.bool_], labels: ArrayLike) -> float:
    """Share of images whose set holds the true class; nan without images."""
    truth = np.asarray(labels)
    return float(members[np.arange(truth.size), truth].mean()) if truth.size else float("nan")
