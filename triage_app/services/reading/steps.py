"""Ending, postponing and handing over the next steps of a case."""

from dataclasses import dataclass, replace
from datetime import date, datetime

from triage_app.domain.case import Case
from triage_app.domain.errors import InvalidInput, NotAllowedInState
from triage_app.domain.outcome import OutcomeMethod, standing
from triage_app.domain.people import Actor
from triage_app.domain.reading import (
    REASON_LENGTH,
    NextStep,
    StepEnd,
    StepKind,
    check_due_day,
    ended,
)
from triage_app.domain.text import clean_block
from triage_app.domain.trail import Action, Value
from triage_app.ports.adapters import UnitOfWork
from triage_app.services.cases.changing import change_case
from triage_app.services.images.storing import new_id

_BY_HAND = frozenset({StepEnd.DONE, StepEnd.POSTPONED, StepEnd.CANCELLED})


@dataclass(frozen=True)
class StepAnswer:
    """How somebody ends a step by hand; ``due`` is the new day of one that is postponed."""

    end: StepEnd
    note: str = ""
    due: date | None = None


def with_step_ended(  # noqa: PLR0917 - as CaseWork.end_step
    case: Case,
    actor: Actor,
    step_id: str,
    answer: StepAnswer,
    at: datetime,
    today: date,
) -> Case:
    """The case with an open step ended; one that is postponed goes on as a new step.

    ``today`` is the day of ``at`` in the site's calendar.

    Raises InvalidInput naming the field, NotAllowedInState.
    """
    end, due = answer.end, answer.due
    if end not in _BY_HAND:
        raise InvalidInput("end", "Choose whether it is done, postponed or cancelled.")
    step = _step(case, step_id)
    _check_day(end, due, today)
    if end is StepEnd.DONE and step.kind is StepKind.HISTOLOGY:
        _require_histology(case, step)
    over = ended(step, at, actor.id, end, clean_block(answer.note, "note", REASON_LENGTH))
    steps = _with(case, over)
    if due is not None:
        steps += (NextStep(new_id(), step.kind, step.owner, due, at, step.verdict_id),)
    return replace(case, next_steps=steps)


def handed_over(case: Case, step_id: str, person_id: str) -> Case:
    """The case with somebody else responsible for an open step; raises NotAllowedInState."""
    step = _step(case, step_id)
    if not step.is_open:
        raise NotAllowedInState("This step has ended already.")
    return replace(case, next_steps=_with(case, replace(step, owner=person_id)))


def finish_earlier_follow_ups(unit: UnitOfWork, actor: Actor, case: Case, at: datetime) -> None:
    """End the follow-ups of earlier images of the lesion as done: this image is their visit."""
    if not case.lesion_id:
        return
    for case_id in unit.lesions.cases_of(case.lesion_id):
        earlier = unit.cases.get(case_id)
        if case_id == case.id or earlier.created_at > case.created_at:
            continue
        waiting = [s.id for s in earlier.next_steps if _is_follow_up(s)]
        if waiting:
            details: dict[str, Value] = {"steps": waiting, "end": StepEnd.DONE.value}
            change_case(
                unit,
                actor,
                case_id,
                None,
                Action.STEP_CHANGED,
                lambda found: _followed_up(found, actor, at),
                at,
                {**details, "case": case.id},
            )


def _followed_up(case: Case, actor: Actor, at: datetime) -> Case:
    steps = tuple(
        ended(step, at, actor.id, StepEnd.DONE) if _is_follow_up(step) else step
        for step in case.next_steps
    )
    return replace(case, next_steps=steps)


def _is_follow_up(step: NextStep) -> bool:
    return step.is_open and step.kind is StepKind.FOLLOW_UP


def _step(case: Case, step_id: str) -> NextStep:
    for step in case.next_steps:
        if step.id == step_id:
            return step
    raise NotAllowedInState("This case has no such step. Reload the page.")


def _with(case: Case, changed: NextStep) -> tuple[NextStep, ...]:
    return tuple(changed if step.id == changed.id else step for step in case.next_steps)


def _check_day(end: StepEnd, due: date | None, today: date) -> None:
    if end is StepEnd.POSTPONED:
        if due is None:
            raise InvalidInput("due", "Give the day until which it is postponed.")
        check_due_day(due, today)
    elif due is not None:
        raise InvalidInput("due", "A new day is given only for a step that is postponed.")


def _require_histology(case: Case, step: NextStep) -> None:
    # Otherwise a biopsy could be ticked off whose result nobody has seen.
    if not any(
        outcome.method is OutcomeMethod.HISTOPATHOLOGY and outcome.at >= step.opened_at
        for outcome in standing(case.outcomes)
    ):
        raise NotAllowedInState(
            "Record the histology as an outcome: that ends this step. If there will be none, "
            "cancel the step and say why."
        )
