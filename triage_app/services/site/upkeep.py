"""What is done every few minutes or once a day while the server runs, whoever is signed in."""

import logging
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from triage_app.services.ground.background import Background
from triage_app.services.images.storing import now

log = logging.getLogger(__name__)

EVERY = timedelta(days=1)
OFTEN = timedelta(minutes=5)
# A machine that was off for longer, or whose clock was moved, erases nothing before a person has
# looked at the clock and started the program again.
LONGEST_PAUSE = timedelta(days=45)
LARGEST_JUMP = timedelta(days=1)


class Upkeep(Background):
    """Runs jobs in a thread, at once and then every day, until the block ends.

    A job that fails is logged and tried again the next time; the others go on. ``often`` are jobs
    that cannot wait for a day: they run every five minutes. ``dated`` jobs erase
    by the calendar: they are left out when the clock cannot be believed, which is when ``pause``,
    the time since the newest event before this start, is too long, or when the clock moved against
    the time that passed.
    """

    def __init__(
        self,
        jobs: Mapping[str, Callable[[], int]],
        dated: Mapping[str, Callable[[], int]],
        pause: timedelta,
        clock: Callable[[], datetime] = now,
        passed_s: Callable[[], float] = time.monotonic,
        *,
        often: Mapping[str, Callable[[], int]] | None = None,
    ) -> None:
        super().__init__("upkeep", first_s=0, pause_s=OFTEN.total_seconds())
        self._often = often or {}
        self._jobs = jobs
        self._dated = dated
        self._pause = pause
        self._clock = clock
        self._passed_s = passed_s
        self._began = clock() - timedelta(seconds=passed_s())
        self._next_day_s = passed_s()

    def run_often(self) -> None:
        """Every job that cannot wait, once."""
        for name, job in self._often.items():
            _run(name, job)

    def run_once(self) -> None:
        """Every other job once."""
        for name, job in self._jobs.items():
            _run(name, job)
        for name, job in self._dated.items():
            if self._clock_is_believed():
                _run(name, job)
            else:
                log.error("left out: check the clock, then restart", extra={"job": name})

    def _clock_is_believed(self) -> bool:
        moved = self._clock() - timedelta(seconds=self._passed_s()) - self._began
        return timedelta() <= self._pause <= LONGEST_PAUSE and abs(moved) <= LARGEST_JUMP

    def step(self) -> None:
        """What cannot wait, and once a day the rest."""
        self.run_often()
        if self._passed_s() >= self._next_day_s:
            self._next_day_s = self._passed_s() + EVERY.total_seconds()
            self.run_once()


def _run(name: str, job: Callable[[], int]) -> None:
    try:
        done = job()
    except Exception:
        # The thread must live on: one fault must not end what is done on all later days.
        log.exception("job failed", extra={"job": name})
        return
    if done:
        log.info("job done", extra={"job": name, "count": done})
