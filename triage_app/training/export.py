"""From a .keras file to one LiteRT file that gives logits, feature map and features."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from triage_app.training.architectures import with_evidence
from triage_app.training.errors import ExportFailed

SIGNATURE = "serving_default"


def export_litert(source: Path, target: Path, size: int) -> None:
    """Convert a .keras file to float32 LiteRT with an open batch and inputs of ``size`` pixels.

    The signature "serving_default" returns logits float32 (N, classes), feature_map
    (N, h, w, C), pooled (N, C) and texture (N, K), see ``with_evidence``. Raises ExportFailed when
    the file can't be read, or when another Keras backend than TensorFlow runs.
    """
    target.write_bytes(convert(with_evidence(load_keras(source)), size))


def load_keras(path: Path) -> keras.Model:
    """Read a .keras file, uncompiled; raises ExportFailed when it can't be read."""
    try:
        return keras.saving.load_model(path, compile=False)
    except (OSError, ValueError) as fault:
        raise ExportFailed(f"The model {path.name} can't be read: {fault}") from fault


def convert(model: keras.Model, size: int) -> bytes:
    """LiteRT bytes of a model whose outputs are a dictionary of float32 tensors."""
    if keras.backend.backend() != "tensorflow":
        raise ExportFailed(
            "Export needs TensorFlow: run it again with KERAS_BACKEND=tensorflow. "
            "Training can use any backend."
        )
    import tensorflow as tf

    spec = tf.TensorSpec((None, size, size, 3), tf.float32, name="image")
    # As constants: LiteRT would look for the values of variables at run time, and find none.
    fixed = [tf.constant(v) for v in model.trainable_variables]
    moving = [tf.constant(v) for v in model.non_trainable_variables]

    def forward(image: Any) -> Any:
        return model.stateless_call(fixed, moving, image, training=False)[0]

    holder = tf.Module()
    holder.forward = tf.function(forward, input_signature=[spec])
    with tempfile.TemporaryDirectory() as folder:
        tf.saved_model.save(holder, folder, signatures={SIGNATURE: holder.forward})
        converted: bytes = tf.lite.TFLiteConverter.from_saved_model(folder).convert()
    return converted


def keras_outputs(model: keras.Model, batch: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
    """All outputs of the Keras model, for comparison."""
    outputs = with_evidence(model)(batch, training=False)
    return {name: keras.ops.convert_to_numpy(value) for name, value in outputs.items()}
