"""Which images an epoch shows, and the batches made of them."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from triage_app.inference.preprocessing import scale
from triage_app.training.augment import AugmentSettings, view
from triage_app.training.data import Record, resized

Batch = tuple[NDArray[np.float32], NDArray[np.float32]]
# An image is shown at most this often in one epoch, however rare its kind.
_MOST_SHOWINGS = 4


def _sampled_side(stored: int, size: int) -> int:
    """The side to sample views of ``size`` from: bilinear sampling aliases from far above it."""
    return stored if stored <= size * 3 // 2 else size * 5 // 4


@dataclass(frozen=True)
class Cell:
    """The images of one diagnosis from one source, and how many of them an epoch shows."""

    members: tuple[int, ...]
    mass: float


def cells_of(records: Sequence[Record], power: float) -> dict[tuple[str, str], Cell]:
    """Cells by source and diagnosis; masses are sizes to the given power, and sum to the images.

    So a diagnosis is not drawn nearly always from one source, as it is filed.
    """
    members: dict[tuple[str, str], list[int]] = defaultdict(list)
    for index, record in enumerate(records):
        members[record.source, record.dx].append(index)
    raw = {key: len(found) ** power for key, found in members.items()}
    factor = len(records) / sum(raw.values())
    return {
        key: Cell(tuple(found), min(raw[key] * factor, float(_MOST_SHOWINGS * len(found))))
        for key, found in sorted(members.items())
    }


def epoch_order(cells: dict[tuple[str, str], Cell], seed: int, epoch: int) -> NDArray[np.int64]:
    """Image indices of one epoch, a pure function of its arguments.

    Each cell is walked through in whole random rounds before any image comes again.
    """
    rng = np.random.default_rng([seed, epoch])
    chosen: list[NDArray[np.int64]] = []
    for cell in cells.values():
        wanted = round(cell.mass)
        members = np.array(cell.members)
        rounds = [rng.permutation(members) for _ in range(-(-wanted // len(members)))]
        chosen.append(np.concatenate(rounds)[:wanted] if rounds else members[:0])
    return rng.permutation(np.concatenate(chosen))


def partners(records: Sequence[Record]) -> NDArray[np.int64]:
    """For each image another one of its lesion from another source, int64 (n,); else itself.

    Such pairs are mostly one photograph with altered and with original colours.
    """
    found = np.arange(len(records))
    by_group: dict[str, list[int]] = defaultdict(list)
    for index, record in enumerate(records):
        by_group[record.group].append(index)
    for members in by_group.values():
        for index in members:
            others = [
                i
                for i in members
                if records[i].source != records[index].source and records[i].dx == records[index].dx
            ]
            if others:
                found[index] = others[0]
    return found


class Batches:
    """Augmented batches of one stage, made ahead in two background threads."""

    def __init__(
        self,
        images: NDArray[np.uint8],
        targets: NDArray[np.float32],
        partner: NDArray[np.int64],
        *,
        size: int,
        batch: int,
        twins: int,
        seed: int,
        augment: AugmentSettings,
    ) -> None:
        # Sampling from a source near the target size keeps bilinear sampling free of aliasing.
        self._images = resized(images, _sampled_side(images.shape[1], size))
        self._targets, self._partner = targets, partner
        self._size, self._batch, self._seed, self._augment = size, batch, seed, augment
        self._twins = twins

    @property
    def drawn(self) -> int:
        """Images of the epoch's order that a batch takes; the rest are their twins."""
        return self._batch - self._twins

    def of_epoch(self, order: NDArray[np.int64], epoch: int, start: int) -> Iterator[Batch]:
        """Images float32 (N, size, size, 3) in [-1, 1] and packed targets, from ``start`` on.

        Incomplete last batches are dropped, so that batch statistics stay comparable.
        """
        steps = range(start, len(order) // self.drawn)
        with ThreadPoolExecutor(2) as pool:
            waiting: deque[Future[Batch]] = deque()
            for step in steps:
                waiting.append(pool.submit(self._make, order, epoch, step))
                if len(waiting) > 6:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()

    def _make(self, order: NDArray[np.int64], epoch: int, step: int) -> Batch:
        first = step * self.drawn
        chosen, marks = self._with_twins(order[first : first + self.drawn])
        views = np.empty((len(chosen), self._size, self._size, 3), np.uint8)
        for place, index in enumerate(chosen):
            rng = np.random.default_rng([self._seed, epoch, first, place])
            other = self._images[rng.integers(len(self._images))]
            views[place] = view(self._images[index], self._size, rng, self._augment, other)
        targets = self._targets[chosen]
        targets[:, -1] = marks
        return scale(views), targets

    def _with_twins(
        self, drawn: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """The last drawn images each followed by its twin, and the marks of the first of a pair."""
        single, doubled = drawn[: len(drawn) - self._twins], drawn[len(drawn) - self._twins :]
        pairs = np.stack([doubled, self._partner[doubled]], axis=1).ravel()
        marks = np.zeros(len(single) + len(pairs), np.float32)
        marks[len(single) :: 2] = 1
        return np.concatenate([single, pairs]), marks
