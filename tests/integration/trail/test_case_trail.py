"""What the trail says of a case."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from tests.stations.service_station import (
    CLINICIAN,
    FULL,
    PHOTOGRAPHER,
    Clock,
    Station,
    filed,
    open_station,
    photograph,
    stored_files,
)
from triage_app.domain.case import CaseFilter
from triage_app.domain.files import FileKind
from triage_app.domain.trail import Action, breaks, file_facts, parse_anchor
from triage_app.imaging.decoding.pool import DecoderPool

NAMED = replace(FULL, patient_reference="Zebra-77", note="zebra at night", lesion_label="zebra")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def station(tmp_path: Path, decoder: DecoderPool, clock: Clock) -> Iterator[Station]:
    with open_station(tmp_path, decoder, clock) as opened:
        opened.classifier.melanoma = 0.9
        yield opened


def details_of(station: Station, action: Action) -> list[dict[str, Any]]:
    return [json.loads(event.details) for event in station.events(action)]


def test_the_whole_life_of_a_case_is_in_the_trail_without_a_word_about_the_patient(
    station: Station,
) -> None:
    case = station.cases.analyse_upload(CLINICIAN, photograph(), "zebra.jpg", NAMED)
    station.cases.view(CLINICIAN, case.id)
    station.cases.page(CLINICIAN, CaseFilter(text="zebra", patient_reference="Zebra"))
    station.cases.file_bytes(CLINICIAN, case.id, FileKind.ORIGINAL)
    changed = station.cases.update(
        CLINICIAN, case.id, 1, replace(NAMED, note="zebra again", clinical_question="zebra?")
    )
    filed = station.cases.file(CLINICIAN, case.id, changed.version)
    report = station.reports.issue(CLINICIAN, case.id)
    station.reports.read(CLINICIAN, report.id)
    binned = station.cases.delete(CLINICIAN, case.id, filed.version + 1)
    restored = station.cases.restore(CLINICIAN, case.id, binned.version)
    again = station.cases.delete(CLINICIAN, case.id, restored.version)
    station.cases.erase(CLINICIAN, case.id, again.version)
    events = station.events()
    assert [event.action for event in events] == [
        Action.CASE_ANALYSED,
        Action.CASE_VIEWED,
        Action.LIST_VIEWED,
        Action.ORIGINAL_READ,
        Action.CASE_CHANGED,
        Action.CASE_FILED,
        Action.REPORT_ISSUED,
        Action.REPORT_READ,
        Action.CASE_BINNED,
        Action.CASE_RESTORED,
        Action.CASE_BINNED,
        Action.CASE_ERASED,
    ]
    assert {event.actor for event in events} == {CLINICIAN.id}
    assert {event.subject for event in events if event.subject} == {case.id}
    assert breaks(events) == []
    assert "zebra" not in str(events).lower()
    (change,) = details_of(station, Action.CASE_CHANGED)
    assert len(change.pop("state")) == 66
    assert change == {"fields": ["note", "clinical_question"], "level": "urgent", "version": 2}
    (listed,) = details_of(station, Action.LIST_VIEWED)
    assert listed == {"bin": False, "cases": [case.id]}


def test_the_trail_names_each_file_that_was_stored_with_its_hash(station: Station) -> None:
    case = station.cases.analyse_upload(CLINICIAN, photograph(), "a.jpg", FULL)
    station.cases.file(CLINICIAN, case.id, case.version)
    report = station.reports.issue(CLINICIAN, case.id)
    facts = [fact for event in station.events() for fact in file_facts(event)]
    stored = [*case.files.values(), report.file]
    assert {(f.kind, f.id, f.sha256) for f in facts} == {(f.kind, f.id, f.sha256) for f in stored}
    assert {fact.id for fact in facts} == {path.name for path in stored_files(station)}
    (analysed,) = details_of(station, Action.CASE_ANALYSED)
    assert (analysed["model"], analysed["level"]) == ("0" * 64, "urgent")
    (issued,) = details_of(station, Action.REPORT_ISSUED)
    assert (issued["report"], issued["content"]) == (report.id, report.content_hash)


def test_a_page_with_five_pictures_is_one_view_and_a_raw_call_ten_minutes_later_another(
    station: Station, clock: Clock
) -> None:
    case = station.cases.analyse_upload(PHOTOGRAPHER, photograph(), "a.jpg", FULL)
    station.cases.view(CLINICIAN, case.id)
    station.cases.get(CLINICIAN, case.id)
    for kind in (FileKind.CROP, FileKind.OVERLAY, FileKind.THUMBNAIL):
        station.cases.file_bytes(CLINICIAN, case.id, kind)
    assert len(station.events(Action.CASE_VIEWED)) == 1
    clock.at += timedelta(minutes=11)
    station.cases.file_bytes(CLINICIAN, case.id, FileKind.CROP)
    assert len(station.events(Action.CASE_VIEWED)) == 2
    station.cases.get(replace(CLINICIAN, session="another"), case.id)
    station.cases.file_bytes(replace(CLINICIAN, id="d" * 32), case.id, FileKind.THUMBNAIL)
    assert len(station.events(Action.CASE_VIEWED)) == 4
    clock.at -= timedelta(days=1)
    station.cases.file_bytes(CLINICIAN, case.id, FileKind.CROP)
    assert len(station.events(Action.CASE_VIEWED)) == 5


def test_the_original_is_recorded_each_time_it_is_read(station: Station) -> None:
    case = station.cases.analyse_upload(CLINICIAN, photograph(), "a.jpg", FULL)
    for _ in range(2):
        station.cases.file_bytes(CLINICIAN, case.id, FileKind.ORIGINAL)
    assert (
        details_of(station, Action.ORIGINAL_READ)
        == [{"file": case.files[FileKind.ORIGINAL].id}] * 2
    )


def test_a_view_by_a_photographer_says_that_no_finding_was_shown(station: Station) -> None:
    case = station.cases.analyse_upload(PHOTOGRAPHER, photograph(), "a.jpg", FULL)
    station.cases.view(PHOTOGRAPHER, case.id)
    station.cases.view(CLINICIAN, case.id)
    assert details_of(station, Action.CASE_VIEWED) == [{"findings": False}, {"findings": True}]


def test_the_anchor_that_a_report_prints_is_a_row_of_the_trail(station: Station) -> None:
    case = filed(station, "P-1")
    _, pdf, _ = station.reports.read(CLINICIAN, case.reports[0].id)
    text = " ".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages)
    printed = re.search(r"\b\d+:[0-9a-f]{64}", text)
    assert printed is not None
    anchor = parse_anchor(printed[0])
    events = station.events()
    assert breaks(events, [anchor]) == []
    (issued,) = station.events(Action.REPORT_ISSUED)
    assert anchor.number == issued.number - 1
    assert breaks(events[: anchor.number - 1], [anchor])
