"""A run learns: from nothing to telling dark lesions from light ones, on any processor.

Two diagnoses that differ in one thing, whole batches of one half of the images each, and no random
views: the loss falls from chance, 0.69, to under 0.1, whatever the last bits are. Where learning is
broken it stays at chance. (The small runs of the other tests are too short to learn: which way
their loss goes hangs on rounding.)
"""

import json
from pathlib import Path
from statistics import mean

import numpy as np
import pytest

from triage_app.inference.preprocessing import scale
from triage_app.statistics.ranking import roc_auc
from triage_app.training.augment import AugmentSettings
from triage_app.training.data import CLASSES, Record, data_hash
from triage_app.training.fit import FINAL, LOG, Trainer, TrainingData
from triage_app.training.settings import Stage, TrainSettings

GREY = {"mel": 60, "nv": 200}
EACH, SIDE = 28, 32
CHANCE = float(np.log(len(GREY)))
EPOCHS = 12
STILL = AugmentSettings(
    scale=(1.0, 1.0),
    shift=0.0,
    shear=0.0,
    colour=0.0,
    hue=0.0,
    gamma=0.0,
    field=0.0,
    blur=0.0,
    saved_again=0.0,
    aspect=0.0,
    illuminant=0.0,
    constancy=0.0,
    amplitude=0.0,
    sharpness=0.0,
    noise=0.0,
    hair=0.0,
    ruler=0.0,
    ink=0.0,
    vignette=0.0,
    border=0.0,
)
SETTINGS = TrainSettings(
    width=0.25,
    dropout=0.0,
    batch=EACH,
    peak_rate=1e-2,
    warmup_steps=1,
    label_smoothing=0.0,
    average=0.9,
    norm_momentum=0.5,
    mixed=False,
    checkpoint_seconds=1e9,
    stages=(Stage("all-32", SIDE, EPOCHS),),
    augment=STILL,
)


def split(name: str, seed: int) -> tuple[list[Record], np.ndarray]:
    """Records and plain noisy pictures, uint8 (n, side, side, 3), the grey of their diagnosis."""
    rng = np.random.default_rng(seed)
    each = [(dx, f"{name} {dx} {n}") for dx in GREY for n in range(EACH)]
    records = [Record(image, image, dx, name) for dx, image in each]
    grey = np.array([GREY[record.dx] for record in records])[:, None, None, None]
    pictures = np.clip(rng.normal(grey, 8, (len(records), SIDE, SIDE, 3)), 0, 255)
    return records, pictures.astype(np.uint8)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run that came to its end."""
    (train, train_images), (val, val_images) = split("train", 1), split("val", 2)
    digest = data_hash(train, train_images)
    data = TrainingData(train, train_images, val, val_images, digest)
    folder = tmp_path_factory.mktemp("run")
    Trainer(SETTINGS, data, folder, report=lambda _: None).run()
    return folder


def test_the_loss_falls_from_chance_to_nearly_nothing(run: Path) -> None:
    losses = [json.loads(line)["train_loss"] for line in (run / LOG).read_text().splitlines()]
    assert losses[0] > 0.6 * CHANCE
    assert mean(losses[-4:]) < 0.5 * CHANCE


def test_the_averaged_weights_tell_unseen_images_apart(run: Path) -> None:
    # Between the two that were shown: the logits of all others were asked nothing.
    import keras

    records, pictures = split("val", 2)
    logits = np.asarray(keras.saving.load_model(run / FINAL).predict_on_batch(scale(pictures)))
    apart = logits[:, CLASSES.index("mel")] - logits[:, CLASSES.index("nv")]
    assert roc_auc(np.array([record.dx == "mel" for record in records]), apart) > 0.95
