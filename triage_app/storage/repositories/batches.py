"""Files that were received in a batch and wait to become cases."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, bindparam, delete, func, select, update
from sqlalchemy.orm import Session

from triage_app.domain.batch import BatchCounts, Upload, UploadState
from triage_app.storage.database.transaction import Transaction
from triage_app.storage.records.cases import (
    IDS_PER_QUERY,
    DamagedEntry,
    in_portions,
    is_id,
    reading_records,
)
from triage_app.storage.schema.base import Values, add_rows, table_of
from triage_app.storage.schema.batches import UploadRow

_HELD = UploadRow.file_id.is_not(None)
_BLANK: Values = {"file_id": None, "sha256": "", "source_name": "", "reason": ""}
# Written once, as in ``storage.repositories.cases``. What needs no rows as objects asks the table
# itself.
_UPLOADS = table_of(UploadRow).c
_OWNER = select(_UPLOADS.person).where(_UPLOADS.batch_id == bindparam("batch_id")).limit(1)
_COUNTS = (
    select(_UPLOADS.state, func.count())
    .where(_UPLOADS.batch_id == bindparam("batch_id"))
    .group_by(_UPLOADS.state)
)
_UPLOAD = (
    select(UploadRow)
    .where(UploadRow.id == bindparam("upload_id"))
    .execution_options(populate_existing=True)
)
_CHANGE = update(table_of(UploadRow)).where(_UPLOADS.id == bindparam("upload_id"))
_FIRST_PERSON = (
    select(_UPLOADS.person)
    .where(_UPLOADS.state == UploadState.WAITING.value, _UPLOADS.file_id.is_not(None))
    .order_by(_UPLOADS.person)
    .limit(1)
)
_NEXT_PERSON = _FIRST_PERSON.where(_UPLOADS.person > bindparam("after"))
_WAITING_OF = (
    select(UploadRow)
    .where(
        UploadRow.person == bindparam("person"),
        UploadRow.state == UploadState.WAITING.value,
        _HELD,
    )
    .order_by(UploadRow.received_at, UploadRow.id)
    .limit(bindparam("size"))
    .execution_options(populate_existing=True)
)


class SqlUploadRepository:
    """Received files inside one unit of work; raises StorageUnavailable as the others do."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    @property
    def _session(self) -> Session:
        return self._transaction.session

    def add(self, upload: Upload) -> None:
        """Store a received file, which waits; raises ValueError for ids that are none."""
        if not all(map(is_id, (upload.id, upload.batch_id, upload.file_id))):
            raise ValueError("an id of an upload is malformed")
        self._transaction.write()
        add_rows(self._session, UploadRow, [vars(upload)])

    def get(self, upload_id: str) -> Upload | None:
        """The file with this id, also when it is a case by now."""
        if not is_id(upload_id):
            return None
        row = self._session.scalar(_UPLOAD, {"upload_id": upload_id})
        return None if row is None else _upload(row)

    def owner(self, batch_id: str) -> str | None:
        """Who sent the batch; None where nothing of it is known."""
        if not is_id(batch_id):
            return None
        return self._session.scalar(_OWNER, {"batch_id": batch_id})

    def counts(self, batch_id: str) -> BatchCounts:
        """How far the batch is."""
        rows = self._session.execute(_COUNTS, {"batch_id": batch_id})
        found = {row[0]: row[1] for row in rows}
        wanted = (UploadState.WAITING, UploadState.FAILED, UploadState.DONE)
        return BatchCounts(*(found.get(state.value, 0) for state in wanted))

    def failed(self, batch_id: str, size: int) -> Sequence[Upload]:
        """Files of the batch that could not be used, in the order received."""
        return self._some(
            size, UploadRow.batch_id == batch_id, UploadRow.state == UploadState.FAILED.value
        )

    def waiting(self, batch_id: str, size: int) -> Sequence[Upload]:
        """Files of the batch that wait, in the order received."""
        return self._some(
            size, UploadRow.batch_id == batch_id, UploadRow.state == UploadState.WAITING.value
        )

    def next_person(self, after: str) -> str | None:
        """The next person, by id and round again, for whom a file waits."""
        found = self._session.scalar(_NEXT_PERSON, {"after": after})
        return found if found is not None else self._session.scalar(_FIRST_PERSON)

    def next_of(self, person: str, without: Collection[str]) -> Upload | None:
        """What waits longest of this person, but for files that are being worked on."""
        wanted = {"person": person, "size": len(without) + 1}
        rows = self._session.scalars(_WAITING_OF, wanted).all()
        return next((_upload(row) for row in rows if row.id not in without), None)

    def held(self, person: str) -> int:
        """How many files of this person wait or have failed."""
        states = [UploadState.WAITING.value, UploadState.FAILED.value]
        query = select(func.count()).where(
            UploadRow.state.in_(states), UploadRow.person == person, _HELD
        )
        return self._session.scalars(query).one()

    def close(self, upload_id: str, state: UploadState) -> None:
        """Note that the file is a case now, or was dismissed; its name goes with it."""
        if state is UploadState.DISMISSED:
            self._transaction.erases()
        self._set(upload_id, {**_BLANK, "state": state.value})

    def fail(self, upload_id: str, reason: str) -> None:
        """Note why the file could not be used."""
        self._set(upload_id, {"state": UploadState.FAILED.value, "reason": reason})

    def wait(self, upload_id: str) -> None:
        """Let a failed file wait again."""
        self._set(upload_id, {"state": UploadState.WAITING.value, "reason": ""})

    def known_files(self, file_ids: Iterable[str]) -> set[str]:
        """Those of the ids that are files which wait or have failed."""
        known: set[str] = set()
        for some in in_portions(filter(is_id, file_ids)):
            query = select(UploadRow.file_id).where(UploadRow.file_id.in_(some), _HELD)
            known.update(found for found in self._session.scalars(query) if found)
        return known

    def every_held(self) -> Iterator[Upload]:
        """Every file that waits or has failed, read in portions."""
        last = ""
        while some := self._after(last):
            yield from some
            last = some[-1].file_id

    def failed_before(self, before: datetime, size: int) -> Sequence[Upload]:
        """Files received before a time that could not be used and that nobody dismissed."""
        return self._some(
            size,
            UploadRow.received_at < before,
            UploadRow.state == UploadState.FAILED.value,
        )

    def forget(self, before: datetime) -> int:
        """Delete what is left of files that were received before a time and are closed."""
        self._transaction.write()
        old = delete(UploadRow).where(UploadRow.received_at < before, UploadRow.file_id.is_(None))
        gone = self._session.execute(
            old.returning(UploadRow.id).execution_options(synchronize_session=False)
        )
        return len(gone.all())

    def _set(self, upload_id: str, values: Values) -> None:
        self._transaction.write()
        # Past the session, as ``add_rows``.
        self._session.connection().execute(_CHANGE, {"upload_id": upload_id, **values})

    def _some(self, size: int, *which: ColumnElement[bool]) -> Sequence[Upload]:
        query = select(UploadRow).where(*which).order_by(UploadRow.received_at, UploadRow.id)
        rows = self._session.scalars(query.limit(size).execution_options(populate_existing=True))
        return [_upload(row) for row in rows]

    def _after(self, file_id: str) -> Sequence[Upload]:
        query = select(UploadRow).where(UploadRow.file_id > file_id, _HELD)
        rows = self._session.scalars(query.order_by(UploadRow.file_id).limit(IDS_PER_QUERY))
        return [_upload(row) for row in rows]


def _upload(row: UploadRow) -> Upload:
    with reading_records(DamagedEntry):
        return Upload(
            id=row.id,
            batch_id=row.batch_id,
            person=row.person,
            received_at=row.received_at,
            state=UploadState(row.state),
            file_id=row.file_id or "",
            sha256=row.sha256,
            size=row.size,
            source_name=row.source_name,
            reason=row.reason,
        )
