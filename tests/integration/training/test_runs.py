"""A run on drawn lesions, from labels to a calibrated model folder, and its resumption."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from tests.samples.patience import SECONDS
from tests.samples.training_set import write_masks, write_set
from triage_app.config import PROJECT_ROOT
from triage_app.inference.classifier import Classifier
from triage_app.inference.preprocessing import model_input
from triage_app.training.checkpoint import load_checkpoint
from triage_app.training.data import data_hash, load_images, of_split
from triage_app.training.errors import CheckpointUnusable, ExportFailed
from triage_app.training.evaluate import EvaluateSettings, evaluate
from triage_app.training.export import export_litert, keras_outputs, load_keras
from triage_app.training.fit import CHECKPOINT, LOG, Trainer, TrainingData
from triage_app.training.labels import read_labels
from triage_app.training.package import PackageSettings, calibrate_folder, install_weights
from triage_app.training.robustness import STEPS
from triage_app.training.settings import Stage, TrainSettings

SETTINGS = TrainSettings(
    width=0.25,
    batch=7,
    mixed=False,
    warmup_steps=4,
    peak_rate=3e-3,
    norm_momentum=0.5,
    checkpoint_seconds=0.0,
    stages=(Stage("head-32", 32, 1, head_only=True), Stage("all-32", 32, 5)),
)
SCRIPT = """
import sys
from pathlib import Path
from tests.integration.training.test_runs import SETTINGS, read_training_data
from triage_app.training.fit import Trainer
data = read_training_data(Path(sys.argv[1]), Path(sys.argv[2]))
Trainer(SETTINGS, data, Path(sys.argv[3]), report=lambda line: print(line, flush=True)).run()
"""


def read_training_data(images: Path, labels: Path) -> TrainingData:
    records = read_labels(labels)
    train, val = of_split(records, "train"), of_split(records, "val")
    pixels = load_images(images, train, 48)
    digest = data_hash(train, pixels)
    return TrainingData(train, pixels, val, load_images(images, val, 48), digest)


@pytest.fixture(scope="module")
def labelled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("labelled")
    return write_set(folder, {"train": 8, "val": 6, "test": 4}, side=64)


@pytest.fixture(scope="module")
def trained(labelled: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The .keras file of an unbroken run."""
    folder = tmp_path_factory.mktemp("run")
    return Trainer(SETTINGS, read_training_data(*labelled), folder, report=lambda _: None).run()


def test_a_run_logs_every_epoch(trained: Path) -> None:
    # That a run learns is shown in test_training_learns: this one is too short for it.
    lines = [json.loads(line) for line in (trained.parent / LOG).read_text().splitlines()]
    assert [line["stage"] for line in lines] == ["head-32"] + ["all-32"] * 5
    assert [line["epoch"] for line in lines] == list(range(6))
    assert all(np.isfinite(line["train_loss"]) for line in lines)
    assert 0 <= lines[-1]["auc_needs_action"] <= 1


def test_the_saved_model_needs_nothing_of_this_package(trained: Path) -> None:
    model = load_keras(trained)
    assert {type(layer).__module__.partition(".")[0] for layer in model.layers} == {"keras"}
    assert model.dtype_policy.name == "float32"


def test_a_killed_run_goes_on_where_it_stood_and_ends_with_the_same_weights(
    labelled: tuple[Path, Path], trained: Path, tmp_path: Path
) -> None:
    images, labels = labelled
    command = [sys.executable, "-c", SCRIPT, str(images), str(labels), str(tmp_path)]
    environment = {**os.environ, "PYTHONPATH": str(PROJECT_ROOT)}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) as process:
        _wait_for_steps(tmp_path / CHECKPOINT, process, steps=11)
        process.send_signal(signal.SIGKILL)
    stood = load_checkpoint(tmp_path / CHECKPOINT, {})
    said: list[str] = []
    Trainer(SETTINGS, read_training_data(images, labels), tmp_path, report=said.append).run()
    assert 11 <= stood.position.done_steps < 48
    assert said[0].startswith("Resumed")
    ended = load_checkpoint(tmp_path / CHECKPOINT, {})
    whole = load_checkpoint(trained.parent / CHECKPOINT, {})
    assert ended.position == whole.position
    # The same to the last bit, as a rule; but threads may add up in another order.
    apart, moved = _distance(ended.average, whole.average), _distance(stood.average, whole.average)
    assert moved > 0.01
    assert apart < 0.02 * moved


def _distance(one: Sequence[np.ndarray], other: Sequence[np.ndarray]) -> float:
    """Root mean square over all weights."""
    pairs = zip(one, other, strict=True)
    return float(np.sqrt(np.mean(np.concatenate([((a - b) ** 2).ravel() for a, b in pairs]))))


def _wait_for_steps(path: Path, process: "subprocess.Popen[bytes]", steps: int) -> None:
    for _ in range(20 * SECONDS):
        if path.exists() and load_checkpoint(path, {}).position.done_steps >= steps:
            return
        assert process.poll() is None, "training ended before it could be killed"
        time.sleep(0.05)
    raise AssertionError("no checkpoint was written")


