"""What the network is asked to say of each training image, and what its source makes likely."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from triage_app.training.data import BENIGN, BENIGN_LABELS, CLASSES, Record
from triage_app.training.sampling import cells_of

Targets = NDArray[np.float32]
# Part of the overall shares that is mixed into each source's own: no diagnosis is impossible there.
_ELSEWHERE = 0.03


def source_priors(records: Sequence[Record], power: float) -> NDArray[np.float64]:
    """Share of each diagnosis within the source of each image, float64 (n, C), rows sum to one.

    Counted as images are sampled. Images known to be benign and no more count for the benign
    diagnoses as these are shared out among all images that name them.
    """
    named = np.bincount(
        [r.label for r in records if r.dx in CLASSES], minlength=len(CLASSES)
    ).astype(float)
    among_benign = np.zeros(len(CLASSES))
    among_benign[list(BENIGN_LABELS)] = named[list(BENIGN_LABELS)]
    among_benign /= max(among_benign.sum(), 1e-9)
    own: dict[str, NDArray[np.float64]] = {}
    for (source, dx), cell in cells_of(records, power).items():
        part = among_benign if dx == BENIGN else np.eye(len(CLASSES))[CLASSES.index(dx)]
        own.setdefault(source, np.zeros(len(CLASSES)))
        own[source] += cell.mass * part
    everywhere = sum(own.values(), np.zeros(len(CLASSES)))
    everywhere /= everywhere.sum()
    shares = {
        source: (1 - _ELSEWHERE) * mass / mass.sum() + _ELSEWHERE * everywhere
        for source, mass in own.items()
    }
    return np.stack([shares[record.source] for record in records])


def soft_targets(
    records: Sequence[Record],
    prior: NDArray[np.float64],
    *,
    smoothing: float,
    teacher: NDArray[np.float32] | None = None,
    share: float = 0.0,
) -> Targets:
    """Target probabilities and the part that is only known to be benign, float32 (n, C + 1).

    Each row sums to one: the label with smoothing, and in the given share what teachers say
    (distillation, Hinton et al. 2015). ``teacher`` holds their class-balanced logits (n, C); the
    log ``prior`` (n, C) is added to them as it is to the pupil's, so that both speak of the same
    source.
    """
    count = len(CLASSES)
    hard = np.full((len(records), count + 1), smoothing / count)
    hard[:, count] = 0
    for row, record in enumerate(records):
        hard[row, count if record.dx == BENIGN else record.label] += 1 - smoothing
    if teacher is None or share == 0.0:
        return hard.astype(np.float32)
    raised = teacher + np.log(np.maximum(prior, 1e-12))
    chance = np.exp(raised - raised.max(axis=1, keepdims=True))
    chance /= chance.sum(axis=1, keepdims=True)
    hard *= 1 - share
    hard[:, :count] += share * chance
    return hard.astype(np.float32)


def packed(targets: Targets, prior: NDArray[np.float64]) -> Targets:
    """The rows that ``loss.labelled_loss`` reads, float32 (n, 2 C + 2), no twins marked yet."""
    logs = np.log(np.maximum(prior, 1e-12))
    return np.concatenate([targets, logs, np.zeros((len(targets), 1))], axis=1).astype(np.float32)
