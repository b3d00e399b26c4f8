"""From the characters of a table to the cells of its rows, as RFC 4180 has them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from triage_app.tables.errors import TableUnreadable

LONGEST_CELL = 100_000
"""Characters. A longer cell is an unclosed quotation mark or no table."""
_BREAK = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True)
class Record:
    """The cells of one row as written, with the line, from 1, on which it begins."""

    line: int
    cells: tuple[str, ...]

    @property
    def is_blank(self) -> bool:
        """Whether no cell holds anything but white space."""
        return not any(cell and not cell.isspace() for cell in self.cells)


@lru_cache(maxsize=16)
def _pattern(delimiter: str) -> re.Pattern[str]:
    """One cell and what ends it: quoted in full, or plain up to the next delimiter."""
    stop = re.escape(delimiter)
    quoted = r' *"(?P<quoted>[^"]*(?:""[^"]*)*)" *'
    plain = rf'(?P<plain>(?! *")[^{stop}\r\n]*)'
    return re.compile(rf"(?:{quoted}|{plain})(?P<end>{stop}|\r\n|\r|\n|\Z)")


def records(text: str, delimiter: str, name: str, line: int = 1) -> Iterator[Record]:
    """The rows of a text, those of nothing at all left out.

    Args:
        text: the table from its heading on.
        delimiter: one character.
        name: of the file, for the sentence of a fault.
        line: on which ``text`` begins in the file.

    Raises TableUnreadable where a quotation mark is never closed, where text follows a closed one,
    and for a cell longer than LONGEST_CELL.
    """
    matches, place, begins = _pattern(delimiter).match, 0, line
    cells: list[str] = []
    while place < len(text) or cells:
        found = matches(text, place)
        if found is None:
            raise _fault(text, place, name, line, len(cells) + 1)
        quoted = found["quoted"]
        cell = found["plain"] if quoted is None else quoted.replace('""', '"')
        if len(cell) > LONGEST_CELL:
            raise TableUnreadable(name, _TOO_LONG, line, len(cells) + 1)
        cells.append(cell)
        if quoted is not None:
            line += len(_BREAK.findall(cell))
        place = found.end()
        if found["end"] != delimiter:
            yield Record(begins, tuple(cells))
            line += 1
            cells, begins = [], line


_TOO_LONG = (
    f"The cell holds more than {LONGEST_CELL:,} characters, more than any cell of a table does. "
    "Look for a quotation mark that is never closed."
)


def _fault(text: str, place: int, name: str, line: int, column: int) -> TableUnreadable:
    if re.compile(r' *"[^"]*(?:""[^"]*)*"').match(text, place) is None:
        sentence = (
            "A quotation mark opens here and is never closed. Close it, or write it twice where it "
            "belongs to the text."
        )
    else:
        sentence = (
            "Text follows the closing quotation mark. Write a quotation mark twice where it "
            "belongs to the text."
        )
    return TableUnreadable(name, sentence, line, column)
