"""Whether probabilities mean what they say, and the fit that makes them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize

from triage_app.statistics.ranking import truth_and_score

Floats = NDArray[np.float64]
_EDGE = 1e-7  # keeps the log-odds of 0 and 1 finite


class Bin(NamedTuple):
    """One bin of a reliability diagram; empty bins are left out."""

    mean_probability: float
    observed: float
    images: int


def softmax(logits: ArrayLike) -> Floats:
    """Probabilities along the last axis, float64."""
    shifted = np.asarray(logits, np.float64)
    shifted = shifted - shifted.max(axis=-1, keepdims=True)
    powers = np.exp(shifted)
    result: Floats = powers / powers.sum(axis=-1, keepdims=True)
    return result


def brier(positive: ArrayLike, probability: ArrayLike) -> float:
    """Mean squared difference between probability and outcome (0 is best)."""
    truth, values = truth_and_score(positive, probability)
    return float(np.mean((values - truth) ** 2))


def reliability(positive: ArrayLike, probability: ArrayLike, bins: int = 15) -> list[Bin]:
    """Bins of equal width over [0, 1] with mean probability and observed share."""
    truth, values = truth_and_score(positive, probability)
    place = np.minimum((values * bins).astype(int), bins - 1)
    return [
        Bin(float(values[own].mean()), float(truth[own].mean()), int(own.sum()))
        for own in (place == number for number in range(bins))
        if own.any()
    ]


def calibration_error(positive: ArrayLike, probability: ArrayLike, bins: int = 15) -> float:
    """Expected calibration error: mean gap of the reliability bins, weighted by their images."""
    found = reliability(positive, probability, bins)
    total = sum(b.images for b in found)
    return sum(abs(b.mean_probability - b.observed) * b.images for b in found) / total


def slope_and_intercept(positive: ArrayLike, probability: ArrayLike) -> tuple[float, float]:
    """Slope of outcome on log-odds, and intercept with the slope held at 1 (Cox 1958).

    1 and 0 are ideal; a slope below 1 says the probabilities are too extreme, an intercept above
    0 that they are too low on average. nan when one outcome is absent.
    """
    truth, values = truth_and_score(positive, probability)
    if truth.all() or not truth.any():
        return float("nan"), float("nan")
    clipped = np.clip(values, _EDGE, 1 - _EDGE)
    odds = np.log(clipped / (1 - clipped))
    both = minimize(_logistic, np.array([1.0, 0.0]), args=(odds, truth), jac=True)
    offset = minimize(lambda a: _offset(a, odds, truth), np.array([0.0]), jac=True)
    return float(both.x[0]), float(offset.x[0])


def _logistic(parameters: Floats, odds: Floats, truth: NDArray[np.bool_]) -> tuple[float, Floats]:
    score = parameters[0] * odds + parameters[1]
    excess = 1 / (1 + np.exp(-score)) - truth
    loss = float(np.mean(np.logaddexp(0, score) - truth * score))
    return loss, np.array([np.mean(excess * odds), np.mean(excess)])


def _offset(intercept: Floats, odds: Floats, truth: NDArray[np.bool_]) -> tuple[float, Floats]:
    loss, gradient = _logistic(np.array([1.0, intercept[0]]), odds, truth)
    return loss, gradient[1:]


class TemperatureBias(NamedTuple):
    """posterior = softmax(logits / temperature + bias); ``bias`` float64 (classes,), mean 0."""

    temperature: float
    bias: Floats

    def apply(self, logits: ArrayLike) -> Floats:
        """Calibrated probabilities of logits (..., classes)."""
        return softmax(np.asarray(logits, np.float64) / self.temperature + self.bias)


def fit_temperature_bias(
    logits: ArrayLike,
    admitted: ArrayLike,
    start: ArrayLike,
    *,
    weights: ArrayLike | None = None,
    pull: float = 2.0,
) -> TemperatureBias:
    """Fit temperature and bias by maximum likelihood, the bias pulled towards ``start``.

    Args:
        logits: (n, C).
        admitted: bool (n, C), the classes that each image's label admits: one, or several where
            less is known, whose probabilities are then summed.
        start: (C,), the log prior that theory gives.
        weights: (n,), how much each image counts; one each by default.
        pull: a Gaussian pull (in log-likelihood for a unit of bias squared, times two): a class of
            seven images can't move its bias far, one of hundreds can.
    """
    scores, members = np.asarray(logits, np.float64), np.asarray(admitted, bool)
    first = np.asarray(start, np.float64)
    counts = np.ones(len(scores)) if weights is None else np.asarray(weights, np.float64)

    def loss(parameters: Floats) -> tuple[float, Floats]:
        scale, bias = np.exp(-parameters[0]), parameters[1:]
        chance = softmax(scores * scale + bias)
        own = np.where(members, chance, 0.0)
        total = np.maximum(own.sum(axis=1), 1e-300)
        excess = (chance - own / total[:, None]) * counts[:, None]
        value = -float((counts * np.log(total)).sum())
        value += pull / 2 * float(((bias - first) ** 2).sum())
        by_scale = -scale * float((excess * scores).sum())
        by_bias = excess.sum(axis=0) + pull * (bias - first)
        return value, np.concatenate([[by_scale], by_bias])

    found = minimize(loss, np.concatenate([[0.0], first]), jac=True, method="L-BFGS-B")
    bias = found.x[1:]
    return TemperatureBias(float(np.exp(found.x[0])), bias - bias.mean())
