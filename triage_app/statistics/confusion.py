"""Counts of truth against prediction, and the rates that follow."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray


class ClassRates(NamedTuple):
    """Of one class; nan where the denominator is zero."""

    precision: float
    recall: float
    f1: float
    support: int


def confusion(labels: ArrayLike, predicted: ArrayLike, classes: int) -> NDArray[np.int64]:
    """Counts int64 (classes, classes): rows are the truth, columns the prediction."""
    index = np.asarray(labels) * classes + np.asarray(predicted)
    return np.bincount(index, minlength=classes * classes).reshape(classes, classes)


def class_rates(counts: NDArray[np.int64]) -> list[ClassRates]:
    """Precision, recall and F1 of each class."""
    hits = np.diag(counts).astype(np.float64)
    found, there = counts.sum(axis=0), counts.sum(axis=1)
    return [
        ClassRates(_ratio(hit, n_found), _ratio(hit, n), _ratio(2 * hit, n_found + n), int(n))
        for hit, n_found, n in zip(hits, found, there, strict=True)
    ]


def accuracy(labels: ArrayLike, predicted: ArrayLike) -> float:
    """Share of images whose prediction is the truth."""
    return float((np.asarray(labels) == np.asarray(predicted)).mean())


def balanced_accuracy(labels: ArrayLike, predicted: ArrayLike) -> float:
    """Mean recall over the classes that occur."""
    truth, guess = np.asarray(labels), np.asarray(predicted)
    return float(np.mean([(guess[truth == c] == c).mean() for c in np.unique(truth)]))


def _ratio(part: float, whole: float) -> float:
    return float(part / whole) if whole else float("nan")
