"""The worklist over a real database: what waits, for whom, in which order, and nothing lost."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.stations.loop_station import LoopStation, open_loop
from tests.stations.service_station import (
    ADMINISTRATOR,
    AUDITOR,
    CLINICIAN,
    PHOTOGRAPHER,
    actor,
)
from triage_app.domain.case import Case
from triage_app.domain.errors import CaseNotFound, InvalidInput, NotAllowedInState, NotPermitted
from triage_app.domain.people import LOCAL_USER, Actor, Person, Role
from triage_app.domain.reading import StepKind, Terms
from triage_app.domain.trail import Action
from triage_app.domain.triage import Level
from triage_app.domain.worklist import Whose
from triage_app.imaging.decoding.pool import DecoderPool
from triage_app.services.reading.worklist import Worklist

COLLEAGUE = actor(Role.CLINICIAN, "d")
SHUT = actor(Role.CLINICIAN, "9")
IMPRESSION = {"diagnosis": "naevus", "level": "routine", "confidence": "high"}
FOLLOW_UP = {"answer": "agree", "disposition": "follow_up", "due": "2027-03-01"}
URGENT, ROUTINE = 0.9, 0.01


@pytest.fixture
def loop(tmp_path: Path, decoder: DecoderPool) -> Iterator[LoopStation]:
    with open_loop(tmp_path, decoder) as opened:
        for who, active, role in (
            (CLINICIAN, True, Role.CLINICIAN),
            (COLLEAGUE, True, Role.CLINICIAN),
            (SHUT, False, Role.CLINICIAN),
            (PHOTOGRAPHER, True, Role.PHOTOGRAPHER),
        ):
            add_person(opened, who, role, active=active)
        yield opened


def add_person(loop: LoopStation, who: Actor, role: Role, *, active: bool) -> None:
    at = loop.clock.at
    person = Person(who.id, f"name {who.id[0]}", frozenset({role}), "x", at, at, active=active)
    with loop.station.units() as unit:
        unit.people.add(person)
        unit.commit()


def worklist(loop: LoopStation) -> Worklist:
    return Worklist(loop.station.units, loop.clock, Terms(), loop.reading.escalate)


def shown(loop: LoopStation, whose: Whose = Whose.ALL, who: Actor = CLINICIAN) -> list[str]:
    return [item.case_id for item in worklist(loop).page(who, whose).items]


def images(loop: LoopStation, *shares: float, withheld: bool = False) -> list[Case]:
    """Images an hour apart, so that none is overdue."""
    made = []
    for share in shares:
        made.append(loop.image(melanoma=share, withheld=withheld))
        loop.clock.at -= timedelta(hours=23)
    return made


def test_what_nobody_read_is_listed_by_level_and_then_by_waiting_time(loop: LoopStation) -> None:
    mild, dark, later_mild, later_dark = images(loop, ROUTINE, URGENT, ROUTINE, URGENT)
    assert shown(loop) == [dark.id, later_dark.id, mild.id, later_mild.id]


def test_what_is_overdue_comes_first_whatever_its_level(loop: LoopStation) -> None:
    (mild,) = images(loop, ROUTINE)
    loop.clock.at += timedelta(days=8)
    (dark,) = images(loop, URGENT)
    assert shown(loop) == [mild.id, dark.id]
    counts = worklist(loop).counts(CLINICIAN)
    assert (counts.unread, counts.overdue, counts.urgent_unread) == (2, 1, 1)


def test_withheld_cases_are_ordered_by_waiting_time_alone(loop: LoopStation) -> None:
    cases = images(loop, ROUTINE, URGENT, ROUTINE, URGENT, withheld=True)
    page = worklist(loop).page(CLINICIAN)
    assert [item.case_id for item in page.items] == [case.id for case in cases]
    assert {item.level for item in page.items} == {None}
    counts = worklist(loop).counts(CLINICIAN)
    assert (counts.unread, counts.urgent_unread) == (4, 0)
    assert worklist(loop).page(CLINICIAN, urgent_only=True).items == ()


def test_a_look_at_the_list_or_the_counts_escalates_what_waited_too_long(
    loop: LoopStation,
) -> None:
    mild, dark = images(loop, ROUTINE, URGENT, withheld=True)
    loop.clock.at = dark.created_at + timedelta(hours=25)
    assert worklist(loop).counts(CLINICIAN).urgent_unread == 1
    (item,) = worklist(loop).page(CLINICIAN, urgent_only=True).items
    assert (item.case_id, item.level, item.escalated) == (dark.id, Level.URGENT, True)
    assert shown(loop) == [dark.id, mild.id]


def test_a_verdict_takes_a_case_off_the_list_and_an_impression_does_not(
    loop: LoopStation,
) -> None:
    (case,) = images(loop, ROUTINE, withheld=True)
    case = loop.reading.record_impression(CLINICIAN, case.id, case.version, IMPRESSION)
    assert shown(loop) == [case.id]
    loop.verdict(case)
    assert shown(loop) == []


def test_binned_cases_are_left_out_and_come_back_with_their_restoring(loop: LoopStation) -> None:
    (case,) = images(loop, ROUTINE)
    case = loop.station.cases.delete(CLINICIAN, case.id, case.version)
    assert shown(loop) == []
    loop.station.cases.restore(CLINICIAN, case.id, case.version)
    assert shown(loop) == [case.id]


def test_mine_and_free_follow_who_took_what(loop: LoopStation) -> None:
    mine, theirs, free = images(loop, ROUTINE, ROUTINE, ROUTINE)
    loop.reading.take(CLINICIAN, mine.id)
    loop.reading.assign(CLINICIAN, theirs.id, COLLEAGUE.id)
    assert shown(loop, Whose.MINE) == [mine.id]
    assert shown(loop, Whose.MINE, COLLEAGUE) == [theirs.id]
    assert shown(loop, Whose.FREE) == [free.id]
    assert shown(loop) == [mine.id, theirs.id, free.id]
    assert worklist(loop).counts(COLLEAGUE).mine == 1
    loop.reading.release(COLLEAGUE, theirs.id)
    assert shown(loop, Whose.FREE) == [theirs.id, free.id]


def test_a_line_that_shows_another_reader_than_the_case_has_by_now_changes_nothing(
    loop: LoopStation,
) -> None:
    (case,) = images(loop, ROUTINE)
    loop.reading.take(COLLEAGUE, case.id)
    for late in (
        lambda: loop.reading.assign(CLINICIAN, case.id, CLINICIAN.id, reader=""),
        lambda: loop.reading.release(CLINICIAN, case.id, reader=CLINICIAN.id),
    ):
        with pytest.raises(NotAllowedInState, match="since the list was shown"):
            late()
    assert shown(loop, Whose.MINE, COLLEAGUE) == [case.id]
    loop.reading.assign(CLINICIAN, case.id, CLINICIAN.id, reader=COLLEAGUE.id)
    assert shown(loop, Whose.MINE) == [case.id]


def test_pages_follow_each_other_without_a_gap_or_a_repeat(loop: LoopStation) -> None:
    cases = images(loop, ROUTINE, URGENT, ROUTINE, URGENT, ROUTINE)
    seen: list[str] = []
    cursor: str | None = None
    while True:
        page = worklist(loop).page(CLINICIAN, Whose.ALL, cursor, size=2)
        seen += [item.case_id for item in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == shown(loop) and sorted(seen) == sorted(case.id for case in cases)
    with pytest.raises(InvalidInput):
        worklist(loop).page(CLINICIAN, Whose.ALL, "not a cursor")


def test_next_and_previous_walk_the_whole_list(loop: LoopStation) -> None:
    images(loop, ROUTINE, URGENT, ROUTINE)
    first, second, third = shown(loop)
    listed = worklist(loop)
    assert listed.neighbours(CLINICIAN, first) == (None, second)
    assert listed.neighbours(CLINICIAN, second) == (first, third)
    assert listed.neighbours(CLINICIAN, third) == (second, None)
    loop.verdict(loop.stored(second))
    assert listed.neighbours(CLINICIAN, second) == (first, third)
    with pytest.raises(CaseNotFound):
        listed.neighbours(CLINICIAN, "0" * 32)


def test_open_steps_are_found_by_kind_owner_and_day(loop: LoopStation) -> None:
    watched, cut = images(loop, ROUTINE, ROUTINE)
    watched = loop.reading.record_verdict(CLINICIAN, watched.id, watched.version, FOLLOW_UP)
    cut = loop.verdict(cut, "biopsy_or_excision")
    listed = worklist(loop)
    assert [item.case_id for item in listed.due(CLINICIAN)] == [cut.id, watched.id]
    histology = frozenset({StepKind.HISTOLOGY})
    assert [item.case_id for item in listed.due(CLINICIAN, histology)] == [cut.id]
    assert listed.due(CLINICIAN, owner=COLLEAGUE.id) == []
    (soon,) = listed.due(CLINICIAN, before=cut.next_steps[0].due + timedelta(days=1))
    assert (soon.kind, soon.owner, soon.due) == (
        StepKind.HISTOLOGY,
        CLINICIAN.id,
        cut.next_steps[0].due,
    )
    loop.clock.at += timedelta(days=30)
    counts = listed.counts(CLINICIAN)
    assert (counts.open[StepKind.HISTOLOGY], counts.late[StepKind.HISTOLOGY]) == (1, 1)
    assert (counts.open[StepKind.FOLLOW_UP], counts.late[StepKind.FOLLOW_UP]) == (1, 0)


def test_cases_go_to_those_who_may_review_with_an_open_account(loop: LoopStation) -> None:
    listed = worklist(loop)
    assert listed.clinicians(CLINICIAN) == {CLINICIAN.id: "name c", COLLEAGUE.id: "name d"}
    assert listed.clinicians(LOCAL_USER) == {LOCAL_USER.id: LOCAL_USER.name}
    names = listed.names(CLINICIAN)
    assert names[SHUT.id] == "name 9" and names[PHOTOGRAPHER.id] == "name f"
    assert names[LOCAL_USER.id] == LOCAL_USER.name


def test_what_was_looked_at_is_recorded_by_ids(loop: LoopStation) -> None:
    (case,) = images(loop, ROUTINE)
    worklist(loop).page(CLINICIAN)
    loop.reading.record_verdict(CLINICIAN, case.id, case.version, FOLLOW_UP)
    worklist(loop).due(CLINICIAN)
    events = loop.station.events(Action.WORKLIST_VIEWED)
    assert [json.loads(event.details) for event in events] == [{"cases": [case.id]}] * 2
    assert {(event.actor, event.subject) for event in events} == {(CLINICIAN.id, "")}


@pytest.mark.parametrize("who", [PHOTOGRAPHER, ADMINISTRATOR, AUDITOR], ids=lambda a: a.name)
def test_the_worklist_is_for_those_who_may_review(loop: LoopStation, who: Actor) -> None:
    (case,) = images(loop, URGENT, withheld=True)
    loop.clock.at += timedelta(days=2)
    listed = worklist(loop)
    asked: tuple[Callable[[], object], ...] = (
        lambda: listed.page(who),
        lambda: listed.counts(who),
        lambda: listed.due(who),
        lambda: listed.neighbours(who, case.id),
        lambda: listed.clinicians(who),
        lambda: listed.names(who),
    )
    for ask in asked:
        with pytest.raises(NotPermitted):
            ask()
    assert loop.stored(case.id).blinded
