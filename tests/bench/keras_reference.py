"""The way a demo does it: Keras called from Python, on the same shipped weights."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from triage_app.inference.runtime import Outputs

Call = Callable[[NDArray[np.float32]], dict[str, NDArray[np.float32]]]
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


class KerasReference:
    """The shipped ``.keras`` file, with all outputs that serving needs (see ``Outputs``).

    Inputs are float32 (V, S, S, 3), already scaled, with the side ``size``. ``multiply_adds`` is
    what convolutions and dense layers take for one input; the rest is left out.
    """

    def __init__(self, folder: Path, size: int) -> None:
        import keras
        import tensorflow as tf

        from triage_app.training.architectures import FEATURE_MAP, LOGITS, with_evidence

        self._tf = tf
        plain = keras.models.load_model(folder / "model.keras", compile=False)
        sized = keras.models.clone_model(plain, input_tensors=keras.Input((size, size, 3)))
        self.multiply_adds = sum(_multiply_adds(layer) for layer in sized.layers)
        self.size = size
        self._model: Any = with_evidence(plain)
        features, logits = (plain.get_layer(n).output for n in (FEATURE_MAP, LOGITS))
        self._both = keras.Model(plain.input, [features, logits])

    def predict(self, views: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
        """Outputs by name through ``Model.predict``."""
        found: dict[str, NDArray[np.float32]] = self._model.predict(views, verbose=0)
        return found

    def eager(self, views: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
        """Outputs by name, the model called eagerly."""
        answer = self._model(views, training=False)
        return {name: np.asarray(value) for name, value in answer.items()}

    def grad_cam(self, view: NDArray[np.float32]) -> NDArray[np.float32]:
        """Eager Grad-CAM (h, w) of the leading logit for one view (1, S, S, 3)."""
        with self._tf.GradientTape() as tape:
            features, logits = self._both(view, training=False)
            tape.watch(features)
            score = self._tf.reduce_max(logits[0])
        gradient = tape.gradient(score, features)
        weights = self._tf.reduce_mean(gradient, axis=(1, 2))
        cam = self._tf.nn.relu(self._tf.reduce_sum(features[0] * weights[0], axis=-1))
        return np.asarray(cam)


class KerasNetwork:
    """Keras in the place of ``runtime.Network``, so that all else of the pipeline is the same.

    ``call`` is one of the reference's two ways. ``taped``: the first view's Grad-CAM is computed
    with an eager GradientTape besides. ``at_once``: all views in one batch.
    """

    def __init__(
        self,
        reference: KerasReference,
        call: Call,
        *,
        taped: bool = True,
        at_once: bool = True,
    ) -> None:
        self.input_shape = (reference.size, reference.size, 3)
        self._reference, self._call, self._taped, self._at_once = reference, call, taped, at_once

    def forward(self, batch: NDArray[np.float32], *, beside: bool = False) -> Outputs:
        """As ``Network.forward``; Keras has one way only, so that ``beside`` changes nothing."""
        del beside
        parts = [batch] if self._at_once else list(batch[:, np.newaxis])
        answers = [self._call(part) for part in parts]
        if self._taped:
            self._reference.grad_cam(batch[:1])
        return Outputs(**{n: np.concatenate([one[n] for one in answers]) for n in answers[0]})


def _multiply_adds(layer: Any) -> int:
    kernel = getattr(layer, "kernel", None)
    if kernel is None:
        return 0
    _, *places, _ = layer.output.shape
    # A convolution applies its whole kernel at each place, a dense layer once.
    return int(np.prod(kernel.shape)) * int(np.prod(places))
