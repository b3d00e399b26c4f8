"""The way a demo does it: Keras ``predict`` and an eager Grad-CAM, on the same shipped weights."""

import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


class KerasReference:
    """The shipped ``.keras`` file; inputs float32 (V, S, S, 3), already scaled."""

    def __init__(self, folder: Path) -> None:
        import keras
        import tensorflow as tf

        self._tf = tf
        self._model: Any = keras.models.load_model(folder / "model.keras", compile=False)
        features = next(
            layer.output for layer in reversed(self._model.layers) if len(layer.output.shape) == 4
        )
        self._both = keras.Model(self._model.input, [features, self._model.output])

    def predict(self, views: NDArray[np.float32]) -> NDArray[np.float32]:
        """Logits (V, 7)."""
        return np.asarray(self._model.predict(views, verbose=0))

    def grad_cam(self, view: NDArray[np.float32]) -> NDArray[np.float32]:
        """Grad-CAM (h, w) of the leading logit for one view (1, S, S, 3)."""
        with self._tf.GradientTape() as tape:
            features, logits = self._both(view, training=False)
            tape.watch(features)
            score = self._tf.reduce_max(logits[0])
        gradient = tape.gradient(score, features)
        weights = self._tf.reduce_mean(gradient, axis=(1, 2))
        cam = self._tf.nn.relu(self._tf.reduce_sum(features[0] * weights[0], axis=-1))
        return np.asarray(cam)
