"""What earlier models say of the training images: the ensemble that a pupil is distilled from."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from triage_app.inference.preprocessing import scale
from triage_app.training.architectures import build
from triage_app.training.data import CLASSES, resized
from triage_app.training.errors import WeightsMismatch
from triage_app.training.processor import computes_in_bfloat16
from triage_app.training.weights import read_model

BATCH = 64


def teacher_logits(
    teachers: Sequence[tuple[Path, int]],
    images: NDArray[np.uint8],
    *,
    architecture: str,
    width: float,
    cache: Path,
    report: Callable[[str], None],
) -> NDArray[np.float32]:
    """Mean class-balanced logits, float32 (n, classes), of the teachers on uint8 RGB images.

    Each teacher is a .keras file and the side in pixels that it was trained at; it sees every
    image upright and turned by half. Kept in ``cache`` under the hash of teachers and images.
    Raises WeightsUnreadable, and WeightsMismatch for a teacher of other diagnoses.
    """
    digest = hashlib.sha256(images.tobytes())
    for path, size in teachers:
        digest.update(path.read_bytes() + str(size).encode())
    kept = cache / f"teachers-{digest.hexdigest()[:24]}.npy"
    if kept.exists():
        stored: NDArray[np.float32] = np.load(kept, allow_pickle=False)
        return stored
    total = np.zeros((len(images), len(CLASSES)), np.float32)
    for path, size in teachers:
        report(f"teacher {path.name} at {size} px on {len(images)} images")
        total += _said_by(_teacher(path, architecture, width), resized(images, size))
    total /= len(teachers)
    cache.mkdir(parents=True, exist_ok=True)
    np.save(kept, total)
    return total


def _teacher(path: Path, architecture: str, width: float) -> keras.Model:
    """The model of a file, as a bfloat16 copy where that is quick and it is of the pupil's kind.

    That is three times faster on such a processor, and soft labels need no more digits.
    """
    stored = read_model(path)
    if stored.output_shape[1:] != (len(CLASSES),):
        raise WeightsMismatch(
            f"The teacher {path.name} doesn't answer with the {len(CLASSES)} diagnoses. Choose a "
            "model that this command trained."
        )
    if not computes_in_bfloat16():
        return stored
    copy = _mixed_build(architecture, width)
    if [tuple(w.shape) for w in copy.weights] != [tuple(w.shape) for w in stored.weights]:
        return stored
    copy.set_weights(stored.get_weights())
    return copy


def _mixed_build(architecture: str, width: float) -> keras.Model:
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        return build(architecture, len(CLASSES), width=width, lean=True)
    finally:
        keras.config.set_dtype_policy(policy)


def _said_by(model: keras.Model, images: NDArray[np.uint8]) -> NDArray[np.float32]:
    parts = []
    for at in range(0, len(images), BATCH):
        upright = scale(images[at : at + BATCH])
        turned = np.ascontiguousarray(upright[:, ::-1, ::-1])
        both = [np.asarray(model.predict_on_batch(x), np.float32) for x in (upright, turned)]
        parts.append((both[0] + both[1]) / 2)
    return np.concatenate(parts)
