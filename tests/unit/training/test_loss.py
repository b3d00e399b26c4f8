"""The loss of a labelled batch, against the same sums in NumPy."""

import keras
import numpy as np
import pytest

from triage_app.training.data import BENIGN, BENIGN_LABELS, CLASSES, Record
from triage_app.training.loss import labelled_loss
from triage_app.training.targets import packed, soft_targets

COUNT = len(CLASSES)


def loss_of(targets: np.ndarray, logits: np.ndarray, consistency: float = 0.0) -> float:
    found = labelled_loss(COUNT, BENIGN_LABELS, consistency)(
        keras.ops.convert_to_tensor(targets), keras.ops.convert_to_tensor(logits)
    )
    return float(keras.ops.convert_to_numpy(found))


def batch(dx: str, prior: np.ndarray) -> np.ndarray:
    record = Record("0.png", "g", dx, "train", source="a")
    return packed(soft_targets([record], prior[None], smoothing=0.0), prior[None])


def log_posterior(logits: np.ndarray, prior: np.ndarray) -> np.ndarray:
    raised = logits + np.log(prior)
    return raised - np.log(np.exp(raised).sum())


def test_a_named_diagnosis_costs_its_log_probability_within_the_source() -> None:
    rng = np.random.default_rng(1)
    logits, prior = rng.normal(0, 2, COUNT), rng.dirichlet(np.ones(COUNT))
    for index, name in enumerate(CLASSES):
        expected = -log_posterior(logits, prior)[index]
        assert loss_of(batch(name, prior), logits[None].astype(np.float32)) == pytest.approx(
            expected, rel=1e-4
        )


def test_what_is_only_known_to_be_benign_costs_the_sum_of_the_benign_diagnoses() -> None:
    rng = np.random.default_rng(2)
    logits, prior = rng.normal(0, 2, COUNT), rng.dirichlet(np.ones(COUNT))
    expected = -np.log(np.exp(log_posterior(logits, prior))[list(BENIGN_LABELS)].sum())
    found = loss_of(batch(BENIGN, prior), logits[None].astype(np.float32))
    assert found == pytest.approx(expected, rel=1e-4)


def test_a_source_that_holds_one_diagnosis_teaches_next_to_nothing_about_it() -> None:
    # The prior alone explains the label: even logits cost nothing, so that nothing is gained by
    # telling the source from the picture.
    prior = np.full(COUNT, 1e-6)
    prior[1] = 1 - prior.sum() + 1e-6
    assert loss_of(batch(CLASSES[1], prior), np.zeros((1, COUNT), np.float32)) < 1e-4


def test_twins_that_differ_cost_and_a_common_shift_of_all_logits_does_not() -> None:
    prior = np.full(COUNT, 1 / COUNT)
    targets = np.concatenate([batch("nv", prior), batch("nv", prior)])
    targets[0, -1] = 1
    logits = np.tile(np.linspace(-1, 1, COUNT, dtype=np.float32), (2, 1))
    alike = loss_of(targets, logits, 2.0) - loss_of(targets, logits)
    shifted = logits + np.float32([[0], [3]])
    assert alike == pytest.approx(0, abs=1e-6)
    assert loss_of(targets, shifted, 2.0) - loss_of(targets, shifted) == pytest.approx(0, abs=1e-4)
    turned = logits.copy()
    turned[1] = turned[1, ::-1]
    apart = ((logits[0] - turned[1]) ** 2).mean()
    # One marked row of two, weight 2.
    assert loss_of(targets, turned, 2.0) - loss_of(targets, turned) == pytest.approx(
        apart, rel=1e-3
    )
