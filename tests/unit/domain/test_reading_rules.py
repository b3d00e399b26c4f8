"""Impression, verdict and next steps: what a clinician may decide, and what follows from it."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from tests.samples.loop_cases import case
from triage_app.domain.errors import InvalidInput, NotAllowedInState
from triage_app.domain.reading import (
    DISPOSITION_LABELS,
    GIVEN_LEVELS,
    IMPRESSION_LABELS,
    REVEAL_LABELS,
    STEP_LABELS,
    Confidence,
    Disposition,
    Impression,
    ImpressionDiagnosis,
    NextStep,
    Reveal,
    RevealCause,
    StepEnd,
    StepKind,
    Terms,
    Verdict,
    check_due_day,
    check_verdict,
    ended,
    read_by,
    refuse_open_steps,
    step_of,
    superseded,
)
from triage_app.domain.triage import Level
from triage_app.domain.withholding import IMPRESSION_FIRST, is_withheld, without_findings

AT = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
TODAY = AT.date()
IN_THREE_MONTHS = TODAY + timedelta(days=91)


def verdict(
    found: Level = Level.REVIEW,
    level: Level | None = None,
    disposition: Disposition = Disposition.DISCHARGE,
    *,
    agrees: bool = True,
    reason: str = "",
    due: date | None = None,
) -> Verdict:
    return Verdict("v1", AT, "c", found, level or found, agrees, disposition, reason, due)


def step(name: str = "s1", kind: StepKind = StepKind.HISTOLOGY, due: date = TODAY) -> NextStep:
    return NextStep(name, kind, "c", due, AT, "v1")


def refused_field(wrong: Verdict) -> str:
    """The field that the refusal names."""
    with pytest.raises(InvalidInput) as caught:
        check_verdict(wrong, TODAY)
    assert str(caught.value).endswith(".")
    return caught.value.field


@pytest.mark.parametrize("level", Level)
def test_an_impression_has_a_level_that_a_person_can_give(level: Level) -> None:
    def given() -> Impression:
        return Impression(
            "i", AT, "c", ImpressionDiagnosis.NAEVUS, level, Confidence.HIGH, blinded=True
        )

    if level in (Level.ROUTINE, Level.REVIEW, Level.URGENT):
        assert given().level is level
        return
    with pytest.raises(InvalidInput) as caught:
        given()
    assert caught.value.field == "level"


def test_every_choice_has_its_own_words() -> None:
    for labels, members in (
        (IMPRESSION_LABELS, ImpressionDiagnosis),
        (DISPOSITION_LABELS, Disposition),
        (STEP_LABELS, StepKind),
        (REVEAL_LABELS, RevealCause),
    ):
        assert set(labels) == set(members)
        assert len(set(labels.values())) == len(members)


# What a clinician may do with a lesion of each level that was given.
ALLOWED = {
    Level.ROUTINE: {"discharge", "follow_up", "biopsy_or_excision", "urgent_referral"},
    Level.REVIEW: {"discharge", "follow_up", "biopsy_or_excision", "urgent_referral"},
    Level.URGENT: {"biopsy_or_excision", "urgent_referral"},
    Level.CANNOT_ASSESS: {"discharge", "follow_up", "biopsy_or_excision", "urgent_referral"},
}


@pytest.mark.parametrize("found", Level)
@pytest.mark.parametrize("disposition", Disposition)
def test_agreeing_allows_the_dispositions_of_the_level(
    found: Level, disposition: Disposition
) -> None:
    due = IN_THREE_MONTHS if disposition is Disposition.FOLLOW_UP else None
    agreed = verdict(found, disposition=disposition, due=due)
    if disposition.value in ALLOWED[found]:
        check_verdict(agreed, TODAY)
    else:
        assert refused_field(agreed) == "disposition"


@pytest.mark.parametrize("found", Level)
@pytest.mark.parametrize("level", Level)
@pytest.mark.parametrize("disposition", Disposition)
def test_an_override_gives_another_level_with_a_reason_and_a_disposition_of_that_level(
    found: Level, level: Level, disposition: Disposition
) -> None:
    due = IN_THREE_MONTHS if disposition is Disposition.FOLLOW_UP else None
    overridden = verdict(
        found, level, disposition, agrees=False, reason="Known for years.", due=due
    )
    if level not in GIVEN_LEVELS or level is found:
        assert refused_field(overridden) == "level"
    elif disposition.value not in ALLOWED[level]:
        assert refused_field(overridden) == "disposition"
    else:
        check_verdict(overridden, TODAY)
        assert refused_field(replace(overridden, reason="")) == "reason"
        assert refused_field(replace(overridden, reason=" \n")) == "reason"


def test_agreement_with_another_level_is_an_override_and_must_be_called_so() -> None:
    assert refused_field(verdict(Level.URGENT, Level.ROUTINE)) == "level"


@pytest.mark.parametrize("disposition", sorted(set(Disposition) - {Disposition.FOLLOW_UP}))
def test_only_a_follow_up_has_a_day(disposition: Disposition) -> None:
    check_verdict(verdict(disposition=disposition), TODAY)
    assert refused_field(verdict(disposition=disposition, due=IN_THREE_MONTHS)) == "due"


def test_a_follow_up_needs_a_day() -> None:
    assert refused_field(verdict(disposition=Disposition.FOLLOW_UP)) == "due"


@pytest.mark.parametrize(
    ("days", "possible"),
    [(-1, False), (0, False), (1, True), (90, True), (732, True), (733, False)],
)
def test_a_follow_up_lies_within_the_next_two_years(days: int, possible: bool) -> None:
    due = TODAY + timedelta(days=days)
    wanted = verdict(disposition=Disposition.FOLLOW_UP, due=due)
    if possible:
        check_verdict(wanted, TODAY)
        check_due_day(due, TODAY)
        return
    assert refused_field(wanted) == "due"
    with pytest.raises(InvalidInput):
        check_due_day(due, TODAY)


TERMS = Terms(histology_days=10, referral_days=3)


@pytest.mark.parametrize(
    ("disposition", "kind", "days"),
    [
        (Disposition.FOLLOW_UP, StepKind.FOLLOW_UP, 91),
        (Disposition.BIOPSY_OR_EXCISION, StepKind.HISTOLOGY, 10),
        (Disposition.URGENT_REFERRAL, StepKind.REFERRAL, 3),
    ],
)
def test_a_verdict_makes_its_author_responsible_for_the_next_step(
    disposition: Disposition, kind: StepKind, days: int
) -> None:
    due = IN_THREE_MONTHS if disposition is Disposition.FOLLOW_UP else None
    opened = step_of(verdict(disposition=disposition, due=due), "s1", TERMS, TODAY)
    assert opened == NextStep("s1", kind, "c", TODAY + timedelta(days=days), AT, "v1")
    assert opened.is_open


def test_a_discharge_leaves_nothing_to_do() -> None:
    assert step_of(verdict(), "s1", TERMS, TODAY) is None


def test_every_disposition_but_discharge_opens_a_step() -> None:
    without = {
        d
        for d in Disposition
        if step_of(verdict(disposition=d, due=IN_THREE_MONTHS), "s", TERMS, TODAY) is None
    }
    assert without == {Disposition.DISCHARGE}


@pytest.mark.parametrize(
    ("due", "overdue"), [(-1, True), (0, False), (1, False)], ids=["yesterday", "today", "tomorrow"]
)
def test_a_step_is_overdue_from_the_day_after_its_day(due: int, overdue: bool) -> None:
    open_step = step(due=TODAY + timedelta(days=due))
    assert open_step.overdue(TODAY) is overdue
    assert not ended(open_step, AT, "c", StepEnd.DONE).overdue(TODAY)


@pytest.mark.parametrize("end", StepEnd)
def test_a_step_is_postponed_or_cancelled_only_with_a_reason(end: StepEnd) -> None:
    needs_reason = end in (StepEnd.POSTPONED, StepEnd.CANCELLED)
    if needs_reason:
        for empty in ("", "  "):
            with pytest.raises(InvalidInput) as caught:
                ended(step(), AT, "d", end, empty)
            assert caught.value.field == "note"
    done = ended(step(), AT, "d", end, "Patient abroad." if needs_reason else "")
    assert (done.end, done.ended_at, done.ended_by, done.is_open) == (end, AT, "d", False)
    assert replace(done, ended_at=None, ended_by="", end=None, end_note="") == step()


@pytest.mark.parametrize("end", StepEnd)
def test_a_step_that_has_ended_cannot_end_again(end: StepEnd) -> None:
    with pytest.raises(NotAllowedInState):
        ended(ended(step(), AT, "c", StepEnd.DONE), AT, "c", end, "why")


def test_a_new_verdict_ends_the_open_steps_and_leaves_the_ended_ones() -> None:
    done = ended(step("s0"), AT, "c", StepEnd.DONE)
    later = AT + timedelta(days=3)
    first, second, third = superseded(
        (done, step("s1"), step("s2", StepKind.FOLLOW_UP)), later, "d"
    )
    assert first is done
    assert {s.end for s in (second, third)} == {StepEnd.SUPERSEDED}
    assert {s.ended_at for s in (second, third)} == {later}


def test_steps_of_other_kinds_stay_open() -> None:
    steps = (step("s1"), step("s2", StepKind.FOLLOW_UP))
    first, second = superseded(steps, AT, "d", frozenset({StepKind.FOLLOW_UP}))
    assert first is steps[0]
    assert not second.is_open


def test_a_case_with_an_open_step_cannot_be_closed_and_the_sentence_names_the_step() -> None:
    with pytest.raises(NotAllowedInState, match="histology awaited"):
        refuse_open_steps([ended(step(), AT, "c", StepEnd.DONE), step("s2")])
    refuse_open_steps([ended(step(), AT, "c", StepEnd.DONE)])
    refuse_open_steps([])


@pytest.mark.parametrize(
    ("level", "hours"),
    [
        (Level.URGENT, 12),
        (Level.REVIEW, 100),
        (Level.ROUTINE, 100),
        (Level.CANNOT_ASSESS, 100),
        (None, 100),
    ],
)
def test_an_urgent_case_is_to_be_read_sooner_and_a_withheld_one_tells_nothing_by_its_term(
    level: Level | None, hours: int
) -> None:
    terms = Terms(urgent=timedelta(hours=12), read=timedelta(hours=100))
    assert read_by(AT, level, terms) == AT + timedelta(hours=hours)


def test_a_case_without_findings_tells_nothing_of_its_level_or_of_what_clinicians_made_of_it() -> (
    None
):
    shown = [
        without_findings(
            replace(
                case("a", 0, melanoma),
                reveal=reveal,
                verdicts=(verdict(),),
                next_steps=(step(),),
            ),
            IMPRESSION_FIRST,
        )
        for melanoma, reveal in ((0.9, Reveal(AT, "s", RevealCause.ESCALATED)), (0.01, None))
    ]
    assert shown[0] == shown[1]
    assert is_withheld(shown[0])
    assert shown[0].analysis.decision.reasons[0].text == IMPRESSION_FIRST
