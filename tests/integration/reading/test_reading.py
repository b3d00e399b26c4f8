"""Impressions, who sees what because of them, and who may do any of this."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.stations.loop_station import LoopStation
from tests.stations.reading_room import (
    ABCD,
    AGREE,
    COLLEAGUE,
    FOLLOW_UP,
    IMPRESSION,
    impression,
    last,
    open_room,
)
from tests.stations.service_station import (
    ADMINISTRATOR,
    AUDITOR,
    CLINICIAN,
    FULL,
    PHOTOGRAPHER,
    photograph,
)
from triage_app.domain.case import Case
from triage_app.domain.errors import (
    InvalidInput,
    NotAllowedInState,
    NotPermitted,
    StaleCase,
)
from triage_app.domain.people import SYSTEM, Actor, Permission
from triage_app.domain.reading import (
    Confidence,
    ImpressionDiagnosis,
    Reveal,
    RevealCause,
    StepEnd,
)
from triage_app.domain.trail import Action
from triage_app.domain.triage import Level
from triage_app.domain.withholding import is_withheld
from triage_app.imaging.decoding.pool import DecoderPool
from triage_app.storage.repositories.cases import SqlCaseRepository


@pytest.fixture
def loop(tmp_path: Path, decoder: DecoderPool) -> Iterator[LoopStation]:
    with open_room(tmp_path, decoder) as opened:
        yield opened


def test_an_impression_keeps_what_was_given_and_the_scores_of_both_rules(
    loop: LoopStation,
) -> None:
    case = impression(
        loop, loop.image(), **ABCD, seven_point=["blue_whitish_veil", "irregular_streaks"]
    )
    (kept,) = loop.stored(case.id).impressions
    assert (kept.by, kept.at) == (CLINICIAN.id, loop.clock.at)
    assert kept.diagnosis is ImpressionDiagnosis.NAEVUS
    assert (kept.level, kept.confidence) == (Level.ROUTINE, Confidence.HIGH)
    assert kept.abcd is not None and kept.abcd.score == pytest.approx(6.5)
    assert kept.seven_point is not None and kept.seven_point.score == 3
    assert not kept.blinded


def test_no_criterion_seen_is_not_the_same_as_a_checklist_that_was_not_used(
    loop: LoopStation,
) -> None:
    case = impression(loop, loop.image(), seven_point=["none"])
    case = impression(loop, case, seven_point=[])
    used, unused = case.impressions
    assert used.seven_point is not None and used.seven_point.score == 0
    assert unused.seven_point is None and unused.abcd is None


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"diagnosis": ""}, "diagnosis"),
        ({"diagnosis": "cancer"}, "diagnosis"),
        ({"level": None}, "level"),
        ({"level": "cannot_assess"}, "level"),
        ({"confidence": ""}, "confidence"),
        ({"confidence": ["high"]}, "confidence"),
        ({**ABCD, "abcd_border": ""}, "abcd_border"),
        ({**ABCD, "abcd_border": "9"}, "abcd_border"),
        ({**ABCD, "abcd_colours": "0"}, "abcd_colours"),
        ({**ABCD, "abcd_asymmetry": "1.5"}, "abcd_asymmetry"),
        ({**ABCD, "abcd_structures": "many"}, "abcd_structures"),
        ({"seven_point": ["none", "regression"]}, "seven_point"),
        ({"seven_point": ["a mole"]}, "seven_point"),
        ({"seven_point": "none"}, "seven_point"),
        ({"patient": "x"}, "patient"),
    ],
)
def test_an_impression_that_is_incomplete_or_wrong_names_its_field_and_keeps_nothing(
    loop: LoopStation, fields: dict[str, object], field: str
) -> None:
    case = loop.image(withheld=True)
    with pytest.raises(InvalidInput) as caught:
        impression(loop, case, **fields)
    assert caught.value.field == field
    assert loop.stored(case.id).blinded and not loop.stored(case.id).impressions


def test_the_first_impression_reveals_to_all_and_only_that_one_was_blinded(
    loop: LoopStation,
) -> None:
    case = loop.image(melanoma=0.9, withheld=True)
    assert is_withheld(case)
    shown = impression(loop, case)
    assert not is_withheld(shown) and shown.analysis.decision.level is Level.URGENT
    again = loop.reading.record_impression(COLLEAGUE, case.id, shown.version, IMPRESSION)
    assert [made.blinded for made in again.impressions] == [True, False]
    assert again.reveal == Reveal(loop.clock.at, CLINICIAN.id, RevealCause.IMPRESSION)
    stated = last(loop, Action.CASE_REVEALED)
    assert (stated["cause"], stated["level"]) == ("impression", "urgent")
    assert len(loop.station.events(Action.CASE_REVEALED)) == 1


def test_an_impression_on_what_somebody_changed_meanwhile_is_refused(loop: LoopStation) -> None:
    case = loop.image(withheld=True)
    loop.reading.record_impression(COLLEAGUE, case.id, case.version, IMPRESSION)
    with pytest.raises(StaleCase):
        impression(loop, case)
    assert len(loop.stored(case.id).impressions) == 1


def test_an_impression_of_a_draft_reveals_it_too(loop: LoopStation) -> None:
    case = loop.withheld.analyse_upload(CLINICIAN, photograph(), "a.jpg", FULL)
    assert not impression(loop, case).blinded


def test_an_urgent_case_that_nobody_read_in_time_is_shown_and_says_so(loop: LoopStation) -> None:
    urgent = loop.image(melanoma=0.9, withheld=True)
    routine = loop.image(melanoma=0.01, withheld=True)
    loop.clock.at = urgent.created_at + timedelta(hours=24)
    assert loop.reading.escalate() == 0
    loop.clock.at += timedelta(seconds=1)
    assert loop.reading.escalate() == 1
    assert loop.reading.escalate() == 0
    stored = loop.stored(urgent.id)
    assert stored.reveal == Reveal(loop.clock.at, SYSTEM.id, RevealCause.ESCALATED)
    assert not stored.blinded and loop.stored(routine.id).blinded
    late = impression(loop, stored)
    assert not late.impressions[0].blinded
    assert late.reveal == stored.reveal


def test_drafts_are_escalated_too_but_nothing_in_the_bin(loop: LoopStation) -> None:
    loop.station.classifier.melanoma = 0.9
    draft = loop.withheld.analyse_upload(CLINICIAN, photograph(), "a.jpg", FULL)
    binned = loop.image(melanoma=0.9, withheld=True)
    loop.withheld.delete(CLINICIAN, binned.id, binned.version)
    loop.clock.at += timedelta(days=30)
    assert loop.reading.escalate() == 1
    assert not loop.stored(draft.id).blinded and loop.stored(binned.id).blinded


def test_without_the_setting_everything_is_shown_the_bin_included(loop: LoopStation) -> None:
    shown = loop.image()
    held = [loop.image(melanoma=share, withheld=True) for share in (0.9, 0.01)]
    loop.withheld.delete(CLINICIAN, held[0].id, held[0].version)
    assert loop.reading.unblind_all() == 2
    assert loop.reading.unblind_all() == 0
    for case in held:
        reveal = loop.stored(case.id).reveal
        assert reveal == Reveal(loop.clock.at, SYSTEM.id, RevealCause.SETTING)
    assert loop.stored(shown.id) == shown


def test_a_case_that_cannot_be_revealed_keeps_no_other_back(
    loop: LoopStation, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, sound = (loop.image(melanoma=0.9, withheld=True) for _ in range(2))
    get = SqlCaseRepository.get

    def damaged(self: SqlCaseRepository, case_id: str) -> Case:
        if case_id == broken.id:
            raise InvalidInput("case", "This row is damaged.")
        return get(self, case_id)

    with monkeypatch.context() as patched:
        patched.setattr(SqlCaseRepository, "get", damaged)
        loop.clock.at += timedelta(days=30)
        assert loop.reading.escalate() == 1
    assert not loop.stored(sound.id).blinded and loop.stored(broken.id).blinded


def test_only_who_may_review_does_any_of_this(loop: LoopStation) -> None:
    case = loop.image()
    case = loop.reading.record_verdict(CLINICIAN, case.id, case.version, FOLLOW_UP)
    step, reading, at = case.next_steps[0].id, loop.reading, (case.id, case.version)
    no_review = replace(CLINICIAN, permissions=CLINICIAN.permissions - {Permission.REVIEW})
    events = len(loop.station.events())
    for who in (PHOTOGRAPHER, ADMINISTRATOR, AUDITOR, no_review):
        steps: tuple[Callable[[Actor], object], ...] = (
            lambda a: reading.record_impression(a, *at, IMPRESSION),
            lambda a: reading.record_verdict(a, *at, AGREE),
            lambda a: reading.take(a, case.id),
            lambda a: reading.release(a, case.id),
            lambda a: reading.assign(a, case.id, CLINICIAN.id),
            lambda a: reading.close(a, *at),
            lambda a: reading.reopen(a, *at),
            lambda a: reading.end_step(a, *at, step, StepEnd.DONE),
            lambda a: reading.hand_step(a, *at, step, COLLEAGUE.id),
        )
        for done in steps:
            with pytest.raises(NotPermitted):
                done(who)
    assert loop.stored(case.id) == case
    assert len(loop.station.events()) == events


def test_every_step_leaves_one_event_with_the_state_of_the_case(loop: LoopStation) -> None:
    case = loop.image(withheld=True)
    reading, before = loop.reading, len(loop.station.events())
    case = impression(loop, case)
    case = reading.take(CLINICIAN, case.id)
    case = reading.record_verdict(CLINICIAN, case.id, case.version, FOLLOW_UP)
    step = case.next_steps[0].id
    case = reading.hand_step(CLINICIAN, case.id, case.version, step, COLLEAGUE.id)
    case = reading.end_step(CLINICIAN, case.id, case.version, step, StepEnd.DONE)
    case = reading.close(CLINICIAN, case.id, case.version)
    case = reading.reopen(CLINICIAN, case.id, case.version)
    events = loop.station.events()[before:]
    assert [event.action for event in events] == [
        "impression_recorded",
        "case_revealed",
        "case_taken",
        "verdict_recorded",
        "step_changed",
        "step_changed",
        "case_closed",
        "case_reopened",
    ]
    assert {event.subject for event in events} == {case.id}
    assert all(json.loads(event.details)["state"] for event in events)


def test_the_reference_of_an_image_under_a_lesion_stays_until_it_is_taken_out(
    loop: LoopStation,
) -> None:
    case = loop.image(lesion=loop.lesion())
    other = replace(case.details, patient_reference="P-2")
    with pytest.raises(NotAllowedInState, match="lesion of its patient"):
        loop.station.cases.update(CLINICIAN, case.id, case.version, other)
    noted = replace(case.details, note="Seen.")
    case = loop.station.cases.update(CLINICIAN, case.id, case.version, noted)
    case = loop.lesions.assign(CLINICIAN, case.id, case.version, "", "Wrong patient.")
    assert loop.station.cases.update(CLINICIAN, case.id, case.version, other).details == other
