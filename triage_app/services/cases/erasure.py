"""Erasing rows inside a unit of work, with what the trail and the certificate keep of it."""

from collections.abc import Sequence
from datetime import datetime

from triage_app.domain.files import StoredFile
from triage_app.domain.people import Actor
from triage_app.domain.site import Certificate
from triage_app.domain.trail import Action, Entry, Value
from triage_app.ports.adapters import UnitOfWork
from triage_app.services.images.storing import hashes, new_id


def is_held(unit: UnitOfWork, reference: str) -> bool:
    """Whether a legal hold is set for the patient; nobody without a reference is held."""
    return bool(reference) and bool(unit.site.patient(reference).hold_reason)


def erase_case(
    unit: UnitOfWork, actor: Actor, case_id: str, at: datetime, reason: str = ""
) -> Sequence[StoredFile]:
    """Erase the rows of one case; the files go after the commit."""
    files = unit.cases.erase(case_id)
    details: dict[str, Value] = {"sha256": hashes(files), "reason": reason}
    unit.trail.append(Entry(Action.CASE_ERASED, actor.id, case_id, details), at)
    return files


def erase_patient_rows(
    unit: UnitOfWork, actor: Actor, reference: str, reason: str, at: datetime
) -> tuple[Certificate, Sequence[StoredFile]]:
    """Erase the record, the lesions and every case of a patient; the files go after the commit.

    To be called with the write lock held, so that no case comes in between.
    """
    record = unit.site.patient(reference)
    ids = unit.site.cases_of_patient(reference)
    files = [file for case_id in ids for file in unit.cases.erase(case_id)]
    # A reported problem stays counted; only its words could still tell whose lesion it was.
    unit.site.clear_problem_texts(ids)
    lesions = [lesion.id for lesion in unit.lesions.of_patient(record.id)] if record.id else []
    if lesions:
        unit.lesions.erase_of_patient(record.id)
    unit.site.erase_patient(reference)
    details: dict[str, Value] = {
        "patient": record.id,
        "cases": list(ids),
        "lesions": lesions,
        "sha256": hashes(files),
        "reason": reason,
    }
    certificate_id = new_id()
    event = unit.trail.append(Entry(Action.PATIENT_ERASED, actor.id, certificate_id, details), at)
    certificate = Certificate(
        id=certificate_id,
        erased_at=at,
        erased_by=actor.id,
        cases=tuple(ids),
        sha256=tuple(hashes(files)),
        reason=reason,
        event_number=event.number,
        event_hash=event.hash,
    )
    unit.site.add_certificate(certificate)
    return certificate, files
