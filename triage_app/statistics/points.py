"""Operating points: the threshold for a wanted rate, and the rates at a threshold.

A score at or above a threshold counts as positive.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from triage_app.statistics.ranking import truth_and_score


def threshold_for_sensitivity(positive: ArrayLike, score: ArrayLike, wanted: float) -> float:
    """The highest threshold at which at least ``wanted`` (0, 1] of the positives are kept.

    Raises ValueError without positives.
    """
    truth, values = truth_and_score(positive, score)
    own = np.sort(values[truth])
    if own.size == 0:
        raise ValueError("a sensitivity needs at least one positive")
    # The tolerance keeps 0.95 * 20 from rounding up to 20.
    needed = math.ceil(wanted * own.size - 1e-9)
    return float(own[own.size - needed])


def threshold_for_specificity(positive: ArrayLike, score: ArrayLike, wanted: float) -> float:
    """The lowest threshold below which at least ``wanted`` (0, 1] of the negatives lie.

    It stands just above a negative's score, so it needn't equal any score.
    Raises ValueError without negatives.
    """
    truth, values = truth_and_score(positive, score)
    own = np.sort(values[~truth])
    if own.size == 0:
        raise ValueError("a specificity needs at least one negative")
    below = math.ceil(wanted * own.size - 1e-9)
    return float(np.nextafter(own[below - 1], np.inf))


def sensitivity(positive: ArrayLike, score: ArrayLike, threshold: float) -> float:
    """Share of positives at or above the threshold; nan without positives."""
    truth, values = truth_and_score(positive, score)
    return float((values[truth] >= threshold).mean()) if truth.any() else float("nan")


def specificity(positive: ArrayLike, score: ArrayLike, threshold: float) -> float:
    """Share of negatives below the threshold; nan without negatives."""
    truth, values = truth_and_score(positive, score)
    return float((values[~truth] < threshold).mean()) if not truth.all() else float("nan")


def specificity_at_sensitivity(positive: ArrayLike, score: ArrayLike, wanted: float) -> float:
    """Specificity at the highest threshold that keeps ``wanted`` of the positives."""
    threshold = threshold_for_sensitivity(positive, score, wanted)
    return specificity(positive, score, threshold)


def sensitivity_at_specificity(positive: ArrayLike, score: ArrayLike, wanted: float) -> float:
    """Sensitivity at the lowest threshold that leaves ``wanted`` of the negatives below it."""
    threshold = threshold_for_specificity(positive, score, wanted)
    return sensitivity(positive, score, threshold)


def predictive_values(sens: float, spec: float, prevalence: float) -> tuple[float, float]:
    """PPV and NPV at another prevalence in (0, 1), by Bayes' rule; nan where undefined."""
    flagged = sens * prevalence + (1 - spec) * (1 - prevalence)
    passed = (1 - sens) * prevalence + spec * (1 - prevalence)
    ppv = sens * prevalence / flagged if flagged > 0 else float("nan")
    npv = spec * (1 - prevalence) / passed if passed > 0 else float("nan")
    return ppv, npv
