"""MobileNet V2 and V3: built, started from a file, trained for an epoch, exported, served."""

from pathlib import Path

import keras
import numpy as np
import pytest

from tests.samples.training_set import write_set
from triage_app.cli.main import main
from triage_app.inference.classifier import Classifier
from triage_app.inference.head import read_head
from triage_app.inference.runtime import Network
from triage_app.training.architectures import build, texture_layer, with_evidence
from triage_app.training.export import convert, keras_outputs, load_keras
from triage_app.training.weights import load_pretrained

# Each with a narrow width, and the channels of its middle layer and of its last at that width.
FAMILIES = [
    ("mobilenet_v2", 0.35, 96, 1280),
    ("mobilenet_v3_small", 0.25, 32, 144),
    ("mobilenet_v3_large", 0.25, 96, 240),
]
names = pytest.mark.parametrize(("name", "width"), [family[:2] for family in FAMILIES])


def batch(count: int, side: int = 64) -> np.ndarray:
    return np.random.default_rng(0).uniform(-1, 1, (count, side, side, 3)).astype(np.float32)


def settled(name: str, width: float) -> keras.Model:
    """Random weights whose statistics fit a batch, so that every layer answers in unit range."""
    keras.utils.set_random_seed(3)
    model = build(name, 8, width=width, momentum=0.0)
    model(batch(16), training=True)
    return model


@pytest.mark.parametrize(("name", "width", "middle", "last"), FAMILIES)
def test_the_exported_file_computes_what_keras_computes_in_one_pass(
    name: str, width: float, middle: int, last: int
) -> None:
    model = settled(name, width)
    content = convert(with_evidence(model), 64)
    found = Network(content).forward(batch(3))
    expected = keras_outputs(model, batch(3))
    shapes = {"logits": (3, 8), "feature_map": (3, 2, 2, last), "pooled": (3, last)}
    shapes["texture"] = (3, middle)
    for output, shape in shapes.items():
        tensor = getattr(found, output)
        assert tensor.shape == shape
        assert tensor.std() > 1e-2, f"{output} says the same of everything"
        assert tensor == pytest.approx(expected[output], abs=1e-3)
    assert found.pooled == pytest.approx(found.feature_map.mean(axis=(1, 2)), abs=1e-4)
    read_head(content).verify(found.pooled, found.logits)


@pytest.mark.parametrize(
    ("name", "layer"), [("mobilenet_v1", "conv_pw_5_relu"), ("mobilenet_v2", "block_6_expand_relu")]
)
def test_the_middle_layer_is_the_last_at_an_eighth_of_the_side(name: str, layer: str) -> None:
    assert texture_layer(build(name, 8, width=0.35)) == layer


def test_a_network_without_a_middle_layer_gives_no_texture() -> None:
    image = keras.Input((None, None, 3))
    x = keras.layers.Conv2D(4, 3, strides=2, name="feature_map")(image)
    x = keras.layers.GlobalAveragePooling2D(name="pooled")(x)
    model = keras.Model(image, keras.layers.Dense(8, name="logits")(x))
    assert set(keras_outputs(model, batch(1))) == {"logits", "feature_map", "pooled"}


@names
def test_weights_come_from_a_local_file_of_the_published_network(
    name: str, width: float, tmp_path: Path
) -> None:
    stock = {
        "mobilenet_v2": keras.applications.MobileNetV2,
        "mobilenet_v3_small": keras.applications.MobileNetV3Small,
        "mobilenet_v3_large": keras.applications.MobileNetV3Large,
    }[name](weights=None, alpha=width, classes=5, input_shape=(64, 64, 3))
    stock.save(tmp_path / "published.keras")
    model = build(name, 8, width=width)
    load_pretrained(model, tmp_path / "published.keras")
    ours = {layer.name: layer for layer in model.layers if layer.weights}
    assert len(ours) > 60
    for layer in stock.layers:
        if layer.name in ours and layer.name != "logits":  # V3 calls its own head that, too
            pairs = zip(ours[layer.name].get_weights(), layer.get_weights(), strict=True)
            assert all((mine == theirs).all() for mine, theirs in pairs), layer.name


