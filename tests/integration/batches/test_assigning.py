"""What is assigned to selected lines of a batch: never over anything unasked, and once undone."""

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.stations import web_station
from tests.stations.batch_desk import BATCH, BatchDesk
from tests.stations.service_station import CLINICIAN, OTHER_PHOTOGRAPHER, PHOTOGRAPHER
from triage_app.domain.case import Case
from triage_app.domain.errors import CaseNotFound, InvalidInput, NotAllowedInState, TriageError
from triage_app.domain.trail import Action
from triage_app.services.batches.assigning import (
    FIELDS,
    Line,
    NotAsShown,
    NotAssigned,
    Overwrite,
    typed_of,
)
from triage_app.services.cases.drafts import save_fields

REFERENCE, LESION = FIELDS


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[BatchDesk]:
    """A workstation with four drafts of one batch."""
    with web_station.station(tmp_path, accounts=True) as station:
        found = BatchDesk(station, tmp_path)
        for _ in range(4):
            found.send(PHOTOGRAPHER)
        found.work()
        yield found


def _lines(desk: BatchDesk, *picked: int) -> list[Line]:
    cases = desk.cases()
    return [Line(cases[i].id, typed_of(cases[i])) for i in picked]


def _give(desk: BatchDesk, reference: str, *picked: int, lesion: str = "") -> int:
    """Assign as somebody does who agrees to every question."""
    fields = {REFERENCE: reference, LESION: lesion}
    plan = desk.station.assigning.plan(CLINICIAN, _lines(desk, *picked), fields)
    return desk.station.assigning.apply(CLINICIAN, BATCH, plan.versions, plan.fields)


def _references(desk: BatchDesk) -> list[str]:
    return [case.details.patient_reference for case in desk.cases()]


def test_a_plan_tells_whose_images_would_be_overwritten_and_changes_nothing(
    desk: BatchDesk,
) -> None:
    assert _give(desk, "P-102", 0, 1) == 2
    assert _give(desk, "P-104", 2, lesion="left arm 1") == 1
    fields = {REFERENCE: " P-103 ", LESION: "left arm 1"}
    plan = desk.station.assigning.plan(CLINICIAN, _lines(desk, 0, 1, 2, 3), fields)
    assert plan.overwrites == (
        Overwrite(REFERENCE, "P-102", "P-103", 2),
        Overwrite(REFERENCE, "P-104", "P-103", 1),
    )
    assert _references(desk) == ["P-102", "P-102", "P-104", ""]


@pytest.mark.parametrize("picked", list(itertools.combinations(range(4), 2)))
def test_undo_puts_back_exactly_what_was_there(desk: BatchDesk, picked: tuple[int, int]) -> None:
    _give(desk, "P-1", 0, 2, lesion="mole")
    before = [typed_of(case) for case in desk.cases()]
    _give(desk, "P-2", *picked, lesion="naevus")
    assert [typed_of(case) for case in desk.cases()] != before
    assert desk.station.assigning.undo(CLINICIAN, BATCH) == 2
    assert [typed_of(case) for case in desk.cases()] == before
    assert desk.station.assigning.last(CLINICIAN, BATCH) is None
    with pytest.raises(NotAllowedInState, match="nothing to undo"):
        desk.station.assigning.undo(CLINICIAN, BATCH)
    assert desk.station.trail.verify().sound


def _type(desk: BatchDesk, case: Case) -> None:
    save_fields(desk.station.cases, CLINICIAN, case.id, case.version, {"note": "typed"})


def _file(desk: BatchDesk, case: Case) -> None:
    desk.station.cases.file(CLINICIAN, case.id, case.version)


def _bin(desk: BatchDesk, case: Case) -> None:
    desk.station.cases.delete(CLINICIAN, case.id, case.version)


def _erase(desk: BatchDesk, case: Case) -> None:
    gone = desk.station.cases.delete(CLINICIAN, case.id, case.version)
    desk.station.cases.erase(CLINICIAN, case.id, gone.version)


