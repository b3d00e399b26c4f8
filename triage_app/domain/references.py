"""References of patients: one spelling for all that looks the same, and what may be mistaken.

``normalise`` decides who is the same patient, so it unifies only what a reader cannot tell apart.
``likeness`` is for pointing out, so it goes further; nothing is ever merged by it.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime

from triage_app.domain.errors import InvalidInput
from triage_app.domain.text import REFERENCE_LENGTH

FIELD = "patient_reference"
LABEL = "Patient reference"

# Chosen from a list, because a typed reason could name the patient, and the trail keeps it.
HOW_KNOWN: dict[str, str] = {
    "clinic_record": "The clinic's own record was looked up",
    "patient_asked": "The patient was asked",
    "images_compared": "The images and their dates were compared",
}

# Kinds of compatibility characters (Unicode, UAX 44) that are the same letter in another width or
# style. Ligatures, roman numerals, raised and circled digits look different and stay.
_SAME_LETTER = (
    "<wide>",
    "<narrow>",
    "<font>",
    "<noBreak>",
    "<initial>",
    "<medial>",
    "<final>",
    "<isolated>",
)
# Hyphen, non-breaking hyphen, figure dash, en dash, hyphen bullet, minus, and the small one: in
# most typefaces nobody tells them from the hyphen of the keyboard. The em dash is plainly longer.
_HYPHENS = dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2043\u2212\ufe63"), "-")
# Not of category Cf, and invisible all the same (Default_Ignorable_Code_Point).
_INVISIBLE = frozenset(
    (
        *(0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2065, 0x3164, 0xFFA0),
        *(*range(0x180B, 0x1810), *range(0xFE00, 0xFE10), *range(0xFFF0, 0xFFF9)),
        *range(0xE0000, 0xE1000),
    )
)
# Of category Cf, and drawn: signs that stand around or before a number.
_DRAWN = frozenset(
    (
        *(0x06DD, 0x070F, 0x08E2, 0x110BD, 0x110CD),
        *(*range(0x0600, 0x0606), *range(0x0890, 0x0892), *range(0x13430, 0x13440)),
    )
)
_BLANK = {0x2800: " "}
# These show what follows in another order than it is stored in: "81-P" for "P-18".
_TURNING = frozenset("\u202b\u202d\u202e\u2067")
_LINE_ENDS = frozenset("\t\n\x0b\x0c\r\x85")

# Letters of other alphabets that are drawn like a Latin one, small or capital, once case is folded
# (after Unicode's confusables, UTS 39).
_DRAWN_ALIKE = str.maketrans(
    {
        **dict(zip("авекмнорстухѕіјһԁԛԝӏ", "abekmhopctyxsijhdqwl", strict=True)),
        **dict(zip("αβεζηικμνορτυχϲ", "abezhikmnoptyxc", strict=True)),
        **dict(zip("օսıɑɡ", "ouiag", strict=True)),
    }
)
_ALPHABETS = ("LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "HEBREW", "ARABIC", "CHEROKEE")


@dataclass(frozen=True)
class KnownReference:
    """A reference as it is stored, with the number of its images and the times of the first and
    last of them, None without any. ``waits`` where it looks like another patient's and nobody has
    said yet whether both are one.
    """

    reference: str
    images: int = 0
    first: datetime | None = None
    last: datetime | None = None
    waits: bool = False


def normalise(text: str) -> str:
    """The one spelling of all references that look like this one; of any text, without error.

    Letters and digits of other widths and styles become the plain ones, hyphens the keyboard's,
    what is invisible goes, white space of every kind becomes one space and goes from the ends, and
    the rest is NFC. Case, leading zeros and separators stay: ``likeness`` looks past those.
    Normalising twice changes nothing more.
    """
    plain = "".join(map(_plain, text)).translate(_HYPHENS).translate(_BLANK)
    seen = "".join(character for character in plain if not is_invisible(character))
    return " ".join(unicodedata.normalize("NFC", seen).split())


def clean(text: str) -> str:
    """The reference as it is stored, empty for none.

    Raises InvalidInput for more than 64 characters, and for one that cannot be shown or that shows
    others in the wrong order.
    """
    for character in text:
        if _is_refused(character):
            raise InvalidInput(
                FIELD,
                f"{LABEL} holds a character that cannot be shown (U+{ord(character):04X}). "
                "Type it again instead of pasting it.",
            )
    reference = normalise(text)
    if len(reference) > REFERENCE_LENGTH:
        length = len(reference)
        raise InvalidInput(
            FIELD, f"{LABEL} is too long: {length} of {REFERENCE_LENGTH} characters."
        )
    return reference


def likeness(reference: str) -> tuple[str, str]:
    """Two forms of a reference; two references may be mistaken if they agree in one of them.

    Without case, separators, leading zeros and differences of the alphabet; the first form drops
    zeros at the start of each group of digits ("P-01-08" is like "P-1-8"), the second once the
    separators are gone ("P-0108" is like "P-01-08"). Both empty for an empty reference.
    """
    # From the form without case, by which patients are told apart: the same patient is alike.
    key = unicodedata.normalize("NFC", normalise(reference).casefold())
    folded = unicodedata.normalize("NFKC", key).casefold().translate(_DRAWN_ALIKE)
    digits = "".join(map(_digit, unicodedata.normalize("NFC", folded)))
    grouped = "".join(" " if _is_separator(c) else c for c in digits)
    bare = _without_zeros(grouped).replace(" ", "")
    joined = _without_zeros(grouped.replace(" ", ""))
    return (bare, joined) if bare else (digits, digits)


def mixed_alphabets(reference: str) -> tuple[str, ...]:
    """Names of the alphabets of a reference that mixes several, such as "Latin"; else empty."""
    names = (unicodedata.name(character, "") for character in normalise(reference))
    found = {name.partition(" ")[0] for name in names}
    several = [alphabet.title() for alphabet in _ALPHABETS if alphabet in found]
    return tuple(several) if len(several) > 1 else ()


def unusual(reference: str) -> tuple[str, ...]:
    """Each character that is not plain ASCII, by code point and name, in order."""
    return tuple(
        f"U+{ord(character):04X} {unicodedata.name(character, 'without a name').lower()}"
        for character in reference
        if not " " <= character <= "~"
    )


def is_invisible(character: str) -> bool:
    """Whether nothing is drawn for the character, not even a space."""
    if ord(character) in _INVISIBLE:
        return True
    return unicodedata.category(character) == "Cf" and ord(character) not in _DRAWN


def _plain(character: str) -> str:
    kind, _, _ = unicodedata.decomposition(character).partition(" ")
    if kind not in _SAME_LETTER:
        return character
    plain = unicodedata.normalize("NFKC", character)
    # A vowel sign that stands alone is written with a space below it, which is not there.
    return character if len(plain) > 1 and plain.startswith(" ") else plain


def _is_refused(character: str) -> bool:
    if character in _TURNING:
        return True
    if character in _LINE_ENDS or is_invisible(character):
        return False
    return unicodedata.category(character) in ("Cc", "Cs", "Co", "Cn")


def _is_separator(character: str) -> bool:
    kind = unicodedata.category(character)
    return kind[0] in "PZ" or kind in ("Sm", "Sk", "Cc")


def _digit(character: str) -> str:
    value = unicodedata.decimal(character, None)
    return character if value is None else str(value)


def _without_zeros(text: str) -> str:
    """Without zeros at the start of each run of digits; a run of zeros keeps one."""
    return re.sub(r"(?<![0-9])0+(?=[0-9])", "", text)
