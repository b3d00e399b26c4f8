"""Lesions: made, changed, and images filed under them and compared."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.stations.loop_station import BACK, FACE, ZEBRA, LoopStation, open_loop
from tests.stations.service_station import (
    ADMINISTRATOR,
    AUDITOR,
    CLINICIAN,
    FULL,
    PHOTOGRAPHER,
    REASSURING,
    photograph,
)
from triage_app.domain.case import CaseDetails, ModelIdentity
from triage_app.domain.change import Repeatability
from triage_app.domain.context import Laterality, Site
from triage_app.domain.errors import (
    CaseNotFound,
    InvalidInput,
    LesionNotFound,
    NotAllowedInState,
    NotPermitted,
    PatientNotFound,
    StaleCase,
    StaleRecord,
)
from triage_app.domain.lesion import BodyView, MapPoint
from triage_app.domain.people import Actor
from triage_app.domain.trail import Action
from triage_app.domain.triage import Level
from triage_app.imaging.decoding.pool import DecoderPool
from triage_app.services.patients.lesions import Lesions

NOWHERE = CaseDetails(context=replace(REASSURING, site=None, laterality=None))


@pytest.fixture
def loop(tmp_path: Path, decoder: DecoderPool) -> Iterator[LoopStation]:
    with open_loop(tmp_path, decoder) as opened:
        yield opened


def test_words_that_cannot_be_shown_are_refused_by_their_field(loop: LoopStation) -> None:
    case = loop.image()
    for named, attempt in {
        "patient_reference": lambda: loop.lesions.find(CLINICIAN, "a\u202eb"),
        "reason": lambda: loop.lesions.assign(CLINICIAN, case.id, case.version, "", "x" * 1001),
    }.items():
        with pytest.raises(InvalidInput) as refused:
            attempt()
        assert refused.value.field == named
    with pytest.raises(InvalidInput):
        loop.lesions.patient(CLINICIAN, "  ")


def test_a_lesion_is_placed_on_the_body_map(loop: LoopStation) -> None:
    made = loop.lesion(view="back", x=0.4, y="0.25")
    (line,) = loop.lesions.patient(CLINICIAN, ZEBRA).lesions
    assert line.lesion == made
    assert made.point == MapPoint(BodyView.BACK, 0.4, 0.25)
    assert (made.site, made.laterality) == (Site.BACK, Laterality.LEFT)
    assert (line.images, line.level, line.last) == (0, None, None)


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({**BACK, "site": ""}, "site"),
        ({**BACK, "laterality": None}, "laterality"),
        ({**BACK, "site": "elbow"}, "site"),
        ({**BACK, "label": "x" * 81}, "label"),
        ({**BACK, "view": "back", "x": 1.2, "y": 0.1}, "point"),
        ({**BACK, "view": "back", "x": 0.2}, "point"),
        ({**BACK, "view": "back", "x": "nan", "y": 0.1}, "x"),
        ({**BACK, "colour": "brown"}, "colour"),
    ],
)
def test_a_lesion_without_a_place_is_refused(
    loop: LoopStation, fields: dict[str, object], named: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        loop.lesions.create(CLINICIAN, ZEBRA, fields)
    assert refused.value.field == named


def test_lesions_without_a_name_are_numbered_and_no_name_is_given_twice(loop: LoopStation) -> None:
    assert [loop.lesion(label="").label for _ in range(2)] == ["Lesion 1", "Lesion 2"]
    with pytest.raises(InvalidInput) as refused:
        loop.lesion(label="LESION 2")
    assert refused.value.field == "label"
    assert loop.lesion("Okapi-1", label="Lesion 2").label == "Lesion 2"


def test_an_image_takes_over_name_and_place_and_is_decided_again(loop: LoopStation) -> None:
    case = loop.image(details=NOWHERE)
    assert case.analysis.decision.level is Level.REVIEW
    on_back = loop.lesions.assign(CLINICIAN, case.id, case.version, loop.lesion().id)
    assert on_back.details.context.site is Site.BACK
    assert on_back.details.context.laterality is Laterality.LEFT
    assert on_back.details.lesion_label == "L1"
    assert on_back.analysis.decision.level is Level.ROUTINE
    face = loop.lesions.create(CLINICIAN, ZEBRA, FACE)
    moved = loop.lesions.assign(CLINICIAN, case.id, on_back.version, face.id, "wrong lesion")
    assert moved.details.context.site is Site.FACE
    assert moved.details.lesion_label == "L2"
    assert moved.analysis.decision.level is Level.REVIEW


def test_what_was_typed_about_an_image_stays(loop: LoopStation) -> None:
    neck = replace(FULL, context=replace(REASSURING, site=Site.NECK), lesion_label="my own name")
    case = loop.image(lesion=loop.lesion(), details=neck)
    assert case.details.context.site is Site.NECK
    assert case.details.context.laterality is Laterality.LEFT
    assert case.details.lesion_label == "my own name"


def test_every_move_stays_in_the_history_of_both_lesions(loop: LoopStation) -> None:
    first, second = loop.lesion(), loop.lesions.create(CLINICIAN, ZEBRA, FACE)
    case = loop.image(lesion=first)
    case = loop.lesions.assign(CLINICIAN, case.id, case.version, second.id, "wrong lesion")
    case = loop.lesions.assign(CLINICIAN, case.id, case.version, "", "not a lesion of this patient")
    assert [(m.from_lesion, m.to_lesion, m.reason) for m in case.moves] == [
        ("", first.id, ""),
        (first.id, second.id, "wrong lesion"),
        (second.id, "", "not a lesion of this patient"),
    ]
    assert case.lesion_id == ""
    told = loop.lesions.lesion(CLINICIAN, first.id)
    assert told.cases == ()
    assert [moved.move.reason for moved in told.moves] == ["wrong lesion", ""]
    assert all(moved.case_id == case.id for moved in told.moves)
    events = [json.loads(e.details) for e in loop.station.events(Action.CASE_MOVED)]
    assert [(e["from"], e["to"]) for e in events] == [
        ("", first.id),
        (first.id, second.id),
        (second.id, ""),
    ]
    assert not any("wrong" in e.details for e in loop.station.events())


def test_filing_an_image_where_it_is_already_changes_nothing(loop: LoopStation) -> None:
    lesion = loop.lesion()
    case = loop.image(lesion=lesion)
    again = loop.lesions.assign(CLINICIAN, case.id, case.version, lesion.id)
    assert again == case
    assert len(loop.station.events(Action.CASE_MOVED)) == 1


def test_another_patients_lesion_takes_the_image_along_only_with_a_reason(
    loop: LoopStation,
) -> None:
    case, others = loop.image(), loop.lesion("Okapi-1")
    with pytest.raises(InvalidInput) as refused:
        loop.lesions.assign(CLINICIAN, case.id, case.version, others.id)
    assert refused.value.field == "reason"
    moved = loop.lesions.assign(CLINICIAN, case.id, case.version, others.id, "wrong reference")
    assert moved.details.patient_reference == "Okapi-1"
    assert loop.lesions.patient(CLINICIAN, "Okapi-1").lesions[0].images == 1


def test_a_held_patients_image_stays_with_the_patient(loop: LoopStation) -> None:
    case, others, own = loop.image(), loop.lesion("Okapi-1"), loop.lesion()
    loop.station.privacy.set_hold(ADMINISTRATOR, ZEBRA, "claim pending")
    with pytest.raises(NotAllowedInState, match="legal hold"):
        loop.lesions.assign(CLINICIAN, case.id, case.version, others.id, "wrong reference")
    kept = loop.stored(case.id)
    assert (kept.version, kept.lesion_id) == (case.version, "")
    assert loop.lesions.assign(CLINICIAN, case.id, case.version, own.id).lesion_id == own.id


def test_a_draft_without_reference_becomes_the_patients(loop: LoopStation) -> None:
    draft = loop.station.cases.analyse_upload(CLINICIAN, photograph(), "a.jpg")
    case = loop.lesions.assign(CLINICIAN, draft.id, draft.version, loop.lesion().id)
    assert case.details.patient_reference == ZEBRA


def test_the_reference_of_an_image_of_a_lesion_changes_only_by_a_move(loop: LoopStation) -> None:
    case = loop.image(lesion=loop.lesion())
    other = replace(case.details, patient_reference="Okapi-1")
    with pytest.raises(NotAllowedInState):
        loop.station.cases.update(CLINICIAN, case.id, case.version, other)


def test_an_image_that_was_changed_or_binned_meanwhile_is_not_moved(loop: LoopStation) -> None:
    lesion, case = loop.lesion(), loop.image()
    with pytest.raises(StaleCase):
        loop.lesions.assign(CLINICIAN, case.id, case.version - 1, lesion.id)
    with pytest.raises(LesionNotFound):
        loop.lesions.assign(CLINICIAN, case.id, case.version, "f" * 32)
    with pytest.raises(CaseNotFound):
        loop.lesions.assign(CLINICIAN, "f" * 32, 1, lesion.id)
    case = loop.station.cases.delete(CLINICIAN, case.id, case.version)
    with pytest.raises(NotAllowedInState, match="bin"):
        loop.lesions.assign(CLINICIAN, case.id, case.version, lesion.id)


def test_a_new_image_reopens_the_last_case_of_the_lesion(loop: LoopStation) -> None:
    lesion = loop.lesion()
    first, second = loop.image(lesion=lesion), loop.image(lesion=lesion)
    for case in (first, second):
        done = loop.verdict(case)
        loop.reading.close(CLINICIAN, done.id, done.version)
    loop.image(lesion=lesion)
    assert loop.stored(first.id).closed_at is not None
    assert loop.stored(second.id).closed_at is None
    (event,) = loop.station.events(Action.CASE_REOPENED)
    assert event.subject == second.id


def test_a_corrected_place_reaches_the_images_that_had_it_from_the_lesion(
    loop: LoopStation,
) -> None:
    lesion = loop.lesion()
    case = loop.image(lesion=lesion, details=NOWHERE)
    own = loop.image(
        lesion=lesion, details=replace(FULL, context=replace(REASSURING, site=Site.NECK))
    )
    changed = loop.lesions.change(CLINICIAN, lesion.id, lesion.version, {**FACE, "label": ""})
    assert (changed.site, changed.label, changed.version) == (Site.FACE, "L1", lesion.version + 1)
    after = loop.stored(case.id)
    assert after.details.context.site is Site.FACE
    assert after.analysis.decision.level is Level.REVIEW
    assert loop.stored(own.id).details.context.site is Site.NECK
    with pytest.raises(StaleRecord):
        loop.lesions.change(CLINICIAN, lesion.id, lesion.version, BACK)


def test_the_level_of_a_lesion_is_the_worst_of_its_images(loop: LoopStation) -> None:
    lesion = loop.lesion()
    urgent = loop.image(lesion=lesion, melanoma=0.7)
    newest = loop.image(lesion=lesion, melanoma=0.02)
    view = loop.lesions.lesion(CLINICIAN, lesion.id)
    assert view.level is Level.URGENT
    assert [case.id for case in view.cases] == [newest.id, urgent.id]
    assert [point.case_id for point in view.points] == [urgent.id, newest.id]
    line = loop.lesions.patient(CLINICIAN, ZEBRA).lesions[0]
    assert (line.level, line.images, line.withheld) == (Level.URGENT, 2, False)
    assert line.last
    assert line.last.id == newest.id
    stored = loop.stored(urgent.id)
    loop.station.cases.delete(CLINICIAN, stored.id, stored.version)
    assert loop.lesions.lesion(CLINICIAN, lesion.id).level is Level.ROUTINE


def test_a_withheld_image_takes_level_point_and_comparison_of_its_lesion(
    loop: LoopStation,
) -> None:
    lesion = loop.lesion()
    known = loop.image(lesion=lesion)
    hidden = loop.image(lesion=lesion, melanoma=0.7, withheld=True)
    view = loop.lesions.lesion(CLINICIAN, lesion.id)
    assert view.level is None
    assert [point.share is None for point in view.points] == [False, True]
    assert view.points[1].level is None
    line = loop.lesions.patient(CLINICIAN, ZEBRA).lesions[0]
    assert (line.level, line.withheld) == (None, True)
    compared = loop.lesions.compare(CLINICIAN, lesion.id, known.id, hidden.id)
    assert compared.sentences == ()
    assert compared.after.analysis.evidence.findings is None
    (_, moved) = loop.station.events(Action.CASE_MOVED)
    assert json.loads(moved.details)["level"] == ""
    form = {"diagnosis": "naevus", "level": "routine", "confidence": "low"}
    loop.reading.record_impression(CLINICIAN, hidden.id, hidden.version, form)
    assert loop.lesions.lesion(CLINICIAN, lesion.id).level is Level.URGENT
    assert loop.lesions.compare(CLINICIAN, lesion.id, known.id, hidden.id).sentences


def test_repeatability_stands_beside_the_images_of_the_model_it_was_measured_on(
    loop: LoopStation,
) -> None:
    lesion = loop.lesion()
    first, second = loop.image(lesion=lesion), loop.image(lesion=lesion, melanoma=0.03)
    units, files = loop.station.units, loop.station.files
    for name, told in (("scripted", True), ("another", False)):
        model = ModelIdentity(name, "0", "0" * 64)
        measured = Repeatability(0.75, 0.68, 0.83, 203, 469, "repeated photographs", model)
        lesions = Lesions(units, files, loop.station.assessor, measured, loop.clock)
        view = lesions.lesion(CLINICIAN, lesion.id)
        assert [point.band is not None for point in view.points] == [told] * 2
        said = " ".join(lesions.compare(CLINICIAN, lesion.id, first.id, second.id).sentences)
        assert ("repeated photographs of one unchanged lesion" in said) is told


def test_two_images_are_compared_the_earlier_first(loop: LoopStation) -> None:
    lesion = loop.lesion()
    first, second = loop.image(lesion=lesion), loop.image(lesion=lesion, melanoma=0.2)
    for asked in ((first.id, second.id), (second.id, first.id)):
        compared = loop.lesions.compare(CLINICIAN, lesion.id, *asked)
        assert (compared.before.id, compared.after.id) == (first.id, second.id)
        assert "Triage level: routine, then review." in compared.sentences
    loose = loop.image()
    with pytest.raises(CaseNotFound):
        loop.lesions.compare(CLINICIAN, lesion.id, first.id, loose.id)
    with pytest.raises(InvalidInput):
        loop.lesions.compare(CLINICIAN, lesion.id, first.id, first.id)
    with pytest.raises(LesionNotFound):
        loop.lesions.compare(CLINICIAN, "f" * 32, first.id, second.id)


def test_what_was_shown_is_in_the_trail(loop: LoopStation) -> None:
    lesion = loop.lesion()
    case = loop.image(lesion=lesion)
    record = loop.lesions.patient(CLINICIAN, ZEBRA).record
    loop.lesions.lesion(CLINICIAN, lesion.id)
    (patient,) = loop.station.events(Action.PATIENT_VIEWED)
    (seen,) = loop.station.events(Action.LESION_VIEWED)
    assert (patient.subject, seen.subject) == (record.id, lesion.id)
    for event in (patient, seen):
        assert json.loads(event.details) == {"cases": [case.id]}


@pytest.mark.parametrize("actor", [PHOTOGRAPHER, ADMINISTRATOR, AUDITOR], ids=lambda a: a.name)
def test_only_clinicians_see_and_change_lesions(loop: LoopStation, actor: Actor) -> None:
    lesion = loop.lesion()
    case = loop.image(lesion=lesion)
    before = len(loop.station.events())
    lesions = loop.lesions
    for attempt in (
        lambda: lesions.patient(actor, ZEBRA),
        lambda: lesions.patient_by_id(actor, lesion.patient_id),
        lambda: lesions.find(actor, "Z"),
        lambda: lesions.lesion(actor, lesion.id),
        lambda: lesions.compare(actor, lesion.id, case.id, case.id),
        lambda: lesions.save_patient(actor, ZEBRA, 1, {}),
        lambda: lesions.create(actor, ZEBRA, FACE),
        lambda: lesions.change(actor, lesion.id, 1, FACE),
        lambda: lesions.assign(actor, case.id, case.version, ""),
    ):
        with pytest.raises(NotPermitted):
            attempt()
    assert len(loop.station.events()) == before


def test_erasing_a_patient_takes_the_lesions_along(loop: LoopStation) -> None:
    lesion, kept = loop.lesion(), loop.lesion("Okapi-1")
    loop.image(lesion=lesion)
    loop.station.privacy.erase_patient(ADMINISTRATOR, ZEBRA, "patient_request")
    with pytest.raises(LesionNotFound):
        loop.lesions.lesion(CLINICIAN, lesion.id)
    with pytest.raises(PatientNotFound):
        loop.lesions.patient(CLINICIAN, ZEBRA)
    assert loop.lesions.lesion(CLINICIAN, kept.id).lesion == kept
    (event,) = loop.station.events(Action.PATIENT_ERASED)
    assert json.loads(event.details)["lesions"] == [lesion.id]
