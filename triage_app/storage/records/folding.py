"""Text made comparable for searching, and search patterns that mean exactly what was typed."""

import unicodedata

from triage_app.domain.references import normalise

TRIGRAM = 3
"""Shortest needle, in characters, that the trigram index can find."""

LIKE_ESCAPE = "\\"
_LAST_CHARACTER = "\U0010ffff"
# Cannot be typed into a note (control characters are refused), so no needle spans two texts.
_SEPARATOR = "\x1f"


def fold(text: str) -> str:
    """NFC and without case, for all scripts: "STRASSE" and "straße" fold to the same."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


def reference_key(reference: str) -> str:
    """What patients are told apart by: the same for all references that look the same, whatever
    their case; empty where nothing can be seen."""
    return fold(normalise(reference))


def searchable(*texts: str) -> str:
    """The texts of one case as the search sees them."""
    return _SEPARATOR.join(fold(text) for text in texts)


def can_occur(text: str) -> bool:
    """False for what no stored text holds: a zero character, or half of a surrogate pair.

    The database would cut or refuse such a needle instead of finding nothing.
    """
    return "\x00" not in text and not any("\ud800" <= character <= "\udfff" for character in text)


def like_pattern(needle: str) -> str:
    """Pattern for LIKE with ``LIKE_ESCAPE`` that finds ``needle`` anywhere, wildcards literally."""
    for special in (LIKE_ESCAPE, "%", "_"):
        needle = needle.replace(special, LIKE_ESCAPE + special)
    return f"%{needle}%"


def phrase(needle: str) -> str:
    """Full-text query that finds ``needle`` literally; operators in it are plain text."""
    return '"' + needle.replace('"', '""') + '"'


def prefix_range(prefix: str) -> tuple[str, str]:
    """First and last string, by code point, that begin with ``prefix``.

    A range uses an index where LIKE with a parameter does not.
    """
    return prefix, prefix + _LAST_CHARACTER
