"""From the bytes of a table to its characters."""

import re
import unicodedata
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE, BOM_UTF32_BE, BOM_UTF32_LE

from triage_app.tables.errors import TableUnreadable

# The longer marks first: that of UTF-32 begins with that of UTF-16.
_MARKS = (
    (BOM_UTF8, "utf-8"),
    (BOM_UTF32_LE, "utf-32-le"),
    (BOM_UTF32_BE, "utf-32-be"),
    (BOM_UTF16_LE, "utf-16-le"),
    (BOM_UTF16_BE, "utf-16-be"),
)
_KINDS = (
    (b"PK\x03\x04", "an Excel workbook or another ZIP file"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an Excel workbook of the old kind"),
    (b"%PDF", "a PDF"),
    (b"{\\rtf", "a text document (RTF)"),
    (b"\x1f\x8b\x08", "a compressed file (gzip)"),
    (b"7z\xbc\xaf\x27\x1c", "a compressed file (7z)"),
    (b"Rar!\x1a\x07", "a compressed file (RAR)"),
    (b"\x89PNG\r\n", "a picture (PNG)"),
    (b"\xff\xd8\xff", "a picture (JPEG)"),
    (b"GIF8", "a picture (GIF)"),
    (b"SQLite format 3\0", "a database (SQLite)"),
    (b"PAR1", "a Parquet file"),
)
_MARKUP = (
    (("<!doctype html", "<html", "<table", "<head", "<body"), "a web page"),
    (("<?xml", "<workbook", "<office:"), "an XML file"),
    (("{\n", "{\r", '{"', "[{", "[\n", "[\r"), "a JSON file"),
)
_ADVICE = "Save the table as CSV and give that file."
_BREAK = re.compile(r"\r\n|\r|\n")
WINDOWS = "cp1252"


def text_of(data: bytes, name: str) -> tuple[str, tuple[str, ...]]:
    """The characters of a table, and what is to be said of how they were found.

    UTF-8, UTF-16 and UTF-32 by their mark; UTF-16 without one where nothing else makes sense;
    UTF-8 wherever it decodes; else Windows-1252, with a note. Raises TableUnreadable for another
    kind of file, for bytes that are no characters, and for a mixture of encodings.
    """
    _refuse_other_kinds(data, name)
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _strictly(data[len(mark) :], encoding, name), ()
    wide = _unmarked_utf16(data)
    if wide is not None:
        return wide, ()
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as fault:
        return _of_windows(data, fault, name)
    _refuse_markup(text, name)
    return text, ()


def _refuse_other_kinds(data: bytes, name: str) -> None:
    if not data:
        raise TableUnreadable(name, "The file is empty. Save the table again.")
    for start, kind in _KINDS:
        if data.startswith(start):
            raise TableUnreadable(name, f"This is {kind}, not a table in CSV. {_ADVICE}")


def _refuse_markup(text: str, name: str) -> None:
    start = text[:200].lstrip().casefold()
    for beginnings, kind in _MARKUP:
        if start.startswith(beginnings):
            raise TableUnreadable(name, f"This is {kind}, not a table in CSV. {_ADVICE}")


def _strictly(data: bytes, encoding: str, name: str) -> str:
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as fault:
        line, column = _place(data[: fault.start].decode(encoding, errors="replace"))
        raise TableUnreadable(
            name,
            f"The bytes at character {column} of the line are no {encoding.upper()}, which the "
            "file says it is. It is damaged or was cut short; save the table again as CSV UTF-8.",
            line,
        ) from None
    _refuse_markup(text, name)
    return text


def _unmarked_utf16(data: bytes) -> str | None:
    """The text where it can only be UTF-16 without a mark, else None.

    That is: an ASCII character begins it, half of the first line's characters are ASCII, and none
    is NUL or stands for nothing.
    """
    if len(data) < 4 or len(data) % 2 or (data[0] == 0) == (data[1] == 0):
        return None
    try:
        text = data.decode("utf-16-be" if data[0] == 0 else "utf-16-le")
    except UnicodeDecodeError:
        return None
    first = _BREAK.split(text, maxsplit=1)[0]
    plain = sum(character.isascii() for character in first)
    sound = all(unicodedata.category(c) not in {"Cn", "Co"} for c in first) and "\0" not in text
    return text if sound and plain * 2 >= max(len(first), 2) else None


def _of_windows(data: bytes, of_utf8: UnicodeDecodeError, name: str) -> tuple[str, tuple[str, ...]]:
    if _is_binary(data):
        raise TableUnreadable(name, f"This is no text, and no table in CSV. {_ADVICE}")
    line, column = _place(data[: of_utf8.start].decode("utf-8"))
    if not data.isascii() and _holds_utf8(data):
        raise TableUnreadable(
            name,
            f"Most letters with accents are UTF-8, but those at character {column} of the line are "
            "not, so some names would be read wrongly. Save the table again as CSV UTF-8.",
            line,
        )
    try:
        text = data.decode(WINDOWS)
    except UnicodeDecodeError as fault:
        line, column = _place(data[: fault.start].decode(WINDOWS))
        raise TableUnreadable(
            name,
            f"Character {column} of the line is neither UTF-8 nor Windows-1252. Save the table "
            "again as CSV UTF-8.",
            line,
        ) from None
    _refuse_markup(text, name)
    return text, (
        f"{name} is not UTF-8; its letters were read as Windows-1252. Check those with accents.",
    )


def _is_binary(data: bytes) -> bool:
    """Whether more than one byte in twenty at the beginning is a control character."""
    start = data[:4096]
    controls = sum(byte < 32 and byte not in b"\t\n\v\f\r\x1a" for byte in start)
    return controls > max(3, len(start) // 20)


def _holds_utf8(data: bytes) -> bool:
    """Whether characters of several bytes are there that are sound UTF-8, beside what is not."""
    mixed = data.decode("utf-8", errors="surrogateescape")
    return any(c > "\x7f" and not "\udc80" <= c <= "\udcff" for c in mixed)


def _place(before: str) -> tuple[int, int]:
    """Line, and place in the line, of what follows ``before``; both from 1."""
    lines = _BREAK.split(before)
    return len(lines), len(lines[-1]) + 1
