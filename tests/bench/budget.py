"""How long a part may measure, and as many rounds as fit into it.

A slow processor makes fewer rounds, and loses none that it has made.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

Clock = Callable[[], float]
T = TypeVar("T")


@dataclass(frozen=True)
class Budget:
    """Until when may be measured, in seconds of ``clock``."""

    until: float
    clock: Clock = time.monotonic

    @classmethod
    def of(cls, seconds: float, clock: Clock = time.monotonic) -> "Budget":
        """So many seconds from now on."""
        return cls(clock() + seconds, clock)

    def left(self) -> float:
        """Seconds that are left, 0.0 when it is over."""
        return max(0.0, self.until - self.clock())

    def split(self, parts: int) -> Iterator["Budget"]:
        """An equal share of what is left for each of so many parts, one after the other.

        Each share is cut when it is asked for, so that what one part leaves goes to the next.
        """
        for remaining in range(parts, 0, -1):
            yield Budget.of(self.left() / remaining, self.clock)


UNLIMITED = Budget(float("inf"))


@dataclass(frozen=True)
class Rounds(Generic[T]):
    """What the rounds gave; ``asked`` is how many there were to be.

    ``cold``: the only one is the first, which otherwise warms up and isn't counted.
    """

    results: list[T]
    asked: int
    cold: bool = False


def repeated(
    step: Callable[[], T], most: int, budget: Budget, *, warm_up: bool = True
) -> Rounds[T]:
    """``most`` rounds, or as many as fit into the budget, and one at least.

    Another round is begun only where the longest so far still fits. ``warm_up``: one round more is
    made before them, which counts only where there is no time for another; how long it took says
    nothing of them.
    """
    results: list[T] = []
    longest = 0.0
    while len(results) < most + warm_up and (not results or longest < budget.left()):
        begun = budget.clock()
        results.append(step())
        if not warm_up or len(results) > 1:
            longest = max(longest, budget.clock() - begun)
    if not warm_up:
        return Rounds(results, most)
    return Rounds(results[1:] or results, most, cold=len(results) == 1)
