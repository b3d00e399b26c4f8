"""Batch normalisation that stays in bfloat16 under the PyTorch backend.

Keras casts activations to float32 around the statistics. On a processor, memory traffic decides
the speed of a training step, and that cast halves it. PyTorch's own kernel reads bfloat16 and
keeps the statistics in float32. The variables are those of the plain layer, so weights move
between the two freely; exported models hold the plain layer only.
"""

from __future__ import annotations

from typing import Any

import keras


class LeanBatchNormalization(keras.layers.BatchNormalization):  # type: ignore[misc]
    """The plain layer with PyTorch's kernel where that backend runs, and unchanged elsewhere."""

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        """Normalise ``inputs`` of shape (N, h, w, C) over every axis but the last."""
        if keras.backend.backend() != "torch" or mask is not None or len(inputs.shape) != 4:
            return super().call(inputs, training=training, mask=mask)
        return self._call_torch(inputs, bool(training) and self.trainable)

    def _call_torch(self, inputs: Any, learn: bool) -> Any:
        import torch

        # Channels-last memory viewed channels-first: a permutation of strides, no copy.
        out = torch.nn.functional.batch_norm(
            inputs.permute(0, 3, 1, 2),
            self.moving_mean.value,
            self.moving_variance.value,
            self.gamma.value,
            self.beta.value,
            learn,
            1.0 - self.momentum,
            self.epsilon,
        )
        return out.permute(0, 2, 3, 1)
