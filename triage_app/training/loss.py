"""The loss, and which weights are pulled towards zero."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import keras


def labelled_loss(
    classes: int, benign: Sequence[int], consistency: float
) -> Callable[[Any, Any], Any]:
    """Cross-entropy of logits raised by what the image's own source makes likely.

    A source stands for some diagnoses (one holds nearly all squamous cell carcinomas, another only
    melanomas and benign lesions). Adding the log share of each diagnosis *within its source* to the
    logits (Menon et al. 2021, per source) leaves nothing to be gained from telling sources apart:
    the logits alone stand for equally frequent classes, wherever the image is from.

    The rows of the targets are those of ``targets.packed``: target probabilities (C); the part that
    is known to be benign and no more, for which the benign outputs are summed; the log prior (C);
    and 1 where the next row shows the same lesion, whose logits are then pulled together.
    """
    ops = keras.ops

    def loss(targets: Any, logits: Any) -> Any:
        share, unnamed = targets[:, :classes], targets[:, classes]
        prior, twin = targets[:, classes + 1 : 2 * classes + 1], targets[:, -1]
        logs = ops.log_softmax(logits + prior, axis=-1)
        benign_log = ops.logsumexp(ops.take(logs, list(benign), axis=1), axis=-1)
        fit = -(ops.sum(share * logs, axis=-1) + unnamed * benign_log)
        centred = logits - ops.mean(logits, axis=-1, keepdims=True)
        apart = ops.mean(ops.square(centred - ops.roll(centred, -1, axis=0)), axis=-1)
        return ops.mean(fit) + consistency * ops.mean(twin * apart)

    return loss


def without_decay(variables: Sequence[Any]) -> list[Any]:
    """The variables that weight decay must leave alone.

    Decay pulls on what mixes channels; norms, biases and 3x3 depthwise filters are few.
    """
    return [v for v in variables if len(v.shape) == 1 or _within_channels(v.path)]


def _within_channels(path: str) -> bool:
    """Whether a variable belongs to a depthwise filter, by the names the architectures use."""
    return "conv_dw" in path or "depthwise" in path
