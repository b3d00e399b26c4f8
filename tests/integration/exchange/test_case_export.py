"""Cases as CSV: everything that may be shown, nothing withheld, and nothing that runs."""

import csv
import json
from collections.abc import Iterator
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest

from tests.stations.loop_station import LoopStation, open_loop
from tests.stations.service_station import (
    ADMINISTRATOR,
    AUDITOR,
    CLINICIAN,
    FULL,
    PHOTOGRAPHER,
    photograph,
)
from triage_app.domain.case import CaseFilter
from triage_app.domain.errors import InvalidInput, NotPermitted
from triage_app.domain.people import Actor
from triage_app.domain.trail import Action
from triage_app.domain.triage import Level
from triage_app.imaging.decoding.pool import DecoderPool
from triage_app.services.exchange import case_export
from triage_app.services.exchange.case_export import CaseExport
from triage_app.services.exchange.csv_cells import safe_cell
from triage_app.services.exchange.export_columns import COLUMNS, WITHHELD

Row = dict[str, str]
EVERYTHING = CaseFilter()


@pytest.fixture
def loop(tmp_path: Path, decoder: DecoderPool) -> Iterator[LoopStation]:
    with open_loop(tmp_path, decoder) as opened:
        yield opened


def exported(export: CaseExport, wanted: CaseFilter = EVERYTHING) -> list[Row]:
    data = b"".join(export.stream(CLINICIAN, wanted))
    assert data.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(StringIO(data.decode("utf-8-sig"), newline="")))


def test_a_line_holds_patient_findings_reading_and_outcome(loop: LoopStation) -> None:
    lesion = loop.lesion()
    loop.lesions.save_patient(CLINICIAN, "zebra-77", 1, {"birth_year": 1961})
    case = loop.image(lesion=lesion, melanoma=0.3)
    form = {"diagnosis": "naevus", "level": "routine", "confidence": "low"}
    case = loop.reading.record_impression(CLINICIAN, case.id, case.version, form)
    case = loop.verdict(case, "biopsy_or_excision", note="look again")
    loop.histology(case, diagnosis="melanoma_invasive", breslow_mm="0.8", specimen="H1")
    (row,) = exported(loop.export)
    shown = {
        "case_id": case.id,
        "synthetic": "no",
        "state": "filed",
        "patient_reference": "Zebra-77",
        "birth_year": "1961",
        "lesion": "L1",
        "site": "back",
        "laterality": "left",
        "age": "45",
        "red_flags": "none",
        "dermoscopic": "yes",
        "level": "review",
        "p_malignant": "0.3",
        "p_mel": "0.3",
        "p_nv": "0.7",
        "model": "scripted",
        "impression_diagnosis": "naevus",
        "impression_blinded": "no",
        "verdict_agrees": "yes",
        "disposition": "biopsy_or_excision",
        "verdict_note": "look again",
        "next_step": "",
        "outcome_diagnosis": "melanoma_invasive",
        "outcome_proof": "malignant",
        "outcome_breslow_mm": "0.8",
        "outcome_specimen": "H1",
    }
    assert {name: row[name] for name in shown} == shown
    assert list(row) == [column.name for column in COLUMNS]


def test_a_withheld_case_says_withheld_in_each_cell_that_could_tell(loop: LoopStation) -> None:
    rows = []
    for melanoma in (0.02, 0.7):
        case = loop.image(melanoma=melanoma, withheld=True)
        (row,) = exported(loop.export, CaseFilter(date_from=case.created_at.date()))
        rows.append({k: v for k, v in row.items() if k not in ("case_id", "created_at")})
    assert rows[0] == rows[1]
    finding = {column.name for column in COLUMNS if column.finding}
    assert {name for name, value in rows[0].items() if value == WITHHELD} == finding
    assert {"level", "p_mel", "model", "verdict_level", "outcome_proof", "reveal"} <= finding
    assert exported(loop.export, CaseFilter(levels=frozenset({Level.URGENT}))) == []
    form = {"diagnosis": "naevus", "level": "routine", "confidence": "low"}
    loop.reading.record_impression(CLINICIAN, case.id, case.version, form)
    revealed = exported(loop.export)[0]
    assert (revealed["level"], revealed["p_mel"]) == ("urgent", "0.7")
    assert (revealed["impression_blinded"], revealed["reveal"]) == ("yes", "impression")


def test_an_image_that_was_not_assessed_shows_no_share(loop: LoopStation) -> None:
    not_dermoscopic = replace(FULL, context=replace(FULL.context, dermoscopic=False))
    loop.image(details=not_dermoscopic)
    (row,) = exported(loop.export)
    assert row["level"] == "cannot_assess"
    assert {row[name] for name in row if name.startswith("p_")} == {""}


