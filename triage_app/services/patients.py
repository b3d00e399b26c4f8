"""Finding the record of a patient inside a unit of work, and making one where there is none."""

from triage_app.domain.errors import InvalidInput
from triage_app.domain.site import PatientRecord
from triage_app.domain.text import REFERENCE_LENGTH, clean_line
from triage_app.services.ports import UnitOfWork


def clean_reference(reference: str) -> str:
    """The reference as it is stored; raises InvalidInput for an empty or impossible one."""
    cleaned = clean_beginning(reference)
    if not cleaned:
        raise InvalidInput("patient_reference", "Enter the reference of a patient.")
    return cleaned


def clean_beginning(text: str) -> str:
    """The beginning of a reference, to search by; raises InvalidInput for an impossible one."""
    try:
        return clean_line(text, "Patient reference", REFERENCE_LENGTH)
    except InvalidInput as error:
        raise InvalidInput("patient_reference", str(error)) from None


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
