"""The loss, and which weights are pulled towards zero."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray


def adjusted_loss(prior: NDArray[np.float64]) -> Callable[[Any, Any], Any]:
    """Cross-entropy of logits plus log sampling prior (Menon et al. 2021).

    The logits alone then stand for equally frequent classes, whatever the sampling was.
    """
    log_prior = np.log(np.maximum(prior, 1e-12)).astype(np.float32)

    def loss(targets: Any, logits: Any) -> Any:
        logs = keras.ops.log_softmax(keras.ops.add(logits, log_prior), axis=-1)
        return -keras.ops.mean(keras.ops.sum(targets * logs, axis=-1))

    return loss


def without_decay(variables: Sequence[Any]) -> list[Any]:
    """The variables that weight decay must leave alone.

    Decay pulls on what mixes channels; norms, biases and 3x3 depthwise filters are few.
    """
    return [v for v in variables if len(v.shape) == 1 or _within_channels(v.path)]


def _within_channels(path: str) -> bool:
    """Whether a variable belongs to a depthwise filter, by the names the architectures use."""
    return "conv_dw" in path or "depthwise" in path
