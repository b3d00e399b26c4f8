"""The made-up clinic's calendar: a clock that jumps from one event to the next."""

import heapq
from collections.abc import Callable
from datetime import date, datetime, timedelta
from itertools import count

from triage_app.domain.calendar import UTC_ZONE, Zone

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
    """Events in the order of their time; those after ``end`` never happen.

    Days and office hours are those of ``zone``.
    """

    def __init__(self, clock: Clock, end: datetime, zone: Zone = UTC_ZONE) -> None:
        self.clock = clock
        self.zone = zone
        self.end = end
        self._waiting: list[tuple[datetime, int, Event]] = []
        self._order = count()

    def day(self) -> date:
        """The present day."""
        return self.zone.day_of(self.clock())

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


def last_office_hours(at: datetime, zone: Zone = UTC_ZONE) -> datetime:
    """The same moment, or the last one before it at which the clinic was open."""
    shown, day = zone.shown(at), zone.day_of(at)
    if day.weekday() < 5 and 8 <= shown.hour < 17:
        return at
    if day.weekday() >= 5 or shown.hour < 17:
        day -= timedelta(days=1)
    while day.weekday() >= 5:
        day -= timedelta(days=1)
    return zone.instant(day, 16, 5 + shown.minute // 2)


def in_office_hours(at: datetime, zone: Zone = UTC_ZONE) -> datetime:
    """The same moment, or the next one at which the clinic is open."""
    shown, day = zone.shown(at), zone.day_of(at)
    if day.weekday() < 5 and 8 <= shown.hour < 17:
        return at
    if day.weekday() >= 5 or shown.hour >= 8:
        day += timedelta(days=1)
    while day.weekday() >= 5:
        day += timedelta(days=1)
    return zone.instant(day, 8, 5 + shown.minute // 2)
