"""Limits that are kept in memory: attempts by address, uploads in flight by person."""

import time
from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import ceil
from threading import Lock

from triage_app.domain.errors import TooManyRequests

ATTEMPTS = 30
WINDOW_S = 300.0
ADDRESSES = 10_000
UPLOADS_EACH = 6


class Attempts:
    """At most ``most`` failed attempts from one address within ``window_s`` seconds.

    An account locks itself against guessing; this keeps one address from trying all accounts and
    from keeping the server busy, since each check of a password is meant to be slow.
    """

    def __init__(
        self,
        most: int = ATTEMPTS,
        window_s: float = WINDOW_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._most = most
        self._window_s = window_s
        self._clock = clock
        self._tried: OrderedDict[str, deque[float]] = OrderedDict()
        self._lock = Lock()

    def wait_minutes(self, address: str) -> int:
        """Note an attempt; 0 when it may go on, else minutes until the next one may."""
        at = self._clock()
        with self._lock:
            tried = self._tried.setdefault(address, deque())
            self._tried.move_to_end(address)
            while len(self._tried) > ADDRESSES:
                self._tried.popitem(last=False)
            while tried and at - tried[0] > self._window_s:
                tried.popleft()
            if len(tried) >= self._most:
                return max(1, ceil((tried[0] + self._window_s - at) / 60))
            tried.append(at)
        return 0

    def succeeded(self, address: str) -> None:
        """Take the newest attempt back: a whole clinic may sign in from one address."""
        with self._lock:
            if tried := self._tried.get(address):
                tried.pop()


class InFlight:
    """At most ``most`` uploads of one person at the same time."""

    def __init__(self, most: int = UPLOADS_EACH) -> None:
        self._most = most
        self._running: Counter[str] = Counter()
        self._lock = Lock()

    @contextmanager
    def one(self, person_id: str) -> Iterator[None]:
        """Count an upload while it runs; raises TooManyRequests."""
        with self._lock:
            if self._running[person_id] >= self._most:
                raise TooManyRequests(
                    f"You are already sending {self._most} files. "
                    "Wait until one of them is stored, then send this one again."
                )
            self._running[person_id] += 1
        try:
            yield
        finally:
            with self._lock:
                self._running[person_id] -= 1
                if not self._running[person_id]:
                    del self._running[person_id]
