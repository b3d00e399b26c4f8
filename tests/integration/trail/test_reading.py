"""Auditors read the trail, and that is recorded; anchors leave it."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.stations.accounts_desk import PASSWORD, Desk, open_desk
from triage_app.domain.errors import InvalidInput, NotPermitted
from triage_app.domain.people import LOCAL_USER, TERMINAL, Actor, Role
from triage_app.domain.trail import Action, TrailFilter
from triage_app.services.trail.trail import Trail
from triage_app.storage.files import DiskFileStore


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    yield open_desk(tmp_path)


@pytest.fixture
def trail(desk: Desk, tmp_path: Path) -> Trail:
    return Trail(desk.units, DiskFileStore(tmp_path / "files"), desk.clock)


@pytest.fixture
def auditor(desk: Desk) -> Actor:
    desk.hire("Büro Neun", Role.AUDITOR)
    return desk.enter("Büro Neun")[1]


def test_an_auditor_searches_and_the_search_is_in_the_trail(
    desk: Desk, trail: Trail, auditor: Actor
) -> None:
    wanted = TrailFilter(
        actions=frozenset({Action.SIGNED_IN}),
        actor=auditor.id,
        since=desk.clock.at - timedelta(hours=1),
    )
    found = trail.page(auditor, wanted)
    assert [(e.action, e.actor) for e in found] == [(Action.SIGNED_IN, auditor.id)] * 2
    last = desk.trail()[-1]
    assert (last.action, last.actor) == (Action.TRAIL_READ, auditor.id)
    assert json.loads(last.details) == {
        "actions": ["signed_in"],
        "actor": auditor.id,
        "subject": "",
        "before": None,
    }


def test_pages_follow_each_other_newest_first(desk: Desk, trail: Trail, auditor: Actor) -> None:
    numbers: list[int] = []
    before = None
    while page := trail.page(auditor, TrailFilter(), before, size=2):
        numbers += [event.number for event in page]
        before = page[-1].number
    assert numbers == sorted(numbers, reverse=True)
    assert numbers[-1] == 1


@pytest.mark.parametrize("typed", ["A name, 1950", "' OR 1=1", "\x00", "A" * 32, "0" * 31])
def test_what_is_typed_into_the_search_does_not_get_into_the_trail(
    desk: Desk, trail: Trail, auditor: Actor, typed: str
) -> None:
    before = desk.trail()
    for wanted in (TrailFilter(actor=typed), TrailFilter(subject=typed)):
        with pytest.raises(InvalidInput):
            trail.page(auditor, wanted)
    assert desk.trail() == before


@pytest.mark.parametrize("role", [Role.CLINICIAN, Role.PHOTOGRAPHER, Role.ADMINISTRATOR])
def test_nobody_else_reads_the_trail(desk: Desk, trail: Trail, role: Role) -> None:
    desk.hire("Desk Four", role)
    _, actor = desk.enter("Desk Four")
    with pytest.raises(NotPermitted):
        trail.page(actor, TrailFilter())


def test_names_are_shown_beside_ids_and_never_stored_in_the_trail(
    desk: Desk, trail: Trail, auditor: Actor
) -> None:
    names = trail.people(auditor)
    assert names[auditor.id] == "Büro Neun"
    assert names[LOCAL_USER.id] == "local user"
    assert not any("Büro" in event.details for event in desk.trail())
    _, one_time = desk.accounts.create(desk.administrator, "Desk Four", [Role.CLINICIAN])
    _, four = desk.enter("Desk Four", one_time)
    desk.accounts.change_password(four, one_time, PASSWORD)
    with pytest.raises(NotPermitted):
        trail.people(desk.enter("Desk Four")[1])


def test_an_anchor_names_the_newest_event_which_records_it(
    desk: Desk, trail: Trail, auditor: Actor
) -> None:
    anchor = trail.anchor(auditor)
    last = desk.trail()[-1]
    assert (anchor.number, anchor.hash) == (last.number, last.hash)
    assert last.action == Action.ANCHOR_EXPORTED
    assert trail.verify([anchor]).sound
    assert trail.anchor(TERMINAL).number == anchor.number + 1
    desk.hire("Desk Four", Role.PHOTOGRAPHER)
    with pytest.raises(NotPermitted):
        trail.anchor(desk.enter("Desk Four")[1])
