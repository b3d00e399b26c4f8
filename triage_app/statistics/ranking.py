"""How well a score ranks positives above negatives."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


class Curve(NamedTuple):
    """Points of a curve, from the highest threshold down; each threshold is inclusive (>=)."""

    threshold: Floats
    first: Floats
    second: Floats


def truth_and_score(positive: ArrayLike, score: ArrayLike) -> tuple[Flags, Floats]:
    """Both as arrays of one length; raises ValueError for other shapes or values not finite."""
    truth, values = np.asarray(positive, bool), np.asarray(score, np.float64)
    if truth.shape != values.shape or truth.ndim != 1:
        raise ValueError("positive and score must be one-dimensional and of one length")
    if not np.isfinite(values).all():
        raise ValueError("score holds values that aren't finite")
    return truth, values


def roc_auc(positive: ArrayLike, score: ArrayLike) -> float:
    """Area under the ROC curve, ties counted half; nan when one of the two sides is empty.

    Equals the Mann-Whitney U divided by the number of pairs (Hanley and McNeil 1982).
    """
    truth, values = truth_and_score(positive, score)
    n_pos = int(truth.sum())
    n_neg = truth.size - n_pos
    if n_pos == 0 or n_neg == 0:
        return float("nan")
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    mid_ranks = np.cumsum(counts) - (counts - 1) / 2
    rank_sum = float(mid_ranks[inverse][truth].sum())
    return (rank_sum - n_pos * (n_pos + 1) / 2) / (n_pos * n_neg)


def _counts_from_the_top(truth: Flags, values: Floats) -> tuple[Floats, Floats, Floats]:
    """Thresholds, and true and false positives at or above each, one per distinct score."""
    order = np.argsort(-values, kind="stable")
    ranked, hits = values[order], np.cumsum(truth[order])
    last = np.flatnonzero(np.append(np.diff(ranked) != 0, True))
    true_positives = hits[last].astype(np.float64)
    return ranked[last], true_positives, last + 1 - true_positives


def roc_curve(positive: ArrayLike, score: ArrayLike) -> Curve:
    """``first`` is 1 - specificity, ``second`` sensitivity; starts at (0, 0) above any score."""
    truth, values = truth_and_score(positive, score)
    thresholds, hits, false = _counts_from_the_top(truth, values)
    n_pos = max(int(truth.sum()), 1)
    n_neg = max(int((~truth).sum()), 1)
    return Curve(
        np.concatenate([[np.inf], thresholds]),
        np.concatenate([[0.0], false / n_neg]),
        np.concatenate([[0.0], hits / n_pos]),
    )


def precision_recall_curve(positive: ArrayLike, score: ArrayLike) -> Curve:
    """``first`` is recall, ``second`` precision, one point for each distinct score."""
    truth, values = truth_and_score(positive, score)
    thresholds, hits, false = _counts_from_the_top(truth, values)
    return Curve(thresholds, hits / max(int(truth.sum()), 1), hits / (hits + false))


def average_precision(positive: ArrayLike, score: ArrayLike) -> float:
    """Area under the precision-recall steps; nan without positives."""
    truth, values = truth_and_score(positive, score)
    if not truth.any():
        return float("nan")
    curve = precision_recall_curve(truth, values)
    steps = np.diff(np.concatenate([[0.0], curve.first]))
    return float((steps * curve.second).sum())
