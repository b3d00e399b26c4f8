"""95 % intervals: Wilson's for a share, and the bootstrap that keeps a lesion's images together."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Z95 = 1.959963984540054  # 97.5 % quantile of the standard normal


class Interval(NamedTuple):
    """An estimate with its lower and upper bound."""

    value: float
    low: float
    high: float


def wilson(successes: int, trials: int) -> Interval:
    """Wilson's score interval of a share (Wilson 1927); nan without trials."""
    if trials == 0:
        return Interval(float("nan"), float("nan"), float("nan"))
    share, z2 = successes / trials, Z95**2
    centre = (share + z2 / (2 * trials)) / (1 + z2 / trials)
    half = Z95 / (1 + z2 / trials)
    half *= math.sqrt(share * (1 - share) / trials + z2 / (4 * trials**2))
    # Rounding must not push a bound past the estimate at 0 % and 100 %.
    return Interval(share, max(0.0, min(centre - half, share)), min(1.0, max(centre + half, share)))


def group_resamples(groups: Sequence[str], count: int, seed: int) -> list[NDArray[np.int64]]:
    """Row indices of ``count`` bootstrap samples that draw whole groups with replacement."""
    _, member_of = np.unique(np.asarray(groups), return_inverse=True)
    order = np.argsort(member_of, kind="stable")
    sizes = np.bincount(member_of)
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    rng = np.random.default_rng(seed)
    samples: list[NDArray[np.int64]] = []
    for _ in range(count):
        drawn = rng.integers(0, sizes.size, sizes.size)
        lengths = sizes[drawn]
        first = np.repeat(starts[drawn] - np.concatenate([[0], np.cumsum(lengths)[:-1]]), lengths)
        samples.append(order[first + np.arange(lengths.sum())])
    return samples


def bootstrap(
    statistic: Callable[[NDArray[np.int64]], float],
    groups: Sequence[str],
    count: int = 1000,
    seed: int = 0,
) -> Interval:
    """Percentile interval of a statistic of row indices, resampling whole groups.

    Samples in which the statistic is undefined (nan, or a ValueError for an empty side) are left
    out; with fewer than half of them defined the bounds are nan.
    """
    values = np.array([_defined(statistic, rows) for rows in group_resamples(groups, count, seed)])
    whole = _defined(statistic, np.arange(len(groups)))
    kept = values[np.isfinite(values)]
    if kept.size * 2 < count or not math.isfinite(whole):
        return Interval(whole, float("nan"), float("nan"))
    low, high = np.percentile(kept, [2.5, 97.5])
    return Interval(whole, min(float(low), whole), max(float(high), whole))


def _defined(statistic: Callable[[NDArray[np.int64]], float], rows: NDArray[np.int64]) -> float:
    try:
        return float(statistic(rows))
    except ValueError:
        return float("nan")


def share(flags: ArrayLike, groups: Sequence[str], count: int = 1000, seed: int = 0) -> Interval:
    """A share with the wider of Wilson's interval and the bootstrap by group.

    The bootstrap alone claims certainty at 0 % and 100 %; Wilson's alone takes several images of
    one lesion for independent.
    """
    hits = np.asarray(flags, bool)
    exact = wilson(int(hits.sum()), hits.size)
    if hits.size == 0:
        return exact
    drawn = bootstrap(lambda rows: float(hits[rows].mean()), groups, count, seed)
    if not math.isfinite(drawn.low):
        return exact
    return Interval(exact.value, min(exact.low, drawn.low), max(exact.high, drawn.high))
