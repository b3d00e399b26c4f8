"""Operating points, intervals, confusion and prediction sets by hand."""

import math

import numpy as np
import pytest

from triage_app.statistics import conformal, confusion, points
from triage_app.statistics.intervals import bootstrap, group_resamples, share, wilson


def test_the_sensitivity_point_keeps_the_wanted_share_and_is_the_highest_that_does() -> None:
    score = np.arange(1, 21) / 20
    threshold = points.threshold_for_sensitivity([1] * 20, score, 0.95)
    assert threshold == pytest.approx(2 / 20)
    assert points.sensitivity([1] * 20, score, threshold) == pytest.approx(0.95)
    assert points.sensitivity([1] * 20, score, np.nextafter(threshold, 1)) < 0.95


def test_the_specificity_point_leaves_the_wanted_share_below_it() -> None:
    score = np.arange(1, 21) / 20
    threshold = points.threshold_for_specificity([0] * 20, score, 0.95)
    assert points.specificity([0] * 20, score, threshold) == pytest.approx(0.95)
    assert points.specificity([0] * 20, score, 19 / 20) < 0.95


def test_a_point_without_positives_is_an_error_not_a_number() -> None:
    with pytest.raises(ValueError, match="positive"):
        points.threshold_for_sensitivity([0, 0], [0.1, 0.2], 0.95)
    with pytest.raises(ValueError, match="negative"):
        points.threshold_for_specificity([1, 1], [0.1, 0.2], 0.95)


def test_predictive_values_follow_bayes() -> None:
    # 1,000 people at 10 %: 90 of 100 found, 720 of 900 passed.
    ppv, npv = points.predictive_values(0.9, 0.8, 0.1)
    assert ppv == pytest.approx(90 / 270)
    assert npv == pytest.approx(720 / 730)


def test_wilson_matches_the_published_example() -> None:
    # 10 of 20: 0.5 with 0.2993 to 0.7007 (Newcombe 1998, method 3, rounded).
    found = wilson(10, 20)
    assert found == pytest.approx((0.5, 0.2993, 0.7007), abs=1e-4)
    assert wilson(0, 10).low == 0
    assert wilson(10, 10).high == 1
    assert wilson(0, 10).high == pytest.approx(0.2775, abs=1e-4)
    assert math.isnan(wilson(0, 0).value)


def test_resamples_keep_a_lesions_images_together() -> None:
    groups = ["a", "b", "a", "c", "b", "a"]
    members = {"a": {0, 2, 5}, "b": {1, 4}, "c": {3}}
    for rows in group_resamples(groups, 20, seed=1):
        counts = np.bincount(rows, minlength=6)
        for own in members.values():
            assert len({int(counts[i]) for i in own}) == 1
        assert sum(counts[min(own)] for own in members.values()) == 3


def test_the_bootstrap_is_wider_when_images_share_a_lesion() -> None:
    values = np.repeat(np.arange(40) % 2, 5).astype(float)
    apart = bootstrap(lambda rows: values[rows].mean(), [str(i) for i in range(200)])
    together = bootstrap(lambda rows: values[rows].mean(), [str(i // 5) for i in range(200)])
    assert together.high - together.low > 1.8 * (apart.high - apart.low)
    assert together.low < together.value == 0.5 < together.high


def test_a_statistic_that_is_rarely_defined_gets_no_interval() -> None:
    found = bootstrap(lambda rows: float("nan") if len(set(rows)) < 3 else 1.0, ["a", "b", "c"])
    assert found.value == 1.0
    assert math.isnan(found.low)


def test_a_share_of_all_is_not_certain() -> None:
    found = share([True] * 30, [str(i) for i in range(30)])
    assert found.value == 1
    assert 0.85 < found.low < 0.95


def test_confusion_and_rates_by_hand() -> None:
    counts = confusion.confusion([0, 0, 1, 2, 2, 2], [0, 1, 1, 2, 2, 0], 3)
    assert counts.tolist() == [[1, 1, 0], [0, 1, 0], [1, 0, 2]]
    first = confusion.class_rates(counts)[0]
    assert first == pytest.approx((1 / 2, 1 / 2, 1 / 2, 2))
    last = confusion.class_rates(counts)[2]
    assert last == pytest.approx((1, 2 / 3, 4 / 5, 3))
    assert confusion.balanced_accuracy([0, 0, 1, 2, 2, 2], [0, 1, 1, 2, 2, 0]) == pytest.approx(
        (1 / 2 + 1 + 2 / 3) / 3
    )


def test_a_class_that_is_never_predicted_has_no_precision() -> None:
    rates = confusion.class_rates(confusion.confusion([0, 1], [0, 0], 2))[1]
    assert math.isnan(rates.precision)
    assert rates.recall == 0


def test_prediction_sets_cover_as_often_as_promised() -> None:
    rng = np.random.default_rng(2)
    chance = rng.dirichlet([2, 1, 1], 6000)
    labels = np.array([rng.choice(3, p=row) for row in chance])
    limit = conformal.threshold(chance[np.arange(3000), labels[:3000]], 0.1)
    members = conformal.membership(chance[3000:], [limit] * 3)
    assert conformal.coverage(members, labels[3000:]) == pytest.approx(0.9, abs=0.02)


def test_too_few_images_promise_nothing_so_every_class_is_in_the_set() -> None:
    assert conformal.threshold([0.9] * 18, 0.05) == 0
    assert conformal.threshold([0.9] * 19, 0.05) == 0.9
