"""CSV that spreadsheet programs show and never run."""

import csv
import io
import unicodedata
from collections.abc import Iterable

BOM = "\ufeff"
# What makes a spreadsheet program take text for a formula.
_FORMULA = frozenset("=+-@")
_MINUS_SIGN = "\u2212"


def safe_cell(value: str) -> str:
    """The text with an apostrophe before it where a spreadsheet could take it for a formula.

    Full-width and small signs count as the plain ones, white space before them is no disguise.
    """
    if value[:1] in ("\t", "\r", "\n"):
        return f"'{value}"
    first = value.strip()[:1]
    plain = unicodedata.normalize("NFKC", first)[:1] if first else ""
    return f"'{value}" if plain in _FORMULA or plain == _MINUS_SIGN else value


def csv_line(cells: Iterable[str]) -> bytes:
    """One line in UTF-8, each cell made safe and quoted, ended as RFC 4180 has it."""
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerow(map(safe_cell, cells))
    return out.getvalue().encode()
