"""One photograph that comes in twice is pointed out at every entrance, to whoever may know it."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.samples.pictures import COPIES, drawn, encoded
from tests.stations import people_station, web_station
from tests.stations.batch_desk import BATCH, BatchDesk
from tests.stations.service_station import CLINICIAN, OTHER_PHOTOGRAPHER, PHOTOGRAPHER
from triage_app.domain.case import Case, CaseDetails
from triage_app.domain.copies import Coverage, SameBy, SeenCopy
from triage_app.domain.people import LOCAL_USER, Actor
from triage_app.domain.trail import Action
from triage_app.services.site.application import Application
from triage_app.ui.kit import copies as told

FILE = encoded(drawn(1), quality=95)
OTHER = encoded(drawn(2), quality=95)
NEAR = encoded(COPIES["JPEG, 384 px"](drawn(1)), quality=80)


@pytest.fixture
def station(tmp_path: Path) -> Iterator[Application]:
    """A workstation to which people sign in."""
    with web_station.station(tmp_path, accounts=True) as found:
        yield found


def _store(
    station: Application, data: bytes, patient: str = "", who: Actor = CLINICIAN, lesion: str = ""
) -> Case:
    details = CaseDetails(patient_reference=patient, lesion_label=lesion)
    return station.cases.analyse_upload(who, data, "a.jpg", details)


def _seen(station: Application, case: Case, who: Actor = CLINICIAN) -> list[SeenCopy]:
    return list(station.copies.seen(who, [case.id]).get(case.id, ()))


@pytest.mark.parametrize(("data", "by"), [(FILE, SameBy.FILE), (NEAR, SameBy.PICTURE)])
def test_a_copy_is_told_on_both_cases_with_patient_lesion_and_day(
    station: Application, data: bytes, by: SameBy
) -> None:
    first = _store(station, FILE, "P-1", lesion="left arm")
    other = _store(station, OTHER, "P-1")
    second = _store(station, data, "P-1")
    assert _seen(station, other) == []
    (here,), (there,) = _seen(station, second), _seen(station, first)
    assert (here.by, here.case_id, here.patient_reference) == (by, first.id, "P-1")
    assert (here.lesion_label, here.taken_at) == ("left arm", first.created_at)
    assert (there.by, there.case_id) == (by, second.id)
    assert not here.other_patient and here.kept_at is None
    assert "left arm" in told.told(second, [here]) and first.id in told.told(second, [here])


def test_two_patients_of_one_photograph_are_warned_of_on_both_cases(station: Application) -> None:
    first, second = _store(station, FILE, "P-1"), _store(station, NEAR)
    assert not _seen(station, second)[0].other_patient
    details = replace(second.details, patient_reference="P-2")
    second = station.cases.update(CLINICIAN, second.id, second.version, details)
    for case in (first, second):
        (copy,) = _seen(station, case)
        assert copy.other_patient
        words = told.told(case, [copy])
        assert "two patients" in words and 'role="alert"' in words
        assert "P-1" in words and "P-2" in words


def test_filing_a_copy_is_never_refused_and_stands_in_the_trail(station: Application) -> None:
    first, second = _store(station, FILE, "P-1"), _store(station, FILE, "P-2")
    station.cases.file(CLINICIAN, second.id, second.version)
    (copy,) = _seen(station, second)
    assert copy.kept_at is not None and copy.other_patient
    with station.intake._units() as unit:
        (kept,) = [e for e in unit.trail.every() if e.action == Action.COPY_KEPT]
    assert (kept.actor, kept.subject) == (CLINICIAN.id, second.id)
    assert json.loads(kept.details) == {"copies": [first.id]}
    assert station.copies.keep(CLINICIAN, second.id) == 0
    assert station.trail.verify().sound


def test_a_photographer_learns_of_others_images_only_that_they_exist(station: Application) -> None:
    others = _store(station, FILE, "P-SECRET", OTHER_PHOTOGRAPHER, "secret place")
    mine = _store(station, FILE, "P-1", PHOTOGRAPHER)
    again = _store(station, NEAR, "P-1", PHOTOGRAPHER)
    (copy,) = _seen(station, mine, PHOTOGRAPHER)[1:]
    assert copy == SeenCopy(SameBy.FILE)
    shown = told.told(mine, _seen(station, mine, PHOTOGRAPHER))
    assert "stored already" in shown and again.id in shown
    assert not any(word in shown for word in ("SECRET", "secret", others.id))


def test_while_findings_are_withheld_no_way_leads_to_those_of_the_copy(tmp_path: Path) -> None:
    with web_station.station(tmp_path, accounts=True) as before:
        _store(before, FILE, "P-1")
    with web_station.station(tmp_path, accounts=True, impression_first=True) as station:
        withheld = _store(station, FILE, "P-1")
        (copy,) = _seen(station, withheld)
        assert copy.case_id == "" and copy.patient_reference == "P-1"
        read = {"diagnosis": "naevus", "level": "routine", "confidence": "high"}
        station.reading.record_impression(CLINICIAN, withheld.id, withheld.version, read)
        assert _seen(station, withheld)[0].case_id


def test_a_copy_in_a_batch_is_told_on_its_line(tmp_path: Path) -> None:
    with web_station.station(tmp_path, accounts=True) as station:
        desk = BatchDesk(station, tmp_path)
        for data in (FILE, OTHER, FILE, NEAR):
            desk.send(data=data)
        desk.work()
        near, again, other, first = desk.cases()
        seen = station.copies.seen(CLINICIAN, [case.id for case in desk.cases()])
        assert set(seen) == {near.id, again.id, first.id} and other.batch_id == BATCH
        assert [copy.by for copy in seen[again.id]].count(SameBy.FILE) == 1


def test_the_answer_to_an_upload_says_how_many_copies_there_are(tmp_path: Path) -> None:
    with people_station.house(tmp_path) as house:
        said = [
            house.ask("clinician", "POST", "/api/uploads", content=data).json()["copies"]
            for data in (FILE, OTHER, FILE, NEAR)
        ]
    assert said == [0, 0, 1, 2]


def test_that_others_were_named_is_recorded_before_they_are_shown(station: Application) -> None:
    first, second = _store(station, FILE, "P-1", PHOTOGRAPHER), _store(station, FILE, "P-1")
    for _ in range(2):
        _seen(station, second)
    with station.intake._units() as unit:
        views = [e for e in unit.trail.every() if e.action == Action.LIST_VIEWED]
    assert [first.id in e.details for e in views] == [True]


def test_an_erased_image_leaves_no_trace_among_copies(station: Application) -> None:
    first, second = _store(station, FILE, "P-1"), _store(station, FILE, "P-1")
    gone = station.cases.delete(CLINICIAN, first.id, first.version)
    assert _seen(station, second)[0].in_bin
    station.cases.erase(CLINICIAN, first.id, gone.version)
    assert _seen(station, second) == []
    assert station.copies.coverage(LOCAL_USER) == Coverage(1, 0, 0)
    assert _seen(station, _store(station, NEAR))[0].case_id == second.id


def test_images_that_were_stored_before_are_compared_later_a_portion_at_a_time(
    station: Application,
) -> None:
    old = [_store(station, data) for data in (FILE, OTHER, NEAR)]
    with station.intake._units() as unit:
        unit.lock()
        for table in ("pictures", "copies"):
            unit.pictures._session.connection().exec_driver_sql(f"DELETE FROM {table}")
        unit.commit()
    lost = old[1].files["crop"]  # type: ignore[index]
    station.copies._files.remove([lost.id])
    new = _store(station, encoded(COPIES["WebP, quality 80"](drawn(1)), "WEBP", quality=80))
    assert station.copies.coverage(LOCAL_USER) == Coverage(1, 3, 0)
    assert station.copies.fill(2) == 2
    assert station.copies.coverage(LOCAL_USER) == Coverage(2, 1, 1)
    assert station.copies.fill(2) == 1 and station.copies.fill(2) == 0
    assert station.copies.coverage(LOCAL_USER) == Coverage(3, 0, 1)
    assert {copy.case_id for copy in _seen(station, new)} == {old[0].id, old[2].id}
    assert {copy.case_id for copy in _seen(station, old[0])} == {new.id, old[2].id}
    assert station.copies.keep(CLINICIAN, old[0].id) == 2
    assert all(copy.kept_at for copy in _seen(station, old[0]))
    assert not told.is_open(_seen(station, old[0])) and told.is_open(_seen(station, new))