MEANWHILE = [_type, _file, _bin, _erase]


@pytest.mark.parametrize("meanwhile", MEANWHILE)
def test_undo_is_refused_whole_when_one_of_the_images_has_changed_since(
    desk: BatchDesk, meanwhile: Callable[[BatchDesk, Case], None]
) -> None:
    _give(desk, "P-1", 0, 1, 2, 3)
    meanwhile(desk, desk.cases()[1])
    with pytest.raises(NotAllowedInState, match="cannot be undone"):
        desk.station.assigning.undo(CLINICIAN, BATCH)
    assert set(_references(desk)) == {"P-1"}


@pytest.mark.parametrize("meanwhile", MEANWHILE)
def test_what_was_asked_about_is_done_on_those_versions_alone_or_not_at_all(
    desk: BatchDesk, meanwhile: Callable[[BatchDesk, Case], None]
) -> None:
    _give(desk, "P-1", 0, 1, 2, 3)
    plan = desk.station.assigning.plan(CLINICIAN, _lines(desk, 0, 1), {REFERENCE: "P-2"})
    changed = desk.cases()[1]
    meanwhile(desk, changed)
    with pytest.raises(NotAssigned) as refused:
        desk.station.assigning.apply(CLINICIAN, BATCH, plan.versions, plan.fields)
    assert refused.value.case_id == changed.id
    assert set(_references(desk)) == {"P-1"}


def test_a_line_that_is_not_what_the_page_showed_is_neither_assigned_nor_filed(
    desk: BatchDesk,
) -> None:
    shown = _lines(desk, 0, 1)
    _give(desk, "P-9", 1)
    with pytest.raises(NotAsShown, match="another window"):
        desk.station.assigning.plan(CLINICIAN, shown, {REFERENCE: "P-1"})
    assert _references(desk) == ["", "P-9", "", ""]


def test_what_cannot_be_stored_is_assigned_to_none(desk: BatchDesk) -> None:
    with pytest.raises(InvalidInput) as refused:
        desk.station.assigning.plan(CLINICIAN, _lines(desk, 0), {REFERENCE: "x" * 500})
    assert refused.value.field == REFERENCE
    assert _references(desk) == [""] * 4


def test_what_is_assigned_already_is_left_as_it_is(desk: BatchDesk) -> None:
    _give(desk, "P-1", 0)
    version = desk.cases()[0].version
    assert _give(desk, "P-1", 0, 1) == 1
    assert desk.cases()[0].version == version


def test_a_photographer_assigns_own_drafts_and_no_others(desk: BatchDesk) -> None:
    lines, fields = _lines(desk, 0), {REFERENCE: "P-1"}
    with pytest.raises(CaseNotFound):
        desk.station.assigning.plan(OTHER_PHOTOGRAPHER, lines, fields)
    plan = desk.station.assigning.plan(PHOTOGRAPHER, lines, fields)
    with pytest.raises(TriageError):
        desk.station.assigning.apply(OTHER_PHOTOGRAPHER, BATCH, plan.versions, plan.fields)
    assert desk.station.assigning.apply(PHOTOGRAPHER, BATCH, plan.versions, plan.fields) == 1
    assert desk.station.assigning.last(CLINICIAN, BATCH) is None


def test_the_trail_tells_of_each_image_that_it_was_one_of_a_selection_or_undone(
    desk: BatchDesk,
) -> None:
    _give(desk, "P-1", 0, 1)
    desk.station.assigning.undo(CLINICIAN, BATCH)
    with desk.station.intake._units() as unit:
        told = [e.details for e in unit.trail.every() if e.action == Action.CASE_CHANGED]
    assert ['"selected":2' in t for t in told] == [True, True, False, False]
    assert ['"undone":2' in t for t in told] == [False, False, True, True]
    assert not any("P-1" in t for t in told)
