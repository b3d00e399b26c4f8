"""Which questions are open again once an outcome that answered them is withdrawn."""

from collections.abc import Sequence

from triage_app.domain.outcome import Outcome, OutcomeMethod, standing
from triage_app.domain.pathology import Pathology
from triage_app.domain.reading import NextStep, StepEnd, StepKind

ENDED_BY: dict[OutcomeMethod, StepKind] = {
    OutcomeMethod.HISTOPATHOLOGY: StepKind.HISTOLOGY,
    OutcomeMethod.FOLLOW_UP: StepKind.FOLLOW_UP,
}


def ends(outcome: Outcome, step: NextStep) -> bool:
    """Whether recording the outcome ends the step, if that is open.

    A specimen that nothing could be said of leaves the question as open as it was.
    """
    told = outcome.diagnosis is not Pathology.NOT_DIAGNOSTIC
    return told and step.kind is ENDED_BY[outcome.method]


def asked_again(
    steps: Sequence[NextStep], outcomes: Sequence[Outcome], outcome_id: str
) -> tuple[NextStep, ...]:
    """Steps that are done, and which nothing answers once this outcome is withdrawn.

    Where an outcome ended a step it answers that one and no other. One that was recorded while
    nothing waited answers the last step before it: so is a wrong result corrected. In doubt the
    question is asked again.
    """
    gone = next(outcome for outcome in outcomes if outcome.id == outcome_id)
    kind = ENDED_BY[gone.method]
    done = [s for s in steps if s.end is StepEnd.DONE and s.kind is kind and _rests(s, outcomes)]
    left = [outcome for outcome in standing(outcomes) if outcome.id != outcome_id]
    return tuple(
        step
        for step in done
        if _answers(gone, step, done, outcomes)
        and not any(_answers(outcome, step, done, outcomes) for outcome in left)
    )


def _rests(step: NextStep, outcomes: Sequence[Outcome]) -> bool:
    """Whether it is done because of an outcome; a histology is never ticked off without one."""
    return step.kind is StepKind.HISTOLOGY or _ended_by_one(step, outcomes)


def _ended_by_one(step: NextStep, outcomes: Sequence[Outcome]) -> bool:
    return any(outcome.at == step.ended_at and ends(outcome, step) for outcome in outcomes)


def _answers(
    outcome: Outcome, step: NextStep, done: Sequence[NextStep], outcomes: Sequence[Outcome]
) -> bool:
    if ENDED_BY[outcome.method] is not step.kind or step.ended_at is None:
        return False
    if not ends(outcome, step):
        # It answers only where a person, who knew it, ticked the step off by hand.
        known = step.opened_at <= outcome.at <= step.ended_at
        return known and not _ended_by_one(step, outcomes)
    ended = [other for other in done if other.ended_at == outcome.at]
    if ended:
        return step in ended
    before = [other for other in done if other.opened_at <= outcome.at]
    return step is max(before, key=lambda other: other.opened_at, default=None)