FORMULAS = (
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "  =1",
    "\u00a0=1",
    "\uff1d1+1",
    "\uff0b1",
    "\uff0d1",
    "\uff20SUM(A1)",
    "\ufe661",
    "\u22121",
    '=HYPERLINK("http://example.org","x")',
    "=cmd|' /C calc'!A0",
)


@pytest.mark.parametrize("text", [*FORMULAS, "\tx", "\rx", "\nx", "\t=1"])
def test_what_a_spreadsheet_could_run_is_marked_as_text(text: str) -> None:
    assert safe_cell(text) == f"'{text}"


@pytest.mark.parametrize(
    "text", ["", "0.5", "L1", "a=1", "2026-11-20", "naevus - left", "ä", "(-1)"]
)
def test_what_it_cannot_run_stays_as_it_is(text: str) -> None:
    assert safe_cell(text) == text


def test_no_cell_of_an_export_can_be_taken_for_a_formula(loop: LoopStation) -> None:
    for formula in FORMULAS:
        details = replace(
            FULL,
            lesion_label=formula,
            note=f'{formula}\n{formula},"; {formula}',
            clinical_question=formula,
        )
        case = loop.image(formula, details=details)
        loop.reading.record_verdict(
            CLINICIAN,
            case.id,
            case.version,
            {
                "answer": "override",
                "level": "review",
                "reason": formula,
                "disposition": "discharge",
                "note": formula,
            },
        )
    rows = exported(loop.export)
    assert len(rows) == len(FORMULAS)
    for row, formula in zip(rows, reversed(FORMULAS), strict=True):
        assert None not in row
        assert row["patient_reference"] == row["lesion"] == f"'{formula}"
        assert row["verdict_reason"] == row["verdict_note"] == f"'{formula.strip()}"
        assert row["note"].startswith(f"'{formula}")
        for value in row.values():
            # A cell that needed the apostrophe has it; it would get a second one, so ask without.
            assert value.startswith("'") or safe_cell(value) == value


def test_a_long_list_is_sent_in_portions_and_each_is_in_the_trail_first(
    loop: LoopStation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(case_export, "PORTION", 2)
    cases = [loop.image(f"Gnu-{n}") for n in range(5)]
    newest_first = [case.id for case in reversed(cases)]
    portions = loop.export.stream(CLINICIAN, CaseFilter())
    for sent in range(4):
        next(portions)
        recorded = [
            case_id
            for event in loop.station.events(Action.CASES_EXPORTED)
            for case_id in json.loads(event.details)["cases"]
        ]
        assert recorded == newest_first[: 2 * max(1, sent)]
    rows = exported(loop.export)
    assert [row["case_id"] for row in rows] == newest_first


def test_the_export_holds_the_list_that_was_asked_for(loop: LoopStation) -> None:
    wanted, _ = loop.image("Gnu-1"), loop.image("Okapi-1")
    binned = loop.image("Gnu-2")
    loop.station.cases.delete(CLINICIAN, binned.id, binned.version)
    rows = exported(loop.export, CaseFilter(patient_reference="gnu"))
    assert [row["case_id"] for row in rows] == [wanted.id]
    draft = loop.station.cases.analyse_upload(CLINICIAN, photograph(), "a.jpg")
    assert exported(loop.export)[0]["case_id"] == draft.id


def test_an_empty_list_is_a_heading_alone(loop: LoopStation) -> None:
    data = b"".join(loop.export.stream(CLINICIAN, CaseFilter()))
    assert data.decode("utf-8-sig").count("\r\n") == 1


def test_made_up_data_are_marked_in_each_line(loop: LoopStation) -> None:
    loop.image()
    synthetic = CaseExport(loop.station.units, loop.clock, synthetic=True)
    assert [row["synthetic"] for row in exported(synthetic)] == ["yes"]


@pytest.mark.parametrize("actor", [PHOTOGRAPHER, ADMINISTRATOR, AUDITOR], ids=lambda a: a.name)
def test_only_clinicians_export_and_are_refused_before_the_first_byte(
    loop: LoopStation, actor: Actor
) -> None:
    with pytest.raises(NotPermitted):
        loop.export.stream(actor, CaseFilter())
    assert not loop.station.events(Action.CASES_EXPORTED)


def test_a_filter_that_cannot_be_is_refused_before_the_first_byte(
    loop: LoopStation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise InvalidInput("cursor", "no such place")

    monkeypatch.setattr("triage_app.storage.repositories.cases.list_page", refuse)
    with pytest.raises(InvalidInput):
        loop.export.stream(CLINICIAN, CaseFilter())
