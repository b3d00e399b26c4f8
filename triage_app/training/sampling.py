"""Which images an epoch shows, and the batches made of them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from triage_app.inference.preprocessing import scale
from triage_app.training.augment import AugmentSettings, view
from triage_app.training.data import resized
from triage_app.training.targets import Targets, mixed

Batch = tuple[NDArray[np.float32], NDArray[np.float32]]


def sampling_prior(counts: NDArray[np.int64], power: float) -> NDArray[np.float64]:
    """Share of each class in an epoch: its frequency to the given power, normalised."""
    weight = np.where(counts > 0, counts.astype(np.float64) ** power, 0.0)
    prior: NDArray[np.float64] = weight / weight.sum()
    return prior


def epoch_order(
    labels: NDArray[np.int64], power: float, seed: int, epoch: int, classes: int
) -> NDArray[np.int64]:
    """Image indices of one epoch, as many as there are images, a pure function of its arguments.

    Each class is walked through in whole random rounds before any image comes again.
    """
    rng = np.random.default_rng([seed, epoch])
    prior = sampling_prior(np.bincount(labels, minlength=classes), power)
    chosen: list[NDArray[np.int64]] = []
    for label in np.flatnonzero(prior):
        members = np.flatnonzero(labels == label)
        wanted = round(float(prior[label]) * labels.size)
        rounds = [rng.permutation(members) for _ in range(-(-wanted // members.size))]
        chosen.append(np.concatenate(rounds)[:wanted] if rounds else members[:0])
    return rng.permutation(np.concatenate(chosen))


class Batches:
    """Augmented batches of one stage, made ahead in two background threads."""

    def __init__(
        self,
        images: NDArray[np.uint8],
        targets: Targets,
        *,
        size: int,
        batch: int,
        seed: int,
        augment: AugmentSettings,
        mixup: float = 0.0,
    ) -> None:
        # Sampling from a source near the target size keeps bilinear sampling free of aliasing.
        self._images = resized(images, min(images.shape[1], size * 5 // 4))
        self._targets, self._mixup = targets, mixup
        self._size, self._batch, self._seed, self._augment = size, batch, seed, augment

    def of_epoch(self, order: NDArray[np.int64], epoch: int, start: int) -> Iterator[Batch]:
        """Images float32 (N, size, size, 3) in [-1, 1] and targets (N, classes), from ``start`` on.

        Incomplete last batches are dropped, so that batch statistics stay comparable.
        """
        steps = range(start, len(order) // self._batch)
        with ThreadPoolExecutor(2) as pool:
            waiting: deque[Future[Batch]] = deque()
            for step in steps:
                waiting.append(pool.submit(self._make, order, epoch, step))
                if len(waiting) > 6:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()

    def _make(self, order: NDArray[np.int64], epoch: int, step: int) -> Batch:
        first = step * self._batch
        chosen = order[first : first + self._batch]
        views = np.empty((len(chosen), self._size, self._size, 3), np.uint8)
        for place, index in enumerate(chosen):
            rng = np.random.default_rng([self._seed, epoch, first + place])
            views[place] = view(self._images[index], self._size, rng, self._augment)
        rng = np.random.default_rng([self._seed, epoch, first, 1])
        return mixed(scale(views), self._targets[chosen], self._mixup, rng)
