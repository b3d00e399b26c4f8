"""Calibration measures and fits on data whose truth is known."""

import math

import numpy as np
import pytest

from triage_app.statistics import calibration


def test_brier_and_calibration_error_by_hand() -> None:
    truth, chance = [1, 0, 1, 0], [0.9, 0.9, 0.1, 0.1]
    assert calibration.brier(truth, chance) == pytest.approx((0.01 + 0.81 + 0.81 + 0.01) / 4)
    # Two bins of two, each with half positives: gaps 0.4 and 0.4.
    assert calibration.calibration_error(truth, chance) == pytest.approx(0.4)


def test_probability_one_falls_into_the_last_bin() -> None:
    bins = calibration.reliability([1, 1], [1.0, 0.99], 15)
    assert [(b.observed, b.images) for b in bins] == [(1.0, 2)]


def test_slope_tells_probabilities_that_are_too_extreme() -> None:
    rng = np.random.default_rng(0)
    odds = rng.normal(0, 1.5, 20000)
    truth = rng.random(20000) < 1 / (1 + np.exp(-odds))
    exact = calibration.slope_and_intercept(truth, 1 / (1 + np.exp(-odds)))
    extreme = calibration.slope_and_intercept(truth, 1 / (1 + np.exp(-2 * odds)))
    shifted = calibration.slope_and_intercept(truth, 1 / (1 + np.exp(-(odds - 1))))
    assert exact == pytest.approx((1, 0), abs=0.08)
    assert extreme[0] == pytest.approx(0.5, abs=0.05)
    assert shifted[1] == pytest.approx(1, abs=0.08)


def test_slope_without_one_outcome_is_undefined() -> None:
    assert all(math.isnan(v) for v in calibration.slope_and_intercept([1, 1], [0.2, 0.4]))


def test_the_fit_finds_the_temperature_and_prior_that_made_the_data() -> None:
    rng = np.random.default_rng(1)
    logits = rng.normal(0, 3, (8000, 3))
    bias = np.array([0.8, 0.0, -0.8])
    chance = calibration.softmax(logits / 1.7 + bias)
    labels = np.array([rng.choice(3, p=row) for row in chance])
    fitted = calibration.fit_temperature_bias(logits, np.eye(3, dtype=bool)[labels], np.zeros(3))
    assert fitted.temperature == pytest.approx(1.7, rel=0.08)
    assert fitted.bias == pytest.approx(bias, abs=0.12)
    assert np.abs(fitted.apply(logits) - chance).mean() < 0.02


def test_a_class_with_few_images_stays_near_its_prior() -> None:
    logits = np.zeros((4, 2))
    prior = np.log([0.9, 0.1])
    fitted = calibration.fit_temperature_bias(logits, np.eye(2, dtype=bool)[[1, 1, 1, 0]], prior)
    assert fitted.apply(np.zeros(2))[1] < 0.5


def test_softmax_survives_large_logits() -> None:
    assert calibration.softmax([1000.0, 0.0]) == pytest.approx([1.0, 0.0])
