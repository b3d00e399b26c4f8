"""What is kept on a patient: stored, found, and never overwritten unseen."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.stations.loop_station import ZEBRA, LoopStation, open_loop
from tests.stations.service_station import (
    CLINICIAN,
    REASSURING,
)
from triage_app.domain.case import CaseDetails
from triage_app.domain.context import SkinType
from triage_app.domain.errors import (
    InvalidInput,
    PatientNotFound,
    StaleRecord,
)
from triage_app.domain.lesion import RiskFactor
from triage_app.domain.site import ConsentScope
from triage_app.domain.trail import Action
from triage_app.imaging.decoding.pool import DecoderPool

NOWHERE = CaseDetails(context=replace(REASSURING, site=None, laterality=None))


@pytest.fixture
def loop(tmp_path: Path, decoder: DecoderPool) -> Iterator[LoopStation]:
    with open_loop(tmp_path, decoder) as opened:
        yield opened


def test_a_patients_record_is_kept_and_shown_again(loop: LoopStation) -> None:
    form = {
        "birth_year": "1961",
        "sex": "female",
        "skin_type": "V",
        "risk_factors": ["previous_melanoma"],
        "consent": "care",
        "consent_on": "2026-11-02",
    }
    record = loop.lesions.save_patient(CLINICIAN, ZEBRA, 0, form)
    assert record.id
    assert record.version == 1
    assert (record.birth_year, record.skin_type) == (1961, SkinType.V)
    assert record.risk_factors == {RiskFactor.PREVIOUS_MELANOMA}
    assert record.consent is ConsentScope.CARE
    assert loop.lesions.patient(CLINICIAN, "zebra-77").record == record
    assert loop.lesions.patient_by_id(CLINICIAN, record.id).record == record
    later = loop.lesions.save_patient(CLINICIAN, ZEBRA, 1, {"risk_factors_asked": True})
    assert later.risk_factors == frozenset()
    assert later.birth_year is None
    assert later.consent is ConsentScope.CARE


def test_the_trail_names_changed_fields_but_not_what_is_in_them(loop: LoopStation) -> None:
    record = loop.lesions.save_patient(CLINICIAN, ZEBRA, 0, {"birth_year": 1961, "sex": "male"})
    (event,) = loop.station.events(Action.PATIENT_CHANGED)
    assert event.subject == record.id
    assert json.loads(event.details)["fields"] == ["birth_year", "sex"]
    assert "1961" not in event.details
    assert not any(ZEBRA in e.details for e in loop.station.events())


def test_a_record_that_somebody_changed_meanwhile_is_not_overwritten(loop: LoopStation) -> None:
    loop.lesions.save_patient(CLINICIAN, ZEBRA, 0, {"birth_year": 1961})
    for stale in (0, 2):
        with pytest.raises(StaleRecord):
            loop.lesions.save_patient(CLINICIAN, ZEBRA, stale, {"birth_year": 1971})
    assert loop.lesions.patient(CLINICIAN, ZEBRA).record.birth_year == 1961


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("birth_year", 2027),
        ("birth_year", 1800),
        ("birth_year", "nineteen"),
        ("birth_year", "9" * 400),
        ("sex", "unknown"),
        ("skin_type", "VII"),
        ("risk_factors", ["smoking"]),
        ("risk_factors", "sunbeds"),
        ("consent", "everything"),
        ("name", "Jane"),
    ],
)
def test_what_no_record_can_hold_is_refused_by_its_field(
    loop: LoopStation, field: str, value: object
) -> None:
    with pytest.raises(InvalidInput) as refused:
        loop.lesions.save_patient(CLINICIAN, ZEBRA, 0, {field: value})
    assert refused.value.field == field
    with pytest.raises(PatientNotFound):
        loop.lesions.patient(CLINICIAN, ZEBRA)


def test_a_consent_needs_a_day_that_has_come(loop: LoopStation) -> None:
    for day in ("", "2030-01-01", "2.11.2026"):
        with pytest.raises(InvalidInput) as refused:
            loop.lesions.save_patient(CLINICIAN, ZEBRA, 0, {"consent": "care", "consent_on": day})
        assert refused.value.field == "consent_on"


def test_patients_are_found_by_the_beginning_of_the_reference(loop: LoopStation) -> None:
    loop.lesions.save_patient(CLINICIAN, ZEBRA, 0, {})
    loop.lesions.save_patient(CLINICIAN, "Okapi-1", 0, {})
    with_images_only = loop.image("Zebra-80")
    found = loop.lesions.find(CLINICIAN, "zebra")
    assert [record.reference for record in found] == [ZEBRA, "Zebra-80"]
    assert loop.lesions.find(CLINICIAN, "gnu") == []
    view = loop.lesions.patient(CLINICIAN, "Zebra-80")
    assert view.record.id
    assert [case.id for case in view.loose] == [with_images_only.id]
