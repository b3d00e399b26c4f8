"""Analysing the files of batches in turn, whether or not anybody watches."""

import logging
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from threading import Condition, Lock, Thread
from types import TracebackType
from typing import Self

from triage_app.domain.batch import Upload, UploadState
from triage_app.domain.case import CaseDetails
from triage_app.domain.context import NO_CONTEXT
from triage_app.domain.errors import (
    FileMissing,
    ImageRejected,
    NotAllowedInState,
    StorageUnavailable,
    TriageError,
)
from triage_app.domain.files import FileKind, StoredFile
from triage_app.ports.adapters import FileStore, UnitOfWork, UnitOfWorkFactory
from triage_app.services.cases.drafting import NewDraft, store_draft
from triage_app.services.ground.queueing import FairQueue, Lane
from triage_app.services.images.assessment import Assessment, Assessor
from triage_app.services.images.storing import files_of, now

log = logging.getLogger(__name__)

# One more than can be at the model at a time: what is being written to disk needs no processor.
WORKERS = 3
LOOK_EVERY_S = 60.0
RETRY_AFTER_S = 15.0
"""Pause after a fault of the disk, in seconds."""
UNEXPECTED = (
    "Something went wrong in the program while this image was analysed. Try it again; if it "
    "happens again, tell whoever runs the system."
)
LEAST_TO_TELL, MOST_TO_TELL = 5, 40
STALE_S = 60.0
BATCHES_REMEMBERED = 200


class Pace:
    """How fast batches get on, from the times at which their last files were done."""

    def __init__(self, passed_s: Callable[[], float] = time.monotonic) -> None:
        self._passed_s = passed_s
        self._done: OrderedDict[str, deque[float]] = OrderedDict()
        self._lock = Lock()

    def note(self, batch_id: str) -> None:
        """A file of the batch is done."""
        with self._lock:
            done = self._done.setdefault(batch_id, deque(maxlen=MOST_TO_TELL))
            done.append(self._passed_s())
            self._done.move_to_end(batch_id)
            while len(self._done) > BATCHES_REMEMBERED:
                self._done.popitem(last=False)

    def per_minute(self, batch_id: str) -> float | None:
        """Files a minute; None where too few were done lately to tell."""
        with self._lock:
            done = list(self._done.get(batch_id, ()))
        if len(done) < LEAST_TO_TELL or self._passed_s() - done[-1] > STALE_S:
            return None
        return 60 * (len(done) - 1) / max(done[-1] - done[0], 1e-3)


