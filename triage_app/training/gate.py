"""Fitting the dermoscopy gate: dermoscopic images of all sources against everything else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from triage_app.inference.card import Rate
from triage_app.inference.gate import Gate
from triage_app.statistics.intervals import wilson
from triage_app.training.folds import FOLDS

Floats = NDArray[np.float32]
Flags = NDArray[np.bool_]
UNITS = 32
EPOCHS = 60
BATCH = 256
_FLAT = 1e-3
# Share of the inputs that is left out at each step: no single one may carry the answer.
_DROPPED = 0.3


@dataclass(frozen=True)
class Pictures:
    """What the gate sees of pictures of one kind: inputs float32 (n, K), as ``gate_inputs`` gives.

    ``kind`` is the source of dermoscopic images, and what other pictures are. ``folds`` int64 (n,)
    keeps photographs of one lesion together.
    """

    kind: str
    dermoscopic: bool
    inputs: Floats
    folds: NDArray[np.int64]


def fit_gate(pictures: Sequence[Pictures], seed: int) -> Gate:
    """One hidden layer between what was seen and how sure the gate is.

    Dermoscopic and other pictures weigh the same, and so does each kind among its own. Raises
    ValueError when one of the two is missing.
    """
    weights = _weights(pictures)
    inputs = np.concatenate([own.inputs for own in pictures])
    truth = np.concatenate([np.full(len(own.inputs), own.dermoscopic) for own in pictures])
    mean = inputs.mean(axis=0)
    scale = np.maximum(inputs.std(axis=0), _FLAT)
    hidden, bias, out, out_bias = _layers(_standard(inputs, mean, scale), truth, weights, seed)
    return Gate(mean, scale, hidden, bias, out[:, 0], out_bias.reshape(()))


def _standard(inputs: Floats, mean: Floats, scale: Floats) -> Floats:
    standard: Floats = np.clip((inputs - mean) / scale, -8, 8).astype(np.float32)
    return standard


def _weights(pictures: Sequence[Pictures]) -> Floats:
    sides = {side: [own for own in pictures if own.dermoscopic is side] for side in (True, False)}
    if not all(sides.values()):
        raise ValueError("the gate needs dermoscopic images and others")
    total = sum(len(own.inputs) for own in pictures)
    each = [total / 2 / len(sides[own.dermoscopic]) / len(own.inputs) for own in pictures]
    return np.repeat(each, [len(own.inputs) for own in pictures]).astype(np.float32)


def _layers(inputs: Floats, truth: Flags, weights: Floats, seed: int) -> list[NDArray[Any]]:
    import keras

    keras.utils.set_random_seed(seed)
    model = keras.Sequential(
        [
            keras.Input((inputs.shape[1],)),
            keras.layers.Dropout(_DROPPED),
            keras.layers.Dense(UNITS, activation="relu"),
            keras.layers.Dense(1),
        ]
    )
    steps = EPOCHS * -(-len(inputs) // BATCH)
    rate = keras.optimizers.schedules.CosineDecay(2e-3, steps)
    model.compile(
        optimizer=keras.optimizers.AdamW(rate, weight_decay=0.05),
        loss=keras.losses.BinaryCrossentropy(from_logits=True, label_smoothing=0.02),
    )
    answers = truth.astype(np.float32)[:, np.newaxis]
    model.fit(inputs, answers, sample_weight=weights, epochs=EPOCHS, batch_size=BATCH, verbose=0)
    return [np.asarray(value, np.float32) for value in model.get_weights()]


def gate_limit(certainties: Sequence[NDArray[np.float64]], refused: float) -> float:
    """How sure the gate must be: the share ``refused`` of dermoscopic images lies below.

    ``certainties``: those of each source, which weigh the same.
    """
    values = np.concatenate(certainties)
    mass = np.concatenate([np.full(len(own), 1 / len(own)) for own in certainties])
    order = np.argsort(values)
    reached = np.cumsum(mass[order]) / mass.sum()
    limit = float(values[order][np.searchsorted(reached, refused)])
    return min(max(limit, 1e-6), 1 - 1e-6)


def judged(
    gate: Gate, pictures: Sequence[Pictures], refused: float
) -> tuple[float, dict[str, Rate]]:
    """The limit for held-out pictures, and what it refuses of each kind.

    Of dermoscopic images the share is cross-fitted: the limit that judges a lesion was chosen on
    others. The other pictures had no part in choosing it.
    """
    seen = [(own, gate.sure(own.inputs)) for own in pictures]
    dermoscopic = [(own, sure) for own, sure in seen if own.dermoscopic]
    limit = gate_limit([sure for _, sure in dermoscopic], refused)
    by_fold = [_limit_without(fold, dermoscopic, refused) for fold in range(FOLDS)]
    rates = {}
    for own, sure in seen:
        below = sure < (np.array(by_fold)[own.folds] if own.dermoscopic else limit)
        found = wilson(int(below.sum()), len(below))
        name = own.kind if own.dermoscopic else f"not dermoscopic: {own.kind}"
        rates[name] = Rate(float(below.mean()), found.low, found.high, len(below))
    return limit, rates


def _limit_without(
    fold: int, dermoscopic: Sequence[tuple[Pictures, NDArray[np.float64]]], refused: float
) -> float:
    left = [sure[own.folds != fold] for own, sure in dermoscopic]
    return gate_limit([sure for sure in left if len(sure)], refused)
