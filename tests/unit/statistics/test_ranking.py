"""Ranking measures against values worked out by hand."""

import math

import numpy as np
import pytest

from triage_app.statistics import ranking

TRUTH = [1, 0, 1, 0, 1]
SCORE = [0.9, 0.8, 0.7, 0.2, 0.1]


def test_auc_is_the_share_of_pairs_in_the_right_order() -> None:
    # Pairs (positive, negative): 0.9 beats both, 0.7 beats 0.2 only, 0.1 beats none: 3 of 6.
    assert ranking.roc_auc(TRUTH, SCORE) == pytest.approx(3 / 6)


def test_auc_counts_ties_half() -> None:
    assert ranking.roc_auc([1, 0], [0.5, 0.5]) == 0.5
    # 0.5 ties with one of two negatives and beats the other.
    assert ranking.roc_auc([1, 0, 0], [0.5, 0.5, 0.1]) == pytest.approx(0.75)


def test_auc_agrees_with_counting_every_pair() -> None:
    rng = np.random.default_rng(4)
    truth, score = rng.random(60) < 0.4, rng.integers(0, 12, 60) / 11
    pairs = [1.0 if p > n else 0.5 if p == n else 0.0 for p in score[truth] for n in score[~truth]]
    assert ranking.roc_auc(truth, score) == pytest.approx(np.mean(pairs))


def test_auc_of_one_sided_truth_is_undefined() -> None:
    assert math.isnan(ranking.roc_auc([1, 1], [0.1, 0.2]))


def test_the_area_under_the_drawn_roc_curve_is_the_auc() -> None:
    rng = np.random.default_rng(5)
    truth, score = rng.random(80) < 0.5, rng.integers(0, 20, 80) / 19
    curve = ranking.roc_curve(truth, score)
    assert np.trapezoid(curve.second, curve.first) == pytest.approx(ranking.roc_auc(truth, score))
    assert (curve.first[-1], curve.second[-1]) == (1.0, 1.0)


def test_precision_and_recall_by_hand() -> None:
    curve = ranking.precision_recall_curve(TRUTH, SCORE)
    assert curve.first == pytest.approx([1 / 3, 1 / 3, 2 / 3, 2 / 3, 1])
    assert curve.second == pytest.approx([1, 1 / 2, 2 / 3, 2 / 4, 3 / 5])
    expected = (1 + 2 / 3 + 3 / 5) / 3
    assert ranking.average_precision(TRUTH, SCORE) == pytest.approx(expected)


def test_scores_that_are_not_numbers_are_refused() -> None:
    with pytest.raises(ValueError, match="finite"):
        ranking.roc_auc([1, 0], [0.1, float("nan")])


def test_truth_and_score_of_other_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="one length"):
        ranking.roc_auc([1, 0, 1], [0.1, 0.2])
