"""The made-up clinic's calendar: a clock that jumps from one event to the next."""

import heapq
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count

Event = Callable[[], None]


class Clock:
    """The time that all use cases are given; every look at it lets some seconds pass."""

    def __init__(self, at: datetime) -> None:
        self._at = at

    def __call__(self) -> datetime:
        """Now, in UTC."""
        self._at += timedelta(seconds=3)
        return self._at

    def move_to(self, at: datetime) -> None:
        """Jump ahead; the clock never goes back."""
        self._at = max(self._at, at)


class Agenda:
    """Events in the order of their time; those after ``end`` never happen."""

    def __init__(self, clock: Clock, end: datetime) -> None:
        self.clock = clock
        self.end = end
        self._waiting: list[tuple[datetime, int, Event]] = []
        self._order = count()

    def plan(self, at: datetime, event: Event) -> None:
        """Have something happen at a time, or as soon as the clock allows."""
        heapq.heappush(self._waiting, (at, next(self._order), event))

    def run(self) -> None:
        """Let everything happen up to the end, also what events plan meanwhile."""
        while self._waiting:
            at, _, event = heapq.heappop(self._waiting)
            if at > self.end:
                return
            self.clock.move_to(at)
            event()


def last_office_hours(at: datetime) -> datetime:
    """The same moment, or the last one before it at which the clinic was open."""
    if at.weekday() < 5 and 8 <= at.hour < 17:
        return at
    before = at if at.weekday() < 5 and at.hour >= 17 else at - timedelta(days=1)
    while before.weekday() >= 5:
        before -= timedelta(days=1)
    return datetime(before.year, before.month, before.day, 16, 5 + at.minute // 2, tzinfo=UTC)


def in_office_hours(at: datetime) -> datetime:
    """The same moment, or the next one at which the clinic is open."""
    if at.weekday() < 5 and 8 <= at.hour < 17:
        return at
    following = at if at.weekday() < 5 and at.hour < 8 else at + timedelta(days=1)
    while following.weekday() >= 5:
        following += timedelta(days=1)
    return datetime(
        following.year, following.month, following.day, 8, 5 + at.minute // 2, tzinfo=UTC
    )
