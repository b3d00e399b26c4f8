"""Whether an image is a dermoscopic one: a small head on features of the network and on colours.

The head's arrays lie in ``gate.npz``, all float32: ``mean`` and ``scale`` (K,) of its inputs,
``hidden`` (K, H) and ``hidden_bias`` (H,), ``out`` (H,) and ``out_bias`` (). An image passes when
sigmoid(relu((inputs - mean) / scale @ hidden + hidden_bias) @ out + out_bias) reaches the limit of
the card.
"""

import io
import zipfile
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from triage_app.domain.errors import ModelRefused
from triage_app.inference.runtime import Outputs

Floats = NDArray[np.float32]
# A standardised input beyond this says no more than this: one wild value must not decide alone.
_CLIP = 8.0


def gate_inputs(outputs: Outputs, crop: NDArray[np.uint8]) -> Floats:
    """What the gate sees of one image: float32 (K,).

    The mean over the views of texture and pooled features, and the colours of the analysed crop,
    uint8 (S, S, 3) sRGB: means and standard deviations of the channels, 0 to 1, and their three
    correlations. The network learnt to look past a camera's colours; exchanged channels show in
    them.
    """
    return np.concatenate(
        [outputs.texture.mean(axis=0), outputs.pooled.mean(axis=0), colours(crop)]
    ).astype(np.float32)


def colours(crop: NDArray[np.uint8]) -> Floats:
    """Means, standard deviations (0 to 1) and correlations (-1 to 1) of the channels: (9,)."""
    step = max(1, crop.shape[0] // 128)
    values = crop[::step, ::step].reshape(-1, 3).astype(np.float64) / 255
    means, spreads = values.mean(axis=0), values.std(axis=0)
    centred = (values - means) / np.maximum(spreads, 1e-6)
    related = [(centred[:, a] * centred[:, b]).mean() for a, b in ((0, 1), (0, 2), (1, 2))]
    return np.concatenate([means, spreads, related]).astype(np.float32)


@dataclass(frozen=True)
class Gate:
    """The arrays of the gate, float32; ValueError when they do not fit or are not finite."""

    mean: Floats
    scale: Floats
    hidden: Floats
    hidden_bias: Floats
    out: Floats
    out_bias: Floats

    def __post_init__(self) -> None:
        inputs, units = self.hidden.shape if self.hidden.ndim == 2 else (-1, -1)
        shapes = ((inputs,), (inputs,), (inputs, units), (units,), (units,), ())
        given = [getattr(self, field.name) for field in fields(self)]
        if any(array.shape != shape for array, shape in zip(given, shapes, strict=True)):
            raise ValueError("the shapes of the gate's arrays do not fit")
        if not all(np.isfinite(array).all() for array in given) or (self.scale <= 0).any():
            raise ValueError("the gate's arrays must be finite, scales above 0")

    def sure(self, inputs: Floats) -> NDArray[np.float64]:
        """How sure the gate is that images are dermoscopic, float64 (N,) in [0, 1].

        ``inputs`` float32 (N, K), each as ``gate_inputs`` gives it.
        """
        standard = np.clip((inputs - self.mean) / self.scale, -_CLIP, _CLIP)
        units = np.maximum(standard @ self.hidden + self.hidden_bias, 0)
        score = (units @ self.out + self.out_bias).astype(np.float64)
        sure: NDArray[np.float64] = 1 / (1 + np.exp(-score))
        return sure


def save_gate(gate: Gate, path: Path) -> None:
    """Write ``gate.npz``. Raises OSError."""
    with path.open("wb") as stream:
        np.savez_compressed(stream, **vars(gate))


def read_gate(content: bytes) -> Gate:
    """The gate from the bytes of ``gate.npz``. Raises ModelRefused."""
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            return Gate(**{f.name: arrays[f.name].astype(np.float32) for f in fields(Gate)})
    except (KeyError, ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise ModelRefused(
            f"The dermoscopy gate of the model cannot be used ({error}). Install the model again."
        ) from error
