"""One change of a stored case: checked, stored and recorded in one unit of work."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime

from triage_app.domain.case import Case
from triage_app.domain.errors import NotAllowedInState, StaleCase
from triage_app.domain.people import Actor
from triage_app.domain.trail import Action, Entry, Value
from triage_app.ports.adapters import UnitOfWork
from triage_app.services.cases.erasure import is_held
from triage_app.services.cases.fingerprint import state_of

Change = Callable[[Case], Case]
Details = Mapping[str, Value] | Callable[[Case, Case], Mapping[str, Value]]


def change_case(  # noqa: PLR0917 - who, what and when of each change, in this order
    unit: UnitOfWork,
    actor: Actor,
    case_id: str,
    version: int | None,
    action: Action,
    change: Change,
    at: datetime,
    details: Details | None = None,
) -> Case:
    """Store what ``change`` makes of the case and append ``action``; the caller commits.

    Holds the write lock from here on, so that nothing that ``change`` looks at is overtaken.
    ``details`` may be made from the case before and after. Returns the whole case as stored, with
    findings that may be withheld. Raises StaleCase when the stored version is not ``version``
    (None takes any), CaseNotFound, NotAllowedInState where a legal hold keeps the reference.
    """
    unit.lock()
    before = unit.cases.get(case_id)
    if version is not None and before.version != version:
        raise StaleCase
    changed = replace(change(before), updated_at=at)
    # Before it is saved: with its last case a reference may come to mean another patient.
    _keep_held_reference(unit, before, changed)
    saved = unit.cases.save(changed)
    told = details(before, saved) if callable(details) else details or {}
    stated = {**told, "state": state_of(unit, case_id)}
    unit.trail.append(Entry(action, actor.id, case_id, stated), at)
    return saved


def refuse_in_bin(case: Case) -> None:
    """Raise NotAllowedInState for a case in the bin."""
    if case.deleted_at is not None:
        raise NotAllowedInState("This case is in the bin. Restore it before you change it.")


def told_level(case: Case) -> str:
    """The level for the trail and the logs; empty while the findings are withheld."""
    return "" if case.blinded else case.analysis.decision.level.value


def _keep_held_reference(unit: UnitOfWork, before: Case, after: Case) -> None:
    # Under another reference the case could be erased: that would be a way around the hold.
    old, new = before.details.patient_reference, after.details.patient_reference
    if old != new and is_held(unit, old):
        raise NotAllowedInState(
            "A legal hold is set for this patient, so the case keeps its patient reference. "
            "An administrator can lift the hold."
        )
