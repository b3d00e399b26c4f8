"""References under which something is stored: which may be mistaken, and putting them right."""

from collections.abc import Sequence

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import Session

from triage_app.domain.references import KnownReference, likeness, normalise
from triage_app.storage.database.transaction import Transaction
from triage_app.storage.records.folding import can_occur
from triage_app.storage.records.keys import enlist, key_of
from triage_app.storage.schema.cases import CaseRow
from triage_app.storage.schema.loop import LesionRow
from triage_app.storage.schema.references import APART, ReferenceRow
from triage_app.storage.schema.site import PatientRow

ALIKE_AT_MOST = 20


class SqlReferenceRepository:
    """References inside one unit of work.

    Every method raises StorageUnavailable when the disk is full, read-only or at fault, or when
    another writer holds the database for too long.
    """

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    @property
    def _session(self) -> Session:
        return self._transaction.session

    def waiting_spelling(self, reference: str) -> str:
        """The reference as it is stored if, spelled exactly so, it waits to be merged or kept
        apart; empty for any other."""
        key = key_of(self._session, reference)
        spelled = self._spelled(key) if APART in key else []
        return spelled[0].reference if spelled else ""

    def spellings(self, reference: str) -> Sequence[KnownReference]:
        """Every way in which the reference of this one patient is spelled, in the record and on
        cases, the bin included."""
        key = key_of(self._session, reference)
        return self._spelled(key) if key else []

    def alike(self, reference: str, but_for_case: str = "") -> Sequence[KnownReference]:
        """References that may be mistaken for this one, by reference: the same patient's spelled
        otherwise, others', and those that look the same and wait.

        Left out are those that look the same and are the same patient's, and the one case whose
        reference is being typed. At most about twenty.
        """
        key = key_of(self._session, reference)
        if not can_occur(reference) or not normalise(reference):
            return []
        bare, joined = likeness(reference)
        query = select(ReferenceRow.patient_key).where(
            or_(ReferenceRow.bare == bare, ReferenceRow.joined == joined)
        )
        keys = self._session.scalars(query.order_by(ReferenceRow.patient_key).limit(ALIKE_AT_MOST))
        found = [known for other in keys.all() for known in self._spelled(other, but_for_case)]
        looks = normalise(reference)
        return [
            known
            for known in found
            if normalise(known.reference) != looks or key_of(self._session, known.reference) != key
        ]

    def waiting(self) -> Sequence[str]:
        """References that wait to be merged with another that looks the same, or kept apart."""
        query = select(ReferenceRow.patient_key).where(ReferenceRow.same_as.is_not(None))
        keys = self._session.scalars(query.order_by(ReferenceRow.patient_key)).all()
        return [spelled[0].reference for key in keys if (spelled := self._spelled(key))]

    def rename(self, patient_id: str, reference: str) -> None:
        """Give the record of a patient another reference; the cases are changed one by one."""
        self._transaction.write()
        key = enlist(self._session, reference)
        change = update(PatientRow).where(PatientRow.id == patient_id)
        self._session.execute(
            change.values(reference=reference, patient_key=key, version=PatientRow.version + 1),
            execution_options={"synchronize_session": False},
        )

    def absorb(self, patient_id: str, into: str) -> None:
        """Give the lesions of a patient to another one and delete the record that is empty now."""
        self._transaction.write()
        for change in (
            update(LesionRow).where(LesionRow.patient_id == patient_id).values(patient_id=into),
            delete(PatientRow).where(PatientRow.id == patient_id),
        ):
            self._session.execute(change, execution_options={"synchronize_session": False})

    def _spelled(self, key: str, but_for_case: str = "") -> list[KnownReference]:
        query = (
            select(
                CaseRow.patient_reference.label("reference"),
                func.count().label("images"),
                func.min(CaseRow.created_at).label("first"),
                func.max(CaseRow.created_at).label("last"),
            )
            .where(CaseRow.patient_key == key, CaseRow.id != but_for_case)
            .group_by(CaseRow.patient_reference)
            .order_by(CaseRow.patient_reference)
        )
        waits = APART in key
        found = [
            KnownReference(row.reference, row.images, row.first, row.last, waits)
            for row in self._session.execute(query)
        ]
        record = self._session.scalar(
            select(PatientRow.reference).where(PatientRow.patient_key == key)
        )
        if record is not None and record not in [known.reference for known in found]:
            found.append(KnownReference(record, 0, None, None, waits))
        return found
