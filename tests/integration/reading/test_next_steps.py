"""Next steps end only as they may, have an owner, and a case is read by one person at a time."""

import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.stations.loop_station import NAEVUS, LoopStation
from tests.stations.reading_room import (
    BIOPSY,
    COLLEAGUE,
    FOLLOW_UP,
    add_person,
    last,
    open_room,
)
from tests.stations.service_station import (
    CLINICIAN,
    PHOTOGRAPHER,
    actor,
)
from triage_app.domain.errors import (
    InvalidInput,
    NotAllowedInState,
)
from triage_app.domain.people import LOCAL_USER, Role
from triage_app.domain.reading import (
    StepEnd,
    StepKind,
)
from triage_app.domain.trail import Action
from triage_app.domain.withholding import is_withheld
from triage_app.imaging.decoding.pool import DecoderPool


@pytest.fixture
def loop(tmp_path: Path, decoder: DecoderPool) -> Iterator[LoopStation]:
    with open_room(tmp_path, decoder) as opened:
        yield opened


def test_a_step_that_is_postponed_goes_on_until_the_new_day_with_the_same_owner(
    loop: LoopStation,
) -> None:
    case = loop.image()
    case = loop.reading.record_verdict(CLINICIAN, case.id, case.version, FOLLOW_UP)
    step = case.next_steps[0].id
    day = date(2027, 4, 1)
    case = loop.reading.end_step(
        COLLEAGUE, case.id, case.version, step, StepEnd.POSTPONED, "On holiday.", day
    )
    old, new = case.next_steps
    assert (old.end, old.ended_by, old.end_note) == (
        StepEnd.POSTPONED,
        COLLEAGUE.id,
        "On holiday.",
    )
    assert (new.kind, new.owner, new.due, new.is_open) == (
        StepKind.FOLLOW_UP,
        CLINICIAN.id,
        day,
        True,
    )
    stated = last(loop, Action.STEP_CHANGED)
    assert (stated["step"], stated["end"]) == (step, "postponed")
    assert "holiday" not in json.dumps(stated)


@pytest.mark.parametrize(
    ("end", "note", "due", "field"),
    [
        (StepEnd.POSTPONED, "", date(2027, 4, 1), "note"),
        (StepEnd.POSTPONED, "On holiday.", None, "due"),
        (StepEnd.POSTPONED, "On holiday.", date(2026, 11, 1), "due"),
        (StepEnd.CANCELLED, " ", None, "note"),
        (StepEnd.CANCELLED, "Moved away.", date(2027, 4, 1), "due"),
        (StepEnd.DONE, "", date(2027, 4, 1), "due"),
        (StepEnd.SUPERSEDED, "", None, "end"),
        (StepEnd.DONE, "x" * 5_000, None, "note"),
    ],
)
def test_a_step_does_not_end_without_the_reason_or_day_that_it_needs(
    loop: LoopStation, end: StepEnd, note: str, due: date | None, field: str
) -> None:
    case = loop.image()
    case = loop.reading.record_verdict(CLINICIAN, case.id, case.version, FOLLOW_UP)
    step = case.next_steps[0].id
    with pytest.raises(InvalidInput) as caught:
        loop.reading.end_step(CLINICIAN, case.id, case.version, step, end, note, due)
    assert caught.value.field == field
    assert loop.stored(case.id) == case


def test_a_biopsy_is_not_ticked_off_without_a_recorded_histology(loop: LoopStation) -> None:
    case = loop.image()
    case = loop.reading.record_verdict(CLINICIAN, case.id, case.version, BIOPSY)
    step = case.next_steps[0].id
    with pytest.raises(NotAllowedInState, match="Record the histology"):
        loop.reading.end_step(CLINICIAN, case.id, case.version, step, StepEnd.DONE)
    case = loop.histology(case)
    assert [s.end for s in loop.stored(case.id).next_steps] == [StepEnd.DONE]


