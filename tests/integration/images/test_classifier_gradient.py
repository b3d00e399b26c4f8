"""The closed-form overlay against its definition, computed by TensorFlow's GradientTape."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from tests.samples import images
from triage_app.config import PROJECT_ROOT
from triage_app.domain.diagnosis import CONCERN, Diagnosis
from triage_app.inference import heatmap
from triage_app.inference.card import read_card
from triage_app.inference.head import read_head
from triage_app.inference.preprocessing import model_input
from triage_app.inference.runtime import Network

SIZE = 96
SHIPPED = sorted((PROJECT_ROOT / "assets" / "models").glob("*/card.json"))
ALL = tuple(Diagnosis)
GROUPS = {
    "melanoma": frozenset({Diagnosis.MEL}),
    "malignant_or_suspicious": CONCERN,
}


@pytest.fixture(scope="module")
def model() -> Any:
    """A MobileNetV1 of a quarter width with random weights, spread so that its logits differ."""
    import keras

    from triage_app.training.architectures import build, with_evidence

    keras.utils.set_random_seed(5)
    network = build("mobilenet_v1", 8, input_size=SIZE, width=0.25)
    _settle(network, model_input(images.square(128), SIZE))
    rng = np.random.default_rng(9)
    head = network.get_layer("logits")
    head.set_weights([rng.normal(0, 1, head.get_weights()[0].shape), rng.normal(0, 0.5, 8)])
    return with_evidence(network)


def _settle(network: Any, batch: NDArray[np.float32]) -> None:
    """Give each normalisation the statistics of a picture, so that random layers pass signal on."""
    import keras

    for layer in network.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            seen = np.asarray(keras.Model(network.input, layer.input)(batch, training=False))
            gamma, beta, *_ = layer.get_weights()
            mean, variance = seen.mean(axis=(0, 1, 2)), seen.var(axis=(0, 1, 2))
            layer.set_weights([gamma, beta, mean, variance + 1e-6])


@pytest.fixture(scope="module")
def exported(model: Any) -> bytes:
    from triage_app.training.export import convert

    return convert(model, SIZE)


def patches(seed: int) -> NDArray[np.uint8]:
    """Random coloured patches, uint8 (224, 224, 3)."""
    coarse = np.random.default_rng(seed).integers(0, 256, (16, 16, 3), dtype=np.uint8)
    return np.asarray(Image.fromarray(coarse).resize((224, 224), Image.Resampling.BICUBIC))


def taped(
    model: Any,
    batch: NDArray[np.float32],
    group: frozenset[Diagnosis],
    diagnoses: Sequence[Diagnosis] = ALL,
) -> NDArray[Any]:
    """Grad-CAM as defined: ReLU of the map weighted by the mean gradient of the log-odds."""
    import tensorflow as tf

    inside = np.array([d in group for d in diagnoses])
    head = model.get_layer("logits")
    feature_map = tf.convert_to_tensor(model(batch, training=False)["feature_map"])
    with tf.GradientTape() as tape:
        tape.watch(feature_map)
        logits = head(tf.reduce_mean(feature_map, axis=(1, 2)))[0]
        log_odds = tf.reduce_logsumexp(logits[inside]) - tf.reduce_logsumexp(logits[~inside])
    weights = tf.reduce_mean(tape.gradient(log_odds, feature_map), axis=(1, 2), keepdims=True)
    return np.asarray(tf.nn.relu(tf.reduce_sum(weights * feature_map, axis=-1))[0])


def drawn_difference(
    model: Any,
    content: bytes,
    batch: NDArray[np.float32],
    group: frozenset[Diagnosis],
    diagnoses: Sequence[Diagnosis] = ALL,
) -> float | None:
    """Greatest difference of the drawn overlays, LiteRT against GradientTape; None if empty."""
    outputs, head = Network(content, 1).forward(batch), read_head(content)
    cam = heatmap.grad_cam(outputs.feature_map[0], head.kernel, outputs.logits[0], group, diagnoses)
    expected = heatmap.normalise(taped(model, batch, group, diagnoses))
    if not expected.any():
        return None
    return float(np.abs(heatmap.normalise(cam) - expected).max())


@pytest.mark.parametrize("group", GROUPS)
def test_the_closed_form_equals_gradient_tape_to_a_ten_thousandth_of_its_maximum(
    model: Any, group: str
) -> None:
    kernel = np.asarray(model.get_layer("logits").get_weights()[0])
    compared = 0
    for seed in range(4):
        batch = model_input(images.square(128, images.Lesion(seed=seed)), SIZE)
        outputs = {name: np.asarray(value) for name, value in model(batch, training=False).items()}
        found = heatmap.grad_cam(
            outputs["feature_map"][0], kernel, outputs["logits"][0], GROUPS[group], tuple(Diagnosis)
        )
        expected = taped(model, batch, GROUPS[group])
        compared += int(expected.max() > 0)
        assert np.abs(found - expected).max() <= 1e-4 * expected.max()
    assert compared, "no lesion gave positive evidence, so nothing was compared"


@pytest.mark.parametrize("group", GROUPS)
def test_the_exported_file_draws_the_overlay_of_the_keras_model(
    model: Any, exported: bytes, group: str
) -> None:
    batches = [model_input(images.square(128, images.Lesion(seed=s)), SIZE) for s in range(4)]
    found = [drawn_difference(model, exported, batch, GROUPS[group]) for batch in batches]
    # Random layers amplify rounding; the shipped weights are held to a tenth of this below.
    assert any(found)
    assert max(difference or 0 for difference in found) < 1e-3


@pytest.mark.skipif(not SHIPPED, reason="no model is installed under assets/models")
@pytest.mark.parametrize("group", GROUPS)
def test_the_shipped_file_draws_the_overlay_of_its_keras_model(group: str) -> None:
    import keras

    from triage_app.training.architectures import with_evidence

    folder = SHIPPED[-1].parent
    shipped = with_evidence(keras.saving.load_model(folder / "model.keras", compile=False))
    content, card = (folder / "model.tflite").read_bytes(), read_card(folder / "card.json")
    # Drawn lesions look plainly benign to the shipped weights; coloured patches do not.
    batches = [model_input(patches(seed), card.input.size) for seed in range(4)]
    found = [
        drawn_difference(shipped, content, batch, GROUPS[group], card.diagnoses)
        for batch in batches
    ]
    assert any(found)
    assert max(difference or 0 for difference in found) < 1e-4


def test_other_weights_give_another_overlay(model: Any, exported: bytes) -> None:
    outputs = Network(exported, 1).forward(model_input(images.square(128), SIZE))
    kernel = read_head(exported).kernel
    shuffled = kernel[:, np.random.default_rng(1).permutation(8)]
    group = GROUPS["malignant_or_suspicious"]
    one, other = (
        heatmap.normalise(
            heatmap.grad_cam(outputs.feature_map[0], k, outputs.logits[0], group, tuple(Diagnosis))
        )
        for k in (kernel, shuffled)
    )
    assert np.abs(one - other).max() > 0.1
