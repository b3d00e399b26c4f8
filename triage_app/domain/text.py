"""Cleaning of what people type: kept as typed where it can be shown, refused where it cannot."""

import unicodedata

from triage_app.domain.errors import InvalidInput

REFERENCE_LENGTH = 64
LABEL_LENGTH = 80
NOTE_LENGTH = 10_000

# Overrides and isolates can make a reference read as another one; plain right-to-left letters
# need none of them.
BIDI_CONTROLS = frozenset(
    "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)


def clean_line(text: str, field: str, limit: int) -> str:
    """One line of text, NFC, trimmed, inner white space folded.

    Raises InvalidInput for more than ``limit`` characters, control or direction characters.
    """
    folded = " ".join(unicodedata.normalize("NFC", text).split())
    _refuse_control(folded, field)
    _refuse_length(folded, field, limit)
    return folded


def clean_block(text: str, field: str, limit: int = NOTE_LENGTH) -> str:
    """Several lines of text, NFC, line ends unified, trimmed; errors as ``clean_line``."""
    unified = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n").strip()
    _refuse_control(unified.replace("\n", "").replace("\t", ""), field)
    _refuse_length(unified, field, limit)
    return unified


def _refuse_length(text: str, field: str, limit: int) -> None:
    if len(text) > limit:
        raise InvalidInput(field, f"{field} is too long: {len(text)} of {limit} characters.")


def _refuse_control(text: str, field: str) -> None:
    for character in text:
        if character in BIDI_CONTROLS or unicodedata.category(character) in (
            "Cc",
            "Cs",
            "Co",
            "Cn",
        ):
            raise InvalidInput(
                field,
                f"{field} holds a character that cannot be shown (U+{ord(character):04X}). "
                "Type it again instead of pasting it.",
            )
