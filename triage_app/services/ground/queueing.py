"""Turns at what only a few can use at a time, in fair order: the model, and memory for files.

Between people it goes round: who sends a thousand images waits with them, not the others. What a
person waits for at the screen comes before what runs in the background, which still gets one turn
in ``BACKGROUND_EVERY``, so that nobody starves.
"""

import asyncio
import time
from collections import Counter, OrderedDict, deque
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Future
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from enum import IntEnum
from math import ceil
from threading import Lock

from triage_app.domain.errors import Busy

MOST_WAITING = 64
BACKGROUND_EVERY = 8
LONGEST_WAIT_S = 30
FIRST_GUESS_S = 0.2


class Lane(IntEnum):
    """Who is served first."""

    INTERACTIVE = 0
    BACKGROUND = 1


@dataclass(eq=False)
class _Ticket:
    """A place in the queue; ``turn`` is done when it is this one's turn."""

    person: str
    lane: Lane
    turn: "Future[None]" = field(default_factory=Future)
    began_s: float = 0.0


class FairQueue:
    """At most ``at_once`` turns at a time, ``each`` of them of one person.

    More than ``most_waiting`` in a lane are turned away with Busy, which says when to come back.
    """

    def __init__(
        self,
        at_once: int,
        *,
        each: int | None = None,
        most_waiting: int = MOST_WAITING,
        passed_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._at_once = at_once
        self._each = each or at_once
        self._most_waiting = most_waiting
        self._passed_s = passed_s
        self._waiting: dict[Lane, OrderedDict[str, deque[_Ticket]]] = {
            lane: OrderedDict() for lane in Lane
        }
        self._running: Counter[str] = Counter()
        self._passed_over = 0
        self._usual_s = FIRST_GUESS_S
        self._lock = Lock()

    @contextmanager
    def turn(self, person: str, lane: Lane = Lane.INTERACTIVE) -> Iterator[None]:
        """Wait in this thread for a turn and hold it; raises Busy."""
        ticket = self._join(person, lane)
        try:
            ticket.turn.result()
            yield
        finally:
            self._leave(ticket)

    @asynccontextmanager
    async def awaited(self, person: str, lane: Lane = Lane.INTERACTIVE) -> AsyncIterator[None]:
        """Wait in this task for a turn and hold it; raises Busy."""
        ticket = self._join(person, lane)
        try:
            # Shielded, because a turn that is handed out to a cancelled wait is given back below.
            await asyncio.shield(asyncio.wrap_future(ticket.turn))
            yield
        finally:
            self._leave(ticket)

    def waiting(self) -> int:
        """How many wait."""
        with self._lock:
            return sum(map(self._count, Lane))

    def _join(self, person: str, lane: Lane) -> _Ticket:
        ticket = _Ticket(person, lane)
        with self._lock:
            if self._count(lane) >= self._most_waiting:
                raise Busy(self._wait_s())
            self._waiting[lane].setdefault(person, deque()).append(ticket)
            self._hand_out()
        return ticket

    def _leave(self, ticket: _Ticket) -> None:
        with self._lock:
            if ticket.turn.done():
                self._usual_s += 0.1 * (self._passed_s() - ticket.began_s - self._usual_s)
                self._running[ticket.person] -= 1
                if not self._running[ticket.person]:
                    del self._running[ticket.person]
            else:
                self._withdraw(ticket)
            self._hand_out()

    def _hand_out(self) -> None:
        while self._running.total() < self._at_once:
            ticket = self._next()
            if ticket is None:
                return
            self._running[ticket.person] += 1
            ticket.began_s = self._passed_s()
            ticket.turn.set_result(None)

    def _next(self) -> _Ticket | None:
        order = [Lane.INTERACTIVE, Lane.BACKGROUND]
        if self._passed_over >= BACKGROUND_EVERY - 1:
            order.reverse()
        for lane in order:
            ticket = self._first(lane)
            if ticket is not None:
                behind = lane is Lane.INTERACTIVE and bool(self._waiting[Lane.BACKGROUND])
                self._passed_over = self._passed_over + 1 if behind else 0
                return ticket
        return None

    def _first(self, lane: Lane) -> _Ticket | None:
        people = self._waiting[lane]
        for person, tickets in people.items():
            if self._running[person] >= self._each:
                continue
            ticket = tickets.popleft()
            people.move_to_end(person)
            if not tickets:
                del people[person]
            return ticket
        return None

    def _withdraw(self, ticket: _Ticket) -> None:
        tickets = self._waiting[ticket.lane][ticket.person]
        tickets.remove(ticket)
        if not tickets:
            del self._waiting[ticket.lane][ticket.person]

    def _count(self, lane: Lane) -> int:
        return sum(map(len, self._waiting[lane].values()))

    def _wait_s(self) -> float:
        waits = self._most_waiting * self._usual_s / self._at_once
        return float(min(LONGEST_WAIT_S, max(1, ceil(waits))))
