"""Whatever is changed behind the program's back, in the database or on the disk, is found."""

import json
import random
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pysqlite3 import dbapi2

from tests.samples.storage_cases import case as made_up_case
from tests.samples.storage_trail import bend
from tests.stations.service_station import (
    ADMINISTRATOR,
    CLINICIAN,
    FULL,
    Station,
    open_station,
    photograph,
)
from triage_app.domain.case import Case, Report
from triage_app.domain.files import FileKind
from triage_app.domain.trail import Action, Anchor, Entry, Event, hash_of
from triage_app.imaging.decoding.pool import DecoderPool
from triage_app.ports.documents import ReportContent
from triage_app.report import render
from triage_app.services.cases.fingerprint import fingerprint
from triage_app.services.images.storing import sha256
from triage_app.services.trail.trail import Trail
from triage_app.services.trail.verification import Verification


@pytest.fixture
def station(tmp_path: Path, decoder: DecoderPool) -> Iterator[Station]:
    with open_station(tmp_path, decoder) as opened:
        yield opened


def filed(station: Station, seed: int = 0, reference: str = "P-1") -> tuple[Case, Report]:
    details = replace(FULL, patient_reference=reference, note="a brown lesion")
    case = station.cases.analyse_upload(CLINICIAN, photograph(seed), "a.jpg", details)
    case = station.cases.file(CLINICIAN, case.id, case.version)
    report = station.reports.issue(CLINICIAN, case.id)
    return case, report


def check(station: Station, *anchors: Anchor) -> Verification:
    return Trail(station.units, station.files).verify(anchors)


def on_disk(station: Station, file_id: str) -> Path:
    return station.folder / "files" / file_id[:2] / file_id


def database(station: Station) -> Path:
    return station.folder / "triage.sqlite3"


def tip(station: Station) -> Anchor:
    with station.units() as unit:
        return unit.trail.tip()


def sentences(found: Verification) -> str:
    return " ".join([b.sentence for b in found.breaks] + [d.sentence for d in found.damaged])


def test_what_nobody_touched_is_sound_also_after_erasing(station: Station) -> None:
    filed(station)
    second, _ = filed(station, 1, "P-2")
    version = station.cases.get(CLINICIAN, second.id).version
    binned = station.cases.delete(CLINICIAN, second.id, version)
    station.cases.erase(CLINICIAN, second.id, binned.version)
    filed(station, 2, "P-3")
    station.privacy.erase_patient(ADMINISTRATOR, "P-3", "patient_request")
    found = check(station, tip(station))
    assert found.sound, sentences(found)
    assert found.files == 5
    assert found.events == tip(station).number == found.tip.number


@pytest.mark.parametrize("kind", ["original", "crop", "overlay", "thumbnail", "report"])
def test_one_changed_byte_of_any_stored_file_is_found(station: Station, kind: str) -> None:
    case, report = filed(station)
    file = report.file if kind == "report" else case.files[FileKind(kind)]
    path = on_disk(station, file.id)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    (damage,) = check(station).damaged
    assert (damage.case, damage.file, damage.kind) == (case.id, file.id, kind)
    assert "changed on the disk" in damage.sentence


def test_a_lost_file_is_found(station: Station) -> None:
    case, _ = filed(station)
    on_disk(station, case.files[FileKind.ORIGINAL].id).unlink()
    (damage,) = check(station).damaged
    assert "missing" in damage.sentence


def forged_report(station: Station, case: Case, report: Report) -> bytes:
    """A genuine PDF of the program with one visible word changed."""
    other = replace(case, details=replace(case.details, note="a blue lesion"))
    return render(
        ReportContent(
            case=other,
            report_id=report.id,
            number=report.number,
            issued_at=report.issued_at,
            crop=station.files.read(case.files[FileKind.CROP]),
            overlay=None,
            site_name="Test clinic",
            anchor=tip(station),
        )
    )


