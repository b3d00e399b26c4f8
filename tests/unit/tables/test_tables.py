"""One reader for every table: any dialect reads back the same, and any bytes get a sentence."""

from dataclasses import dataclass

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from triage_app.tables.cells import LONGEST_CELL
from triage_app.tables.encoding import WINDOWS
from triage_app.tables.errors import TableUnreadable
from triage_app.tables.reader import read_file, read_table

UNHURRIED = settings(deadline=None, max_examples=150, derandomize=True)
# Letters of Windows-1252 of which no two in a row are UTF-8 by chance.
WESTERN = "abcXYZ019 .,;\t'\"-_/=äöüßéèñçÄÖÜÑ\n"
ANY = st.characters(blacklist_categories=("Cs",), blacklist_characters="\0\ufeff\x1a")


@dataclass(frozen=True)
class Dialect:
    """How a program writes a table."""

    encoding: str
    mark: bytes
    delimiter: str
    ended: str
    sep_line: bool
    quote_all: bool
    empty_columns: int
    empty_line: bool


DIALECTS = st.builds(
    lambda coded, *rest: Dialect(*coded, *rest),
    st.sampled_from(
        [
            ("utf-8", b""),
            ("utf-8", b"\xef\xbb\xbf"),
            ("utf-16-le", b"\xff\xfe"),
            ("utf-16-be", b"\xfe\xff"),
            ("utf-16-le", b""),
            ("utf-16-be", b""),
            ("utf-32-le", b"\xff\xfe\0\0"),
            (WINDOWS, b""),
        ]
    ),
    st.sampled_from([",", ";", "\t"]),
    st.sampled_from(["\r\n", "\n", "\r"]),
    st.booleans(),
    st.booleans(),
    st.integers(0, 3),
    st.booleans(),
)


def written(table: list[list[str]], dialect: Dialect) -> bytes:
    """The bytes of a table as a program with these habits saves it."""
    lines = [f"sep={dialect.delimiter}"] if dialect.sep_line else []
    for row in table:
        cells = [cell_text(cell, dialect) for cell in row]
        lines.append(dialect.delimiter.join(cells + [""] * dialect.empty_columns))
        lines += [""] * dialect.empty_line
    text = "".join(line + dialect.ended for line in lines)
    return dialect.mark + text.encode(dialect.encoding)


def cell_text(cell: str, dialect: Dialect) -> str:
    """A cell, quoted where it must be."""
    must = {dialect.delimiter, '"', "\r", "\n"}
    quoted = dialect.quote_all or not must.isdisjoint(cell)
    return '"{}"'.format(cell.replace('"', '""')) if quoted else cell


@st.composite
def tables(draw: st.DrawFn, alphabet: st.SearchStrategy[str]) -> list[list[str]]:
    """A heading and rows of which none is empty."""
    names = st.from_regex(r"[A-Za-z][a-z]{0,8}( [a-z]{1,5})?", fullmatch=True)
    heading = draw(st.lists(names, min_size=2, max_size=6, unique_by=str.casefold))
    cell = st.text(alphabet, max_size=12)
    row = st.lists(cell, min_size=len(heading), max_size=len(heading))
    filled = row.filter(lambda cells: any(c.strip() for c in cells))
    return [heading, *draw(st.lists(filled, max_size=6))]


def check(table: list[list[str]], dialect: Dialect) -> None:
    found = read_table(written(table, dialect), "a.csv")
    names = [name.casefold().replace(" ", "_") for name in table[0]]
    assert list(found.columns) == names
    assert [[row.cells[name] for name in names] for row in found.checked_rows()] == table[1:]
    assert bool(found.notes) == (dialect.encoding == WINDOWS and not plain(table))


def plain(table: list[list[str]]) -> bool:
    return all(cell.isascii() for row in table for cell in row)


@UNHURRIED
@given(tables(ANY), DIALECTS)
@example(
    [["Reference", "Report"], ['said "a;b",\r\nthen\tmore', " x "]],
    Dialect("utf-16-le", b"\xff\xfe", "\t", "\r", False, False, 2, True),
)
def test_a_table_of_any_letters_reads_back_as_it_was_written(
    table: list[list[str]], dialect: Dialect
) -> None:
    assume(dialect.encoding != WINDOWS or plain(table))
    check(table, dialect)


@UNHURRIED
@given(tables(st.sampled_from(WESTERN)), DIALECTS)
def test_a_table_of_western_letters_reads_back_in_every_encoding(
    table: list[list[str]], dialect: Dialect
) -> None:
    check(table, dialect)


@UNHURRIED
@given(tables(ANY), DIALECTS, st.data())
def test_damaged_bytes_are_read_or_refused_with_the_name_of_the_file(
    table: list[list[str]], dialect: Dialect, data: st.DataObject
) -> None:
    assume(dialect.encoding != WINDOWS or plain(table))
    sound = bytearray(written(table, dialect))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(sound)))
        sound[at : at + data.draw(st.integers(0, 3))] = data.draw(
            st.one_of(st.binary(max_size=4), st.sampled_from([b'"', b"\0", b"\r", b"\xff", b";"]))
        )
    read_or_refused(bytes(sound))


