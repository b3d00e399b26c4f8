"""Who reads a case, ending and handing over its next steps, closing and reopening it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime

from triage_app.domain.calendar import UTC_ZONE, Zone
from triage_app.domain.case import Case, CaseState
from triage_app.domain.errors import FindingsWithheld, NotAllowedInState
from triage_app.domain.people import Actor, Permission
from triage_app.domain.reading import StepEnd, refuse_open_steps
from triage_app.domain.trail import Action
from triage_app.ports.adapters import UnitOfWorkFactory
from triage_app.services.cases.changing import Change, Details, change_case, refuse_in_bin
from triage_app.services.cases.viewing import shown_to
from triage_app.services.ground.reviewers import require_reviewer
from triage_app.services.images.storing import now
from triage_app.services.reading.steps import StepAnswer, handed_over, with_step_ended


class CaseWork:
    """Use cases of those who may review; each call is one transaction."""

    def __init__(
        self,
        units: UnitOfWorkFactory,
        clock: Callable[[], datetime] = now,
        *,
        zone: Zone = UTC_ZONE,
    ) -> None:
        self._units = units
        self._clock = clock
        self._zone = zone

    def take(self, actor: Actor, case_id: str) -> Case:
        """Say that one reads this case; raises NotAllowedInState when somebody else does."""

        def change(case: Case) -> Case:
            refuse_in_bin(case)
            if case.taken_by not in ("", actor.id):
                raise NotAllowedInState(
                    "Somebody else has taken this case meanwhile. Assign it to yourself if you "
                    "agreed on that."
                )
            return replace(case, taken_by=actor.id)

        told: Details = {"person": actor.id}
        return self._change(actor, case_id, Action.CASE_TAKEN, change, details=told)

    def release(self, actor: Actor, case_id: str, reader: str | None = None) -> Case:
        """Give the case back to the list, whoever has taken it.

        ``reader`` is who has it as far as the list shows (empty for nobody); raises
        NotAllowedInState when it is somebody else by now.
        """

        def change(case: Case) -> Case:
            refuse_in_bin(case)
            _refuse_other_reader(case, reader)
            return replace(case, taken_by="")

        return self._change(actor, case_id, Action.CASE_TAKEN, change, details={"person": ""})

    def assign(self, actor: Actor, case_id: str, person_id: str, reader: str | None = None) -> Case:
        """Hand the case to somebody who may review; raises InvalidInput("person", ...).

        ``reader`` as in ``release``.
        """

        def change(case: Case) -> Case:
            refuse_in_bin(case)
            _refuse_other_reader(case, reader)
            return replace(case, taken_by=person_id)

        return self._change(
            actor,
            case_id,
            Action.CASE_TAKEN,
            change,
            details={"person": person_id},
            person_id=person_id,
        )

    def close(self, actor: Actor, case_id: str, version: int) -> Case:
        """Close a case that has a verdict and no open step; raises NotAllowedInState otherwise."""
        at = self._clock()

        def change(case: Case) -> Case:
            require_verdict_state(case)
            if case.verdict is None:
                raise NotAllowedInState("This case cannot be closed before it has a verdict.")
            if case.closed_at is not None:
                raise NotAllowedInState("This case is closed already.")
            refuse_open_steps(case.next_steps)
            return replace(case, closed_at=at)

        return self._change(actor, case_id, Action.CASE_CLOSED, change, version=version)

    def reopen(self, actor: Actor, case_id: str, version: int) -> Case:
        """Take a case up again; raises NotAllowedInState when it is open."""

        def change(case: Case) -> Case:
            refuse_in_bin(case)
            if case.closed_at is None:
                raise NotAllowedInState("This case is open already.")
            return replace(case, closed_at=None)

        return self._change(actor, case_id, Action.CASE_REOPENED, change, version=version)

    def end_step(  # noqa: PLR0917 - one argument for each field, in order
        self,
        actor: Actor,
        case_id: str,
        version: int,
        step_id: str,
        end: StepEnd,
        note: str = "",
        due: date | None = None,
    ) -> Case:
        """Complete, cancel or postpone a next step; postponed, it goes on until ``due``.

        Raises InvalidInput, NotAllowedInState when it has ended, or when histology is said to be
        there but was not recorded.
        """
        at = self._clock()

        def change(case: Case) -> Case:
            refuse_in_bin(case)
            answer = StepAnswer(end, note, due)
            return with_step_ended(case, actor, step_id, answer, at, self._zone.day_of(at))

        told: Details = {"step": step_id, "end": end.value}
        return self._change(
            actor, case_id, Action.STEP_CHANGED, change, version=version, details=told
        )

    def hand_step(
        self, actor: Actor, case_id: str, version: int, step_id: str, person_id: str
    ) -> Case:
        """Make somebody else who may review responsible for an open step."""

        def change(case: Case) -> Case:
            refuse_in_bin(case)
            return handed_over(case, step_id, person_id)

        return self._change(
            actor,
            case_id,
            Action.STEP_CHANGED,
            change,
            version=version,
            details={"step": step_id, "owner": person_id},
            person_id=person_id,
        )

    def _change(
        self,
        actor: Actor,
        case_id: str,
        action: Action,
        change: Change,
        *,
        version: int | None = None,
        details: Details | None = None,
        person_id: str | None = None,
    ) -> Case:
        actor.require(Permission.REVIEW)
        at = self._clock()
        with self._units() as unit:
            unit.lock()
            if person_id is not None:
                require_reviewer(unit, actor, person_id)
            case = change_case(unit, actor, case_id, version, action, change, at, details)
            unit.commit()
        return shown_to(actor, case)


def _refuse_other_reader(case: Case, reader: str | None) -> None:
    if reader is not None and case.taken_by != reader:
        raise NotAllowedInState(
            "Who reads this case was changed since the list was shown. Nothing was changed. Look "
            "at the list again."
        )


def require_verdict_state(case: Case) -> None:
    """Raise unless a verdict can be given: filed, not in the bin, findings not withheld."""
    refuse_in_bin(case)
    if case.blinded:
        raise FindingsWithheld
    if case.state is not CaseState.FILED:
        raise NotAllowedInState("A verdict is given on a filed case. File the draft first.")