def test_a_checkpoint_of_other_data_is_refused(trained: Path) -> None:
    with pytest.raises(CheckpointUnusable, match="data"):
        load_checkpoint(trained.parent / CHECKPOINT, {"data": "another"})


def test_a_torn_checkpoint_is_refused(trained: Path, tmp_path: Path) -> None:
    whole = (trained.parent / CHECKPOINT).read_bytes()
    (tmp_path / CHECKPOINT).write_bytes(whole[: len(whole) // 2])
    with pytest.raises(CheckpointUnusable, match="afresh"):
        load_checkpoint(tmp_path / CHECKPOINT, {})


def test_a_file_that_is_no_model_cannot_be_exported(tmp_path: Path) -> None:
    (tmp_path / "model.keras").write_bytes(b"nothing")
    with pytest.raises(ExportFailed, match=r"model\.keras"):
        export_litert(tmp_path / "model.keras", tmp_path / "model.tflite", 32)


@pytest.fixture(scope="module")
def shipped(
    labelled: tuple[Path, Path], trained: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A calibrated model folder."""
    images, labels = labelled
    folder = tmp_path_factory.mktemp("model")
    install_weights(trained, folder, 32)
    calibrate_folder(
        folder,
        images,
        read_labels(labels),
        settings=PackageSettings(
            created="2026-01-01", size=32, views=("identity", "flip_horizontal"), resamples=30
        ),
        training={"seed": SETTINGS.seed},
        data_sha256="0" * 64,
        cache=tmp_path_factory.mktemp("cache"),
        report=lambda _: None,
    )
    return folder


def test_the_exported_file_computes_what_keras_computes(shipped: Path) -> None:
    from triage_app.inference.runtime import Network

    network = Network((shipped / "model.tflite").read_bytes())
    batch = np.random.default_rng(0).uniform(-1, 1, (5, 32, 32, 3)).astype(np.float32)
    expected = keras_outputs(load_keras(shipped / "model.keras"), batch)
    found = network.forward(batch)
    assert found.logits == pytest.approx(expected["logits"], abs=1e-3)
    assert found.feature_map == pytest.approx(expected["feature_map"], abs=1e-3)
    assert found.pooled == pytest.approx(expected["pooled"], abs=1e-3)
    assert found.texture == pytest.approx(expected["texture"], abs=1e-3)
    assert found.texture.shape[1] == 64


def test_serving_loads_what_training_packed(shipped: Path, labelled: tuple[Path, Path]) -> None:
    classifier = Classifier.load(shipped)
    card = classifier.card
    assert card.data.val.groups == 48
    assert 0 < card.operating_points.rule_out.value < 1
    records = of_split(read_labels(labelled[1]), "test")
    crop = load_images(labelled[0], records[:1], 64)[0]
    prediction = classifier.run(crop)
    batch = model_input(crop, 32, card.views)
    expected = keras_outputs(load_keras(shipped / "model.keras"), batch)["logits"].mean(axis=0)
    assert prediction.logits == pytest.approx(expected, abs=1e-3)


def test_evaluation_writes_figures_a_self_contained_page_and_the_model_card(
    shipped: Path, labelled: tuple[Path, Path], tmp_path: Path
) -> None:
    images, labels = labelled
    masks = write_masks(tmp_path / "masks", images)
    settings = EvaluateSettings(resamples=20, record=True, robustness=2, masks=masks)
    figures = evaluate(
        shipped, images, labels, out=tmp_path, settings=settings, report=lambda _: None
    )
    stored = json.loads((tmp_path / "evaluation.json").read_text())
    assert stored == json.loads(json.dumps(figures))
    assert stored["about"]["images"] == 32
    rule = stored["shipped_rule"]
    refused = rule["refused"]["all"]["value"]
    assert rule["refused"]["by_dx"]["mel"]["n"] == 4
    assert 0 <= refused <= 1
    assert sum(map(sum, stored["leading_diagnosis"]["confusion_as_shown"])) == 32
    assert set(stored["robustness"]) == {"undamaged", *STEPS}
    assert stored["robustness"]["darkness"]["0.15"]["refused"] == 1
    assert stored["overlay"]["images_with_mask"] == 16
    assert 0 < stored["overlay"]["lesion_share_of_image"] < 0.5
    curves = stored["overlay"]["curves"]
    assert curves["deletion_top"][0] == curves["insertion_random"][-1]
    assert curves["deletion_top"][-1] == curves["insertion_top"][0]
    page = (tmp_path / "evaluation.html").read_text()
    assert page.count("data:image/png;base64,") == 5
    assert "http" not in page
    text = (shipped / "MODEL_CARD.md").read_text()
    auc = stored["discrimination"]["auc_needs_action"]["value"]
    assert f"{auc:.3f}" in text
    assert Classifier.load(shipped).card.measured["test"]["about"]["images"] == 32
