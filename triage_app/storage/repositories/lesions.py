"""Stored lesions."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Select, delete, insert, select, update
from sqlalchemy.orm import Session

from triage_app.domain.errors import LesionNotFound, StaleRecord
from triage_app.domain.lesion import Lesion
from triage_app.storage.database.transaction import Transaction
from triage_app.storage.records.cases import DamagedEntry, is_id, reading_records
from triage_app.storage.records.loop import Line, lesion_from_row, lesion_values
from triage_app.storage.schema.cases import CaseRow
from triage_app.storage.schema.loop import LesionRow


class SqlLesionRepository:
    """Lesions inside one unit of work.

    Every method raises StorageUnavailable when the disk is full, read-only or at fault, or when
    another writer holds the database for too long; those that read raise DamagedEntry for a row
    that cannot be read.
    """

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    @property
    def _session(self) -> Session:
        return self._transaction.session

    def add(self, lesion: Lesion) -> None:
        """Store a new lesion; its patient must have a record."""
        values = _checked_values(lesion)
        self._transaction.write()
        self._session.execute(insert(LesionRow).values(values))

    def get(self, lesion_id: str) -> Lesion:
        """The lesion; raises LesionNotFound."""
        query = _columns().where(LesionRow.id == lesion_id)
        row = self._session.execute(query).first() if is_id(lesion_id) else None
        if row is None:
            raise LesionNotFound
        with reading_records(DamagedEntry):
            return lesion_from_row(row)

    def save(self, lesion: Lesion) -> Lesion:
        """Store a changed lesion and return it with its version raised by one.

        Its patient stays the first one. Raises StaleRecord when the stored version is not
        ``lesion.version``, LesionNotFound when it is gone.
        """
        changed = replace(lesion, version=lesion.version + 1)
        values = {k: v for k, v in _checked_values(changed).items() if k != "patient_id"}
        self._transaction.write()
        updated = self._session.execute(
            update(LesionRow)
            .where(LesionRow.id == lesion.id, LesionRow.version == lesion.version)
            .values(values)
            .returning(LesionRow.id)
            .execution_options(synchronize_session=False)
        ).all()
        if updated:
            return changed
        self.get(lesion.id)
        raise StaleRecord

    def of_patient(self, patient_id: str) -> Sequence[Lesion]:
        """All lesions of a patient, oldest first."""
        if not is_id(patient_id):
            return []
        query = _columns().where(LesionRow.patient_id == patient_id)
        rows = self._session.execute(query.order_by(LesionRow.created_at, LesionRow.id)).all()
        with reading_records(DamagedEntry):
            return [lesion_from_row(row) for row in rows]

    def cases_of(self, lesion_id: str) -> Sequence[str]:
        """Ids of the cases filed under a lesion, without the bin, oldest first."""
        if not is_id(lesion_id):
            return []
        query = select(CaseRow.id).where(
            CaseRow.lesion_id == lesion_id, CaseRow.deleted_at.is_(None)
        )
        return self._session.scalars(query.order_by(CaseRow.created_at, CaseRow.id)).all()

    def erase_of_patient(self, patient_id: str) -> None:
        """Delete all lesions of a patient; cases that are left point to none."""
        if not is_id(patient_id):
            return
        self._transaction.write()
        self._transaction.erases()
        theirs = select(LesionRow.id).where(LesionRow.patient_id == patient_id)
        for change in (
            update(CaseRow).where(CaseRow.lesion_id.in_(theirs)).values(lesion_id=None),
            delete(LesionRow).where(LesionRow.patient_id == patient_id),
        ):
            self._session.execute(change.execution_options(synchronize_session=False))


def _columns() -> Select[*tuple[Line, ...]]:
    return select(*LesionRow.__table__.columns)


def _checked_values(lesion: Lesion) -> dict[str, object]:
    if not is_id(lesion.id):
        raise ValueError("a lesion id must be 32 hexadecimal digits")
    return lesion_values(lesion)
