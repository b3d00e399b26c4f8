"""Exponential moving average of all weights, batch statistics included, kept in NumPy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray


class WeightAverage:
    """Average with a slow start, so that the first values are forgotten quickly."""

    EVERY = 8  # steps between two updates: the same average at an eighth of the copying

    def __init__(self, weights: Sequence[NDArray[Any]], decay: float, steps: int = 0) -> None:
        self.values = [np.array(value, np.float32) for value in weights]
        self.steps = steps
        self._decay = decay

    def update(self, weights: Sequence[NDArray[Any]]) -> None:
        """Fold in the weights after another ``EVERY`` steps."""
        self.steps += self.EVERY
        # At most a ninth of the steps so far, so that the starting weights soon count for nothing.
        warm = (1 + self.steps) / (10 + self.steps)
        keep = min(self._decay, warm) ** self.EVERY
        for index, value in enumerate(weights):
            self.values[index] += np.float32(1 - keep) * (value - self.values[index])