@pytest.mark.parametrize("name", ["mobilenet_v3_small", "mobilenet_v3_large"])
def test_v3_takes_the_scale_that_serving_gives(name: str) -> None:
    ours = settled(name, 0.25)
    builder = {"small": keras.applications.MobileNetV3Small}.get(
        name.rpartition("_")[2], keras.applications.MobileNetV3Large
    )
    # The published network scales 0..255 by itself, and ours is given [-1, 1].
    stock = builder(weights=None, include_top=False, alpha=0.25, include_preprocessing=True)
    by_name = {layer.name: layer for layer in stock.layers}
    for layer in ours.layers:
        if layer.weights and layer.name != "logits":
            by_name[layer.name].set_weights(layer.get_weights())
    pixels = np.random.default_rng(1).integers(0, 256, (2, 64, 64, 3)).astype(np.float32)
    found = keras_outputs(ours, pixels / 127.5 - 1)["feature_map"]
    assert found.std() > 1e-2
    assert found == pytest.approx(keras.ops.convert_to_numpy(stock(pixels)), abs=1e-3)


@pytest.fixture(scope="module")
def labelled(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The options that name a small drawn set."""
    images, labels = write_set(tmp_path_factory.mktemp("set"), {"train": 3, "val": 2}, side=64)
    return ["--images", str(images), "--labels", str(labels)]


def train_from_file(
    labelled: list[str], folder: Path, name: str, width: float, epochs: int
) -> Path:
    """Settled weights saved, then trained through the command line; the folder of the run."""
    start, run = folder / "start.keras", folder / "run"
    settled(name, width).save(start)
    options = ["--architecture", name, "--width", str(width), "--continue-from", str(start)]
    # The weight average takes every eighth step, and 21 images in twos are ten.
    options += ["--batch", "2", "--full-precision", "--stages", f"32:{epochs}", "--out", str(run)]
    assert main(["train", *labelled, *options]) == 0
    return run


@pytest.mark.parametrize(
    ("name", "width"),
    [
        # Training one of the three shows the way; `make soak` takes the other two along.
        pytest.param(name, width, marks=() if name == "mobilenet_v3_small" else pytest.mark.soak)
        for name, width, *_ in FAMILIES
    ],
)
def test_one_epoch_from_a_local_file_changes_every_layer_and_saves_a_plain_model(
    name: str, width: float, labelled: list[str], tmp_path: Path
) -> None:
    run = train_from_file(labelled, tmp_path, name, width, epochs=1)
    trained, before = load_keras(run / "model.keras"), load_keras(tmp_path / "start.keras")
    for after, layer in zip(trained.layers, before.layers, strict=True):
        assert type(after).__module__.partition(".")[0] == "keras"
        pairs = list(zip(after.get_weights(), layer.get_weights(), strict=True))
        assert not pairs or any((a != b).any() for a, b in pairs), layer.name


def test_a_run_of_v3_is_packed_into_a_folder_that_serves(
    labelled: list[str], tmp_path: Path
) -> None:
    run, model = (
        train_from_file(labelled, tmp_path, "mobilenet_v3_small", 0.25, epochs=0),
        tmp_path / "model",
    )
    weights = str(run / "model.keras")
    assert main(["export", "--weights", weights, "--model", str(model), "--size", "32"]) == 0
    options = ["--model", str(model), "--run", str(run / "run.json"), "--size", "32"]
    options += ["--views", "identity", "--competence-images", "21", "--cache", str(tmp_path)]
    assert main(["calibrate", *labelled, *options]) == 0
    card = Classifier.load(model).card
    assert card.architecture == "mobilenet_v3_small"
    assert card.name == "mobilenet_v3_small-dermoscopy"
    assert "start.keras" in card.training["starting_weights"]
