"""What people type is kept as typed where it can be shown, and refused where it cannot."""

import pytest

from triage_app.domain.errors import InvalidInput
from triage_app.domain.text import clean_block, clean_line


@pytest.mark.parametrize(
    "text",
    [
        "P-001",
        "Łukasz Żółć",
        "李小龍",
        "محمد",
        "דנה",
        "<b>bold</b>",
        "=SUM(A1:A9)",
        "O'Brien & Söhne",
    ],
)
def test_names_markup_and_formulas_are_kept_as_text(text: str) -> None:
    assert clean_line(text, "reference", 64) == text


def test_white_space_is_folded_and_composed_letters_are_unified() -> None:
    assert clean_line("  Jose\u0301\t Ruiz \n", "reference", 64) == "José Ruiz"


@pytest.mark.parametrize(
    "bad", ["a\x00b", "a\x1bb", "a\u202eb", "a\u2066b", "a\ufffeb", "a\ud800b"]
)
def test_characters_that_cannot_be_shown_are_refused_by_code_point(bad: str) -> None:
    with pytest.raises(InvalidInput, match=rf"U\+{ord(bad[1]):04X}") as error:
        clean_line(bad, "reference", 64)
    assert error.value.field == "reference"


def test_ten_thousand_characters_are_no_reference_but_may_be_a_note() -> None:
    with pytest.raises(InvalidInput, match="10000 of 64"):
        clean_line("x" * 10_000, "reference", 64)
    assert len(clean_block("x" * 10_000, "note")) == 10_000
    with pytest.raises(InvalidInput, match="10001 of 10000"):
        clean_block("x" * 10_001, "note")


def test_a_note_keeps_its_lines() -> None:
    assert clean_block("one\r\ntwo\rthree\n\tfour", "note") == "one\ntwo\nthree\n\tfour"
