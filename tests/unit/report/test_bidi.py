"""Order of right-to-left text on a line."""

import pytest

from triage_app.report.bidi import base_level, levels, visual_order


def _shown(text: str) -> str:
    found = levels(text, base_level(text))
    return "".join(visual_order(text, found))


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("Lesion 2, left", "Lesion 2, left"),
        ("אבג", "גבא"),
        ("name: אבג 12", "name: 12 גבא"),
        ("אבג 12-34", "12-34 גבא"),
        ("אבג abc דה", "הד abc גבא"),
        ("abc (אבג) def", "abc (גבא) def"),
        ("אבג (abc) דה", "הד )abc( גבא"),
        ("א 1,5%", "1,5% א"),
        ("ع 1,5%", "%1,5 ع"),
        ("abc אב. 12", "abc 12 .בא"),
    ],
)
def test_a_line_is_ordered_as_the_unicode_algorithm_asks(typed: str, shown: str) -> None:
    assert _shown(typed) == shown


def test_the_first_letter_decides_the_direction_of_a_paragraph() -> None:
    assert base_level("12 abc אבג") == 0
    assert base_level("12 אבג abc") == 1
    assert base_level("12.5 %") == 0


def test_numbers_keep_their_digits_in_order_inside_arabic() -> None:
    assert "45" in _shown("عمره 45 سنة")


def test_brackets_take_the_direction_of_what_surrounds_them() -> None:
    text = "אבג (abc)"
    assert levels(text, 1)[4] == levels(text, 1)[8] == 1


def test_a_mark_stays_with_its_letter() -> None:
    text = "ab\u0301אב"
    assert levels(text, 0) == [0, 0, 0, 1, 1]


def test_unpaired_and_deeply_nested_brackets_are_no_error() -> None:
    assert _shown(")(" * 200) == ")(" * 200
    assert levels("(" * 100 + "א" + ")" * 100, 1) == [1] * 201
