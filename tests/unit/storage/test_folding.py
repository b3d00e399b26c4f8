"""Search compares text as people read it, and patterns mean what was typed."""

import pytest

from triage_app.storage.records.folding import (
    can_occur,
    fold,
    like_pattern,
    phrase,
    prefix_range,
    searchable,
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("STRASSE", "straße"),
        ("ΣΊΣΥΦΟΣ", "σίσυφος"),
        ("E\u0301cole", "école"),
        ("ПЁТР", "пётр"),
        ("AB-12", "ab-12"),
    ],
)
def test_case_and_composition_do_not_matter_in_any_script(one: str, other: str) -> None:
    assert fold(one) == fold(other)


@pytest.mark.parametrize("text", ["سارة", "痣", "👩🏽‍⚕️"])
def test_text_without_case_stays(text: str) -> None:
    assert fold(text) == text


def test_folding_twice_changes_nothing_more() -> None:
    for text in ("İstanbul", "ΐ", "ﬃ", "ǰ", "ŉ", "ᾳ"):
        assert fold(fold(text)) == fold(text)


def test_no_needle_spans_two_texts() -> None:
    assert "note question" not in searchable("note", " question")


def test_wildcards_are_searched_literally() -> None:
    assert like_pattern("5_0%\\") == "%5\\_0\\%\\\\%"


def test_quotes_do_not_end_a_phrase() -> None:
    assert phrase('a" OR "b') == '"a"" OR ""b"'


def test_a_prefix_range_holds_what_begins_with_it_and_nothing_else() -> None:
    low, high = prefix_range("ab")
    assert all(low <= text <= high for text in ("ab", "ab-1", "abz", "ab\U0001f600"))
    assert not any(low <= text <= high for text in ("a", "aa", "ac", "b", "Ab"))


def test_what_no_stored_text_can_hold_is_known() -> None:
    assert can_occur("سارة 👩🏽‍⚕️")
    assert not can_occur("a\x00b")
    assert not can_occur("a\ud83d")
