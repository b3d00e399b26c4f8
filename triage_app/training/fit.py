"""The training loop: stages, rate, averaging, checkpoints; Keras 3 on any backend."""

from __future__ import annotations

import hashlib
import json
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from triage_app.inference.card import file_sha256
from triage_app.inference.preprocessing import scale
from triage_app.training.architectures import build
from triage_app.training.averaging import WeightAverage
from triage_app.training.checkpoint import (
    Checkpoint,
    Position,
    load_checkpoint,
    save_checkpoint,
)
from triage_app.training.data import BENIGN_LABELS, CLASSES, Record, resized
from triage_app.training.loss import labelled_loss, without_decay
from triage_app.training.processor import computes_in_bfloat16
from triage_app.training.sampling import Batches, cells_of, epoch_order, partners
from triage_app.training.settings import Stage, TrainSettings
from triage_app.training.targets import Targets, packed, soft_targets, source_priors
from triage_app.training.validation import quick_figures
from triage_app.training.weights import load_pretrained

CHECKPOINT = "checkpoint.npz"
LOG = "log.jsonl"
FINAL = "model.keras"


@dataclass(frozen=True)
class TrainingData:
    """Records and decoded uint8 (n, side, side, 3) images of the two splits used to train.

    ``teacher``: class-balanced logits of earlier models on ``train``, float32 (n, classes).
    """

    train: Sequence[Record]
    train_images: NDArray[np.uint8]
    val: Sequence[Record]
    val_images: NDArray[np.uint8]
    sha256: str
    teacher: NDArray[np.float32] | None = None


