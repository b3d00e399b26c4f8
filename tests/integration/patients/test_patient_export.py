"""All data of one patient as a ZIP file that is made while it is sent."""

import json
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from tests.stations.service_station import (
    ADMINISTRATOR,
    CLINICIAN,
    Clock,
    Station,
    binned,
    filed,
    open_station,
    photograph,
    stored_files,
)
from triage_app.domain.files import FileKind
from triage_app.domain.site import ConsentScope, SafetyProblem
from triage_app.domain.trail import Action
from triage_app.imaging.decoding.pool import DecoderPool
from triage_app.services.ground.plain import plain
from triage_app.services.images.storing import sha256
from triage_app.services.patients import export

ZEBRA = "Zebra-77"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def station(tmp_path: Path, decoder: DecoderPool, clock: Clock) -> Iterator[Station]:
    with open_station(tmp_path, decoder, clock) as opened:
        yield opened


def exported(station: Station) -> zipfile.ZipFile:
    archive = zipfile.ZipFile(
        BytesIO(b"".join(station.privacy.export_patient(ADMINISTRATOR, ZEBRA)))
    )
    assert archive.testzip() is None
    return archive


def stated(archive: zipfile.ZipFile) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(archive.read("patient.json"))
    return said


def test_every_stored_file_of_the_patient_is_in_the_archive_with_its_hash(
    station: Station, clock: Clock
) -> None:
    cases = [filed(station, ZEBRA)]
    clock.at += timedelta(days=1)
    cases.append(binned(station, ZEBRA))
    filed(station, "Okapi-1", "okapi")
    archive = exported(station)
    said = stated(archive)
    assert [case["id"] for case in said["cases"]] == [case.id for case in cases]
    entries = [
        file
        for case in said["cases"]
        for file in (*case["files"].values(), *(report["file"] for report in case["reports"]))
    ]
    assert len(entries) == 2 * (len(cases[0].files) + 1)
    assert {entry["path"] for entry in entries} == set(archive.namelist()) - {
        "README.txt",
        "patient.json",
    }
    for entry in entries:
        assert sha256(archive.read(entry["path"])) == entry["sha256"]
    original = said["cases"][0]["files"]["original"]
    assert original["source_name"] == "quagga.jpg"
    assert original["path"].endswith("/original.jpg")
    assert archive.read(original["path"]) == photograph()
    assert archive.read(f"cases/001-{cases[0].id}/report-1.pdf").startswith(b"%PDF")


def test_everything_that_was_typed_and_found_is_there_and_nothing_of_others(
    station: Station,
) -> None:
    case = filed(station, ZEBRA)
    other = filed(station, "Okapi-1", "okapi")
    station.privacy.set_consent(CLINICIAN, ZEBRA, ConsentScope.CARE, date(2026, 11, 3))
    station.privacy.set_hold(ADMINISTRATOR, ZEBRA, "claim pending")
    with station.units() as unit:
        for number, about in enumerate((case, other)):
            problem = SafetyProblem(
                f"{number}" * 32, case.created_at, "c", about.id, "other", about.id, "0.2", ""
            )
            unit.site.add_problem(problem)
        unit.commit()
    archive = exported(station)
    said = stated(archive)
    assert said["record"]["reference"] == ZEBRA
    assert said["record"]["consent"] == "care"
    assert said["record"]["consent_on"] == "2026-11-03"
    assert said["record"]["hold_reason"] == "claim pending"
    (told,) = said["cases"]
    assert told["details"]["note"] == "quagga note"
    assert told["details"]["context"]["age"] == 45
    assert told["analysis"]["decision"]["level"] == "routine"
    assert told["analysis"]["evidence"]["findings"]["probabilities"]["mel"] == 0.02
    assert told["analysis"]["model"]["name"] == "scripted"
    assert [problem["case_id"] for problem in said["problems"]] == [case.id]
    for name in archive.namelist():
        assert b"okapi" not in archive.read(name).lower()
        assert other.id.encode() not in archive.read(name)
    assert "patient.json" in archive.read("README.txt").decode()