def test_a_report_with_one_visible_word_changed_is_found_even_with_a_fitting_row(
    station: Station,
) -> None:
    case, report = filed(station)
    forged = forged_report(station, case, report)
    assert forged.startswith(b"%PDF")
    on_disk(station, report.file.id).write_bytes(forged)
    (damage,) = check(station).damaged
    assert (damage.file, damage.kind) == (report.file.id, "report")

    bend(
        database(station),
        f"UPDATE stored_files SET sha256 = '{sha256(forged)}', size = {len(forged)}"
        f" WHERE id = '{report.file.id}'",
    )
    (damage,) = check(station).damaged
    assert "not the one that the trail holds" in damage.sentence


def test_a_removed_row_is_told_from_an_erased_case(station: Station) -> None:
    case, report = filed(station)
    bend(
        database(station),
        f"DELETE FROM reports WHERE id = '{report.id}'",
        f"DELETE FROM stored_files WHERE id = '{report.file.id}'",
    )
    (damage,) = check(station).damaged
    assert (damage.case, damage.kind) == (case.id, "report")
    assert "nobody erased" in damage.sentence


def test_a_whole_case_that_vanished_is_found(station: Station) -> None:
    case, _ = filed(station)
    bend(
        database(station),
        "DELETE FROM reports",
        "DELETE FROM stored_files",
        "DELETE FROM analyses",
        f"DELETE FROM cases WHERE id = '{case.id}'",
    )
    found = check(station)
    gone = [damage for damage in found.damaged if damage.kind != "counts"]
    assert {damage.case for damage in gone} == {case.id}
    assert len(gone) == 5


def test_an_inserted_file_is_found_though_its_row_and_bytes_agree(station: Station) -> None:
    case, _ = filed(station)
    file_id = station.files.put(b"slipped in")
    bend(
        database(station),
        "INSERT INTO stored_files (id, case_id, number, kind, sha256, size, media_type,"
        f" source_name, created_at) SELECT '{file_id}', case_id, 99, 'report',"
        f" '{sha256(b'slipped in')}', 10, 'application/pdf', '', created_at FROM stored_files"
        " LIMIT 1",
    )
    (damage,) = check(station).damaged
    assert (damage.case, damage.file) == (case.id, file_id)
    assert "inserted" in damage.sentence


def test_a_case_that_the_program_never_stored_is_found(station: Station) -> None:
    with station.units() as unit:
        unit.cases.add(made_up_case(random.Random(7)))
        unit.commit()
    found = check(station)
    assert found.damaged
    assert all("knows nothing of its case" in damage.sentence for damage in found.damaged)


@pytest.mark.parametrize(
    "change", ["sha256 = 'nonsense'", "kind = 'nonsense'", "created_at = 'nonsense'"]
)
def test_a_row_that_cannot_be_read_any_more_is_found(station: Station, change: str) -> None:
    filed(station)
    bend(database(station), f"UPDATE stored_files SET {change}")
    assert check(station).damaged