def test_a_biopsy_that_will_not_be_done_is_cancelled_with_a_reason(loop: LoopStation) -> None:
    case = loop.image()
    case = loop.reading.record_verdict(CLINICIAN, case.id, case.version, BIOPSY)
    step = case.next_steps[0].id
    case = loop.reading.end_step(
        CLINICIAN, case.id, case.version, step, StepEnd.CANCELLED, "The patient declined."
    )
    assert case.next_steps[0].end is StepEnd.CANCELLED
    with pytest.raises(NotAllowedInState, match="ended already"):
        loop.reading.end_step(CLINICIAN, case.id, case.version, step, StepEnd.CANCELLED, "Twice.")


def test_an_open_step_is_handed_to_a_colleague_and_to_nobody_else(loop: LoopStation) -> None:
    case = loop.image()
    case = loop.reading.record_verdict(CLINICIAN, case.id, case.version, FOLLOW_UP)
    step = case.next_steps[0].id
    for stranger in ("", "0" * 32, PHOTOGRAPHER.id, LOCAL_USER.id):
        with pytest.raises(InvalidInput, match="clinician"):
            loop.reading.hand_step(CLINICIAN, case.id, case.version, step, stranger)
    case = loop.reading.hand_step(CLINICIAN, case.id, case.version, step, COLLEAGUE.id)
    assert case.next_steps[0].owner == COLLEAGUE.id
    assert last(loop, Action.STEP_CHANGED)["owner"] == COLLEAGUE.id
    with pytest.raises(NotAllowedInState, match="no such step"):
        loop.reading.hand_step(CLINICIAN, case.id, case.version, "0" * 32, COLLEAGUE.id)


def test_two_people_who_take_one_case_at_a_time_do_not_overwrite_each_other(
    loop: LoopStation,
) -> None:
    case = loop.image(withheld=True)
    assert loop.reading.take(CLINICIAN, case.id).taken_by == CLINICIAN.id
    with pytest.raises(NotAllowedInState, match="Somebody else"):
        loop.reading.take(COLLEAGUE, case.id)
    assert loop.reading.take(CLINICIAN, case.id).taken_by == CLINICIAN.id
    assert loop.reading.assign(COLLEAGUE, case.id, COLLEAGUE.id).taken_by == COLLEAGUE.id
    released = loop.reading.release(CLINICIAN, case.id)
    assert released.taken_by == "" and is_withheld(released)
    assert [
        json.loads(event.details)["person"] for event in loop.station.events(Action.CASE_TAKEN)
    ] == [CLINICIAN.id, CLINICIAN.id, COLLEAGUE.id, ""]


def test_a_case_is_assigned_only_to_somebody_who_can_read_it(loop: LoopStation) -> None:
    case = loop.image()
    shut = actor(Role.CLINICIAN, "9")
    add_person(loop, shut, active=False)
    for stranger in ("", "0" * 32, shut.id, LOCAL_USER.id):
        with pytest.raises(InvalidInput):
            loop.reading.assign(CLINICIAN, case.id, stranger)
    assert loop.stored(case.id).taken_by == ""


def test_where_nobody_signs_in_the_one_person_takes_and_is_assigned(loop: LoopStation) -> None:
    case = loop.image()
    assert loop.reading.assign(LOCAL_USER, case.id, LOCAL_USER.id).taken_by == LOCAL_USER.id
    with pytest.raises(InvalidInput):
        loop.reading.assign(LOCAL_USER, case.id, CLINICIAN.id)


def test_the_outcome_of_histology_may_come_before_a_second_biopsy(loop: LoopStation) -> None:
    # The first result says nothing about the tissue that is taken now.
    case = loop.image()
    case = loop.reading.record_verdict(CLINICIAN, case.id, case.version, BIOPSY)
    case = loop.histology(case)
    loop.clock.at += timedelta(days=1)
    case = loop.reading.record_verdict(CLINICIAN, case.id, case.version, BIOPSY)
    step = case.next_steps[-1].id
    with pytest.raises(NotAllowedInState, match="Record the histology"):
        loop.reading.end_step(CLINICIAN, case.id, case.version, step, StepEnd.DONE)
    assert NAEVUS["method"] == case.outcomes[0].method.value
