"""Fitting the detector of images unlike the training images."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from triage_app.inference.competence import Detector
from triage_app.training.errors import FeaturesConstant

RIDGE = 0.01


def fit_detector(
    pooled: NDArray[np.float32], ridge: float = RIDGE, directions: int | None = None
) -> Detector:
    """Mahalanobis distance from the mean of training features float32 (n, K).

    The covariance is shrunk towards a multiple of the identity, by the share ``ridge`` of its mean
    variance: directions in which the training images hardly vary would otherwise count without
    bound. ``directions`` keeps only as many, those of the least variance, which say most about
    foreign pictures; None keeps all. Raises FeaturesConstant when no feature varies.
    """
    features = pooled.astype(np.float64)
    mean = features.mean(axis=0)
    centred = features - mean
    covariance = centred.T @ centred / max(len(features) - 1, 1)
    level = ridge * float(np.trace(covariance)) / len(covariance)
    if level <= 0:
        raise FeaturesConstant
    variances, axes = np.linalg.eigh(covariance)
    factor = axes / np.sqrt(np.maximum(variances, 0) + level)
    kept = factor if directions is None else factor[:, :directions]
    return Detector(mean.astype(np.float32), np.ascontiguousarray(kept, np.float32))


def limit_for(scores: NDArray[np.float32], refused: float) -> float:
    """The limit above which the share ``refused`` of held-out dermoscopic images lies."""
    return float(np.quantile(scores, 1 - refused))
