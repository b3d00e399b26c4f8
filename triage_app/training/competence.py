"""Fitting the detector of images unlike the training images."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from triage_app.inference.competence import Detector
from triage_app.training.errors import FeaturesConstant

RIDGE = 0.01


def fit_detector(features: NDArray[np.float32], ridge: float = RIDGE) -> Detector:
    """Mahalanobis distance from the mean of training features float32 (n, K).

    The covariance is shrunk towards a multiple of the identity, by the share ``ridge`` of its mean
    variance: directions in which the training images hardly vary would otherwise count without
    bound. Raises FeaturesConstant when no feature varies.
    """
    values = features.astype(np.float64)
    mean = values.mean(axis=0)
    centred = values - mean
    covariance = centred.T @ centred / max(len(values) - 1, 1)
    level = ridge * float(np.trace(covariance)) / len(covariance)
    if level <= 0:
        raise FeaturesConstant
    variances, axes = np.linalg.eigh(covariance)
    factor = axes / np.sqrt(np.maximum(variances, 0) + level)
    return Detector(mean.astype(np.float32), np.ascontiguousarray(factor, np.float32))


def limit_for(scores: NDArray[np.float32], refused: float) -> float:
    """The limit above which the share ``refused`` of held-out dermoscopic images lies."""
    return float(np.quantile(scores, 1 - refused))
