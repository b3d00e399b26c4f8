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

    Full-width and small signs count as the plain ones, white space before them is no disguise. A
    text that begins with such an apostrophe itself gets another, so that ``plain_cell`` is exact.
    """
    return f"'{value}" if _is_guarded(value) else value


def plain_cell(cell: str) -> str:
    """The text that ``safe_cell`` made a cell of; a cell that it did not make stays as it is."""
    return cell[1:] if cell.startswith("'") and _is_guarded(cell[1:]) else cell


def _is_guarded(value: str) -> bool:
    value = value.lstrip("'")
    if value[:1] in ("\t", "\r", "\n"):
        return True
    first = value.strip()[:1]
    plain = unicodedata.normalize("NFKC", first)[:1] if first else ""
    return plain in _FORMULA or plain == _MINUS_SIGN


def csv_line(cells: Iterable[str]) -> bytes:
    """One line in UTF-8, each cell made safe and quoted, ended as RFC 4180 has it."""
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerow(map(safe_cell, cells))
    return out.getvalue().encode()