def test_the_events_of_the_trail_about_the_cases_come_along_in_order(
    station: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "EVENTS_AT_ONCE", 2)
    case = filed(station, ZEBRA)
    for _ in range(3):
        station.cases.view(CLINICIAN, case.id)
    filed(station, "Okapi-1", "okapi")
    said = stated(exported(station))
    kept = [e for e in station.events() if e.subject in (case.id, said["record"]["id"])]
    assert [event["hash"] for event in said["events"]] == [event.hash for event in kept]
    assert said["events"][-1]["action"] == Action.PATIENT_EXPORTED
    assert len(kept) == 7


def test_the_export_is_recorded_before_its_first_byte(station: Station) -> None:
    case = filed(station, ZEBRA)
    station.privacy.export_patient(ADMINISTRATOR, ZEBRA)
    (event,) = station.events(Action.PATIENT_EXPORTED)
    assert event.actor == ADMINISTRATOR.id
    assert json.loads(event.details) == {"cases": [case.id]}


def test_a_damaged_file_is_named_and_does_not_stop_the_rest(station: Station) -> None:
    case = filed(station, ZEBRA)
    for kind in (FileKind.CROP, FileKind.ORIGINAL):
        path = next(p for p in stored_files(station) if p.name == case.files[kind].id)
        if kind is FileKind.CROP:
            path.unlink()
        else:
            path.write_bytes(b"another picture")
    archive = exported(station)
    files = stated(archive)["cases"][0]["files"]
    assert "missing" in files["crop"]["missing"]
    assert "changed on the disk" in files["original"]["missing"]
    assert "path" not in files["crop"]
    assert not [name for name in archive.namelist() if "crop" in name or "original" in name]
    assert archive.read(files["thumbnail"]["path"])


def test_no_more_than_about_one_file_is_held_and_none_is_written_to_the_disk(
    station: Station,
) -> None:
    for _ in range(3):
        filed(station, ZEBRA)
    before = sorted(station.folder.rglob("*"))
    portions = station.privacy.export_patient(ADMINISTRATOR, ZEBRA)
    largest = max(path.stat().st_size for path in stored_files(station))
    sizes = [len(portion) for portion in portions]
    assert len(sizes) > 15
    assert max(sizes[:-1]) < largest + 4096
    assert sorted(station.folder.rglob("*")) == before


def test_a_case_that_is_erased_while_the_archive_is_sent_is_said_to_be_missing(
    station: Station,
) -> None:
    filed(station, ZEBRA)
    portions = station.privacy.export_patient(ADMINISTRATOR, ZEBRA)
    station.privacy.erase_patient(ADMINISTRATOR, ZEBRA, "patient_request")
    archive = zipfile.ZipFile(BytesIO(b"".join(portions)))
    assert archive.namelist() == ["README.txt", "patient.json"]
    files = stated(archive)["cases"][0]["files"].values()
    assert all("is missing" in entry["missing"] for entry in files)


def test_a_name_that_was_typed_to_harm_stays_inside_the_data(station: Station) -> None:
    case = filed(station, ZEBRA, "../../etc/passwd <script>")
    archive = exported(station)
    assert all(
        name in ("README.txt", "patient.json") or name.startswith(f"cases/001-{case.id}/")
        for name in archive.namelist()
    )
    assert stated(archive)["cases"][0]["details"]["note"] == "../../etc/passwd <script> note"


def test_a_record_without_cases_can_be_exported_too(station: Station) -> None:
    station.privacy.set_consent(CLINICIAN, ZEBRA, ConsentScope.REFUSED, date(2026, 11, 3))
    said = stated(exported(station))
    assert said["cases"] == []
    assert said["record"]["consent"] == "refused"


def test_what_has_no_plain_form_is_refused_instead_of_guessed() -> None:
    with pytest.raises(TypeError, match="cannot export"):
        plain({"a": object()})
    with pytest.raises(TypeError):
        plain(replace)
