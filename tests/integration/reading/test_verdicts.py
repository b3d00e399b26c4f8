"""Verdicts: what they need, what they end and open, and closing a case."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.stations.loop_station import LoopStation
from tests.stations.reading_room import (
    AGREE,
    BIOPSY,
    COLLEAGUE,
    FOLLOW_UP,
    OVERRIDE,
    last,
    open_room,
)
from tests.stations.service_station import (
    CLINICIAN,
    FULL,
    photograph,
)
from triage_app.domain.errors import (
    FindingsWithheld,
    InvalidInput,
    NotAllowedInState,
    TriageError,
)
from triage_app.domain.reading import (
    Disposition,
    StepEnd,
    StepKind,
)
from triage_app.domain.trail import Action
from triage_app.domain.triage import Level
from triage_app.imaging.decoding.pool import DecoderPool


@pytest.fixture
def loop(tmp_path: Path, decoder: DecoderPool) -> Iterator[LoopStation]:
    with open_room(tmp_path, decoder) as opened:
        yield opened


def test_a_verdict_agrees_and_opens_no_step_for_a_discharge(loop: LoopStation) -> None:
    case = loop.image()
    level = case.analysis.decision.level
    case = loop.reading.record_verdict(CLINICIAN, case.id, case.version, AGREE)
    (verdict,) = case.verdicts
    assert verdict.agrees and verdict.level is verdict.found is level
    assert (verdict.by, verdict.disposition) == (CLINICIAN.id, Disposition.DISCHARGE)
    assert case.next_steps == ()


def test_an_override_keeps_reason_and_note_and_makes_the_clinician_responsible(
    loop: LoopStation,
) -> None:
    case = loop.image()
    case = loop.reading.record_verdict(CLINICIAN, case.id, case.version, OVERRIDE)
    (verdict,), (step,) = case.verdicts, case.next_steps
    assert (verdict.agrees, verdict.level) == (False, Level.URGENT)
    assert verdict.reason == "Grew within weeks." and verdict.note == "Seen with the colleague."
    assert (step.kind, step.owner, step.verdict_id) == (
        StepKind.REFERRAL,
        CLINICIAN.id,
        verdict.id,
    )
    assert step.due == loop.clock.at.date() + timedelta(days=14)
    stated = last(loop, Action.VERDICT_RECORDED)
    assert stated["disposition"] == "urgent_referral" and stated["verdict"] == verdict.id
    assert "weeks" not in json.dumps(stated) and "colleague" not in json.dumps(stated)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({}, "answer"),
        ({"answer": "agree"}, "disposition"),
        ({"answer": "agree", "disposition": "wait"}, "disposition"),
        ({**AGREE, "level": "urgent"}, "level"),
        ({**OVERRIDE, "level": ""}, "level"),
        ({**OVERRIDE, "level": "cannot_assess"}, "level"),
        ({**OVERRIDE, "reason": " "}, "reason"),
        ({**OVERRIDE, "disposition": "discharge"}, "disposition"),
        ({**AGREE, "due": "2027-03-01"}, "due"),
        ({**FOLLOW_UP, "due": ""}, "due"),
        ({**FOLLOW_UP, "due": "2026-11-21"}, "due"),
        ({**FOLLOW_UP, "due": "soon"}, "due"),
        ({**AGREE, "note": "x" * 10_001}, "note"),
    ],
)
def test_a_verdict_that_contradicts_itself_names_its_field_and_keeps_nothing(
    loop: LoopStation, fields: dict[str, object], field: str
) -> None:
    case = loop.image()
    with pytest.raises(InvalidInput) as caught:
        loop.reading.record_verdict(CLINICIAN, case.id, case.version, fields)
    assert caught.value.field == field
    assert loop.stored(case.id) == case


def test_a_new_verdict_supersedes_and_both_stay(loop: LoopStation) -> None:
    case = loop.image()
    case = loop.reading.record_verdict(CLINICIAN, case.id, case.version, FOLLOW_UP)
    loop.clock.at += timedelta(hours=1)
    case = loop.reading.record_verdict(COLLEAGUE, case.id, case.version, BIOPSY)
    assert [v.disposition for v in case.verdicts] == [
        Disposition.FOLLOW_UP,
        Disposition.BIOPSY_OR_EXCISION,
    ]
    old, new = case.next_steps
    assert (old.end, old.ended_by, old.ended_at) == (
        StepEnd.SUPERSEDED,
        COLLEAGUE.id,
        loop.clock.at,
    )
    assert (new.kind, new.owner, new.is_open) == (StepKind.HISTOLOGY, COLLEAGUE.id, True)
    assert new.due == loop.clock.at.date() + timedelta(days=21)


def test_a_verdict_needs_a_filed_case_outside_the_bin_whose_findings_are_shown(
    loop: LoopStation,
) -> None:
    draft = loop.station.cases.analyse_upload(CLINICIAN, photograph(), "a.jpg", FULL)
    withheld = loop.image(withheld=True)
    binned = loop.image()
    binned = loop.station.cases.delete(CLINICIAN, binned.id, binned.version)
    refused: dict[str, type[TriageError]] = {
        draft.id: NotAllowedInState,
        withheld.id: FindingsWithheld,
        binned.id: NotAllowedInState,
    }
    for case_id, error in refused.items():
        with pytest.raises(error):
            stored = loop.stored(case_id)
            loop.reading.record_verdict(CLINICIAN, case_id, stored.version, AGREE)
        assert loop.stored(case_id).verdicts == ()


def test_an_image_that_could_not_be_assessed_gets_a_verdict_on_clinical_grounds(
    loop: LoopStation,
) -> None:
    loop.station.classifier.fault = ValueError("not a number")
    case = loop.image()
    assert case.analysis.decision.level is Level.CANNOT_ASSESS
    case = loop.reading.record_verdict(CLINICIAN, case.id, case.version, AGREE)
    assert case.verdicts[0].level is Level.CANNOT_ASSESS


def test_a_verdict_on_a_later_image_ends_the_follow_up_of_the_earlier_one(
    loop: LoopStation,
) -> None:
    lesion = loop.lesion()
    first = loop.image(lesion=lesion)
    loop.reading.record_verdict(CLINICIAN, first.id, first.version, FOLLOW_UP)
    elsewhere = loop.image()
    loop.reading.record_verdict(CLINICIAN, elsewhere.id, elsewhere.version, FOLLOW_UP)
    second = loop.image(lesion=lesion)
    second = loop.reading.record_verdict(COLLEAGUE, second.id, second.version, FOLLOW_UP)
    (done,) = loop.stored(first.id).next_steps
    assert (done.end, done.ended_by) == (StepEnd.DONE, COLLEAGUE.id)
    assert second.next_steps[0].is_open
    assert loop.stored(elsewhere.id).next_steps[0].is_open


def test_a_verdict_on_an_earlier_image_leaves_the_later_follow_up_and_any_biopsy(
    loop: LoopStation,
) -> None:
    lesion = loop.lesion()
    first, second = loop.image(lesion=lesion), loop.image(lesion=lesion)
    second = loop.reading.record_verdict(CLINICIAN, second.id, second.version, FOLLOW_UP)
    first = loop.reading.record_verdict(CLINICIAN, first.id, first.version, BIOPSY)
    assert loop.stored(second.id).next_steps[0].is_open
    third = loop.image(lesion=lesion)
    loop.reading.record_verdict(CLINICIAN, third.id, third.version, AGREE)
    assert loop.stored(first.id).next_steps[0].is_open
    assert not loop.stored(second.id).next_steps[0].is_open


def test_a_case_is_closed_only_with_a_verdict_and_without_open_steps(loop: LoopStation) -> None:
    case = loop.image()
    with pytest.raises(NotAllowedInState, match="before it has a verdict"):
        loop.reading.close(CLINICIAN, case.id, case.version)
    case = loop.reading.record_verdict(CLINICIAN, case.id, case.version, FOLLOW_UP)
    with pytest.raises(NotAllowedInState, match="follow-up visit"):
        loop.reading.close(CLINICIAN, case.id, case.version)
    step = case.next_steps[0].id
    case = loop.reading.end_step(CLINICIAN, case.id, case.version, step, StepEnd.DONE)
    case = loop.reading.close(CLINICIAN, case.id, case.version)
    assert case.closed_at == loop.clock.at
    with pytest.raises(NotAllowedInState, match="closed already"):
        loop.reading.close(CLINICIAN, case.id, case.version)


def test_a_new_verdict_or_a_person_opens_a_closed_case_again(loop: LoopStation) -> None:
    case = loop.image()
    case = loop.reading.record_verdict(CLINICIAN, case.id, case.version, AGREE)
    case = loop.reading.close(CLINICIAN, case.id, case.version)
    case = loop.reading.reopen(CLINICIAN, case.id, case.version)
    assert case.closed_at is None
    with pytest.raises(NotAllowedInState, match="open already"):
        loop.reading.reopen(CLINICIAN, case.id, case.version)
    case = loop.reading.close(CLINICIAN, case.id, case.version)
    case = loop.reading.record_verdict(CLINICIAN, case.id, case.version, BIOPSY)
    assert case.closed_at is None


def test_a_verdict_may_be_given_on_a_case_that_somebody_else_took(loop: LoopStation) -> None:
    case = loop.image()
    case = loop.reading.take(COLLEAGUE, case.id)
    case = loop.reading.record_verdict(CLINICIAN, case.id, case.version, AGREE)
    assert case.verdicts[0].by == CLINICIAN.id