class BatchWork:
    """Takes what waits, one person after the other, and makes drafts of it.

    ``step`` may be called from any number of threads. A file is a case, with its row closed, in
    one transaction: killed at any moment, it waits still or is a case, and never both.
    """

    def __init__(
        self,
        units: UnitOfWorkFactory,
        files: FileStore,
        assessor: Assessor,
        queue: FairQueue,
        *,
        impression_first: bool = False,
        clock: Callable[[], datetime] = now,
    ) -> None:
        self._units, self._files = units, files
        self._assessor, self._queue = assessor, queue
        self._impression_first = impression_first
        self._clock = clock
        self.pace = Pace()
        self.pause = ""
        """Why the work stands still; empty while it goes on."""
        self._last_person = ""
        self._taken: set[str] = set()
        self._taking = Lock()
        self._news = Condition()
        self._arrivals = 0

    def arrived(self) -> None:
        """Something waits now."""
        with self._news:
            self._arrivals += 1
            self._news.notify_all()

    def step(self) -> bool:
        """Analyse what is next; whether anything was waiting. Raises StorageUnavailable."""
        upload = self._take()
        if upload is None:
            return False
        try:
            self._handle(upload)
        finally:
            with self._taking:
                self._taken.discard(upload.id)
        self.pause = ""
        return True

    def run(self, stopped: Callable[[], bool]) -> None:
        """Work until ``stopped``, which is looked at between files and whenever news arrive."""
        while not stopped():
            with self._news:
                seen = self._arrivals
            wait_s = LOOK_EVERY_S
            try:
                if self.step():
                    continue
            except TriageError as error:
                self.pause, wait_s = str(error), RETRY_AFTER_S
                log.error("the batch stands still: %s", error)
            except Exception:
                # The thread must live on: what waits must not wait for a restart.
                self.pause, wait_s = UNEXPECTED, RETRY_AFTER_S
                log.exception("the batch stands still")
            self._await_news(seen, wait_s, stopped)

    def _await_news(self, seen: int, wait_s: float, stopped: Callable[[], bool]) -> None:
        with self._news:
            self._news.wait_for(lambda: stopped() or self._arrivals != seen, wait_s)

    def _take(self) -> Upload | None:
        with self._taking, self._units() as unit:
            first = person = unit.uploads.next_person(self._last_person)
            while person is not None:
                upload = unit.uploads.next_of(person, self._taken)
                if upload is not None:
                    self._last_person = person
                    self._taken.add(upload.id)
                    return upload
                person = unit.uploads.next_person(person)
                if person == first:
                    break
        return None

    def _handle(self, upload: Upload) -> None:
        try:
            self._analyse(upload)
        except _Gone:
            return
        except StorageUnavailable:
            raise
        except (ImageRejected, FileMissing) as error:
            self._fail(upload, str(error))
        except Exception:
            log.exception("analysis failed", extra={"batch": upload.batch_id})
            self._fail(upload, UNEXPECTED)
        self.pace.note(upload.batch_id)

    def _analyse(self, upload: Upload) -> None:
        original = original_of(upload)
        data = self._files.read(original)
        with self._queue.turn(upload.person, Lane.BACKGROUND):
            assessment = self._assessor.assess(data, NO_CONTEXT, beside=True)
        self._store(upload, original, data, assessment)

    def _store(
        self, upload: Upload, original: StoredFile, data: bytes, assessment: Assessment
    ) -> None:
        def close(unit: UnitOfWork) -> None:
            stored = unit.uploads.get(upload.id)
            if stored is None or stored.state is not UploadState.WAITING:
                raise _Gone
            unit.uploads.close(upload.id, UploadState.DONE)

        first, *made = files_of(data, upload.source_name, assessment)
        kept = replace(
            original, media_type=first.media_type, width=first.width, height=first.height
        )
        draft = NewDraft(
            upload.person,
            CaseDetails(),
            assessment,
            upload.received_at,
            self._impression_first,
            upload.batch_id,
        )
        at = self._clock()
        store_draft(self._units, self._files, draft, made, at=at, check=close, kept=kept)

    def _fail(self, upload: Upload, reason: str) -> None:
        with self._units() as unit:
            unit.lock()
            stored = unit.uploads.get(upload.id)
            if stored is not None and stored.state is UploadState.WAITING:
                unit.uploads.fail(upload.id, reason)
                unit.commit()
        log.info("upload rejected", extra={"batch": upload.batch_id})


class Workers:
    """Threads that work through what waits, until the block ends."""

    def __init__(self, work: BatchWork, count: int = WORKERS) -> None:
        self._work = work
        self._stopped = False
        self._threads = [
            Thread(target=work.run, args=(lambda: self._stopped,), name=f"batch-{i}", daemon=True)
            for i in range(count)
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stopped = True
        self._work.arrived()
        for thread in self._threads:
            thread.join()


class _Gone(NotAllowedInState):
    """Somebody dismissed the file while it was analysed."""


def original_of(upload: Upload) -> StoredFile:
    """The file in the store; what kind of picture it is, nobody has looked at yet."""
    return StoredFile(
        id=upload.file_id,
        kind=FileKind.ORIGINAL,
        sha256=upload.sha256,
        size=upload.size,
        media_type="",
        created_at=upload.received_at,
        source_name=upload.source_name,
    )
