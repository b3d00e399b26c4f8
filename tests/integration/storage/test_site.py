"""Settings, patients and what is asked about cases, in real SQLite files."""

import random
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from pysqlite3 import dbapi2
from sqlalchemy import Engine

from tests.samples.storage_cases import START, case, engine_for, open_work, store
from triage_app.domain.case import Case
from triage_app.domain.errors import InvalidInput
from triage_app.domain.site import (
    ConsentScope,
    PatientRecord,
)
from triage_app.storage.records.cases import DamagedEntry

AT = datetime(2026, 11, 2, 9, 30, 0, 5, tzinfo=UTC)
TICK = timedelta(microseconds=1)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "triage.db"


@pytest.fixture
def engine(path: Path) -> Iterator[Engine]:
    engine = engine_for(path)
    yield engine
    engine.dispose()


def save_patient(engine: Engine, record: PatientRecord) -> PatientRecord:
    with open_work(engine) as work:
        work.site.save_patient(record)
        work.commit()
    return patient(engine, record.reference)


def patient(engine: Engine, reference: str) -> PatientRecord:
    with open_work(engine) as work:
        return work.site.patient(reference)


def cases_of(engine: Engine, reference: str) -> list[str]:
    with open_work(engine) as work:
        return list(work.site.cases_of_patient(reference))


def in_order(cases: list[Case]) -> list[str]:
    return [one.id for one in sorted(cases, key=lambda one: (one.created_at, one.id))]


def test_a_setting_is_none_until_it_is_set_and_then_the_last_value(engine: Engine) -> None:
    with open_work(engine) as work:
        assert work.site.setting("model suspended") is None
        work.site.set("model suspended", "Overlays look wrong.", AT)
        work.site.set("other", "x", AT)
        work.site.set("model suspended", "", AT)
        work.commit()
    with open_work(engine) as work:
        assert work.site.setting("model suspended") == ""
        assert work.site.setting("other") == "x"


def test_a_setting_without_commit_is_not_kept(engine: Engine) -> None:
    with open_work(engine) as work:
        work.site.set("model suspended", "yes", AT)
    with open_work(engine) as work:
        assert work.site.setting("model suspended") is None


def test_a_patient_of_whom_nothing_is_kept_has_an_empty_record(engine: Engine) -> None:
    assert patient(engine, "P-1") == PatientRecord("P-1")


@pytest.mark.parametrize("scope", [None, *ConsentScope])
def test_consent_and_hold_read_back_under_an_id_of_their_own(
    engine: Engine, scope: ConsentScope | None
) -> None:
    day = scope and date(2024, 2, 29)
    kept = save_patient(engine, PatientRecord("P-1", "", scope, day, "court order 7"))
    assert kept == PatientRecord("P-1", kept.id, scope, day, "court order 7", version=1)
    assert len(kept.id) == 32
    assert save_patient(engine, PatientRecord("P-2")).id != kept.id


def test_a_patient_stays_the_same_whatever_the_case_of_the_reference(engine: Engine) -> None:
    first = save_patient(engine, PatientRecord("Straße-1", hold_reason="court"))
    again = save_patient(engine, replace(first, reference="STRASSE-1", hold_reason=""))
    assert again == PatientRecord("STRASSE-1", first.id, version=2)
    assert patient(engine, "strasse-1").id == first.id
    with_another_id = save_patient(engine, replace(again, id="f" * 32))
    assert with_another_id.id == first.id


def test_erasing_a_patients_record_leaves_that_of_others(engine: Engine) -> None:
    save_patient(engine, PatientRecord("P-1", hold_reason="x"))
    other = save_patient(engine, PatientRecord("P-11", hold_reason="x"))
    with open_work(engine) as work:
        for reference in ("p-1", "P-2", "", "P-%", "\ud800"):
            work.site.erase_patient(reference)
        work.commit()
    assert patient(engine, "P-1") == PatientRecord("P-1")
    assert patient(engine, "P-11") == other


