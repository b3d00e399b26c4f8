"""Backups as a use case: who may make one, what the trail keeps of it, and how things stand."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from triage_app.domain.backups import Archive, BackupState, Contents, is_overdue
from triage_app.domain.errors import BackupFailed, ConfigurationError, TriageError
from triage_app.domain.people import Actor, Permission
from triage_app.domain.trail import Action, Entry, Value
from triage_app.ports.adapters import BackupStore, UnitOfWorkFactory
from triage_app.services.images.storing import now

NO_FOLDER = (
    "No backup folder is set. Name one in TRIAGE_BACKUP_DIR, on another disk than the data folder."
)
UNFORESEEN = "It ended in a way that was not foreseen; the log says where."


class Backups:
    """Makes and lists backups; every method raises NotPermitted without MANAGE_SITE.

    ``store`` is None where no folder is set; ``every`` is how often a backup should be made.
    """

    def __init__(
        self,
        units: UnitOfWorkFactory,
        store: BackupStore | None,
        every: timedelta,
        clock: Callable[[], datetime] = now,
    ) -> None:
        self._units, self._store, self.every, self._clock = units, store, every, clock
        self._failure = ""

    def make(self, actor: Actor) -> Archive:
        """A new archive, complete and recorded in the trail.

        Raises BackupFailed, ConfigurationError or StorageUnavailable; then there is none.
        """
        actor.require(Permission.MANAGE_SITE)
        store, at = self._folder(), self._clock()

        def record(archive: Archive, contents: Contents) -> None:
            self._record(actor, archive, contents)

        try:
            archive = store.make(at, record)
        except Exception as error:
            self._failure = str(error) if isinstance(error, TriageError) else UNFORESEEN
            raise
        self._failure = ""
        return archive

    def archives(self, actor: Actor) -> Sequence[Archive]:
        """Archives in the folder, the newest first; raises BackupFailed when it cannot be read."""
        actor.require(Permission.MANAGE_SITE)
        return self._folder().archives()

    def state(self, actor: Actor) -> BackupState:
        """Whether backups are made, and the newest complete one."""
        actor.require(Permission.MANAGE_SITE)
        store, failure = self._store, self._failure
        if store is None:
            return BackupState("", self.every, 0, False, None, overdue=True, failure="")
        newest = None
        try:
            newest = next((archive for archive in store.archives() if archive.complete), None)
        except BackupFailed as error:
            failure = str(error)
        return BackupState(
            place=store.place,
            every=self.every,
            keep=store.keep,
            encrypted=store.encrypted,
            newest=newest,
            overdue=is_overdue(newest.made_at if newest else None, self._clock(), self.every),
            failure=failure,
        )

    def stop(self) -> None:
        """Make a backup on its way end soon."""
        if self._store is not None:
            self._store.stop()

    def _folder(self) -> BackupStore:
        if self._store is None:
            raise ConfigurationError(NO_FOLDER)
        return self._store

    def _record(self, actor: Actor, archive: Archive, contents: Contents) -> None:
        """Before the archive gets its name: no copy of the data without a trace."""
        details: dict[str, Value] = {
            "number": archive.number,
            "sha256": contents.sha256,
            "bytes": archive.size,
            "cases": contents.cases,
            "files": contents.files,
            "damaged": len(contents.damaged),
            "encrypted": archive.encrypted,
        }
        with self._units() as unit:
            unit.trail.append(Entry(Action.BACKUP_MADE, actor.id, "", details), self._clock())
            unit.commit()
