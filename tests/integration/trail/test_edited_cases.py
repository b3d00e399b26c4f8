"""A case that was edited outside of the program is found, and one that was not is left in peace."""

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.samples.loop_samples import HISTOLOGY, closed
from tests.samples.report_samples import urgent
from tests.stations.service_station import (
    CLINICIAN,
    FULL,
    PHOTOGRAPHER,
    Clock,
    Station,
    binned,
    filed,
    open_station,
    photograph,
)
from triage_app.domain.case import Case
from triage_app.domain.context import RedFlag
from triage_app.domain.outcome import Withdrawal
from triage_app.domain.trail import Action, Entry, Value
from triage_app.imaging.decoding.pool import DecoderPool
from triage_app.services.cases.fingerprint import FIRST_FORM, FORM, edited_cases, fingerprint
from triage_app.services.documents.report_content import Surroundings, content_hash
from triage_app.services.trail.verification import verify

OF_THE_SAMPLE = {
    "1:": "1:dffb26cc901c4a3329cec2e68123700cabec5ccb51ba2b19358c6dc31af5edfa",
    "2:": "2:7b9e257d3e99760198a6b22cfbba218f736c49879f9d2f0403591ba3337f784c",
}
# Of a case with an outcome, by the program that knew no withdrawals.
OF_AN_OUTCOME = "2:53e11cf664f6836d3b0cdce30e4f067e75139e7d8379953e956af06ec1a7371a"
STATED_OF_AN_OUTCOME = "5da0e5e852063ec886c342cd785f5c698563cbc0107be29818982e3e6cce7bdf"


@pytest.fixture
def station(tmp_path: Path, decoder: DecoderPool) -> Iterator[Station]:
    with open_station(tmp_path, decoder, Clock()) as opened:
        yield opened


def edited(station: Station) -> list[tuple[str, str]]:
    with station.units() as unit:
        return list(edited_cases(unit))


def edit(station: Station, statement: str) -> None:
    connection = sqlite3.connect(station.folder / "triage.sqlite3")
    with connection:
        connection.execute(statement)
    connection.close()


def test_whatever_the_program_does_with_a_case_is_no_edit(station: Station) -> None:
    station.classifier.melanoma = 0.9
    filed(station, "P-1")
    binned(station, "P-2")
    flags = frozenset({RedFlag.UGLY_DUCKLING, RedFlag.NEW_OR_CHANGING})
    asked = replace(FULL, context=replace(FULL.context, red_flags=flags))
    case = station.cases.analyse_upload(PHOTOGRAPHER, photograph(), "a.jpg", asked, "ab" * 16)
    station.cases.update(PHOTOGRAPHER, case.id, 1, replace(FULL, note="é ☃ \U0001fae0"))
    station.classifier.fault = ValueError("not a number")
    station.cases.analyse_upload(CLINICIAN, photograph(), "a.jpg")
    restored = binned(station, "P-3")
    station.cases.restore(CLINICIAN, restored.id, restored.version)
    assert edited(station) == []
    assert verify(station.units, station.files).sound


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE cases SET note = 'seen, nothing to do'",
        "UPDATE cases SET patient_reference = 'P-2'",
        "UPDATE cases SET age = 46",
        "UPDATE cases SET uploaded_by = 'somebody'",
        "UPDATE cases SET state = 'draft', filed_at = NULL",
        "UPDATE cases SET deleted_at = created_at",
        "UPDATE cases SET level = 'routine'",
        "UPDATE cases SET p_malignant = 0.01",
        "UPDATE analyses SET level = 'routine'",
        "UPDATE analyses SET evidence = json_set(evidence, '$.competence.score', 1.5)",
        "UPDATE analyses SET model_version = '9'",
        "UPDATE stored_files SET source_name = 'b.jpg'",
        "UPDATE reports SET issued_at = '2020-01-01 00:00:00.000000'",
    ],
)
def test_one_changed_value_in_any_table_of_a_case_is_found(
    station: Station, statement: str
) -> None:
    station.classifier.melanoma = 0.9
    case = filed(station, "P-1")
    edit(station, statement)
    ((found, sentence),) = edited(station)
    assert found == case.id
    assert "edited" in sentence
    checked = verify(station.units, station.files)
    assert not checked.sound
    assert (case.id, "case") in {(damage.case, damage.kind) for damage in checked.damaged}


def test_a_row_that_cannot_be_read_any_more_is_found(station: Station) -> None:
    case = filed(station, "P-1")
    edit(station, "UPDATE analyses SET reasons = '[7]'")
    ((found, sentence),) = edited(station)
    assert (found, "damaged" in sentence) == (case.id, True)


def test_a_state_of_another_form_is_not_compared(station: Station) -> None:
    case = filed(station, "P-1")
    with station.units() as unit:
        other = Entry(Action.CASE_CHANGED, CLINICIAN.id, case.id, {"state": f"0:{'0' * 64}"})
        unit.trail.append(other, case.created_at)
        unit.commit()
    assert edited(station) == []


def test_the_form_is_raised_when_a_case_gets_other_fields() -> None:
    # When this fails, raise FORM and pin the new value: a check of older states would cry wolf.
    pinned = fingerprint(urgent().content().case)
    assert pinned.startswith(FORM)
    assert pinned == OF_THE_SAMPLE[FORM]


def test_states_of_the_first_form_are_told_as_they_were_then() -> None:
    case = urgent().content().case
    assert fingerprint(case, FIRST_FORM) == OF_THE_SAMPLE[FIRST_FORM]


def test_states_and_reports_from_before_withdrawals_are_told_as_they_were_then() -> None:
    content = closed()
    assert fingerprint(content.case) == OF_AN_OUTCOME
    around = Surroundings(dict(content.names))
    assert content_hash(content.case, around, "Clinic", synthetic=False) == STATED_OF_AN_OUTCOME
    gone = replace(HISTOLOGY, withdrawal=Withdrawal(HISTOLOGY.at, "c", "Another patient's."))
    taken_back = replace(content.case, outcomes=(gone,))
    assert fingerprint(taken_back) != OF_AN_OUTCOME
    assert content_hash(taken_back, around, "Clinic", synthetic=False) != STATED_OF_AN_OUTCOME


def recorded_in_the_first_form(station: Station) -> Case:
    case = filed(station, "P-1")
    with station.units() as unit:
        stored = unit.cases.get(case.id)
        details: dict[str, Value] = {"state": fingerprint(stored, FIRST_FORM)}
        unit.trail.append(
            Entry(Action.CASE_CHANGED, CLINICIAN.id, case.id, details), case.created_at
        )
        unit.commit()
    return case


def test_a_state_of_the_first_form_still_guards_its_case(station: Station) -> None:
    case = recorded_in_the_first_form(station)
    assert edited(station) == []
    edit(station, "UPDATE cases SET note = 'seen, nothing to do'")
    assert [found for found, _ in edited(station)] == [case.id]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE cases SET taken_by = 'somebody'",
        "UPDATE cases SET closed_at = created_at",
        "INSERT INTO moves (case_id, number, at, person, from_lesion, to_lesion, reason)"
        " SELECT id, 0, created_at, 'somebody', '', '', '' FROM cases",
    ],
)
def test_the_loop_cannot_be_put_into_a_case_of_the_first_form(
    station: Station, statement: str
) -> None:
    case = recorded_in_the_first_form(station)
    edit(station, statement)
    assert [found for found, _ in edited(station)] == [case.id]
