"""Cross-fitting: what is fitted on some lesions is judged on others."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from triage_app.training.data import Record

FOLDS = 5


def lesion_folds(records: Sequence[Record], folds: int, seed: int) -> NDArray[np.int64]:
    """The fold of each record, int64 (n,): whole lesions, each diagnosis and source spread evenly.

    A lesion counts by its first record; lesions of one diagnosis and source are dealt out in a
    random order, one fold after the other, so even seven dermatofibromas reach every fold.
    """
    first: dict[str, Record] = {}
    for record in records:
        first.setdefault(record.group, record)
    strata: dict[tuple[str, str], list[str]] = {}
    for group, record in first.items():
        strata.setdefault((record.dx, record.source), []).append(group)
    rng = np.random.default_rng(seed)
    place: dict[str, int] = {}
    dealt = 0
    for stratum in sorted(strata):
        for index in rng.permutation(len(strata[stratum])):
            place[strata[stratum][index]] = dealt % folds
            dealt += 1
    return np.array([place[record.group] for record in records])
