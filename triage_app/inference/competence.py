"""Distance of an image from the training images on features of an earlier layer.

The detector's arrays lie in ``competence.npz``: ``mean`` (K,) and ``factor`` (K, D), float32.
score = || (features - mean) @ factor ||_2, a Mahalanobis distance when factor @ factor.T is the
(regularised) precision matrix.
"""

import io
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from triage_app.domain.errors import ModelRefused


@dataclass(frozen=True)
class Detector:
    """Arrays of the detector: ``mean`` float32 (K,), ``factor`` float32 (K, D).

    Raises ValueError when the shapes do not fit or a value is not finite.
    """

    mean: NDArray[np.float32]
    factor: NDArray[np.float32]

    def __post_init__(self) -> None:
        if self.mean.ndim != 1 or self.factor.ndim != 2 or len(self.mean) != len(self.factor):
            raise ValueError("mean must be (K,) and factor (K, D)")
        if not (np.isfinite(self.mean).all() and np.isfinite(self.factor).all()):
            raise ValueError("mean and factor must be finite")

    def scores(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """Distances float32 (N,) of features (N, K), each the mean over an image's views."""
        difference = np.asarray(features, np.float32) - self.mean
        return np.asarray(np.linalg.norm(difference @ self.factor, axis=-1), np.float32)


def save_detector(detector: Detector, path: Path) -> None:
    """Write ``competence.npz``. Raises OSError."""
    with path.open("wb") as stream:
        np.savez_compressed(stream, mean=detector.mean, factor=detector.factor)


def read_detector(content: bytes) -> Detector:
    """The detector from the bytes of ``competence.npz``. Raises ModelRefused."""
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            mean, factor = arrays["mean"], arrays["factor"]
        return Detector(mean.astype(np.float32), factor.astype(np.float32))
    except (KeyError, ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise ModelRefused(
            f"The competence detector of the model cannot be used ({error}). "
            "Install the model again."
        ) from error
