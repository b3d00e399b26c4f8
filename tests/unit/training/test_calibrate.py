"""Operating points, prediction sets and the competence detector on made-up validation sets."""

import numpy as np
import pytest

from triage_app.inference.card import Calibration
from triage_app.statistics.calibration import calibration_error
from triage_app.training import calibrate
from triage_app.training.competence import fit_detector, limit_for
from triage_app.training.data import CLASSES, Record

PRIOR = np.array([0.03, 0.05, 0.1, 0.02, 0.12, 0.62, 0.04, 0.02])


def made_up(images: int = 1500, sharpness: float = 2.5, seed: int = 0) -> calibrate.ValidationSet:
    """Logits that favour the truth, pairs of images sharing a lesion."""
    rng = np.random.default_rng(seed)
    labels = np.repeat(rng.choice(8, images // 2, p=PRIOR), 2)
    logits = rng.normal(0, 1, (len(labels), 8)) + sharpness * np.eye(8)[labels]
    records = [
        Record(f"{i}.jpg", f"g{i // 2}", CLASSES[label], "val", source="made")
        for i, label in enumerate(labels)
    ]
    return calibrate.ValidationSet(
        records, (2 * logits).astype(np.float32), np.log(PRIOR), resamples=60
    )


def test_cross_fitted_probabilities_mean_what_they_say() -> None:
    data = made_up(4000)
    _, fit = calibrate.fit_calibration(data)
    outside = fit.outside
    assert outside.sum(axis=1) == pytest.approx(1)
    concern = np.clip(calibrate.rule_out_score(outside), 0, 1)
    assert calibration_error(data.needs_action, concern) < 0.03
    raw = calibrate.apply_calibration(Calibration("temperature_bias", 1.0, (0.0,) * 8), data.logits)
    before = np.clip(calibrate.rule_out_score(raw), 0, 1)
    assert calibration_error(data.needs_action, before) > 0.05


def test_the_rule_out_point_keeps_melanomas_too() -> None:
    data = made_up()
    _, fit = calibrate.fit_calibration(data)
    outside = fit.outside
    # Melanomas are made to score low; frequent carcinomas alone would hide it.
    scores = calibrate.rule_out_score(outside)
    scores[data.labels == calibrate.MELANOMA] *= 0.2
    point = calibrate.rule_out_threshold(data.labels, scores)
    assert (scores[data.labels == calibrate.MELANOMA] >= point).mean() >= 0.95
    assert (scores[data.needs_action] >= point).mean() >= 0.95


def test_points_carry_rates_that_were_measured_on_other_lesions() -> None:
    data = made_up()
    _, fit = calibrate.fit_calibration(data)
    points = calibrate.operating_points(data, fit)
    out, into = points["rule_out"], points["rule_in"]
    kept = calibrate.rule_out_score(fit.shipped)[data.needs_action] >= out.value
    assert 0.95 <= kept.mean() < 0.97
    assert out.interval[0] <= out.value <= out.interval[1]
    assert out.sensitivity.n == int(data.needs_action.sum())
    assert out.sensitivity.value == pytest.approx(0.95, abs=0.04)
    assert into.specificity.value == pytest.approx(0.95, abs=0.03)
    assert set(out.sensitivity_by_diagnosis) == {"akiec", "bcc", "mel", "scc"}
    assert set(into.sensitivity_by_diagnosis) == {"mel"}


def test_prediction_sets_cover_the_truth_as_often_as_intended() -> None:
    data = made_up(4000, sharpness=1.5)
    _, fit = calibrate.fit_calibration(data)
    found = calibrate.fit_conformal(data, fit, 0.1)
    for name in ("all", "benign", "malignant"):
        assert found.coverage[name] == pytest.approx(0.9, abs=0.03)
    # Some 120 images: their coverage is known less well.
    assert found.coverage["suspicious"] == pytest.approx(0.9, abs=0.08)
    assert len(set(found.thresholds.values())) == 3


def test_class_sums_are_in_the_order_of_the_finding_classes() -> None:
    one_hot = np.eye(8)
    assert calibrate.by_class(one_hot).argmax(axis=1).tolist() == [1, 2, 0, 0, 2, 0, 2, 0]


def test_the_detector_refuses_what_lies_off_the_training_features() -> None:
    rng = np.random.default_rng(3)
    mixing = rng.normal(0, 1, (6, 20))
    usual = (rng.normal(0, 1, (900, 6)) @ mixing + 4).astype(np.float32)
    odd = (rng.normal(0, 2, (50, 20)) + 4).astype(np.float32)
    detector = fit_detector(usual[:600])
    limit = limit_for(detector.scores(usual[600:]), 0.02)
    assert (detector.scores(usual[600:]) > limit).mean() == pytest.approx(0.02, abs=0.005)
    assert (detector.scores(odd) > limit).mean() > 0.95
