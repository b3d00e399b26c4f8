"""Taking in the files of a batch, and telling how far it is.

A file is on the disk with its row before its receipt is acknowledged; from then on it is analysed
whether or not the page that sent it is still open (``services.batches.work``).
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from triage_app.domain.batch import BatchCounts, Progress, Upload, UploadState
from triage_app.domain.calendar import UTC_ZONE, Zone
from triage_app.domain.errors import BatchNotFound, InvalidInput, UploadTooLarge
from triage_app.domain.people import SYSTEM, Actor, Permission
from triage_app.domain.trail import Action, Entry, Value
from triage_app.ports.adapters import FileStore, UnitOfWork, UnitOfWorkFactory
from triage_app.services.batches.work import BatchWork, original_of
from triage_app.services.cases.quota import UPLOADS_PER_DAY, refuse_too_many
from triage_app.services.cases.viewing import Sightings
from triage_app.services.images.storing import facts, now, remove_unnamed, sha256
from triage_app.services.patients.retention import months_before

log = logging.getLogger(__name__)

FAILURES_SHOWN = 100
# What is left of a closed file only makes sending it again harmless, which nobody does by then.
REMEMBERED = timedelta(days=30)
_PORTION = 200


class Intake:
    """Use cases on batches; each change is one transaction."""

    def __init__(
        self,
        units: UnitOfWorkFactory,
        files: FileStore,
        work: BatchWork,
        max_upload_bytes: int,
        *,
        uploads_per_day: int = UPLOADS_PER_DAY,
        clock: Callable[[], datetime] = now,
        zone: Zone = UTC_ZONE,
    ) -> None:
        self._zone = zone
        self._units = units
        self._files = files
        self.work = work
        self._max_upload_bytes = max_upload_bytes
        self._uploads_per_day = uploads_per_day
        self._clock = clock
        self._sightings = Sightings()

    def receive(
        self, actor: Actor, batch_id: str, upload_id: str, data: bytes, source_name: str = ""
    ) -> Upload:
        """Keep a file durably until it is analysed; one that is known already is kept once.

        Raises UploadTooLarge, TooManyRequests, BatchNotFound for somebody else's batch, and
        StorageUnavailable when it cannot be kept; nothing is stored then.
        """
        actor.require(Permission.UPLOAD)
        if len(data) > self._max_upload_bytes:
            raise UploadTooLarge(self._max_upload_bytes / 1e6)
        upload = Upload(upload_id, batch_id, actor.id, self._clock(), source_name=source_name)
        with self._units() as unit:
            known = self._known(unit, actor, upload)
            if known is not None:
                return known
            file_id = self._files.put(data)
            upload = replace(upload, file_id=file_id, sha256=sha256(data), size=len(data))
            return self._keep(unit, actor, upload)

    def progress(self, actor: Actor, batch_id: str) -> Progress:
        """How far a batch is, all zero for one of which nothing is known (any more).

        Raises BatchNotFound for somebody else's. Names of files that it shows are recorded.
        """
        actor.require(Permission.UPLOAD)
        with self._units() as unit:
            owner = unit.uploads.owner(batch_id)
            if owner is None:
                return Progress(batch_id, BatchCounts())
            _require_sight(actor, owner)
            counts = unit.uploads.counts(batch_id)
            failed = unit.uploads.failed(batch_id, FAILURES_SHOWN) if counts.failed else ()
        if failed:
            self._record_view(actor, batch_id)
        per_minute = self.work.pace.per_minute(batch_id) if counts.waiting else None
        return Progress(
            batch_id,
            counts,
            tuple(failed),
            per_minute,
            60 * counts.waiting / per_minute if per_minute else None,
            self.work.pause if counts.waiting else "",
        )

    def retry(self, actor: Actor, batch_id: str, upload_ids: Iterable[str]) -> int:
        """Let files that could not be used be analysed once more; how many."""
        with self._units() as unit:
            unit.lock()
            wanted = _held(unit, actor, batch_id, upload_ids)
            failed = [upload for upload in wanted if upload.state is UploadState.FAILED]
            for upload in failed:
                unit.uploads.wait(upload.id)
            unit.commit()
        self.work.arrived()
        return len(failed)

    def dismiss(self, actor: Actor, batch_id: str, upload_ids: Iterable[str]) -> int:
        """Remove files that wait or could not be used, for good; how many."""
        with self._units() as unit:
            unit.lock()
            wanted = _held(unit, actor, batch_id, upload_ids)
            self._close(unit, actor, wanted, self._clock())
            unit.commit()
        self._files.remove([upload.file_id for upload in wanted])
        return len(wanted)

    def stop(self, actor: Actor, batch_id: str) -> int:
        """Remove all files of a batch that wait, for good; how many. What was analysed stays.

        Raises BatchNotFound for somebody else's batch, and for one of which nothing is known.
        """
        actor.require(Permission.UPLOAD)

        def waiting(unit: UnitOfWork) -> Sequence[Upload]:
            _require_sight(actor, unit.uploads.owner(batch_id))
            return unit.uploads.waiting(batch_id, _PORTION)

        return self._dismiss_all(actor, waiting, self._clock())

    def forget(self) -> int:
        """Forget files that were closed long ago; how many."""
        with self._units() as unit:
            gone = unit.uploads.forget(self._clock() - REMEMBERED)
            unit.commit()
        return gone

    def apply_retention(self, months: int) -> int:
        """Remove files that could not be used and were received so many months ago; how many.

        0 keeps everything.
        """
        if months <= 0:
            return 0
        at = self._clock()
        before = months_before(at, months, self._zone)
        return self._dismiss_all(SYSTEM, lambda u: u.uploads.failed_before(before, _PORTION), at)

    def _dismiss_all(
        self, actor: Actor, find: Callable[[UnitOfWork], Sequence[Upload]], at: datetime
    ) -> int:
        """In portions, so that others may write in between."""
        removed = 0
        while True:
            with self._units() as unit:
                unit.lock()
                some = find(unit)
                self._close(unit, actor, some, at)
                unit.commit()
            if not some:
                return removed
            self._files.remove([upload.file_id for upload in some])
            removed += len(some)

    def _keep(self, unit: UnitOfWork, actor: Actor, upload: Upload) -> Upload:
        try:
            unit.lock()
            known = self._known(unit, actor, upload)
            if known is None:
                unit.uploads.add(upload)
                self._record(unit, Action.UPLOAD_RECEIVED, actor, upload, upload.received_at)
                unit.commit()
        except Exception:
            remove_unnamed(self._units, self._files, [upload.file_id])
            raise
        if known is not None:
            self._files.remove([upload.file_id])
            return known
        log.info("upload received", extra={"batch": upload.batch_id, "bytes": upload.size})
        self.work.arrived()
        return upload

    def _known(self, unit: UnitOfWork, actor: Actor, upload: Upload) -> Upload | None:
        """The file, if it was received before; None when it may be received now."""
        if unit.uploads.owner(upload.batch_id) not in (None, actor.id):
            raise BatchNotFound
        known = unit.uploads.get(upload.id)
        if known is None:
            refuse_too_many(unit, actor, upload.received_at, self._uploads_per_day)
        elif known.batch_id != upload.batch_id:
            raise InvalidInput("upload", "The file's number is taken. Reload the page, send again.")
        return known

    def _close(
        self, unit: UnitOfWork, actor: Actor, uploads: Iterable[Upload], at: datetime
    ) -> None:
        for upload in uploads:
            unit.uploads.close(upload.id, UploadState.DISMISSED)
            self._record(unit, Action.UPLOAD_DISMISSED, actor, upload, at)

    def _record(
        self, unit: UnitOfWork, action: Action, actor: Actor, upload: Upload, at: datetime
    ) -> None:
        details: dict[str, Value] = {
            "batch": upload.batch_id,
            "files": facts([original_of(upload)]),
        }
        unit.trail.append(Entry(action, actor.id, upload.id, details), at)

    def _record_view(self, actor: Actor, batch_id: str) -> None:
        at = self._clock()
        if self._sightings.recent(actor, batch_id, at):
            return
        with self._units() as unit:
            unit.trail.append(Entry(Action.BATCH_VIEWED, actor.id, batch_id), at)
            unit.commit()
        self._sightings.note(actor, [batch_id], at)


def _require_sight(actor: Actor, owner: str | None) -> None:
    # Whoever sees all cases sees all batches; others learn not even that one exists.
    if owner is None or (owner != actor.id and not actor.may(Permission.SEE_FINDINGS)):
        raise BatchNotFound


def _held(
    unit: UnitOfWork, actor: Actor, batch_id: str, upload_ids: Iterable[str]
) -> Sequence[Upload]:
    """Those of the files of a batch that are still here, of a batch that this person may change."""
    actor.require(Permission.UPLOAD)
    _require_sight(actor, unit.uploads.owner(batch_id))
    found = [unit.uploads.get(upload_id) for upload_id in dict.fromkeys(upload_ids)]
    return [u for u in found if u is not None and u.batch_id == batch_id and u.file_id]
