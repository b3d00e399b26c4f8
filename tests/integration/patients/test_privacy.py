"""Consent, legal hold and retention, and who may see to them."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from tests.stations.service_station import (
    ADMINISTRATOR,
    AUDITOR,
    CLINICIAN,
    PHOTOGRAPHER,
    Clock,
    Station,
    binned,
    filed,
    open_station,
    photograph,
    stored_files,
)
from triage_app.domain.calendar import UTC_ZONE, Zone
from triage_app.domain.errors import (
    CaseNotFound,
    InvalidInput,
    LegalHold,
    NotAllowedInState,
    NotPermitted,
)
from triage_app.domain.people import SYSTEM, Actor
from triage_app.domain.site import ConsentScope
from triage_app.domain.trail import Action
from triage_app.imaging.decoding.pool import DecoderPool
from triage_app.services.patients.retention import months_before

ZEBRA = "Zebra-77"
REQUEST = "patient_request"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def station(tmp_path: Path, decoder: DecoderPool, clock: Clock) -> Iterator[Station]:
    with open_station(tmp_path, decoder, clock) as opened:
        yield opened


def test_under_a_legal_hold_nothing_is_erased_by_any_way(station: Station, clock: Clock) -> None:
    case, waiting = filed(station, ZEBRA), binned(station, ZEBRA)
    station.privacy.set_hold(ADMINISTRATOR, "ZEBRA-77", "Claim of 2026 is pending")
    with pytest.raises(LegalHold, match="hold"):
        station.privacy.erase_patient(ADMINISTRATOR, ZEBRA, REQUEST)
    with pytest.raises(LegalHold):
        station.cases.erase(CLINICIAN, waiting.id, waiting.version)
    with pytest.raises(NotAllowedInState, match="keeps its patient reference"):
        moved = replace(case.details, patient_reference="Okapi-1")
        station.cases.update(CLINICIAN, case.id, case.version, moved)
    clock.at += timedelta(days=4000)
    assert station.privacy.apply_retention(1) == 0
    assert station.cases.get(CLINICIAN, case.id) == case
    assert station.cases.get(CLINICIAN, waiting.id) == waiting
    station.privacy.set_hold(ADMINISTRATOR, ZEBRA, "")
    station.cases.erase(CLINICIAN, waiting.id, waiting.version)
    assert station.privacy.erase_patient(ADMINISTRATOR, ZEBRA, REQUEST).cases == (case.id,)


def test_the_trail_has_hold_and_consent_without_the_reason_or_the_reference(
    station: Station,
) -> None:
    station.privacy.set_hold(ADMINISTRATOR, ZEBRA, "Claim by the quagga family")
    record = station.privacy.set_consent(
        CLINICIAN, ZEBRA, ConsentScope.CARE_AND_TEACHING, date(2026, 11, 19)
    )
    read = station.privacy.record(ADMINISTRATOR, f"  {ZEBRA} ")
    assert read == record
    assert (read.consent, read.consent_on) == (
        ConsentScope.CARE_AND_TEACHING,
        date(2026, 11, 19),
    )
    assert read.hold_reason == "Claim by the quagga family"
    station.privacy.set_hold(ADMINISTRATOR, ZEBRA, "")
    events = station.events()
    assert [event.action for event in events] == [
        Action.HOLD_CHANGED,
        Action.CONSENT_CHANGED,
        Action.PATIENT_VIEWED,
        Action.HOLD_CHANGED,
    ]
    assert {event.subject for event in events} == {record.id}
    held = [json.loads(event.details) for event in events if event.action == Action.HOLD_CHANGED]
    assert held == [{"held": True}, {"held": False}]
    assert "quagga" not in str(events)
    assert "zebra" not in str(events).lower()


def test_a_patient_of_whom_nothing_is_stored_has_an_empty_record(station: Station) -> None:
    assert station.privacy.record(ADMINISTRATOR, "Okapi-1").id == ""
    assert station.events() == []
    assert list(station.privacy.cases_of(ADMINISTRATOR, "Okapi-1")) == []
    with pytest.raises(InvalidInput, match="Nothing is stored"):
        station.privacy.erase_patient(ADMINISTRATOR, "Okapi-1", REQUEST)
    with pytest.raises(InvalidInput, match="Nothing is stored"):
        station.privacy.export_patient(ADMINISTRATOR, "Okapi-1")


@pytest.mark.parametrize("reference", ["", "   ", "a\u202eb", "x" * 65, "a\x00b"])
def test_an_empty_or_unprintable_reference_is_nobody(station: Station, reference: str) -> None:
    draft = station.cases.analyse_upload(CLINICIAN, photograph(), "a.jpg")
    for call in (
        lambda: station.privacy.erase_patient(ADMINISTRATOR, reference, REQUEST),
        lambda: station.privacy.export_patient(ADMINISTRATOR, reference),
        lambda: station.privacy.set_hold(ADMINISTRATOR, reference, "x"),
        lambda: station.privacy.record(ADMINISTRATOR, reference),
    ):
        with pytest.raises(InvalidInput) as refusal:
            call()
        assert refusal.value.field == "patient_reference"
    assert station.cases.get(CLINICIAN, draft.id) == draft


def test_a_reason_is_chosen_and_a_consent_is_not_of_tomorrow(station: Station) -> None:
    case = filed(station, ZEBRA)
    with pytest.raises(InvalidInput, match="listed reasons"):
        station.privacy.erase_patient(ADMINISTRATOR, ZEBRA, "Zebra asked")
    with pytest.raises(InvalidInput, match="future"):
        station.privacy.set_consent(CLINICIAN, ZEBRA, ConsentScope.CARE, date(2026, 11, 22))
    assert station.cases.get(CLINICIAN, case.id) == case


@pytest.mark.parametrize("actor", [CLINICIAN, PHOTOGRAPHER, AUDITOR], ids=lambda a: a.name)
def test_only_an_administrator_erases_exports_and_holds(station: Station, actor: Actor) -> None:
    filed(station, ZEBRA)
    for call in (
        lambda: station.privacy.erase_patient(actor, ZEBRA, REQUEST),
        lambda: station.privacy.export_patient(actor, ZEBRA),
        lambda: station.privacy.set_hold(actor, ZEBRA, "x"),
        lambda: station.privacy.cases_of(actor, ZEBRA),
        lambda: station.privacy.certificate_pdf(actor, "0" * 32),
    ):
        before = station.events()
        with pytest.raises(NotPermitted):
            call()
        assert station.events() == before
    if actor is not CLINICIAN:
        with pytest.raises(NotPermitted):
            station.privacy.record(actor, ZEBRA)
        with pytest.raises(NotPermitted):
            station.privacy.set_consent(actor, ZEBRA, ConsentScope.CARE, date(2026, 1, 1))


def test_retention_keeps_a_patient_together_until_the_newest_change_is_old(
    station: Station, clock: Clock
) -> None:
    old = filed(station, ZEBRA)
    abandoned = station.cases.analyse_upload(CLINICIAN, photograph(), "a.jpg")
    gone = filed(station, "Okapi-1")
    clock.at += timedelta(days=200)
    recent = filed(station, ZEBRA)
    clock.at += timedelta(days=200)
    assert station.privacy.apply_retention(0) == 0
    assert station.privacy.apply_retention(12) == 2
    for case in (abandoned, gone):
        with pytest.raises(CaseNotFound):
            station.cases.get(CLINICIAN, case.id)
    assert station.cases.get(CLINICIAN, old.id) == old
    assert station.privacy.apply_retention(12) == 0
    clock.at += timedelta(days=200)
    assert station.privacy.apply_retention(12) == 2
    with pytest.raises(CaseNotFound):
        station.cases.get(CLINICIAN, recent.id)
    assert stored_files(station) == []
    erased = [*station.events(Action.PATIENT_ERASED), *station.events(Action.CASE_ERASED)]
    assert len(erased) == 3
    assert {event.actor for event in erased} == {SYSTEM.id}
    assert all(json.loads(event.details)["reason"] == "retention" for event in erased)


@pytest.mark.parametrize(
    ("at", "months", "wanted"),
    [
        (datetime(2026, 11, 20, 8), 12, datetime(2025, 11, 20)),
        (datetime(2026, 3, 31), 1, datetime(2026, 2, 28)),
        (datetime(2024, 3, 31), 1, datetime(2024, 2, 29)),
        (datetime(2026, 1, 15), 1, datetime(2025, 12, 15)),
        (datetime(2026, 1, 15), 100_000, datetime.min),
    ],
)
def test_months_are_counted_by_the_calendar(at: datetime, months: int, wanted: datetime) -> None:
    before = months_before(at.replace(tzinfo=UTC), months, UTC_ZONE)
    assert before == wanted.replace(tzinfo=UTC)


def test_months_of_retention_end_with_the_days_of_the_site() -> None:
    at = datetime(2026, 11, 20, 8, tzinfo=UTC)
    sydney = months_before(at, 1, Zone("Australia/Sydney"))
    assert sydney == datetime(2026, 10, 19, 13, tzinfo=UTC)
