"""How far repeated measurements of one thing lie apart."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from triage_app.statistics.intervals import Interval, bootstrap


def pair_limit(sd: float) -> float:
    """What two measurements of one thing differ by at most in 95 % of pairs.

    ``sd`` is the standard deviation within things (repeatability coefficient of Bland & Altman,
    Lancet 1986).
    """
    return 1.96 * math.sqrt(2) * sd


def within_sd(
    values: NDArray[np.float64], groups: Sequence[str], count: int = 1000, seed: int = 0
) -> Interval:
    """Standard deviation within groups, with its 95 % interval by bootstrap over groups.

    ``values`` float64 (n,), any unit; ``groups`` names what each was measured on. Pooled over the
    groups by degrees of freedom; a group with one value counts for nothing. nan without any pair.
    """
    _, place = np.unique(np.asarray(groups), return_inverse=True)
    sizes = np.bincount(place)
    means = np.bincount(place, values) / sizes
    squares = np.bincount(place, (values - means[place]) ** 2)
    repeated = sizes > 1
    free, squares = (sizes - 1)[repeated], squares[repeated]
    if free.size == 0:
        return Interval(float("nan"), float("nan"), float("nan"))

    def spread(rows: NDArray[np.int64]) -> float:
        return float(np.sqrt(squares[rows].sum() / free[rows].sum()))

    return bootstrap(spread, [str(number) for number in range(free.size)], count, seed)


def pairs_within(values: NDArray[np.float64], groups: Sequence[str], limit: float) -> float:
    """Share of pairs of one group that differ by ``limit`` at most, each group weighing alike."""
    names = np.asarray(groups)
    shares = []
    for name in np.unique(names):
        own = values[names == name]
        if own.size > 1:
            apart = np.abs(own[:, None] - own[None, :])[np.triu_indices(own.size, 1)]
            shares.append(float((apart <= limit).mean()))
    return float(np.mean(shares)) if shares else float("nan")
