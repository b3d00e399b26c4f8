"""What the pages of patients and lesions make of typed text and of missing findings."""

import json
import re
from dataclasses import replace
from html import unescape

from tests.samples.loop_cases import START, case
from triage_app.domain.case import CaseDetails
from triage_app.domain.change import compare
from triage_app.domain.context import Laterality, Sex, Site, SkinType
from triage_app.domain.lesion import BodyView, Lesion, MapPoint, Move, RiskFactor
from triage_app.domain.site import PatientRecord
from triage_app.domain.triage import Level
from triage_app.domain.withholding import IMPRESSION_FIRST, without_findings
from triage_app.services.patients.lesion_views import LesionLine, LesionMove
from triage_app.ui.patients import (
    lesion_history,
    lesion_parts,
    patient_record,
    patients,
    place_form,
)
from triage_app.ui.words import lesions as words

SCRIPT = "<script>alert(1)</script>\"'"
NOSE = Lesion(
    id="1" * 32,
    version=1,
    patient_id="2" * 32,
    label=SCRIPT,
    site=Site.FACE,
    laterality=Laterality.MIDLINE,
    point=MapPoint(BodyView.HEAD, 0.25, 0.27),
    created_at=START,
    updated_at=START,
)
UNPLACED = replace(NOSE, id="3" * 32, label="Thumb", site=Site.NAIL, point=None)
LINES = (
    LesionLine(NOSE, Level.URGENT, 2, case("a", 0), withheld=False),
    LesionLine(UNPLACED, None, 0, None, withheld=False),
)
HIDDEN = without_findings(case("h", 5, 0.9), IMPRESSION_FIRST)


def _attribute(html: str, name: str) -> str:
    found = re.search(f'{name}="([^"]*)"', html)
    assert found is not None
    return unescape(found[1])


def test_typed_text_never_becomes_markup() -> None:
    record = PatientRecord(SCRIPT, id="2" * 32)
    typed = replace(case("a", 0), details=CaseDetails(SCRIPT, SCRIPT))
    moved = LesionMove("a", Move(START, "x", "", NOSE.id, SCRIPT))
    drawn = (
        lesion_parts.patient_head(record, privacy=True),
        lesion_parts.lesion_list(LINES),
        lesion_parts.loose([typed], LINES, changes=True),
        patients.listed([record, replace(record, id="")], searched=True),
        place_form.body_map(LINES, pick=True),
        lesion_history.moves([moved], NOSE.id, {}, {"x": SCRIPT}),
    )
    for html in drawn:
        assert "<script>" not in html
        assert "script" in unescape(html)


def test_the_map_marks_only_lesions_that_have_a_place_and_numbers_them_as_the_list_does() -> None:
    marks = json.loads(_attribute(place_form.body_map(LINES[::-1], pick=False), "data-lesions"))
    assert [(mark["number"], mark["view"], mark["level"]) for mark in marks] == [
        (2, "head", "urgent")
    ]
    assert "urgent" in marks[0]["label"]


def test_a_place_that_is_being_corrected_is_the_chosen_one_and_no_mark() -> None:
    html = place_form.body_map(LINES, pick=True, here=NOSE.id)
    assert json.loads(_attribute(html, "data-lesions")) == []
    assert json.loads(_attribute(html, "data-chosen")) == {"view": "head", "x": 0.25, "y": 0.27}


def test_a_lesion_with_withheld_findings_shows_no_level() -> None:
    line = LesionLine(NOSE, None, 1, HIDDEN, withheld=True)
    html = lesion_parts.lesion_list([line]) + place_form.body_map([line], pick=False)
    assert words.WITHHELD in html
    assert words.WITHHELD_HELP in html
    assert not re.search("level-|urgent|cannot", html)


def test_a_lesion_without_images_shows_no_level_either() -> None:
    html = lesion_parts.lesion_list(LINES[1:])
    assert words.LESION_IMAGES[0] in html
    assert "level-" not in html


def test_a_comparison_with_a_withheld_image_says_that_instead_of_a_change() -> None:
    html = lesion_history.pair(compare(case("a", 0), HIDDEN, None, withheld=True))
    assert words.COMPARE_WITHHELD in html
    assert "badge" not in html
    assert "%" not in html


def test_a_comparison_shows_the_earlier_image_first_with_its_day() -> None:
    html = lesion_history.pair(compare(case("b", 30), case("a", 0), None, withheld=False))
    assert _attribute(html, "data-before") == "/cases/a/images/crop"
    assert _attribute(html, "data-after-words") == "Later: 1 Apr 2026"


def test_two_images_of_one_day_are_told_apart_by_the_time() -> None:
    later = replace(case("b", 0), created_at=START.replace(hour=15))
    names = [name for name, _ in lesion_parts.choices([later, case("a", 0), case("c", 9)])]
    assert names == ["2 Mar 2026, 15:00:00 UTC", "2 Mar 2026, 09:00:00 UTC", "11 Mar 2026"]


def test_an_image_can_be_filed_only_where_there_is_a_lesion_and_by_whoever_may() -> None:
    loose = [case("a", 0)]
    assert "triage-assign" in lesion_parts.loose(loose, LINES, changes=True)
    assert "triage-assign" not in lesion_parts.loose(loose, (), changes=True)
    assert "triage-assign" not in lesion_parts.loose(loose, LINES, changes=False)


def test_the_form_of_a_record_gives_back_what_it_was_filled_with() -> None:
    record = PatientRecord(
        "P-1",
        birth_year=1960,
        sex=Sex.MALE,
        skin_type=SkinType.V,
        risk_factors=frozenset({RiskFactor.MANY_NAEVI}),
    )
    sent = patient_record.fields(*patient_record.filled(record))
    assert (sent["birth_year"], sent["sex"], sent["skin_type"]) == ("1960", "male", "V")
    assert (sent["risk_factors"], sent["risk_factors_asked"]) == (["many_naevi"], "yes")


def test_risk_factors_that_were_asked_and_absent_are_not_the_same_as_not_asked() -> None:
    asked = patient_record.filled(PatientRecord("P-1", risk_factors=frozenset()))
    never = patient_record.filled(PatientRecord("P-1"))
    told = [patient_record.fields(*values)["risk_factors_asked"] for values in (asked, never)]
    assert told == ["yes", "no"]


def test_the_address_of_a_patient_never_holds_the_reference() -> None:
    html = patients.listed([PatientRecord("ZEBRA-77", id="2" * 32)], searched=False)
    assert re.findall(r'href="([^"]*)"', html) == [f"/patient?id={'2' * 32}"]


def test_the_form_of_a_place_gives_back_what_it_was_filled_with() -> None:
    sent = place_form.fields(place_form.filled(NOSE))
    assert sent["site"] == "face"
    assert (sent["view"], sent["x"], sent["y"]) == ("head", "0.25", "0.27")