CHANGES: dict[str, tuple[str, str]] = {
    "edited": ("UPDATE trail SET actor = 'somebody' WHERE number = 2", "was changed"),
    "details": ("UPDATE trail SET details = '{}' WHERE number = 2", "was changed"),
    "time": ("UPDATE trail SET at = '2020-01-01 00:00:00.000000' WHERE number = 2", "was changed"),
    "nonsense": ("UPDATE trail SET details = x'ff' WHERE number = 2", "was changed"),
    "removed": ("DELETE FROM trail WHERE number = 2", "are gone"),
    "inserted": (
        "INSERT INTO trail SELECT number + 100, at, actor, action, subject, details, previous, hash"
        " FROM trail WHERE number = 1",
        "gone",
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_bent_row_of_the_trail_is_found(station: Station, change: str) -> None:
    filed(station)
    statement, sentence = CHANGES[change]
    bend(database(station), statement)
    found = check(station)
    assert not found.sound
    assert sentence in sentences(found)


def test_a_cut_end_shows_by_an_anchor_only(station: Station) -> None:
    filed(station)
    station.cases.view(CLINICIAN, station.events(Action.CASE_ANALYSED)[0].subject)
    kept = tip(station)
    bend(database(station), f"DELETE FROM trail WHERE number = {kept.number}")
    assert check(station).breaks == ()
    (broken,) = check(station, kept).breaks
    assert broken.number == kept.number
    assert "ends at row" in broken.sentence


def test_a_chain_forged_from_end_to_end_is_found_by_an_anchor(station: Station) -> None:
    case, report = filed(station)
    kept = tip(station)
    forged = forged_report(station, case, report)
    on_disk(station, report.file.id).write_bytes(forged)
    raw = dbapi2.connect(str(database(station)))
    raw.execute(
        "UPDATE stored_files SET sha256 = ?, size = ? WHERE id = ?",
        (sha256(forged), len(forged), report.file.id),
    )
    raw.commit()
    with station.units() as unit:
        state = fingerprint(unit.cases.get(case.id))
    stated = json.loads(station.events(Action.REPORT_ISSUED)[0].details)["state"]
    events = [forge(e, report.file.sha256, sha256(forged)) for e in station.events()]
    rows = rechained([forge(e, stated, state) for e in events])
    bend(database(station), "DELETE FROM trail")
    for e in rows:
        at = e.at.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")
        values = (e.number, at, e.actor, e.action, e.subject, e.details, e.previous, e.hash)
        raw.execute("INSERT INTO trail VALUES (?, ?, ?, ?, ?, ?, ?, ?)", values)
    raw.commit()
    raw.close()
    assert check(station).sound, "this forger is perfect, and only an anchor tells"
    assert "not the one that the anchor names" in sentences(check(station, kept))


def forge(event: Event, old: str, new: str) -> Event:
    return replace(event, details=event.details.replace(old, new))


def rechained(events: list[Event]) -> list[Event]:
    rows: list[Event] = []
    previous = events[0].previous
    for event in events:
        linked = replace(event, previous=previous, hash="")
        rows.append(replace(linked, hash=hash_of(linked)))
        previous = rows[-1].hash
    return rows


def test_old_cases_are_taken_over_once_and_only_into_an_empty_trail(station: Station) -> None:
    filed(station)
    bend(database(station), "DELETE FROM trail")
    trail = Trail(station.units, station.files)
    assert not trail.verify().sound
    assert trail.adopt() == 1
    assert trail.verify().sound
    assert trail.adopt() == 0
    (event,) = station.events()
    assert event.action == Action.MIGRATED
    assert len(json.loads(event.details)["files"]) == 5
    bend(database(station), "UPDATE cases SET note = 'edited by hand'")
    assert not trail.verify().sound


def test_a_case_erased_during_the_check_is_not_damage(
    station: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    case, _ = filed(station)
    version = station.cases.get(CLINICIAN, case.id).version
    real: Callable[..., bytes] = station.files.read
    reads: list[str] = []

    def read(file: object) -> bytes:
        if not reads:
            reads.append("first")
            binned = station.cases.delete(CLINICIAN, case.id, version)
            station.cases.erase(CLINICIAN, case.id, binned.version)
        return real(file)

    monkeypatch.setattr(station.files, "read", read)
    found = check(station)
    assert reads
    assert found.sound, sentences(found)


def test_the_check_takes_no_more_memory_for_more_events(station: Station) -> None:
    at = datetime(2026, 11, 23, tzinfo=UTC)

    def peak(events: int) -> int:
        with station.units() as unit:
            for n in range(events):
                unit.trail.append(Entry(Action.CASE_VIEWED, "x", f"{n:032x}"), at)
            unit.commit()
        tracemalloc.start()
        try:
            assert check(station).sound
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(100)
    few, many = peak(1_500), peak(4_500)
    assert many < 1.5 * few


def test_a_count_that_was_changed_is_found_and_counted_anew(station: Station) -> None:
    filed(station)
    assert check(station).sound
    bend(database(station), "UPDATE case_counts SET cases = cases + 1")
    found = check(station)
    assert [damage.kind for damage in found.damaged] == ["counts"]
    assert "case_counts" in found.damaged[0].sentence and not found.sound
    with station.units() as unit:
        unit.lock()
        unit.site.recount()
        unit.commit()
    assert check(station).sound
