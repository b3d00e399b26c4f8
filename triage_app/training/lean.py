"""Layers that a processor trains quickly under the PyTorch backend; their variables are Keras' own.

On a processor, memory traffic decides the speed of a training step. Keras casts activations to
float32 around the statistics of a normalisation, and copies them to another order of axes and back
around every convolution; together that takes half of a step. PyTorch's own kernels read bfloat16,
keep statistics in float32, and take channels-last memory as it lies: seen channels-first, it is a
permutation of strides and no copy. Weights move between these layers and the plain ones freely;
exported models hold the plain ones only.
"""

from __future__ import annotations

from typing import Any

import keras

_FIRST, _LAST = (0, 3, 1, 2), (0, 2, 3, 1)


def _is_torch() -> bool:
    return bool(keras.backend.backend() == "torch")


class LeanBatchNormalization(keras.layers.BatchNormalization):  # type: ignore[misc]
    """The plain layer with PyTorch's kernel where that backend runs, and unchanged elsewhere."""

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        """Normalise ``inputs`` of shape (N, h, w, C) over every axis but the last."""
        if not _is_torch() or mask is not None or len(inputs.shape) != 4:
            return super().call(inputs, training=training, mask=mask)
        return self._call_torch(inputs, bool(training) and self.trainable)

    def _call_torch(self, inputs: Any, learn: bool) -> Any:
        import torch

        out = torch.nn.functional.batch_norm(
            inputs.permute(_FIRST),
            self.moving_mean.value,
            self.moving_variance.value,
            self.gamma.value,
            self.beta.value,
            learn,
            1.0 - self.momentum,
            self.epsilon,
        )
        return out.permute(_LAST)


class LeanConv2D(keras.layers.Conv2D):  # type: ignore[misc]
    """A convolution without bias, with PyTorch's kernel where that backend runs."""

    def call(self, inputs: Any) -> Any:
        """Convolve ``inputs`` of shape (N, h, w, C)."""
        if not _is_torch() or self.use_bias:
            return super().call(inputs)
        kernel = keras.ops.convert_to_tensor(self.kernel).permute(3, 2, 0, 1)
        return _convolved(inputs, kernel, self.strides, self.padding, groups=1)


class LeanDepthwiseConv2D(keras.layers.DepthwiseConv2D):  # type: ignore[misc]
    """A convolution within each channel, without bias, as ``LeanConv2D``."""

    def call(self, inputs: Any) -> Any:
        """Convolve each channel of ``inputs``, shape (N, h, w, C), with its own filter."""
        if not _is_torch() or self.use_bias or self.depth_multiplier != 1:
            return super().call(inputs)
        kernel = keras.ops.convert_to_tensor(self.kernel).permute(2, 3, 0, 1)
        return _convolved(inputs, kernel, self.strides, self.padding, groups=kernel.shape[0])


def _convolved(
    inputs: Any, kernel: Any, strides: tuple[int, int], padding: str, *, groups: int
) -> Any:
    import torch

    images, around = inputs.permute(_FIRST), (0, 0)
    if padding == "same":
        # As TensorFlow does it: where a stride leaves an odd row over, it is added at the end.
        size, step = images.shape[2:], strides
        total = [
            max((-(-n // s) - 1) * s + k - n, 0)
            for n, s, k in zip(size, step, kernel.shape[2:], strict=True)
        ]
        if any(t % 2 for t in total):
            (up, down), (left, right) = ((t // 2, t - t // 2) for t in total)
            images = torch.nn.functional.pad(images, (left, right, up, down))
        else:
            around = (total[0] // 2, total[1] // 2)
    kernel = kernel.contiguous(memory_format=torch.channels_last)
    out = torch.nn.functional.conv2d(images, kernel, stride=strides, padding=around, groups=groups)
    return out.permute(_LAST)