@UNHURRIED
@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_with_the_name_of_the_file(data: bytes) -> None:
    read_or_refused(data)


def read_or_refused(data: bytes) -> None:
    try:
        read_table(data, "a.csv").checked_rows()
    except TableUnreadable as error:
        assert str(error).startswith("a.csv")


HEADING = b"image,group,dx\n"


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", r"a\.csv: The file is empty"),
        (b"\n \n,,\n", "holds no rows"),
        (b"PK\x03\x04rest", r"a\.csv: This is an Excel workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "Excel workbook of the old kind"),
        (b"%PDF-1.7\n", "a PDF"),
        (b"\xff\xd8\xff\xe0", "a picture"),
        (b"RIFF\x10\x00\x00\x00WEBPVP8 \xff\x01\x02\x03", "no text, and no table"),
        (b"\xef\xbb\xbf<!DOCTYPE html><table>", "a web page"),
        (b'<?xml version="1.0"?>', "an XML file"),
        (b'[{"image": 1}]', "a JSON file"),
        (HEADING + b'a.jpg,L1,"mel\nb.jpg,L2,nv\n', r"line 2, column 3: A quotation mark opens"),
        (HEADING + b'"a"b.jpg,L1,mel\n', r"line 2, column 1: Text follows"),
        (HEADING + b"a.jpg,L1,mel\nb\0.jpg,L2,nv\n", r"line 3, column 1: The cell holds a NUL"),
        (HEADING + b"a.jpg,L1\n", r"line 2: The row has 2 cells, the first line has 3"),
        (HEADING + b'"x\ny",L1,mel\nb,L2,nv,more\n', r"line 4: The row has 4 cells"),
        (b"a,b, A \n1,2,3\n", r"line 1, column 3: The column a is there twice, as 1 and as 3"),
        (b"a,b\n" + b"x" * (LONGEST_CELL + 1) + b",y\n", r"line 2, column 1: .*100,000 characters"),
        (b"a;b,c\n", "more than one kind of character"),
        (b"sep=a\nx,y\n", r"line 1: 'a' cannot separate"),
        (b"\xff\xfea\0b", r"a\.csv, line 1: .*UTF-16-LE.*cut short"),
        (b"a,b\nM\xc3\xbcller,M\xfcller\n", r"line 2: .*UTF-8, but those at character 9"),
        (b"a,b\nM\xfcller,\x81\n", r"line 2: Character 8 .* neither"),
    ],
)
def test_what_is_no_table_is_named_with_file_line_and_column(data: bytes, sentence: str) -> None:
    with pytest.raises(TableUnreadable, match=sentence):
        read_table(data, "a.csv").checked_rows()


def test_more_rows_than_are_taken_are_refused_at_the_line_of_the_first() -> None:
    with pytest.raises(TableUnreadable, match=r"line 4: The table has more than 2 rows"):
        read_table(b"a,b\n1,2\n3,4\n5,6\n", "a.csv", most_rows=2)


def test_a_file_that_is_missing_or_a_folder_is_named(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("tables")
    with pytest.raises(TableUnreadable, match=r"none\.csv: The file can't be read: No such file"):
        read_file(folder / "none.csv")
    with pytest.raises(TableUnreadable, match="can't be read"):
        read_file(folder)


@pytest.mark.parametrize(
    "data",
    [
        b"image;note\na.jpg;1,5\nb.jpg;2,5, or more\n",
        b"image;note, if any\na.jpg;x\n",
        b'"image";"a,b,c,d"\na.jpg;x\n',
        b"image;note\na.jpg;x\nb.jpg;only;one;row;is;ragged\n",
        b"sep=;\r\nimage;note\r\na.jpg;x,y\r\n",
        b'"sep=;"\nimage;note\na.jpg;x\n',
        b"SEP=;;;\nimage;note;\na.jpg;x;\n",
        b"image;note\x1a",
        b'\xef\xbb\xbf\xef\xbb\xbf"image";"note"\na.jpg;x\n',
        b'sep=;\n\xef\xbb\xbf"image";note\na.jpg;x\n',
    ],
)
def test_the_delimiter_is_the_one_that_fits_the_rows(data: bytes) -> None:
    assert read_table(data, "a.csv").columns[0] == "image"
    assert len(read_table(data, "a.csv").columns) == 2


def test_a_column_without_a_name_counts_only_where_it_holds_something() -> None:
    assert read_table(b",image,,dx\n0,a.jpg,,nv\n", "a.csv").columns == ("column_1", "image", "dx")


def test_headings_are_found_in_any_case_and_spacing() -> None:
    data = "\u200b Image  Date ,PATIENT-reference\ufeff\na,b\n".encode()
    assert read_table(data, "a.csv").columns == ("image_date", "patient_reference")
