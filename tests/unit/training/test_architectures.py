"""The networks: published parameter counts, shapes, and weights copied by name."""

from pathlib import Path

import keras
import numpy as np
import pytest

from triage_app.training import architectures
from triage_app.training.architectures import build, mobilenet_v1, with_evidence
from triage_app.training.averaging import WeightAverage
from triage_app.training.errors import (
    UnknownArchitecture,
    WeightsMismatch,
    WeightsUnreadable,
)
from triage_app.training.loss import without_decay
from triage_app.training.weights import copy_by_name, load_pretrained


def test_mobilenet_v1_has_the_published_number_of_parameters() -> None:
    model = mobilenet_v1(1000)
    assert model.count_params() == architectures.V1_PARAMETERS_1000_CLASSES == 4_253_864


def test_half_width_has_the_published_number_of_parameters() -> None:
    # Howard et al. 2017, table 6: 1.3 million.
    assert mobilenet_v1(1000, width=0.5).count_params() == 1_342_536


@pytest.mark.parametrize("size", [64, 96])
def test_any_input_size_gives_logits_and_a_map_of_a_thirty_second(size: int) -> None:
    model = with_evidence(mobilenet_v1(8, width=0.25))
    found = model(np.zeros((2, size, size, 3), np.float32))
    shapes = {name: tuple(value.shape) for name, value in found.items()}
    assert shapes == {
        "logits": (2, 8),
        "feature_map": (2, size // 32, size // 32, 256),
        "pooled": (2, 256),
        "texture": (2, 64),
    }


def test_pooled_features_are_the_mean_of_the_map() -> None:
    model = with_evidence(mobilenet_v1(8, width=0.25))
    rng = np.random.default_rng(0)
    found = model(rng.uniform(-1, 1, (1, 64, 64, 3)).astype(np.float32))
    mean = keras.ops.convert_to_numpy(found["feature_map"]).mean(axis=(1, 2))
    assert keras.ops.convert_to_numpy(found["pooled"]) == pytest.approx(mean, abs=1e-5)


@pytest.mark.parametrize(
    ("name", "channels"),
    [("mobilenet_v2", 1280), ("mobilenet_v3_small", 576), ("mobilenet_v3_large", 960)],
)
def test_other_architectures_share_the_interface(name: str, channels: int) -> None:
    model = with_evidence(build(name, 8))
    found = model(np.zeros((1, 64, 64, 3), np.float32))
    assert tuple(found["logits"].shape) == (1, 8)
    assert found["pooled"].shape[1] == found["feature_map"].shape[3] == channels


def test_an_unknown_architecture_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UnknownArchitecture, match="mobilenet_v1"):
        build("resnet_50", 8)


def test_our_blocks_compute_what_the_published_network_computes() -> None:
    stock = keras.applications.MobileNet(weights=None, include_top=False, alpha=0.25)
    rng = np.random.default_rng(1)
    stock.set_weights([rng.uniform(0.02, 0.3, w.shape) for w in stock.get_weights()])
    ours = mobilenet_v1(8, width=0.25)
    copied = copy_by_name(stock, ours)
    image = rng.uniform(-1, 1, (1, 64, 64, 3)).astype(np.float32)
    assert len(copied) == 54
    expected = keras.ops.convert_to_numpy(stock(image))
    found = keras.ops.convert_to_numpy(with_evidence(ours)(image)["feature_map"])
    assert expected.std() > 0
    assert found == pytest.approx(expected, abs=1e-4)


def test_weights_of_another_width_are_refused_by_the_layer_that_differs() -> None:
    with pytest.raises(WeightsMismatch, match="conv1"):
        copy_by_name(mobilenet_v1(8, width=0.5), mobilenet_v1(8, width=0.25))


def test_pretrained_weights_come_from_a_file_and_leave_the_head_alone(tmp_path: Path) -> None:
    source, target = mobilenet_v1(5, width=0.25), mobilenet_v1(8, width=0.25)
    source.save(tmp_path / "start.keras")
    head = keras.ops.convert_to_numpy(target.get_layer("logits").kernel).copy()
    load_pretrained(target, tmp_path / "start.keras")
    first = keras.ops.convert_to_numpy(source.get_layer("conv1").kernel)
    assert (keras.ops.convert_to_numpy(target.get_layer("conv1").kernel) == first).all()
    assert (keras.ops.convert_to_numpy(target.get_layer("logits").kernel) == head).all()


@pytest.mark.parametrize("content", [None, b"no model"])
def test_starting_weights_that_cannot_be_read_are_named(
    content: bytes | None, tmp_path: Path
) -> None:
    if content is not None:
        (tmp_path / "start.keras").write_bytes(content)
    with pytest.raises(WeightsUnreadable, match=r"start\.keras"):
        load_pretrained(mobilenet_v1(8, width=0.25), tmp_path / "start.keras")


def test_training_layers_and_plain_layers_hold_the_same_weights() -> None:
    lean, plain = mobilenet_v1(8, width=0.25, lean=True), mobilenet_v1(8, width=0.25)
    plain.set_weights(lean.get_weights())
    image = np.random.default_rng(2).uniform(-1, 1, (1, 64, 64, 3)).astype(np.float32)
    assert keras.ops.convert_to_numpy(plain(image)) == pytest.approx(
        keras.ops.convert_to_numpy(lean(image)), abs=1e-5
    )


@pytest.mark.parametrize("name", ["mobilenet_v1", "mobilenet_v2", "mobilenet_v3_small"])
def test_weight_decay_pulls_on_what_mixes_channels_alone(name: str) -> None:
    model = build(name, 8, width=0.35)
    variables = model.trainable_variables
    spared = {v.path for v in without_decay(variables)}
    kinds = {layer.name: type(layer).__name__ for layer in model.layers}
    for variable in variables:
        mixes = len(variable.shape) > 1 and "Depthwise" not in kinds[variable.path.split("/")[0]]
        assert (variable.path not in spared) == mixes, variable.path


def test_the_weight_average_forgets_its_start_and_then_moves_slowly() -> None:
    average = WeightAverage([np.zeros(3)], decay=0.99)
    for _ in range(300):
        average.update([np.ones(3)])
    assert average.values[0] == pytest.approx(np.ones(3), abs=1e-4)
    average.update([np.zeros(3)])
    assert average.values[0] == pytest.approx(np.full(3, 0.99**8), abs=1e-3)


def test_an_early_weight_average_follows_faster() -> None:
    average = WeightAverage([np.zeros(1)], decay=0.999)
    for _ in range(5):
        average.update([np.ones(1)])
    assert average.values[0][0] > 0.9
