"""Settings, what is kept on patients, certificates of erasure, reported problems, and counts."""

import secrets
from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, bindparam, delete, exists, func, insert, select, update
from sqlalchemy.dialects.sqlite import insert as upsert
from sqlalchemy.orm import Session

from triage_app.domain.calendar import UTC_ZONE, Zone
from triage_app.domain.errors import InvalidInput, PatientNotFound, StaleRecord
from triage_app.domain.site import (
    Certificate,
    PatientRecord,
    SafetyProblem,
    SiteCounts,
)
from triage_app.storage.database.transaction import Transaction
from triage_app.storage.lists.counters import miscounted, recount
from triage_app.storage.lists.counts import count_cases
from triage_app.storage.records.cases import DamagedEntry, in_portions, is_id, reading_records
from triage_app.storage.records.folding import can_occur, prefix_range, reference_key
from triage_app.storage.records.keys import enlist, key_of
from triage_app.storage.records.site import patient_from_row, patient_values
from triage_app.storage.repositories.lesions import SqlLesionRepository
from triage_app.storage.schema.base import table_of
from triage_app.storage.schema.cases import CaseRow
from triage_app.storage.schema.site import CertificateRow, PatientRow, ProblemRow, SettingRow

# Asked for each image, so written once: see ``storage.repositories.cases``.
_SETTINGS = table_of(SettingRow).c
_SETTING = select(_SETTINGS.value).where(_SETTINGS.name == bindparam("name"))


