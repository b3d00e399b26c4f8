"""Forms become checked details, and details become the same form again."""

import pytest

from triage_app.domain.context import (
    ClinicalContext,
    Laterality,
    RedFlag,
    Sex,
    Site,
    SkinType,
)
from triage_app.domain.errors import InvalidInput
from triage_app.services.cases.forms import details_from_form, form_from_details

FULL: dict[str, object] = {
    "patient_reference": "P-17",
    "lesion_label": "left shoulder",
    "age": 63,
    "sex": "female",
    "skin_type": "II",
    "site": "back",
    "laterality": "left",
    "red_flags": ["previous_melanoma", "ugly_duckling"],
    "red_flags_asked": True,
    "dermoscopic": "yes",
    "note": "line one\nline two",
    "clinical_question": "melanoma?",
}


def test_a_full_form_survives_the_way_there_and_back() -> None:
    details = details_from_form(FULL)
    assert details.context == ClinicalContext(
        age=63,
        sex=Sex.FEMALE,
        skin_type=SkinType.II,
        site=Site.BACK,
        laterality=Laterality.LEFT,
        red_flags=frozenset({RedFlag.PREVIOUS_MELANOMA, RedFlag.UGLY_DUCKLING}),
        dermoscopic=True,
    )
    assert form_from_details(details) == FULL


def test_an_empty_form_gives_no_answers_and_not_reassuring_ones() -> None:
    context = details_from_form({}).context
    assert context.red_flags is None
    assert context.missing == (
        "age",
        "skin type",
        "body site",
        "red flags",
        "dermoscopic image",
    )


def test_asked_and_none_present_differs_from_not_asked() -> None:
    assert details_from_form({"red_flags_asked": True}).context.red_flags == frozenset()
    assert details_from_form({"red_flags_asked": False}).context.red_flags is None


def test_a_ticked_red_flag_counts_even_if_the_other_box_is_not_ticked() -> None:
    flags = details_from_form({"red_flags": ["ugly_duckling"]}).context.red_flags
    assert flags == {RedFlag.UGLY_DUCKLING}


@pytest.mark.parametrize("age", ["0", 0, 120, "45", 45.0])
def test_whole_years_are_an_age(age: object) -> None:
    assert details_from_form({"age": age}).context.age == int(str(age).split(".")[0])


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("age", -1),
        ("age", 121),
        ("age", "forty"),
        ("age", 3.5),
        ("age", "nan"),
        ("age", "inf"),
        ("age", 10**400),
        ("age", True),
        ("sex", "x"),
        ("skin_type", "VII"),
        ("site", "elbow-ish"),
        ("red_flags", ["looks odd"]),
        ("red_flags", "ugly_duckling"),
        ("dermoscopic", "maybe"),
        ("note", 7),
        ("note", "a\x00b"),
        ("patient_reference", "x" * 10_000),
        ("unknown_field", "1"),
    ],
)
def test_a_bad_value_is_refused_and_the_field_is_named(field: str, value: object) -> None:
    with pytest.raises(InvalidInput) as error:
        details_from_form({field: value})
    assert error.value.field == field
