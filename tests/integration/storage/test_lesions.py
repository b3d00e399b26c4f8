"""Patients and their lesions in real SQLite files."""

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from pysqlite3 import dbapi2
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError

from tests.samples.storage_cases import START, case, engine_for, hex_id, open_work, store, stored
from tests.samples.storage_lists import ids, page
from tests.samples.storage_loop import lesion, patient, stored_patient
from triage_app.domain.case import CaseFilter
from triage_app.domain.errors import (
    LesionNotFound,
    PatientNotFound,
    StaleRecord,
)
from triage_app.domain.lesion import Lesion
from triage_app.domain.site import PatientRecord
from triage_app.storage.records.cases import DamagedEntry

NOBODY = ("", "x", "0" * 32, "A" * 32, "\ud800")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "triage.db"


@pytest.fixture
def engine(path: Path) -> Iterator[Engine]:
    engine = engine_for(path)
    yield engine
    engine.dispose()


def add(engine: Engine, *lesions: Lesion) -> None:
    with open_work(engine) as work:
        for one in lesions:
            work.lesions.add(one)
        work.commit()


def kept(engine: Engine, lesion_id: str) -> Lesion:
    with open_work(engine) as work:
        return work.lesions.get(lesion_id)


def save_patient(engine: Engine, record: PatientRecord) -> None:
    with open_work(engine) as work:
        work.site.save_patient(record)
        work.commit()


def test_generated_lesions_read_back_equal(engine: Engine) -> None:
    rng = random.Random(31)
    whose = stored_patient(engine).id
    lesions = [lesion(rng, whose) for _ in range(60)]
    add(engine, *lesions)
    assert [kept(engine, one.id) for one in lesions] == lesions
    assert {one.point is None for one in lesions} == {True, False}


def test_lesions_of_a_patient_come_oldest_first_and_nobody_elses(engine: Engine) -> None:
    rng = random.Random(32)
    first, second = stored_patient(engine, "P-1").id, stored_patient(engine, "P-2").id
    lesions = [lesion(rng, rng.choice([first, second])) for _ in range(30)]
    add(engine, *lesions)
    with open_work(engine) as work:
        for whose in (first, second):
            theirs = [one for one in lesions if one.patient_id == whose]
            assert list(work.lesions.of_patient(whose)) == sorted(
                theirs, key=lambda one: (one.created_at, one.id)
            )
        assert [list(work.lesions.of_patient(other)) for other in NOBODY] == [[]] * len(NOBODY)


def test_a_lesion_without_a_patient_is_refused(engine: Engine) -> None:
    with pytest.raises(IntegrityError):
        add(engine, lesion(random.Random(1), "d" * 32))


@pytest.mark.parametrize("lesion_id", NOBODY)
def test_an_unknown_id_is_no_lesion(engine: Engine, lesion_id: str) -> None:
    with open_work(engine) as work:
        with pytest.raises(LesionNotFound):
            work.lesions.get(lesion_id)
        assert list(work.lesions.cases_of(lesion_id)) == []
        with pytest.raises(PatientNotFound):
            work.site.patient_by_id(lesion_id)


def test_a_lesion_is_changed_once_per_version_and_never_changes_hands(engine: Engine) -> None:
    rng = random.Random(33)
    one = lesion(rng, stored_patient(engine, "P-1").id)
    add(engine, one)
    other = lesion(rng, stored_patient(engine, "P-2").id)
    with open_work(engine) as work:
        saved = work.lesions.save(replace(other, id=one.id))
        work.commit()
    assert saved.version == 2
    assert kept(engine, one.id) == replace(other, id=one.id, version=2, patient_id=one.patient_id)
    with open_work(engine) as work:
        with pytest.raises(StaleRecord):
            work.lesions.save(one)
        with pytest.raises(LesionNotFound):
            work.lesions.save(replace(one, id=hex_id(rng)))


def test_two_that_change_a_lesion_at_once_do_not_overwrite_each_other(engine: Engine) -> None:
    one = lesion(random.Random(34), stored_patient(engine).id)
    add(engine, one)
    with open_work(engine) as late:
        seen = late.lesions.get(one.id)
        with open_work(engine) as early:
            early.lesions.save(replace(one, label="first"))
            early.commit()
        with pytest.raises(StaleRecord):
            late.lesions.save(replace(seen, label="second"))
    assert kept(engine, one.id).label == "first"


def test_images_of_a_lesion_come_oldest_first_without_the_bin(engine: Engine) -> None:
    rng = random.Random(35)
    one, other = (lesion(rng, stored_patient(engine).id) for _ in range(2))
    add(engine, one, other)
    cases = [replace(case(rng), lesion_id=rng.choice(["", one.id, other.id])) for _ in range(90)]
    store(engine, *cases)
    assert any(c.deleted_at and c.lesion_id == one.id for c in cases)
    theirs = [c for c in cases if c.lesion_id == one.id and c.deleted_at is None]
    oldest = sorted(theirs, key=lambda c: (c.created_at, c.id))
    with open_work(engine) as work:
        assert list(work.lesions.cases_of(one.id)) == [c.id for c in oldest]
    listed = page(engine, CaseFilter(lesion_id=one.id), size=200)
    assert ids(listed) == [c.id for c in reversed(oldest)]
    assert ids(page(engine, CaseFilter(lesion_id="\ud800"))) == []


