"""An outcome that was withdrawn counts for nothing, and what only it answered is asked again."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from triage_app.domain.errors import InvalidInput
from triage_app.domain.outcome import (
    Outcome,
    OutcomeMethod,
    Withdrawal,
    current_outcome,
    standing,
)
from triage_app.domain.pathology import Pathology
from triage_app.domain.reading import NextStep, StepEnd, StepKind
from triage_app.domain.withdrawing import asked_again

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
GONE = Withdrawal(NOON, "c", "Another patient's.")
MELANOMA, NAEVUS = Pathology.MELANOMA_INVASIVE, Pathology.NAEVUS
NOTHING = Pathology.NOT_DIAGNOSTIC


def moment(day: int) -> datetime:
    return NOON + timedelta(days=day)


def tissue(day: int, diagnosis: Pathology = NAEVUS, *, withdrawn: bool = False) -> Outcome:
    """A pathologist's report that was entered on ``day``, named by it."""
    at = moment(day)
    outcome = Outcome(f"t{day}", at, "c", OutcomeMethod.HISTOPATHOLOGY, at.date(), diagnosis)
    return replace(outcome, withdrawal=GONE) if withdrawn else outcome


def watched(day: int, *, withdrawn: bool = False) -> Outcome:
    """A follow-up of a year that was entered on ``day``."""
    at = moment(day)
    outcome = Outcome(f"w{day}", at, "c", OutcomeMethod.FOLLOW_UP, at.date(), months=12)
    return replace(outcome, withdrawal=GONE) if withdrawn else outcome


def step(opened: int, ended: int | None, kind: StepKind = StepKind.HISTOLOGY) -> NextStep:
    """A step that was opened on one day and done on another, or is open still."""
    made = NextStep(f"s{opened}", kind, "o", date(2026, 12, 1), moment(opened), "v")
    if ended is None:
        return made
    return replace(made, ended_at=moment(ended), ended_by="c", end=StepEnd.DONE)


@pytest.mark.parametrize("reason", ["", " ", "\n"])
def test_nothing_is_withdrawn_without_a_reason(reason: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        Withdrawal(NOON, "c", reason)
    assert caught.value.field == "reason"


@pytest.mark.parametrize(
    ("outcomes", "counts"),
    [
        pytest.param([tissue(0, MELANOMA, withdrawn=True)], None, id="the only one"),
        pytest.param([tissue(0, MELANOMA, withdrawn=True), tissue(1)], 1, id="a worse one is gone"),
        pytest.param([tissue(0, withdrawn=True), watched(1)], 1, id="tissue gone, watching counts"),
        pytest.param([watched(0), watched(1, withdrawn=True)], 0, id="the later watching is gone"),
        pytest.param(
            [tissue(0, NOTHING), tissue(1, MELANOMA, withdrawn=True)], 0, id="an empty one is left"
        ),
        pytest.param(
            [tissue(0, MELANOMA, withdrawn=True), tissue(1, MELANOMA)], 1, id="recorded again"
        ),
    ],
)
def test_one_that_was_withdrawn_never_counts(
    outcomes: Sequence[Outcome], counts: int | None
) -> None:
    expected = None if counts is None else outcomes[counts]
    assert current_outcome(outcomes) is expected
    assert current_outcome(outcomes[::-1]) is expected
    assert all(outcome.withdrawal is None for outcome in standing(outcomes))


FOLLOW_UP = StepKind.FOLLOW_UP


@pytest.mark.parametrize(
    ("steps", "outcomes", "withdrawn", "again"),
    [
        pytest.param([step(0, 5)], [tissue(5)], "t5", ["s0"], id="it ended the step"),
        pytest.param([step(0, None)], [tissue(5, NOTHING)], "t5", [], id="it ended nothing"),
        pytest.param([], [tissue(5)], "t5", [], id="nobody had asked"),
        pytest.param([step(9, None)], [tissue(5)], "t5", [], id="asked later, and still open"),
        pytest.param(
            [step(0, 5)], [tissue(5), tissue(6, MELANOMA)], "t5", [], id="corrected before"
        ),
        pytest.param(
            [step(0, 5)],
            [tissue(5), tissue(6, MELANOMA, withdrawn=True)],
            "t5",
            ["s0"],
            id="the correction is gone too",
        ),
        pytest.param(
            [step(0, 5)],
            [tissue(5, withdrawn=True), tissue(6, MELANOMA)],
            "t6",
            ["s0"],
            id="the correction goes after what it corrected",
        ),
        pytest.param(
            [step(0, 5)],
            [tissue(5), tissue(6, MELANOMA)],
            "t6",
            [],
            id="the first one stands",
        ),
        pytest.param(
            [step(0, 5)], [tissue(5), tissue(6, NOTHING)], "t5", ["s0"], id="empty tissue is none"
        ),
        pytest.param([step(0, 5)], [tissue(5), watched(6)], "t5", ["s0"], id="watching is none"),
        pytest.param(
            [step(0, 5), step(7, 9)],
            [tissue(5), tissue(9)],
            "t5",
            ["s0"],
            id="the second biopsy does not answer for the first",
        ),
        pytest.param(
            [step(0, 5), step(7, 9)],
            [tissue(5), tissue(9)],
            "t9",
            ["s7"],
            id="the first biopsy does not answer for the second",
        ),
        pytest.param(
            [step(0, 5), step(7, None)],
            [tissue(5)],
            "t5",
            ["s0"],
            id="a second biopsy that is still awaited does not stand in",
        ),
        pytest.param(
            [step(0, 5), step(6, 8)],
            [tissue(5, withdrawn=True), tissue(8)],
            "t8",
            ["s6"],
            id="asked again once, for the step that was asked again",
        ),
        pytest.param(
            [step(0, 5)], [tissue(3, NOTHING)], "t3", ["s0"], id="ticked off by hand for it"
        ),
        pytest.param(
            [step(0, 5)],
            [tissue(3, NOTHING), tissue(4, NOTHING)],
            "t3",
            [],
            id="ticked off by hand for two",
        ),
        pytest.param(
            [step(0, 5, FOLLOW_UP)], [watched(5)], "w5", ["s0"], id="the visit was its outcome"
        ),
        pytest.param(
            [step(0, 3, FOLLOW_UP)], [watched(5)], "w5", [], id="the visit took place all the same"
        ),
        pytest.param(
            [step(0, 5, FOLLOW_UP)], [watched(5), tissue(6)], "w5", ["s0"], id="tissue is no visit"
        ),
        pytest.param(
            [step(0, 5, StepKind.REFERRAL)], [tissue(5)], "t5", [], id="a referral is no histology"
        ),
    ],
)
def test_what_is_asked_again(
    steps: Sequence[NextStep], outcomes: Sequence[Outcome], withdrawn: str, again: list[str]
) -> None:
    assert [found.id for found in asked_again(steps, outcomes, withdrawn)] == again
    assert [found.id for found in asked_again(steps, outcomes[::-1], withdrawn)] == again


@pytest.mark.parametrize("end", [StepEnd.SUPERSEDED, StepEnd.POSTPONED, StepEnd.CANCELLED])
def test_a_step_that_ended_for_another_reason_stays_ended(end: StepEnd) -> None:
    over = replace(step(0, 5), end=end)
    assert asked_again([over], [tissue(5)], "t5") == ()
