"""References that look the same are the same; those that may be mistaken are known to be alike."""

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage_app.domain import references
from triage_app.domain.errors import InvalidInput
from triage_app.domain.references import (
    clean,
    is_invisible,
    likeness,
    mixed_alphabets,
    normalise,
    unusual,
)
from triage_app.storage.records.folding import fold, reference_key

ANY = st.text(st.characters(exclude_categories=("Cs",)), max_size=40)
INVISIBLE = [chr(c) for c in range(sys.maxunicode + 1) if is_invisible(chr(c))]
NEVER_SEEN = "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u00ad\u034f\u061c\u115f\u1160\u3164\uffa0"
SPACES = [chr(c) for c in range(sys.maxunicode + 1) if chr(c).isspace()] + ["\u2800"]
# What a clinic numbers its patients with: nothing that a neighbour combines with.
PLAIN = st.text("ABCxyz0123456789-/. äŁЖ字", min_size=1, max_size=20).map(normalise)
PLAIN = PLAIN.filter(bool)


@given(ANY)
def test_normalising_twice_changes_nothing_more(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once
    assert unicodedata.is_normalized("NFC", once)
    assert once == once.strip()
    assert "  " not in once


@given(ANY)
def test_the_key_of_a_folded_reference_is_that_of_the_reference(text: str) -> None:
    assert reference_key(fold(text)) == reference_key(text)
    assert reference_key(reference_key(text)) == reference_key(text)


@given(PLAIN, st.data())
def test_what_is_invisible_makes_no_other_patient(reference: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(reference)))
    hidden = data.draw(st.sampled_from(INVISIBLE))
    assert normalise(reference[:at] + hidden + reference[at:]) == reference


def test_every_invisible_character_is_dropped_and_no_visible_one() -> None:
    assert set(NEVER_SEEN) <= set(INVISIBLE)
    assert all(chr(c) in INVISIBLE for c in (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)))
    assert not any(is_invisible(c) for c in "P-18 \u0600\u06dd\u0301\u200a")
    assert len(INVISIBLE) > 4000


@given(PLAIN, st.sampled_from(SPACES), st.sampled_from(SPACES))
def test_spaces_of_every_kind_are_one(reference: str, one: str, other: str) -> None:
    words = reference.split(" ")
    assert normalise(one + (one + other).join(words) + other) == reference


@given(ANY, st.sampled_from(["NFC", "NFD"]))
def test_composition_makes_no_other_patient(text: str, form: str) -> None:
    assert normalise(unicodedata.normalize(form, text)) == normalise(text)


@given(st.text([chr(c) for c in range(0x21, 0x7F)], min_size=1, max_size=20))
def test_full_width_characters_are_the_plain_ones(reference: str) -> None:
    wide = "".join(chr(ord(character) + 0xFEE0) for character in reference)
    assert normalise(wide) == normalise(reference) == reference


@pytest.mark.parametrize(
    "spelled",
    [
        "P-18",
        "P-18\u200b",
        "P-18\ufeff",
        "P-18\u00a0",
        "P\u201018",
        "P\u201118",
        "P\u201318",
        "P\u221218",
        "Ｐ－１８",
        "𝖯-𝟣𝟪",
        "\u3000P-\u00ad18\u2009\n",
        "\u202aP-18\u202c",
    ],
)
def test_what_looks_like_p_18_is_p_18(spelled: str) -> None:
    assert clean(spelled) == "P-18"


def test_what_looks_different_stays_different() -> None:
    kept = ["p-18", "P-018", "P18", "P—18", "P.18", "Р-18", "P-①8", "P-¹8", "№18", "No18", "ﬁ1"]
    assert [clean(text) for text in kept] == kept


@pytest.mark.parametrize("bad", ["\x00", "\x1b", "\x1f", "\u202e", "\u202d", "\ue000", "\ud800"])
def test_what_cannot_be_shown_is_refused_by_code_point(bad: str) -> None:
    with pytest.raises(InvalidInput, match=rf"U\+{ord(bad):04X}") as error:
        clean(f"P-{bad}18")
    assert error.value.field == "patient_reference"


def test_the_length_is_that_of_what_is_stored() -> None:
    assert clean("\u200b" * 500 + "x" * 64) == "x" * 64
    with pytest.raises(InvalidInput, match="65 of 64"):
        clean("x" * 65)


@pytest.mark.parametrize(
    "group",
    [
        ["00123", "123", "0123", "０１２３", "12-3", "1 23", "١٢٣", "#123"],
        ["P-18", "p-18", "P18", "P 18", "P/18", "P-018", "p_0018", "Р-18", "P—18", "'P-18'"],
        ["+61-17", "61-17", "6117", "+6117"],
        ["P-01-08", "P-1-8", "P0108", "p.01.08"],
        ["AB-1", "АВ-1", "ΑΒ-1", "ab1"],
        ["P-0", "P-00", "P0"],
    ],
)
def test_references_that_may_be_mistaken_are_alike(group: list[str]) -> None:
    first, *others = map(likeness, group)
    for reference, other in zip(group[1:], others, strict=True):
        assert set(first) & set(other), reference


def test_references_that_nobody_mistakes_are_not_alike() -> None:
    apart = ["P-18", "P-19", "P-180", "Q-18", "P-118", "18", "P-81", "", "--", "++"]
    forms = [set(likeness(text)) - {""} for text in apart]
    for at, one in enumerate(forms):
        assert not any(one & other for other in forms[at + 1 :]), apart[at]


@given(ANY)
def test_the_same_patient_is_always_alike(text: str) -> None:
    assert likeness(normalise(text)) == likeness(text)
    assert likeness(reference_key(text)) == likeness(text)
    assert all(likeness(text)) == bool(normalise(text))


def test_mixed_alphabets_and_unusual_characters_are_named() -> None:
    assert mixed_alphabets("Р-18b") == ("Latin", "Cyrillic")
    assert mixed_alphabets("Ж-18") == mixed_alphabets("P-18") == ()
    assert unusual("P-18\u200b") == ("U+200B zero width space",)
    assert unusual("P-18") == ()


def test_the_prototypes_of_other_alphabets_are_latin() -> None:
    assert all(str(value).isascii() for value in references._DRAWN_ALIKE.values())