@pytest.mark.parametrize("by", ["lesions", "record"])
def test_erasing_a_patients_lesions_leaves_cases_without_and_other_patients_alone(
    engine: Engine, by: str
) -> None:
    rng = random.Random(36)
    first, second = stored_patient(engine, "P-1"), stored_patient(engine, "P-2")
    gone, stays = lesion(rng, first.id), lesion(rng, second.id)
    add(engine, gone, stays)
    cases = [replace(case(rng), lesion_id=i) for i in (gone.id, stays.id)]
    store(engine, *cases)
    with open_work(engine) as work:
        if by == "lesions":
            work.lesions.erase_of_patient(first.id)
        else:
            work.site.erase_patient("p-1")
        work.commit()
        assert list(work.lesions.of_patient(first.id)) == []
    assert [stored(engine, one.id).lesion_id for one in cases] == ["", stays.id]
    assert kept(engine, stays.id) == stays
    with open_work(engine) as work:
        assert work.site.patient("P-1").id == (first.id if by == "lesions" else "")


def test_erased_lesions_are_not_left_in_the_file(path: Path, engine: Engine) -> None:
    record = stored_patient(engine)
    one = replace(lesion(random.Random(37), record.id), label="unmistakable-label")
    add(engine, one)
    with open_work(engine) as work:
        work.lesions.erase_of_patient(record.id)
        work.commit()
    engine.dispose()
    assert b"unmistakable-label" not in path.read_bytes()


@pytest.mark.parametrize(
    "damage", ["site = 'moon'", "laterality = 'both'", "view = 'inside'", "x = 7.0", "y = 'low'"]
)
def test_a_damaged_lesion_is_not_shown(path: Path, engine: Engine, damage: str) -> None:
    rng = random.Random(38)
    whose = stored_patient(engine).id
    one = next(c for c in (lesion(rng, whose) for _ in range(99)) if c.point)
    add(engine, one)
    raw = dbapi2.connect(str(path))
    raw.execute(f"UPDATE lesions SET {damage}")
    raw.commit()
    raw.close()
    with open_work(engine) as work:
        for read in (work.lesions.get, work.lesions.of_patient):
            with pytest.raises(DamagedEntry):
                read(one.id if read == work.lesions.get else whose)


def test_generated_patients_read_back_equal_by_reference_and_by_id(engine: Engine) -> None:
    rng = random.Random(39)
    for number in range(40):
        wanted = patient(rng, f"P-{number}")
        save_patient(engine, wanted)
        with open_work(engine) as work:
            found = work.site.patient(wanted.reference)
            assert found == replace(wanted, id=found.id, version=1)
            assert work.site.patient_by_id(found.id) == found


def test_risk_factors_asked_and_absent_differ_from_not_asked(engine: Engine) -> None:
    save_patient(engine, PatientRecord("asked", risk_factors=frozenset()))
    save_patient(engine, PatientRecord("not asked"))
    with open_work(engine) as work:
        assert work.site.patient("asked").risk_factors == frozenset()
        assert work.site.patient("not asked").risk_factors is None


def test_a_record_that_was_changed_meanwhile_is_stale(engine: Engine) -> None:
    stored_patient(engine)
    with open_work(engine) as late:
        seen = late.site.patient("P-1")
        save_patient(engine, replace(seen, birth_year=1950))
        with pytest.raises(StaleRecord):
            late.site.save_patient(replace(seen, birth_year=1960))
    with pytest.raises(StaleRecord):
        save_patient(engine, PatientRecord("p-1", birth_year=1970))
    with pytest.raises(StaleRecord):
        save_patient(engine, PatientRecord("P-9", version=1))
    with open_work(engine) as work:
        assert (work.site.patient("P-1").birth_year, work.site.patient("P-1").version) == (1950, 2)


def test_patients_are_found_by_the_beginning_of_their_reference(engine: Engine) -> None:
    for reference in ("Straße-2", "STRASSE-1", "strand", "P_1", "P%1", "Äb"):
        save_patient(engine, PatientRecord(reference))

    def found(beginning: str, size: int = 10) -> list[str]:
        with open_work(engine) as work:
            return [record.reference for record in work.site.find_patients(beginning, size)]

    assert found("stras") == ["STRASSE-1", "Straße-2"]
    assert found("STR", 2) == ["strand", "STRASSE-1"]
    assert (found("p_"), found("%"), found("ä"), found("\ud800")) == (["P_1"], [], ["Äb"], [])
    assert len(found("")) == 6


@pytest.mark.parametrize("damage", ["sex = 'robot'", "skin_type = 'VII'", "risk_factors = '[7]'"])
def test_a_damaged_record_is_not_used(path: Path, engine: Engine, damage: str) -> None:
    record = stored_patient(engine)
    raw = dbapi2.connect(str(path))
    raw.execute(f"UPDATE patients SET {damage}")
    raw.commit()
    raw.close()
    with open_work(engine) as work:
        with pytest.raises(DamagedEntry):
            work.site.patient_by_id(record.id)
        with pytest.raises(DamagedEntry):
            work.site.find_patients("p", 5)


def test_an_image_of_a_later_day_is_the_last_one(engine: Engine) -> None:
    rng = random.Random(40)
    one = lesion(rng, stored_patient(engine).id)
    add(engine, one)
    late, early = (
        case(rng, deleted_at=None, created_at=START + timedelta(days=days)) for days in (9, 1)
    )
    store(engine, replace(late, lesion_id=one.id), replace(early, lesion_id=one.id))
    with open_work(engine) as work:
        assert list(work.lesions.cases_of(one.id)) == [early.id, late.id]