class Trainer:
    """One run in one folder. ``run()`` goes on from the folder's checkpoint if there is one."""

    def __init__(
        self,
        settings: TrainSettings,
        data: TrainingData,
        folder: Path,
        pretrained: Path | None = None,
        report: Callable[[str], None] = print,
        *,
        with_head: bool = False,
    ) -> None:
        self.settings, self.data, self.folder = settings, data, folder
        self._pretrained, self._with_head, self._report = pretrained, with_head, report
        self._cells = cells_of(data.train, settings.sampling_power)
        self._partner = partners(data.train)
        prior = source_priors(data.train, settings.sampling_power)
        soft = soft_targets(
            data.train,
            prior,
            smoothing=settings.label_smoothing,
            teacher=data.teacher,
            share=settings.teacher_share,
        )
        self._targets = packed(soft, prior)
        targets = hashlib.sha256(self._targets.tobytes()).hexdigest()
        start = [file_sha256(pretrained), with_head] if pretrained else None
        self._identity = {
            **settings.identity(),
            "data": data.sha256,
            "targets": targets,
            "starting weights": start,
        }
        self._position = Position()
        self._saved_at = time.monotonic()
        self._losses: list[float] = []

    def run(self) -> Path:
        """Train to the end of the schedule; return the .keras file of the averaged weights."""
        self.folder.mkdir(parents=True, exist_ok=True)
        keras.utils.set_random_seed(self.settings.seed)
        self._build()
        resumed = self._resume()
        for index in range(self._position.stage, len(self.settings.stages)):
            self._run_stage(index, resumed)
            resumed = None
        return save_plain(self.settings, self._average.values, self.folder / FINAL)

    def _build(self) -> None:
        policy = keras.config.dtype_policy()
        mixed = self.settings.mixed and computes_in_bfloat16()
        if self.settings.mixed and not mixed:
            self._report("float32 throughout: bfloat16 would be slower on this machine")
        keras.config.set_dtype_policy("mixed_bfloat16" if mixed else "float32")
        try:
            self._model = build(
                self.settings.architecture,
                len(CLASSES),
                width=self.settings.width,
                dropout=self.settings.dropout,
                lean=True,
                momentum=self.settings.norm_momentum,
            )
        finally:
            keras.config.set_dtype_policy(policy)
        if self._pretrained is not None:
            load_pretrained(self._model, self._pretrained, head=self._with_head)
        self._average = WeightAverage(self._model.get_weights(), self.settings.average)

    def _resume(self) -> Checkpoint | None:
        path = self.folder / CHECKPOINT
        if not path.exists():
            return None
        stored = load_checkpoint(path, self._identity)
        for variable, value in zip(_state(self._model), stored.model, strict=True):
            variable.assign(value)
        self._average = WeightAverage(stored.average, self.settings.average, stored.average_steps)
        self._position = stored.position
        self._report(f"Resumed at {stored.position}")
        return stored

    def _run_stage(self, index: int, resumed: Checkpoint | None) -> None:
        stage = self.settings.stages[index]
        self._compile(stage)
        if resumed is not None:
            for variable, value in zip(self._optimiser.variables, resumed.optimiser, strict=True):
                variable.assign(value)
        batches = Batches(
            self.data.train_images,
            self._targets,
            self._partner,
            size=stage.size,
            batch=self.settings.batch,
            twins=self.settings.twins_a_batch,
            seed=self.settings.seed,
            augment=self.settings.augment,
        )
        for epoch in range(self._position.epoch, stage.epochs):
            self._run_epoch(index, epoch, batches)
        self._position = replace(self._position, stage=index + 1, epoch=0, step=0)
        save_plain(self.settings, self._average.values, self.folder / f"{stage.name}.keras")

    def _compile(self, stage: Stage) -> None:
        for layer in self._model.layers:
            layer.trainable = layer.name == "logits" or not stage.head_only
        self._optimiser = keras.optimizers.AdamW(
            learning_rate=self.settings.head_rate,
            weight_decay=self.settings.weight_decay,
            global_clipnorm=self.settings.clip_norm,
        )
        trainable = self._model.trainable_variables
        self._optimiser.exclude_from_weight_decay(var_list=without_decay(trainable))
        self._optimiser.build(trainable)
        self._model.compile(
            optimizer=self._optimiser,
            loss=labelled_loss(len(CLASSES), BENIGN_LABELS, self.settings.consistency),
            jit_compile="auto" if keras.backend.backend() == "jax" else False,
        )

    def _run_epoch(self, index: int, epoch: int, batches: Batches) -> None:
        number = sum(s.epochs for s in self.settings.stages[:index]) + epoch
        order = epoch_order(self._cells, self.settings.seed, number)
        began, first = time.monotonic(), self._position.step
        self._losses.clear()
        for images, targets in batches.of_epoch(order, number, first):
            self._step(images, targets)
            self._save_when_due()
        taken, seconds = self._position.step - first, time.monotonic() - began
        self._position = replace(self._position, stage=index, epoch=epoch + 1, step=0)
        rate = taken * self.settings.batch / max(seconds, 1e-9)
        self._log(self.settings.stages[index], number, rate)
        self._save()

    def _step(self, images: NDArray[np.float32], targets: Targets) -> None:
        self._optimiser.learning_rate = self._rate()
        loss = self._model.train_on_batch(images, targets)
        self._model.reset_metrics()  # otherwise the next loss is a running mean
        self._losses.append(float(np.asarray(loss)))
        done = self._position.done_steps + 1
        self._position = replace(self._position, step=self._position.step + 1, done_steps=done)
        if done % WeightAverage.EVERY == 0:
            self._average.update(self._model.get_weights())
        if done % 50 == 0:
            self._report(f"step {done} loss {np.mean(self._losses[-50:]):.4f}")

    def _rate(self) -> float:
        """Constant for the head; warm-up and one cosine over all later stages."""
        stages = self.settings.stages
        if stages[self._position.stage].head_only:
            return self.settings.head_rate
        shown = sum(round(cell.mass) for cell in self._cells.values())
        per_epoch = shown // (self.settings.batch - self.settings.twins_a_batch)
        head = sum(s.epochs for s in stages if s.head_only) * per_epoch
        total = sum(s.epochs for s in stages) * per_epoch - head
        done = max(0, self._position.done_steps - head)
        warm = min(1.0, (done + 1) / self.settings.warmup_steps)
        return self.settings.peak_rate * warm * (0.505 + 0.495 * math.cos(math.pi * done / total))

    def _save_when_due(self) -> None:
        if time.monotonic() - self._saved_at > self.settings.checkpoint_seconds:
            self._save()

    def _save(self) -> None:
        checkpoint = Checkpoint(
            self._position,
            self._identity,
            [_numpy(v) for v in _state(self._model)],
            self._average.values,
            [_numpy(v) for v in self._optimiser.variables],
            self._average.steps,
        )
        save_checkpoint(self.folder / CHECKPOINT, checkpoint)
        self._saved_at = time.monotonic()

    def _log(self, stage: Stage, epoch: int, images_per_second: float) -> None:
        logits = self._validation_logits(stage.size)
        line: dict[str, Any] = {
            "time": time.strftime("%H:%M:%S"),
            "stage": stage.name,
            "epoch": epoch,
            "rate": self._rate(),
            "train_loss": float(np.mean(self._losses)) if self._losses else None,
            "images_per_second": round(images_per_second, 1),
            **quick_figures(self.data.val, logits),
        }
        with (self.folder / LOG).open("a", encoding="utf-8") as handle:
            handle.write(json.dumps(line) + "\n")
        self._report(json.dumps(line))

    def _validation_logits(self, size: int) -> NDArray[np.float32]:
        """Logits of the averaged weights on the validation images, without random views."""
        own = self._model.get_weights()
        self._model.set_weights(self._average.values)
        try:
            images = resized(self.data.val_images, size)
            parts = [
                np.asarray(self._model.predict_on_batch(scale(images[at : at + 64])))
                for at in range(0, len(images), 64)
            ]
        finally:
            self._model.set_weights(own)
        return np.concatenate(parts)


def save_plain(settings: TrainSettings, weights: Sequence[NDArray[Any]], path: Path) -> Path:
    """Save weights as a plain float32 model, free of this package's training layers."""
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("float32")
    try:
        model = build(settings.architecture, len(CLASSES), width=settings.width)
    finally:
        keras.config.set_dtype_policy(policy)
    model.set_weights(list(weights))
    model.save(path)
    return path


def _state(model: keras.Model) -> list[Any]:
    """Weights, and the counters that random layers draw from."""
    counters = [v for v in model.variables if "seed_generator" in v.path]
    return list(model.weights) + counters


def _numpy(variable: Any) -> NDArray[Any]:
    return np.array(keras.ops.convert_to_numpy(variable))
