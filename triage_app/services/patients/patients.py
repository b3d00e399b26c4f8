"""Finding the record of a patient inside a unit of work, and making one where there is none."""

from triage_app.domain.errors import InvalidInput
from triage_app.domain.references import FIELD, clean
from triage_app.domain.site import PatientRecord
from triage_app.ports.adapters import UnitOfWork


def known_reference(unit: UnitOfWork, reference: str) -> str:
    """The reference as it is stored; raises InvalidInput for an empty or impossible one.

    One that waits to be merged with another that looks the same is left as it is, so that a link
    to either leads to the right patient.
    """
    waiting = unit.references.waiting_spelling(reference)
    cleaned = waiting or clean(reference)
    if not cleaned:
        raise InvalidInput(FIELD, "Enter the reference of a patient.")
    return cleaned


def stored_record(unit: UnitOfWork, reference: str) -> PatientRecord:
    """The record, stored if there was none: the trail and lesions need an id that tells nothing."""
    record = unit.site.patient(reference)
    if not record.id:
        unit.site.save_patient(record)
        record = unit.site.patient(reference)
    return record


def is_known(unit: UnitOfWork, reference: str) -> bool:
    """Whether anything is stored under the reference."""
    return bool(unit.site.patient(reference).id or unit.site.cases_of_patient(reference))
