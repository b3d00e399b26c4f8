"""Showing findings that were withheld: after an impression, or without one."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from triage_app.domain.case import Case
from triage_app.domain.errors import CaseNotFound, NotAllowedInState, TriageError
from triage_app.domain.files import FINDING_FILES
from triage_app.domain.people import SYSTEM, Actor
from triage_app.domain.reading import Reveal, RevealCause
from triage_app.domain.trail import Action, Entry, Value
from triage_app.ports.adapters import UnitOfWork, UnitOfWorkFactory
from triage_app.services.cases.changing import change_case
from triage_app.services.cases.fingerprint import state_of
from triage_app.services.images.storing import facts

log = logging.getLogger(__name__)

PORTION = 200
Find = Callable[[UnitOfWork, int], Sequence[str]]


def revealed(case: Case, at: datetime, by: Actor, cause: RevealCause) -> Case:
    """The case with its findings shown from now on."""
    return replace(case, blinded=False, reveal=Reveal(at, by.id, cause))


def record_reveal(unit: UnitOfWork, actor: Actor, case: Case, at: datetime) -> None:
    """Append that a case was revealed, with what the trail had to keep back until then."""
    details = {**stated_reveal(case, case), "state": state_of(unit, case.id)}
    unit.trail.append(Entry(Action.CASE_REVEALED, actor.id, case.id, details), at)


def stated_reveal(_: Case, case: Case) -> dict[str, Value]:
    """What the trail keeps of a reveal: cause, level, and the files that were held back."""
    held_back = [file for kind, file in case.files.items() if kind in FINDING_FILES]
    return {
        "cause": case.reveal.cause.value if case.reveal else "",
        "level": case.analysis.decision.level.value,
        "files": facts(held_back),
    }


def reveal_cases(
    units: UnitOfWorkFactory, clock: Callable[[], datetime], cause: RevealCause, find: Find
) -> int:
    """Reveal every case that ``find`` gives, each in a transaction of its own; how many.

    A case that cannot be revealed is logged and left out, so that it keeps none of the others back.
    """
    done, failed = 0, set[str]()
    while True:
        with units() as unit:
            found = find(unit, PORTION + len(failed))
        ids = [case_id for case_id in found if case_id not in failed]
        if not ids:
            return done
        for case_id in ids:
            try:
                done += _reveal(units, case_id, clock(), cause)
            except TriageError as error:
                failed.add(case_id)
                log.error("not revealed: %s", error, extra={"case": case_id})


def _reveal(units: UnitOfWorkFactory, case_id: str, at: datetime, cause: RevealCause) -> bool:
    def change(case: Case) -> Case:
        if not case.blinded:
            raise NotAllowedInState("This case has been revealed meanwhile.")
        return revealed(case, at, SYSTEM, cause)

    with units() as unit:
        try:
            action = Action.CASE_REVEALED
            change_case(unit, SYSTEM, case_id, None, action, change, at, stated_reveal)
        except (CaseNotFound, NotAllowedInState):
            return False
        unit.commit()
    log.warning("case revealed", extra={"case": case_id, "code": cause.value})
    return True