class SqlSiteRepository:
    """What belongs to the site or a patient, inside one unit of work.

    Every method raises StorageUnavailable when the disk is full, read-only or at fault, or when
    another writer holds the database for too long; those that read raise DamagedEntry for a row
    that cannot be read, so that a damaged legal hold is not taken for none.
    """

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    @property
    def _session(self) -> Session:
        return self._transaction.session

    def setting(self, name: str) -> str | None:
        """A stored setting, None when never set."""
        return self._session.scalar(_SETTING, {"name": name})

    def set(self, name: str, value: str, at: datetime) -> None:
        """Store a setting."""
        self._transaction.write()
        new = {"value": value, "updated_at": at}
        self._session.execute(
            upsert(SettingRow)
            .values(name=name, **new)
            .on_conflict_do_update(index_elements=[SettingRow.name], set_=new)
        )

    def patient(self, reference: str) -> PatientRecord:
        """What is kept on the patient with this reference; an empty record when nothing is.

        References that look the same are one, whatever their case (``storage.records.keys``).
        """
        key = key_of(self._session, reference)
        if not key:
            return PatientRecord(reference)
        query = select(PatientRow).where(PatientRow.patient_key == key)
        with reading_records(DamagedEntry):
            row = self._session.scalar(query.execution_options(populate_existing=True))
            return PatientRecord(reference) if row is None else patient_from_row(row)

    def patient_by_id(self, patient_id: str) -> PatientRecord:
        """The record with this internal id; raises PatientNotFound."""
        query = select(PatientRow).where(PatientRow.id == patient_id)
        with reading_records(DamagedEntry):
            row = None
            if is_id(patient_id):
                row = self._session.scalar(query.execution_options(populate_existing=True))
            if row is None:
                raise PatientNotFound
            return patient_from_row(row)

    def find_patients(self, beginning: str, size: int) -> Sequence[PatientRecord]:
        """At most ``size`` records whose reference begins so, as the search folds it, by
        reference."""
        if not can_occur(beginning):
            return []
        query = select(PatientRow).where(
            PatientRow.patient_key.between(*prefix_range(reference_key(beginning)))
        )
        query = query.order_by(PatientRow.patient_key).limit(size)
        with reading_records(DamagedEntry):
            rows = self._session.scalars(query.execution_options(populate_existing=True))
            return [patient_from_row(row) for row in rows]

    def save_patient(self, record: PatientRecord) -> None:
        """Store the record of a patient with its version raised by one; one without id gets one.

        The first id of a patient stays, since the trail may name it. Raises InvalidInput for an
        empty reference, StaleRecord when ``record.version`` is not the stored one (0 for none).
        """
        if not key_of(self._session, record.reference):
            raise InvalidInput("patient_reference", "Enter the reference of a patient.")
        self._transaction.write()
        listed = enlist(self._session, record.reference)
        new = {**patient_values(record), "patient_key": listed, "version": record.version + 1}
        key = PatientRow.patient_key == listed
        stored = self._session.scalar(select(PatientRow.version).where(key))
        if record.version != (stored or 0):
            raise StaleRecord
        if stored is None:
            new_id = record.id or secrets.token_hex(16)
            self._session.execute(insert(PatientRow).values(id=new_id, **new))
            return
        change = update(PatientRow).where(key).values(new)
        self._session.execute(change.execution_options(synchronize_session=False))

    def erase_patient(self, reference: str) -> None:
        """Delete the record of a patient with the lesions."""
        listed = key_of(self._session, reference)
        if not listed:
            return
        key = PatientRow.patient_key == listed
        self._transaction.write()
        self._transaction.erases()
        patient_id = self._session.scalar(select(PatientRow.id).where(key)) or ""
        SqlLesionRepository(self._transaction).erase_of_patient(patient_id)
        self._session.execute(
            delete(PatientRow).where(key).execution_options(synchronize_session=False)
        )

    def cases_of_patient(self, reference: str) -> Sequence[str]:
        """Ids of all cases filed or drafted under exactly this reference, oldest first.

        The bin is included; references are compared by ``storage.records.keys``. An empty one has
        none: it is everybody's whose reference was not entered.
        """
        key = key_of(self._session, reference)
        if not key:
            return []
        query = select(CaseRow.id).where(CaseRow.patient_key == key)
        return self._session.scalars(query.order_by(CaseRow.created_at, CaseRow.id)).all()

    def cases_before(self, before: datetime, limit: int) -> Sequence[str]:
        """Ids of cases created before a time, bin included, oldest first, for retention.

        Cases of patients under a legal hold are left out, so that they do not fill every portion.
        """
        deleted = CaseRow.deleted_at
        oldest = [
            *self._oldest(deleted.is_(None), before, limit),
            *self._oldest(deleted.is_not(None), before, limit),
        ]
        return [case_id for _, case_id in sorted(oldest)[:limit]]

    def uploads_since(self, person_id: str, since: datetime) -> int:
        """Number of cases that a person uploaded since a time."""
        query = select(func.count()).where(
            CaseRow.uploaded_by == person_id, CaseRow.created_at >= since
        )
        return self._session.scalars(query).one()

    def add_certificate(self, certificate: Certificate) -> None:
        """Keep a certificate of erasure."""
        self._transaction.write()
        self._session.execute(
            insert(CertificateRow).values(
                id=certificate.id,
                erased_at=certificate.erased_at,
                erased_by=certificate.erased_by,
                cases=list(certificate.cases),
                sha256=list(certificate.sha256),
                reason=certificate.reason,
                event_number=certificate.event_number,
                event_hash=certificate.event_hash,
            )
        )

    def certificate(self, certificate_id: str) -> Certificate | None:
        """A kept certificate."""
        if not can_occur(certificate_id):
            return None
        query = select(CertificateRow).where(CertificateRow.id == certificate_id)
        with reading_records(DamagedEntry):
            row = self._session.scalar(query)
            return None if row is None else _certificate(row)

    def add_problem(self, problem: SafetyProblem) -> None:
        """Keep a report of a safety problem."""
        self._transaction.write()
        self._session.execute(
            insert(ProblemRow).values(
                id=problem.id,
                at=problem.at,
                reported_by=problem.reported_by,
                case_id=problem.case_id,
                kind=problem.kind,
                text=problem.text,
                app_version=problem.app_version,
                model_sha256=problem.model_sha256,
            )
        )

    def problems(self, size: int) -> Sequence[SafetyProblem]:
        """At most ``size`` reported problems, newest first."""
        query = select(ProblemRow).order_by(ProblemRow.at.desc(), ProblemRow.id.desc()).limit(size)
        with reading_records(DamagedEntry):
            return [_problem(row) for row in self._session.scalars(query)]

    def problems_of(self, case_ids: Iterable[str]) -> Sequence[SafetyProblem]:
        """Problems that were reported from these cases, oldest first."""
        found: list[SafetyProblem] = []
        for some in in_portions(case_ids):
            query = select(ProblemRow).where(ProblemRow.case_id.in_(some))
            with reading_records(DamagedEntry):
                rows = self._session.scalars(query.execution_options(populate_existing=True))
                found += map(_problem, rows)
        return sorted(found, key=lambda problem: (problem.at, problem.id))

    def clear_problem_texts(self, case_ids: Iterable[str]) -> None:
        """Empty what was typed about problems of these cases; the rest of the reports stays."""
        self._transaction.write()
        self._transaction.erases()
        for some in in_portions(case_ids):
            self._session.execute(
                update(ProblemRow)
                .where(ProblemRow.case_id.in_(some))
                .values(text="")
                .execution_options(synchronize_session=False)
            )

    def counts(self, zone: Zone = UTC_ZONE) -> SiteCounts:
        """Counts without patients; see ``storage.lists.counts.count_cases``."""
        return count_cases(self._session, zone)

    def miscounted(self) -> Sequence[str]:
        """Names of the kept counts that are not those of the cases; reads every case."""
        return miscounted(self._session)

    def recount(self) -> None:
        """Count every case anew."""
        self._transaction.write()
        recount(self._session)

    def _oldest(
        self, which: ColumnElement[bool], before: datetime, limit: int
    ) -> Sequence[tuple[datetime, str]]:
        """Asked apart for the bin and the rest, each part comes in order from an index."""
        held = exists().where(
            PatientRow.patient_key == CaseRow.patient_key, PatientRow.hold_reason != ""
        )
        query = select(CaseRow.created_at, CaseRow.id).where(
            which, CaseRow.created_at < before, ~held
        )
        query = query.order_by(CaseRow.created_at, CaseRow.id).limit(limit)
        return [(row.created_at, row.id) for row in self._session.execute(query)]


def _certificate(row: CertificateRow) -> Certificate:
    return Certificate(
        id=row.id,
        erased_at=row.erased_at,
        erased_by=row.erased_by,
        cases=tuple(row.cases),
        sha256=tuple(row.sha256),
        reason=row.reason,
        event_number=row.event_number,
        event_hash=row.event_hash,
    )


def _problem(row: ProblemRow) -> SafetyProblem:
    return SafetyProblem(
        id=row.id,
        at=row.at,
        reported_by=row.reported_by,
        case_id=row.case_id,
        kind=row.kind,
        text=row.text,
        app_version=row.app_version,
        model_sha256=row.model_sha256,
    )
