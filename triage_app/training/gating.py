"""The dermoscopy gate of a model folder: what it learns from, what judges it, its file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from triage_app.inference.card import DermoscopyGate
from triage_app.inference.gate import save_gate
from triage_app.training.data import Record, photographs_of
from triage_app.training.folds import FOLDS, lesion_folds
from triage_app.training.foreign import foreign_pictures
from triage_app.training.gate import Pictures, fit_gate, judged
from triage_app.training.others import Changed, Others, WithChangedCopies, exchanged, inverted
from triage_app.training.photographs import Crops

# Drawn pictures of each kind; those that judge the gate come from another seed.
_DRAWN = 30
Floats = NDArray[np.float32]
Inputs = Callable[[Crops], Floats]


@dataclass(frozen=True)
class Dermoscopic:
    """Dermoscopic images, and what the gate sees of them: float32 (n, G).

    ``learnt`` has two rows for each training record, of the image and of a changed copy; ``held``
    one for each validation record.
    """

    images: Path
    sample: Sequence[Record]
    val: Sequence[Record]
    learnt: Floats
    held: Floats


@dataclass(frozen=True)
class GateMaterial:
    """All that a gate is made from; ``size`` is the side in px of drawn pictures."""

    known: Dermoscopic
    others: Sequence[Others]
    size: int
    seed: int

    def learnt(self, inputs: Inputs) -> list[Pictures]:
        """Training pictures of every kind."""
        known = self.known
        # Of every other image: spoilt and unspoilt ones then show different lesions as well.
        spoilt = photographs_of(known.images, known.sample[::2])
        kinds: list[tuple[str, Crops]] = [
            ("channels exchanged", Changed(WithChangedCopies(spoilt, self.seed + 1), exchanged)),
            ("inverted", Changed(spoilt, inverted)),
            ("drawn pictures", foreign_pictures(_DRAWN, self.size, self.seed)[0]),
            *(
                (own.kind, WithChangedCopies(own.of_split("train"), self.seed + 2))
                for own in self.others
            ),
        ]
        return [*_by_source(known.sample, known.learnt, self.seed, 2), *_foreign(kinds, inputs)]

    def judges(self, inputs: Inputs) -> list[Pictures]:
        """Validation pictures of every kind."""
        known = self.known
        held = photographs_of(known.images, known.val)
        kinds: list[tuple[str, Crops]] = [
            ("channels exchanged", Changed(held, exchanged)),
            ("inverted", Changed(held, inverted)),
            ("drawn pictures", foreign_pictures(_DRAWN, self.size, self.seed + 1)[0]),
            *((own.kind, own.of_split("val")) for own in self.others),
        ]
        return [*_by_source(known.val, known.held, self.seed), *_foreign(kinds, inputs)]


def make_gate(
    path: Path,
    material: GateMaterial,
    inputs: Inputs,
    *,
    refused: float,
    report: Callable[[str], None],
) -> DermoscopyGate:
    """Fit the gate on training pictures, choose its limit on validation ones, write its file.

    ``inputs`` gives what the gate sees of crops, float32 (n, G); ``refused`` is the share of
    dermoscopic validation images that it may refuse.
    """
    learnt = material.learnt(inputs)
    gate = fit_gate(learnt, material.seed)
    save_gate(gate, path)
    limit, rates = judged(gate, material.judges(inputs), refused)
    for kind, rate in rates.items():
        report(f"gate refuses {100 * rate.value:.1f} % of {rate.n}: {kind}")
    kinds = ", ".join(own.kind for own in learnt if not own.dermoscopic)
    method = (
        f"A hidden layer of {len(gate.out)} units on the colours and on the means over the views "
        f"of middle and last features; dermoscopic images against: {kinds}"
    )
    return DermoscopyGate(method, limit, rates)


def _foreign(kinds: Sequence[tuple[str, Crops]], inputs: Inputs) -> Iterator[Pictures]:
    for kind, crops in kinds:
        if len(crops):
            seen = inputs(crops)
            yield Pictures(kind, False, seen, np.zeros(len(seen), np.int64))


def _by_source(
    records: Sequence[Record], inputs: Floats, seed: int, copies: int = 1
) -> list[Pictures]:
    """The dermoscopic images of each source; ``copies`` rows of ``inputs`` belong to a record."""
    folds = np.repeat(lesion_folds(records, FOLDS, seed), copies)
    sources = np.repeat([record.source or "dermoscopic" for record in records], copies)
    return [
        Pictures(str(source), True, inputs[sources == source], folds[sources == source])
        for source in np.unique(sources)
    ]
