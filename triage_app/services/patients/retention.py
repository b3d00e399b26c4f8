"""Erasing what a site need not keep any longer."""

import logging
from collections.abc import Sequence
from datetime import date, datetime

from triage_app.domain.calendar import UTC_ZONE, Zone, add_months
from triage_app.domain.case import Case
from triage_app.domain.errors import CaseNotFound, StorageUnavailable, TriageError
from triage_app.domain.files import StoredFile
from triage_app.domain.people import SYSTEM
from triage_app.ports.adapters import FileStore, UnitOfWork, UnitOfWorkFactory
from triage_app.services.cases.erasure import erase_case, erase_patient_rows, is_held

log = logging.getLogger(__name__)

REASON = "retention"
_STEP = 200


def apply_retention(
    units: UnitOfWorkFactory,
    files: FileStore,
    months: int,
    at: datetime,
    zone: Zone = UTC_ZONE,
) -> int:
    """Erase what was left unchanged for so many months; returns how many cases.

    A patient's cases stay together until the newest change of any of them is that old: earlier
    images of a lesion are needed to compare. Patients under a legal hold are left out, and those
    for whom somebody still has to do something. 0 keeps everything. Each patient is one
    transaction, so that an interrupted run is whole.
    """
    if months <= 0:
        return 0
    before, erased = months_before(at, months, zone), 0
    kept: set[str] = set()
    while fresh := _old_cases(units, before, kept):
        for case_id in fresh:
            if case_id not in kept:
                gone, staying = _retire(units, files, case_id, before, at)
                erased += gone
                kept |= staying
    if erased:
        log.info("retention applied", extra={"cases": erased})
    return erased


def months_before(at: datetime, months: int, zone: Zone) -> datetime:
    """The beginning of the same day so many months earlier, or of the last of a shorter month.

    Days are those of ``zone``. What was changed in the course of that day is not yet so old.
    """
    try:
        return zone.start_of(add_months(zone.day_of(at), -months))
    except ValueError:  # before the calendar begins
        return zone.start_of(date.min)


def _old_cases(units: UnitOfWorkFactory, before: datetime, kept: set[str]) -> list[str]:
    with units() as unit:
        ids = unit.site.cases_before(before, len(kept) + _STEP)
    return [case_id for case_id in ids if case_id not in kept]


def _retire(
    units: UnitOfWorkFactory, files: FileStore, case_id: str, before: datetime, at: datetime
) -> tuple[int, set[str]]:
    """How many cases went together with this one, and which ones stay."""
    try:
        with units() as unit:
            unit.lock()
            reference = unit.cases.get(case_id).details.patient_reference
            ids = list(unit.site.cases_of_patient(reference)) or [case_id]
            cases = [unit.cases.get(other) for other in ids]
            if is_held(unit, reference) or _is_needed(cases, before):
                return 0, set(ids)
            gone = _erase(unit, reference, case_id, at)
            unit.commit()
    except CaseNotFound:  # went with an earlier case of the same patient
        return 0, set()
    except StorageUnavailable:
        raise
    except TriageError as error:  # a damaged row stays for whoever restores it
        log.warning("not retired: %s", error, extra={"case": case_id})
        return 0, {case_id}
    files.remove([file.id for file in gone])
    return len(ids), set()


def _erase(unit: UnitOfWork, reference: str, case_id: str, at: datetime) -> Sequence[StoredFile]:
    if not reference:
        return erase_case(unit, SYSTEM, case_id, at, REASON)
    return erase_patient_rows(unit, SYSTEM, reference, REASON, at)[1]


def _is_needed(cases: Sequence[Case], before: datetime) -> bool:
    # A follow-up may be due later than the retention ends.
    waiting = any(step.is_open for case in cases for step in case.next_steps)
    return waiting or max(map(_last_change, cases)) >= before


def _last_change(case: Case) -> datetime:
    return max(case.updated_at, *(report.issued_at for report in case.reports), case.created_at)
