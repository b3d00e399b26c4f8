"""What separates the columns of a table."""

import re
from itertools import islice

from triage_app.tables.cells import Record, records
from triage_app.tables.errors import TableUnreadable

DELIMITERS = (",", ";", "\t")
_LOOKED_AT = 200
# Spreadsheet programs take the first line for a setting; some end it like any other row.
_SEPARATOR_LINE = re.compile(
    r'[ \t]*"?sep=(?P<given>[^\r\n"]?)"?[,;\t ]*(?:\r\n|\r|\n|\Z)', re.IGNORECASE
)


def split_dialect(text: str, name: str) -> tuple[str, str, int]:
    """Delimiter, the text from the heading on, and the line on which that begins.

    A first line ``sep=;`` decides. Otherwise the delimiter is the one by which most rows have as
    many cells as the heading; raises TableUnreadable where two do that equally well.
    """
    found = _SEPARATOR_LINE.match(text)
    if found is None:
        return _found_delimiter(text, name, 1), text, 1
    rest, given = text[found.end() :], found["given"]
    if not given:
        return _found_delimiter(rest, name, 2), rest, 2
    if given.isalnum() or given == " ":
        raise TableUnreadable(name, f"{given!r} cannot separate columns.", 1)
    return given, rest, 2


def _found_delimiter(text: str, name: str, line: int) -> str:
    rated = {delimiter: _rated(text, delimiter, name, line) for delimiter in DELIMITERS}
    best = max(rated.values())
    winners = [delimiter for delimiter in DELIMITERS if rated[delimiter] == best]
    if len(winners) > 1 and best[1] > 1:
        raise TableUnreadable(
            name,
            "The columns could be separated by more than one kind of character. Save the table "
            "again as CSV UTF-8.",
            line,
        )
    return winners[0]


def _rated(text: str, delimiter: str, name: str, line: int) -> tuple[float, int]:
    """Share of rows that fit the heading, and the heading's number of cells.

    A delimiter that the heading does not hold comes after every one that it holds.
    """
    looked: list[Record] = []
    whole = True
    try:
        for record in islice(records(text, delimiter, name, line), _LOOKED_AT):
            looked.append(record)
    except TableUnreadable:
        whole = False
    filled = [record for record in looked if not record.is_blank]
    if not filled:
        return -1.0, 0
    wide = len(_trimmed(filled[0]))
    if len(filled[0].cells) < 2:
        return (0.0 if whole and all(len(r.cells) == 1 for r in filled) else -0.5), 1
    fitting = sum(_fits(record, wide) for record in filled)
    return fitting / (len(filled) + (not whole)), wide


def _trimmed(record: Record) -> list[str]:
    cells = list(record.cells)
    while cells and not cells[-1].strip():
        cells.pop()
    return cells


def _fits(record: Record, wide: int) -> bool:
    return len(_trimmed(record)) <= wide <= len(record.cells)
