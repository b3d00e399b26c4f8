"""Outcomes from a CSV file: a preview that says all, and an import that can be repeated."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.stations.loop_station import FACE, ZEBRA, LoopStation, open_loop
from tests.stations.service_station import (
    ADMINISTRATOR,
    AUDITOR,
    CLINICIAN,
    FULL,
    PHOTOGRAPHER,
    photograph,
)
from triage_app.domain.case import Case, CaseState
from triage_app.domain.errors import (
    NotAllowedInState,
    NotPermitted,
    StorageUnavailable,
)
from triage_app.domain.pathology import Pathology
from triage_app.domain.people import Actor
from triage_app.domain.trail import Action
from triage_app.imaging.decoding.pool import DecoderPool
from triage_app.services.exchange import outcome_import
from triage_app.services.exchange.outcome_import import ImportPlan, ImportResult, RowStatus
from triage_app.services.trail.verification import verify

HEADING = "patient_reference,lesion,specimen,date,diagnosis"
ON = "2026-11-25"


@pytest.fixture
def loop(tmp_path: Path, decoder: DecoderPool) -> Iterator[LoopStation]:
    with open_loop(tmp_path, decoder) as opened:
        opened.clock.at -= timedelta(days=30)
        yield opened


def table(*rows: str, heading: str = HEADING) -> str:
    return "\n".join([heading, *rows]) + "\n"


def statuses(plan: ImportPlan) -> list[RowStatus]:
    return [planned.status for planned in plan.rows]


def after_the_report(loop: LoopStation) -> None:
    loop.clock.at = max(loop.clock.at, datetime(2026, 12, 1, tzinfo=UTC))


def planned(loop: LoopStation, *rows: str, heading: str = HEADING) -> ImportPlan:
    after_the_report(loop)
    return loop.imports.preview(CLINICIAN, table(*rows, heading=heading))


def applied(loop: LoopStation, text: str) -> ImportResult:
    after_the_report(loop)
    plan = loop.imports.preview(CLINICIAN, text)
    return loop.imports.apply(CLINICIAN, text, plan.digest)


def outcomes_of(loop: LoopStation, *case_ids: str) -> list[Pathology | None]:
    return [o.diagnosis for case_id in case_ids for o in loop.stored(case_id).outcomes]


def test_the_preview_says_what_happens_to_each_row_and_stores_nothing(loop: LoopStation) -> None:
    case = loop.image(lesion=loop.lesion())
    plan = planned(
        loop,
        f"{ZEBRA},L1,H1,{ON},Melanoma in situ",
        f"{ZEBRA},L9,H2,{ON},naevus",
        f"Okapi-1,,H3,{ON},naevus",
        f"{ZEBRA},L1,H1,{ON},naevus",
        f"{ZEBRA},L1,H4,{ON},a mole",
    )
    assert statuses(plan) == [
        RowStatus.ADD,
        RowStatus.NO_MATCH,
        RowStatus.NO_MATCH,
        RowStatus.CONFLICT,
        RowStatus.NO_MATCH,
    ]
    assert plan.rows[0].case
    assert plan.rows[0].case.id == case.id
    assert [p.row.number for p in plan.rows] == [2, 3, 4, 5, 6]
    assert [p.sentence for p in plan.rows] == [
        "",
        "No filed case of this patient, lesion and date is stored here.",
        "No patient with this reference is stored here.",
        "Line 2 says otherwise of the same specimen.",
        "The diagnosis is none of the listed ones.",
    ]
    assert loop.stored(case.id) == case
    assert not loop.station.events(Action.OUTCOME_RECORDED)


def test_repeating_an_import_stores_nothing_twice(loop: LoopStation) -> None:
    first = loop.image(lesion=loop.lesion())
    second = loop.image("Okapi-1")
    text = table(f"{ZEBRA},L1,H1,{ON},melanoma_in_situ", f"Okapi-1,,,{ON},Melanocytic naevus")
    assert applied(loop, text) == ImportResult(added=2, stored=0, left=0)
    assert applied(loop, text) == ImportResult(added=0, stored=2, left=0)
    assert applied(loop, "\ufeff" + text.replace(",", ";").replace("\n", "\r\n")).stored == 2
    assert outcomes_of(loop, first.id, second.id) == [
        Pathology.MELANOMA_IN_SITU,
        Pathology.NAEVUS,
    ]
    assert [e.actor for e in loop.station.events(Action.OUTCOME_RECORDED)] == [CLINICIAN.id] * 2
    assert not any("H1" in e.details for e in loop.station.events())
    found = verify(loop.station.units, loop.station.files)
    assert (found.breaks, found.damaged) == ((), ())


def test_a_repeat_finds_its_rows_also_when_newer_images_have_come(loop: LoopStation) -> None:
    lesion = loop.lesion()
    case = loop.verdict(loop.image(lesion=lesion), "biopsy_or_excision")
    text = table(f"{ZEBRA},L1,H1,{ON},naevus")
    assert applied(loop, text).added == 1
    newer = loop.image(lesion=lesion)
    assert applied(loop, text) == ImportResult(0, 1, 0)
    assert outcomes_of(loop, case.id, newer.id) == [Pathology.NAEVUS]


def test_a_row_that_was_typed_before_is_not_added_again(loop: LoopStation) -> None:
    lesion = loop.lesion()
    case = loop.image(lesion=lesion)
    loop.image(lesion=lesion)
    after_the_report(loop)
    loop.histology(case, on=ON, specimen="h1", diagnosis="naevus")
    plan = planned(loop, f"{ZEBRA},L1,H1,{ON},naevus", f"{ZEBRA},L1,H1,{ON},melanoma_in_situ")
    assert statuses(plan) == [RowStatus.STORED, RowStatus.CONFLICT]


def test_a_second_specimen_of_a_lesion_is_added_when_both_have_numbers(loop: LoopStation) -> None:
    case = loop.image(lesion=loop.lesion())
    after_the_report(loop)
    loop.histology(case, on=ON, specimen="H1", diagnosis="melanoma_in_situ")
    plan = planned(loop, f"{ZEBRA},L1,H2,{ON},naevus", f"{ZEBRA},L1,,{ON},naevus")
    assert statuses(plan) == [RowStatus.ADD, RowStatus.CONFLICT]


def test_the_histology_that_was_awaited_ends_its_step(loop: LoopStation) -> None:
    lesion = loop.lesion()
    awaited = loop.verdict(loop.image(lesion=lesion), "biopsy_or_excision")
    loop.image(lesion=lesion)
    applied(loop, table(f"{ZEBRA},L1,H1,{ON},bowen"))
    after = loop.stored(awaited.id)
    assert [outcome.diagnosis for outcome in after.outcomes] == [Pathology.BOWEN]
    assert not any(step.is_open for step in after.next_steps)


def test_without_a_step_the_newest_image_before_the_report_is_meant(loop: LoopStation) -> None:
    lesion = loop.lesion()
    images = [loop.image(lesion=lesion) for _ in range(3)]
    on = images[1].created_at.date().isoformat()
    text = table(f"{ZEBRA},L1,H1,{on},naevus")
    after_the_report(loop)
    (row,) = loop.imports.preview(CLINICIAN, text).rows
    assert row.case
    assert row.case.id == images[1].id
    early = planned(loop, f"{ZEBRA},L1,H1,2026-01-01,naevus")
    assert early.rows[0].sentence.startswith("Every image of this lesion was taken after")


def test_images_of_several_lesions_are_not_guessed_at(loop: LoopStation) -> None:
    first = loop.image(lesion=loop.lesion())
    second = loop.image(lesion=loop.lesions.create(CLINICIAN, ZEBRA, FACE))
    assert planned(loop, f"{ZEBRA},,H1,{ON},naevus").rows[0].sentence.startswith("2 images match")
    day = second.created_at.date()
    plan = planned(
        loop,
        f"{ZEBRA},{day},{ON},naevus",
        heading="patient_reference,image_date,date,diagnosis",
    )
    assert plan.rows[0].case
    assert plan.rows[0].case.id == second.id
    assert first.created_at.date() != day


def test_a_case_can_be_named_by_its_id(loop: LoopStation) -> None:
    case, other = loop.image(), loop.image("Okapi-1")
    plan = planned(
        loop,
        f"{case.id.upper()},,{ON},naevus",
        f"{other.id},{ZEBRA},{ON},naevus",
        f"{'f' * 32},,{ON},naevus",
        f"1; drop table,,{ON},naevus",
        f",,{ON},naevus",
        heading="case_id,patient_reference,date,diagnosis",
    )
    assert statuses(plan) == [RowStatus.ADD, *[RowStatus.NO_MATCH] * 4]
    assert [p.sentence for p in plan.rows[1:]] == [
        "The case with this id belongs to another patient.",
        "No case has this id.",
        "No case has this id.",
        "The row names neither a case nor a patient.",
    ]


def test_drafts_binned_and_withheld_cases_take_no_row(loop: LoopStation) -> None:
    draft = loop.station.cases.analyse_upload(CLINICIAN, photograph(), "a.jpg", FULL)
    binned = loop.image()
    loop.station.cases.delete(CLINICIAN, binned.id, binned.version)
    hidden = loop.image(melanoma=0.7, withheld=True)
    plan = planned(
        loop,
        *(f"{case_id},{ON},naevus" for case_id in (draft.id, binned.id, hidden.id)),
        heading="case_id,date,diagnosis",
    )
    assert statuses(plan) == [RowStatus.NO_MATCH] * 3
    assert plan.rows[2].sentence == "Nobody has recorded an impression of this image yet."
    assert [p.case for p in plan.rows] == [None] * 3


def test_what_changed_since_the_preview_stops_the_whole_import(loop: LoopStation) -> None:
    case, other = loop.image(), loop.image("Okapi-1")
    after_the_report(loop)
    text = table(f"{ZEBRA},,H1,{ON},naevus", f"Okapi-1,,H2,{ON},naevus")
    plan = loop.imports.preview(CLINICIAN, text)
    for changed, digest in ((text.replace("H1", "H9"), plan.digest), (text, ""), (text, "0" * 64)):
        with pytest.raises(NotAllowedInState, match="since the preview"):
            loop.imports.apply(CLINICIAN, changed, digest)
    loop.histology(loop.stored(other.id), on=ON, specimen="H2")
    with pytest.raises(NotAllowedInState, match="since the preview"):
        loop.imports.apply(CLINICIAN, text, plan.digest)
    assert outcomes_of(loop, case.id) == []


def test_an_import_that_stopped_in_the_middle_can_be_repeated(
    loop: LoopStation, monkeypatch: pytest.MonkeyPatch
) -> None:
    cases = [loop.image(f"Gnu-{n}") for n in range(5)]
    after_the_report(loop)
    text = table(*(f"Gnu-{n},,H{n},{ON},naevus" for n in range(5)))
    plan = loop.imports.preview(CLINICIAN, text)
    monkeypatch.setattr(outcome_import, "PORTION", 2)
    whole, calls = outcome_import.add_outcomes, list[object]()

    def failing(*given: Any, **named: Any) -> Case:
        calls.append(given)
        if len(calls) == 4:
            raise StorageUnavailable("The disk is full.")
        return whole(*given, **named)

    monkeypatch.setattr(outcome_import, "add_outcomes", failing)
    with pytest.raises(StorageUnavailable):
        loop.imports.apply(CLINICIAN, text, plan.digest)
    assert len(outcomes_of(loop, *(case.id for case in cases))) == 2
    assert applied(loop, text) == ImportResult(added=3, stored=2, left=0)
    assert outcomes_of(loop, *(case.id for case in cases)) == [Pathology.NAEVUS] * 5


def test_a_case_that_changes_during_the_import_stops_it_and_it_says_how_far_it_came(
    loop: LoopStation, monkeypatch: pytest.MonkeyPatch
) -> None:
    cases = [loop.image(f"Gnu-{n}") for n in range(3)]
    after_the_report(loop)
    text = table(*(f"Gnu-{n},,H{n},{ON},naevus" for n in range(3)))
    plan = loop.imports.preview(CLINICIAN, text)
    monkeypatch.setattr(outcome_import, "PORTION", 1)
    whole = outcome_import.add_outcomes

    def meanwhile(unit: Any, actor: Actor, case_id: str, *given: Any, **named: Any) -> Case:
        saved = whole(unit, actor, case_id, *given, **named)
        if case_id == cases[1].id:
            unit.cases.save(replace(unit.cases.get(cases[2].id), state=CaseState.DRAFT))
        return saved

    monkeypatch.setattr(outcome_import, "add_outcomes", meanwhile)
    with pytest.raises(NotAllowedInState, match="2 rows were added"):
        loop.imports.apply(CLINICIAN, text, plan.digest)
    assert len(outcomes_of(loop, *(case.id for case in cases))) == 2


def test_two_specimens_of_one_lesion_stay_together(
    loop: LoopStation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outcome_import, "PORTION", 1)
    lesion = loop.lesion()
    awaited = loop.verdict(loop.image(lesion=lesion), "biopsy_or_excision")
    newer = loop.image(lesion=lesion)
    text = table(f"{ZEBRA},L1,H1,{ON},naevus", f"{ZEBRA},L1,H2,{ON},bowen")
    assert applied(loop, text).added == 2
    assert len(outcomes_of(loop, awaited.id)) == 2
    assert outcomes_of(loop, newer.id) == []


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        (f"{ZEBRA},L1,H1", "3 cells"),
        (f"{ZEBRA},L1,H1,,naevus", "date of the report is missing"),
        (f"{ZEBRA},L1,H1,11/10/2026,naevus", "may be 11 October or 10 November"),
        (f"{ZEBRA},L1,H1,2030-01-01,naevus", "lies in the future"),
        (f"{ZEBRA},L1,{'x' * 65},{ON},naevus", "too long"),
        (f"{ZEBRA},L1,H\x001,{ON},naevus", "NUL byte"),
        (f"\u202e{ZEBRA},L1,H1,{ON},naevus", "cannot be shown"),
    ],
)
def test_a_row_that_cannot_be_read_is_left_and_said(
    loop: LoopStation, row: str, sentence: str
) -> None:
    case = loop.image(lesion=loop.lesion())
    after_the_report(loop)
    text = table(row, f"{ZEBRA},L1,H1,{ON},naevus")
    plan = loop.imports.preview(CLINICIAN, text)
    assert statuses(plan) == [RowStatus.NO_MATCH, RowStatus.ADD]
    assert sentence in plan.rows[0].sentence
    assert applied(loop, text) == ImportResult(added=1, stored=0, left=1)
    assert outcomes_of(loop, case.id) == [Pathology.NAEVUS]


def test_a_breslow_thickness_belongs_to_invasive_melanoma(loop: LoopStation) -> None:
    loop.image(lesion=loop.lesion())
    plan = planned(
        loop,
        f"{ZEBRA},{ON},naevus,1",
        f'{ZEBRA},{ON},melanoma_invasive,"1,25"',
        heading="patient_reference,date,diagnosis,breslow_mm",
    )
    assert statuses(plan) == [RowStatus.NO_MATCH, RowStatus.ADD]
    assert plan.rows[1].row.breslow_mm == 1.25


@pytest.mark.parametrize("actor", [PHOTOGRAPHER, ADMINISTRATOR, AUDITOR], ids=lambda a: a.name)
def test_only_clinicians_import(loop: LoopStation, actor: Actor) -> None:
    loop.image()
    after_the_report(loop)
    text = table(f"{ZEBRA},,H1,{ON},naevus")
    plan = loop.imports.preview(CLINICIAN, text)
    for attempt in (
        lambda: loop.imports.preview(actor, text),
        lambda: loop.imports.apply(actor, text, plan.digest),
    ):
        with pytest.raises(NotPermitted):
            attempt()
