"""Training on each Keras backend that is installed: the same steps, the same losses, resumed."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import Tell
from tests.samples.training_set import write_set
from triage_app.config import PROJECT_ROOT
from triage_app.training.processor import processor_has_bfloat16

# Mean loss of two epochs of two steps, from weights that NumPy draws, without dropout, as each
# backend gave it. Normalising over so few images spreads the rounding of each step to the next:
# oneDNN for AVX-512 gave 2.3010 and 2.3098, for SSE 4.1 2.3019 and 2.3089, which is 0.04 % apart at
# most; more than ten times that is allowed. bfloat16 keeps eight bits, so it may differ by a few
# per cent.
EXPECTED = (2.3014, 2.3094)
TOLERANCE, BFLOAT16_TOLERANCE = 1e-2, 1e-1
SCRIPT = """
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
from triage_app.training.architectures import build
from triage_app.training.data import CLASSES, data_hash, load_images, of_split
from triage_app.training.labels import read_labels
from triage_app.training.fit import Trainer, TrainingData
from triage_app.training.settings import Stage, TrainSettings

images, labels, out = map(Path, sys.argv[1:4])
bfloat16 = sys.argv[4] == "True"
records = read_labels(labels)
train, val = of_split(records, "train"), of_split(records, "val")
pixels = load_images(images, train, 64)
digest = data_hash(train, pixels)
data = TrainingData(train, pixels, val, load_images(images, val, 64), digest)
model = build("mobilenet_v1", len(CLASSES), width=0.25)
rng = np.random.default_rng(0)
for layer in model.layers:
    if hasattr(layer, "kernel"):
        spread = (2 / np.prod(layer.kernel.shape[:-1])) ** 0.5
        layer.kernel.assign(rng.normal(0, spread, layer.kernel.shape))
start = out / "start.keras"
model.save(start)
settings = TrainSettings(
    width=0.25, dropout=0.0, batch=14, mixed=False, warmup_steps=1, peak_rate=1e-4,
    checkpoint_seconds=1e9,
)
runs = [("plain", 1, False), ("plain", 2, False)] + [("mixed", 1, True)] * bfloat16
for name, epochs, mixed in runs:
    own = replace(settings, mixed=mixed, stages=(Stage("all-64", 64, epochs),))
    Trainer(own, data, out / name, start, print, with_head=True).run()
"""


@pytest.mark.parametrize("backend", ["tensorflow", "jax", "torch"])
def test_a_backend_trains_resumes_and_takes_the_steps_of_the_others(
    backend: str, tmp_path: Path, tell: Tell
) -> None:
    if importlib.util.find_spec(backend) is None:
        pytest.skip(f"{backend} isn't installed; `pip install {backend}` runs this test")
    images, labels = write_set(tmp_path, {"train": 5, "val": 2}, side=64)
    bfloat16 = processor_has_bfloat16()
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(images), str(labels), str(tmp_path), str(bfloat16)],
        env={**os.environ, "KERAS_BACKEND": backend, "PYTHONPATH": str(PROJECT_ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert "Resumed at" in done.stdout
    assert losses(tmp_path / "plain") == pytest.approx(EXPECTED, rel=TOLERANCE)
    if bfloat16:
        assert losses(tmp_path / "mixed") == pytest.approx(EXPECTED[:1], rel=BFLOAT16_TOLERANCE)
    else:
        tell(f"{backend}: bfloat16 was not tried, for this processor emulates it at best")


def losses(run: Path) -> list[float]:
    """The mean training loss of every epoch that a run logged."""
    lines = (run / "log.jsonl").read_text().splitlines()
    return [json.loads(line)["train_loss"] for line in lines]