@pytest.mark.parametrize("nobody", ["", " ", "\t", "\ud800"])
def test_an_empty_reference_is_no_patient(engine: Engine, nobody: str) -> None:
    rng = random.Random(1)
    store(engine, *(case(rng, patient_reference="") for _ in range(5)))
    with open_work(engine) as work, pytest.raises(InvalidInput) as refusal:
        work.site.save_patient(PatientRecord(nobody, hold_reason="everybody"))
    assert refusal.value.field == "patient_reference"
    assert patient(engine, nobody) == PatientRecord(nobody)
    assert cases_of(engine, nobody) == []


DAMAGE = ["consent = 'everything'", "consent_on = 'once'", "consent_on = 5"]


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_record_is_not_taken_for_one_without_hold(
    path: Path, engine: Engine, damage: str
) -> None:
    save_patient(engine, PatientRecord("P-1", hold_reason="court"))
    raw = dbapi2.connect(str(path))
    raw.execute(f"UPDATE patients SET {damage}")
    raw.commit()
    raw.close()
    with pytest.raises(DamagedEntry, match="backup"):
        patient(engine, "P-1")


def test_the_cases_of_a_patient_are_those_of_exactly_this_reference(engine: Engine) -> None:
    rng = random.Random(5)
    cases = [case(rng) for _ in range(120)]
    store(engine, *cases)
    references = {one.details.patient_reference for one in cases} | {"STRASSE-7", "ab-1", "ä", "%"}
    assert any(one.deleted_at for one in cases)
    found = {reference: cases_of(engine, reference) for reference in references}
    for reference in references:
        same = [
            one for one in cases if one.details.patient_reference.casefold() == reference.casefold()
        ]
        assert found[reference] == in_order(same)
    assert {case_id for ids in found.values() for case_id in ids} == {one.id for one in cases}


def test_retention_meets_the_oldest_cases_first_and_the_bin_too(engine: Engine) -> None:
    rng = random.Random(6)
    cases = [case(rng) for _ in range(80)]
    store(engine, *cases)
    before = sorted(one.created_at for one in cases)[50]
    due = in_order([one for one in cases if one.created_at < before])
    assert len({one.deleted_at is None for one in cases if one.id in due}) == 2
    with open_work(engine) as work:
        assert list(work.site.cases_before(before, 1000)) == due
        assert list(work.site.cases_before(before, 7)) == due[:7]
        assert list(work.site.cases_before(START, 7)) == []


def test_retention_leaves_out_patients_under_a_legal_hold(engine: Engine) -> None:
    rng = random.Random(7)
    held = [case(rng, patient_reference="Held-1", created_at=START) for _ in range(5)]
    lifted = case(rng, patient_reference="Free-1", created_at=START + TICK)
    nobodys = case(rng, patient_reference="", created_at=START + 2 * TICK)
    store(engine, *held, lifted, nobodys)
    save_patient(engine, PatientRecord("HELD-1", hold_reason="court"))
    save_patient(engine, PatientRecord("Free-1", hold_reason=""))
    with open_work(engine) as work:
        assert list(work.site.cases_before(AT, 3)) == [lifted.id, nobodys.id]


def test_uploads_are_counted_for_one_person_and_from_a_time_on(engine: Engine) -> None:
    rng = random.Random(8)
    moments = [START - TICK, START, START + TICK]
    store(engine, *(case(rng, created_at=m, uploaded_by="a" * 32) for m in moments))
    store(engine, case(rng, created_at=START, uploaded_by="b" * 32))
    with open_work(engine) as work:
        assert work.site.uploads_since("a" * 32, START) == 2
        assert work.site.uploads_since("b" * 32, START) == 1
        assert work.site.uploads_since("c" * 32, START) == 0


def test_uploads_at_the_limit_cannot_slip_past_each_other(path: Path) -> None:
    engine = engine_for(path, busy_timeout_ms=60_000)

    def upload(seed: int) -> None:
        with open_work(engine) as work:
            work.lock()
            if work.site.uploads_since("a" * 32, START) < 3:
                work.cases.add(case(random.Random(seed), uploaded_by="a" * 32))
                work.commit()

    threads = [threading.Thread(target=upload, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with open_work(engine) as work:
        assert work.site.uploads_since("a" * 32, START) == 3
    engine.dispose()
