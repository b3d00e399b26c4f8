"""Backups as people see them: archives in a folder, and whether the last one is recent enough."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from triage_app.domain.calendar import Zone


@dataclass(frozen=True)
class Archive:
    """One backup file. ``number`` grows with each backup, whatever the clock says.

    ``size`` in bytes. ``complete`` is False when files were already missing or damaged in the
    store, so that the archive lacks them too.
    """

    number: int
    made_at: datetime
    size: int
    encrypted: bool
    complete: bool
    name: str


@dataclass(frozen=True)
class Contents:
    """What an archive holds, as it was read back: counts, and its own SHA-256 (64 hex digits).

    ``trail`` is the last event's anchor ("number:hash"), ``damaged`` the ids of files that were
    missing or differed from their row already when the backup was made.
    """

    made_at: datetime
    app_version: str
    revision: str
    cases: int
    files: int
    trail: str
    damaged: tuple[str, ...]
    sha256: str


@dataclass(frozen=True)
class BackupState:
    """Whether backups are made here. ``place`` is empty when no folder is set.

    ``failure`` is the sentence of the last attempt if that failed, ``overdue`` says that no
    complete archive is recent enough.
    """

    place: str
    every: timedelta
    keep: int
    encrypted: bool
    newest: Archive | None
    overdue: bool
    failure: str

    def sentence(self, zone: Zone) -> str:
        """The state in words, for those who run the site; times are those of ``zone``."""
        if not self.place:
            return "No backups are made: name a folder on another disk in TRIAGE_BACKUP_DIR."
        if self.failure:
            return f"The last backup failed: {self.failure}"
        if self.newest is None:
            return "No backup has been made yet."
        made = zone.said(self.newest.made_at)
        if self.overdue:
            return f"The newest complete backup is too old: {made}. Check the log and the folder."
        return f"The newest complete backup is of {made}."


def is_overdue(newest: datetime | None, now: datetime, every: timedelta) -> bool:
    """Whether the newest complete backup is older than two intervals, or there is none."""
    return newest is None or now - newest > 2 * every
