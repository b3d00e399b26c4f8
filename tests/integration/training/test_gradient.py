"""The overlay's closed form against the gradient that defines Grad-CAM."""

import numpy as np
import pytest
import tensorflow as tf

from triage_app.domain.diagnosis import CONCERN, Diagnosis
from triage_app.inference.heatmap import grad_cam
from triage_app.training.architectures import mobilenet_v1

GROUPS = [frozenset({Diagnosis.MEL}), CONCERN]


@pytest.mark.parametrize("group", GROUPS, ids=["melanoma", "malignant or suspicious"])
def test_the_overlay_is_the_gradient_of_the_log_odds(group: frozenset[Diagnosis]) -> None:
    model = mobilenet_v1(8, width=0.25)
    rng = np.random.default_rng(5)
    head = model.get_layer("logits")
    head.set_weights([rng.normal(0, 0.4, (256, 8)), rng.normal(0, 0.5, 8)])
    features = rng.uniform(0, 6, (1, 7, 7, 256)).astype(np.float32)
    logits, by_gradient = _by_tape(model, features, group)
    closed = grad_cam(features[0], np.asarray(head.kernel), logits, group, tuple(Diagnosis))
    assert closed.max() > 0
    assert np.abs(closed - by_gradient).max() <= 1e-4 * by_gradient.max()


def _by_tape(
    model: object, features: np.ndarray, group: frozenset[Diagnosis]
) -> tuple[np.ndarray, np.ndarray]:
    """Logits (8,), and ReLU of the features weighted by their mean gradients, (h, w)."""
    inside = [i for i, d in enumerate(Diagnosis) if d in group]
    outside = [i for i, d in enumerate(Diagnosis) if d not in group]
    variable = tf.Variable(features)
    with tf.GradientTape() as tape:
        logits = model.get_layer("logits")(model.get_layer("pooled")(variable))  # type: ignore[attr-defined]
        odds = tf.reduce_logsumexp(tf.gather(logits[0], inside)) - tf.reduce_logsumexp(
            tf.gather(logits[0], outside)
        )
    weights = tf.reduce_mean(tape.gradient(odds, variable), axis=(1, 2))
    cam = tf.nn.relu(tf.reduce_sum(weights[:, None, None] * features, axis=-1))
    return logits[0].numpy(), cam[0].numpy()
