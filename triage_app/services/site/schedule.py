"""Backups at their time while the server runs, whatever is done to the clock."""

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from triage_app.domain.errors import TriageError
from triage_app.domain.people import SYSTEM
from triage_app.services.ground.background import Background
from triage_app.services.images.storing import now
from triage_app.services.site.backups import Backups

log = logging.getLogger(__name__)

LOOK_EVERY_S = 60.0
RETRY_AFTER_S = 900.0
"""Pause after a failure, in seconds."""
CLOCKS_DIFFER = timedelta(minutes=5)
"""An archive may be so much younger than now before the clock must have been moved."""


class Schedule(Background):
    """Makes a backup whenever the newest is too old, in a thread, until the block ends.

    Time that passed since this program's last backup is measured without the clock, so that a clock
    that was set back cannot put the next one off; a clock that was set forward gives at most one
    backup too many. Archives in the future tell nothing, so a start that finds such makes one.
    """

    def __init__(
        self,
        backups: Backups,
        clock: Callable[[], datetime] = now,
        passed_s: Callable[[], float] = time.monotonic,
    ) -> None:
        # Not before the first pause, so that a start is not slowed down.
        super().__init__("backups", first_s=LOOK_EVERY_S, pause_s=LOOK_EVERY_S)
        self._backups, self._clock, self._passed_s = backups, clock, passed_s
        self._made_s: float | None = None
        self._failed_s: float | None = None

    def stopping(self) -> None:
        """A backup that is being made ends."""
        self._backups.stop()

    def step(self) -> None:
        """A backup, if one is due."""
        self.run_once()

    def run_once(self) -> bool:
        """Make a backup if one is due; whether one was made. A failure is logged and kept."""
        try:
            if not self._is_due():
                return False
            archive = self._backups.make(SYSTEM)
        except TriageError as error:
            self._failed_s = self._passed_s()
            log.error("no backup was made: %s", error)
            return False
        except Exception:
            # The thread must live on: a fault that was met once must not end all later backups.
            self._failed_s = self._passed_s()
            log.exception("no backup was made")
            return False
        self._made_s, self._failed_s = self._passed_s(), None
        log.info("backup made", extra={"bytes": archive.size, "count": archive.number})
        return True

    def _is_due(self) -> bool:
        if self._failed_s is not None and self._passed_s() - self._failed_s < RETRY_AFTER_S:
            return False
        every = self._backups.every
        if self._made_s is not None and self._passed_s() - self._made_s >= every.total_seconds():
            return True
        newest = next(iter(self._backups.archives(SYSTEM)), None)
        if newest is None:
            return True
        age = self._clock() - newest.made_at
        in_the_future = age < -CLOCKS_DIFFER
        return age >= every or (in_the_future and self._made_s is None)
