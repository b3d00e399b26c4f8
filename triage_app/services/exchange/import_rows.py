"""Reading a CSV file of pathologists' reports, row by row, before anything is looked up."""

import json
from base64 import b64decode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from triage_app.domain.calendar import UTC_ZONE, Zone
from triage_app.domain.errors import InvalidInput
from triage_app.domain.outcome import SPECIMEN_LENGTH, check_histopathology
from triage_app.domain.pathology import PATHOLOGY_LABELS, Pathology
from triage_app.domain.references import clean
from triage_app.domain.text import LABEL_LENGTH, REFERENCE_LENGTH
from triage_app.services.exchange.csv_cells import plain_cell
from triage_app.services.ground.fields import Fields
from triage_app.services.images.storing import sha256
from triage_app.tables.days import read_day
from triage_app.tables.encoding import text_of
from triage_app.tables.errors import DayUnclear, TableUnreadable
from triage_app.tables.reader import Row, read_table

LARGEST_TEXT = 2_000_000
MOST_ROWS = 1_000
# How the page sends a file whose bytes are not UTF-8: what they mean is decided here.
BYTES_AS_TEXT = "data:text/csv;base64,"
_NAME = "The file"
_DAYS = ("date", "image_date")
IMPORT_LABELS: dict[str, str] = {
    "case_id": "Case",
    "patient_reference": "Patient reference",
    "lesion": "Lesion",
    "image_date": "Date of the image",
    "specimen": "Specimen number",
    "date": "Date",
    "diagnosis": "Diagnosis",
    "breslow_mm": "Breslow thickness",
    "report": "Report",
}
_DIAGNOSES: dict[str, Pathology] = {
    **{label.casefold(): diagnosis for diagnosis, label in PATHOLOGY_LABELS.items()},
    **{diagnosis.value: diagnosis for diagnosis in Pathology},
}


@dataclass(frozen=True)
class ImportRow:
    """One row as it was read. ``fault`` says why it cannot be used, empty where it can.

    ``number`` is the line of the file where the row begins, 1 for the heading. ``key`` is the
    SHA-256 of what the row states, so that the same row is stored once.
    """

    number: int
    case_id: str = ""
    patient_reference: str = ""
    lesion: str = ""
    image_date: date | None = None
    specimen: str = ""
    on: date = date.min
    diagnosis: Pathology = Pathology.NOT_DIAGNOSTIC
    breslow_mm: float | None = None
    report: str = ""
    key: str = ""
    fault: str = ""
    stated: Mapping[str, str] = field(default_factory=dict)


def read_rows(text: str, today: date, zone: Zone = UTC_ZONE) -> list[ImportRow]:
    """All rows of a file's text, or of its bytes as BYTES_AS_TEXT and base64.

    A time that says how far it is from UTC, as exports write it, means the day in ``zone``. Raises
    InvalidInput("file", ...) for a file that is no such table at all.
    """
    if len(text) > LARGEST_TEXT:
        raise InvalidInput("file", "The file is larger than 2 MB. Split it.")
    try:
        table = read_table(_sent(text), _NAME, most_rows=MOST_ROWS)
    except TableUnreadable as error:
        raise InvalidInput("file", str(error)) from None
    _check_heading(table.columns)
    return [_row(row, today, zone) for row in table.rows]


def notes_on(text: str) -> tuple[str, ...]:
    """What had to be assumed to read the file, in sentences; nothing for one that is unreadable."""
    try:
        return text_of(_sent(text), _NAME)[1]
    except TableUnreadable:
        return ()


def _sent(text: str) -> bytes:
    try:
        if text.startswith(BYTES_AS_TEXT):
            return b64decode(text.removeprefix(BYTES_AS_TEXT), validate=True)
        return text.encode()
    except ValueError:
        raise TableUnreadable(_NAME, "The file came incomplete. Choose it again.") from None


def _check_heading(names: Sequence[str]) -> None:
    for name in names:
        if name not in IMPORT_LABELS:
            known = ", ".join(IMPORT_LABELS)
            raise InvalidInput(
                "file", f"There is no column named {name[:40]!r}. Columns are: {known}."
            )
    if "date" not in names or "diagnosis" not in names:
        raise InvalidInput("file", "The first line must name the columns date and diagnosis.")
    if "case_id" not in names and "patient_reference" not in names:
        raise InvalidInput(
            "file", "The first line must name the column case_id or patient_reference."
        )


def _row(row: Row, today: date, zone: Zone) -> ImportRow:
    stated = {name: plain_cell(cell).strip() for name, cell in row.cells.items()}
    if row.fault:
        where = f"Column {row.column}: " if row.column else ""
        return ImportRow(row.line, fault=f"{where}{row.fault}")
    try:
        return _checked(row.line, _with_plain_days(stated, zone), today)
    except InvalidInput as error:
        return ImportRow(row.line, fault=str(error), stated=stated)


def _with_plain_days(stated: Mapping[str, str], zone: Zone) -> Mapping[str, str]:
    """The same with every day as 2026-11-28; what is written so already stays as it is."""
    found = dict(stated)
    for name in _DAYS:
        text = found.get(name, "")
        if not text:
            continue
        try:
            day = (_day_here(text, zone) or read_day(text)).isoformat()
        except DayUnclear as error:
            sentence = f"{IMPORT_LABELS[name]}: {text[:40]!r} is unclear; {error}"
            raise InvalidInput(name, sentence) from None
        found[name] = text if text.startswith(day) else day
    return found


def _day_here(text: str, zone: Zone) -> date | None:
    """The day in the zone of a time that says how far it is from UTC; None for anything else."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return None if at.utcoffset() is None else zone.day_of(at)


def _checked(number: int, stated: Mapping[str, str], today: date) -> ImportRow:
    fields = Fields(stated, IMPORT_LABELS)
    on, diagnosis = fields.day("date"), _DIAGNOSES.get(stated["diagnosis"].casefold())
    if on is None:
        raise InvalidInput("date", "The date of the report is missing.")
    if diagnosis is None:
        raise InvalidInput("diagnosis", "The diagnosis is none of the listed ones.")
    breslow = fields.number("breslow_mm")
    check_histopathology(diagnosis, breslow, on, today)
    row = ImportRow(
        number=number,
        case_id=fields.line("case_id", REFERENCE_LENGTH).lower(),
        patient_reference=clean(stated.get("patient_reference", "")),
        lesion=fields.line("lesion", LABEL_LENGTH),
        image_date=fields.day("image_date"),
        specimen=fields.line("specimen", SPECIMEN_LENGTH),
        on=on,
        diagnosis=diagnosis,
        breslow_mm=breslow,
        report=fields.block("report"),
        key=_key(stated),
        stated=stated,
    )
    if not row.case_id and not row.patient_reference:
        raise InvalidInput("case_id", "The row names neither a case nor a patient.")
    return row


def _key(stated: Mapping[str, str]) -> str:
    filled = {name: value for name, value in stated.items() if value}
    return sha256(json.dumps(filled, sort_keys=True, ensure_ascii=False).encode())
