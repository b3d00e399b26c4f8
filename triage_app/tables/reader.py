"""A table as its rows under their headings, whatever program wrote it."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from triage_app.tables.cells import Record, records
from triage_app.tables.dialect import DELIMITERS, split_dialect
from triage_app.tables.encoding import text_of
from triage_app.tables.errors import TableUnreadable

_BETWEEN = re.compile(r"[\s_-]+")
# An end mark that DOS programs wrote behind the last line.
_END_MARK = "\x1a"
_NUL = "The cell holds a NUL byte, which no table does: the file is damaged. Save the table again."


@dataclass(frozen=True)
class Row:
    """One row: its line, from 1, and its cells by the names of their columns, as written.

    ``fault`` says why the row cannot be used, empty where it can; it has no cells then. ``column``
    is the number of the column at fault, 0 where it is none.
    """

    line: int
    cells: Mapping[str, str]
    fault: str = ""
    column: int = 0


@dataclass(frozen=True)
class Table:
    """A table that was read.

    ``columns``: names in lower case with ``_`` between words, each once, in the file's order, with
    the number of each in ``places``. ``notes``: sentences on what had to be assumed.
    """

    name: str
    columns: tuple[str, ...]
    places: Mapping[str, int]
    rows: tuple[Row, ...]
    notes: tuple[str, ...]

    def fault(self, sentence: str, line: int = 0, column: str = "") -> TableUnreadable:
        """An error of this table's content, with its place."""
        return TableUnreadable(self.name, sentence, line, self.places.get(column, 0))

    def checked_rows(self) -> tuple[Row, ...]:
        """All rows; raises TableUnreadable for the first that cannot be used."""
        for row in self.rows:
            if row.fault:
                raise TableUnreadable(self.name, row.fault, row.line, row.column)
        return self.rows


def read_file(path: Path, *, most_rows: int = 10_000_000) -> Table:
    """Read a table from disk; see ``read_table``. Also raises TableUnreadable for no such file."""
    try:
        data = path.read_bytes()
    except (OSError, ValueError) as fault:
        why = fault.strerror if isinstance(fault, OSError) else str(fault)
        raise TableUnreadable(path.name, f"The file can't be read: {why}.") from None
    return read_table(data, path.name, most_rows=most_rows)


def read_table(data: bytes, name: str, *, most_rows: int = 10_000_000) -> Table:
    """Read a table as spreadsheet programs, databases and scripts write it.

    UTF-8, UTF-16, UTF-32 or Windows-1252; comma, semicolon or tab, or what a first line ``sep=``
    names; lines ended by CR, LF or both; quoted cells with anything in them. Empty rows and empty
    columns without a name are left out.

    Raises:
        TableUnreadable: with a sentence that names file, line and column.
    """
    text, notes = text_of(data, name)
    text = text.lstrip("\ufeff").rstrip(_END_MARK)
    delimiter, text, line = split_dialect(text, name)
    text = text.lstrip("\ufeff")
    filled = (r for r in records(text, delimiter, name, line) if not r.is_blank)
    heading = next(filled, None)
    if heading is None or not text.strip("".join(DELIMITERS) + " \r\n"):
        raise TableUnreadable(name, "The file holds no rows. Save the table again.")
    found: list[Record] = []
    for record in filled:
        if len(found) == most_rows:
            sentence = f"The table has more than {most_rows:,} rows. Split it."
            raise TableUnreadable(name, sentence, record.line)
        found.append(record)
    names = _names(heading, found, name)
    rows = tuple(_row(record, names, len(heading.cells)) for record in found)
    places = {column: number for number, column in names.items()}
    return Table(name, tuple(places), places, rows, notes)


def column_name(heading: str) -> str:
    """A heading in the form in which columns are looked up: " Image  date" is image_date."""
    visible = "".join(c for c in heading if unicodedata.category(c) != "Cf")
    return _BETWEEN.sub("_", unicodedata.normalize("NFKC", visible).strip()).casefold()


def _names(heading: Record, rows: Sequence[Record], name: str) -> dict[int, str]:
    """Names by number of the column, from 1, without the nameless columns that hold nothing."""
    named: dict[int, str] = {}
    if any("\0" in cell for cell in heading.cells):
        raise TableUnreadable(name, _NUL, heading.line)
    for number, cell in enumerate(heading.cells, start=1):
        column = column_name(cell)
        if not column and not _holds_text(rows, number):
            continue
        column = column or f"column_{number}"
        if column in named.values():
            first = next(n for n, other in named.items() if other == column)
            sentence = f"The column {column} is there twice, as {first} and as {number}."
            raise TableUnreadable(name, sentence, heading.line, number)
        named[number] = column
    return named


def _holds_text(rows: Sequence[Record], number: int) -> bool:
    return any(row.cells[number - 1].strip() for row in rows if len(row.cells) >= number)


def _row(record: Record, names: Mapping[int, str], wide: int) -> Row:
    cells = record.cells
    nul = next((number for number, cell in enumerate(cells, start=1) if "\0" in cell), 0)
    if nul:
        return Row(record.line, {}, _NUL, nul)
    last = max(names, default=0)
    beyond = any(cell.strip() for cell in cells[wide:])
    if len(cells) < last or beyond:
        return Row(record.line, {}, f"The row has {len(cells)} cells, the first line has {wide}.")
    return Row(record.line, {column: cells[number - 1] for number, column in names.items()})
