"""Reading a CSV file of pathologists' reports, row by row, before anything is looked up."""

import csv
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import islice

from triage_app.domain.errors import InvalidInput
from triage_app.domain.outcome import SPECIMEN_LENGTH, check_histopathology
from triage_app.domain.pathology import PATHOLOGY_LABELS, Pathology
from triage_app.domain.text import LABEL_LENGTH, REFERENCE_LENGTH
from triage_app.services.fields import Fields
from triage_app.services.storing import sha256

LARGEST_TEXT = 2_000_000
MOST_ROWS = 1_000
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


def read_rows(text: str, today: date) -> list[ImportRow]:
    """All rows; raises InvalidInput("file", ...) for a file that is no such table at all."""
    if len(text) > LARGEST_TEXT:
        raise InvalidInput("file", "The file is larger than 2 MB. Split it.")
    lines = _lines(text.removeprefix("\ufeff"))
    names = _heading(next(lines, (1, []))[1])
    rows = [_row(number, names, cells, today) for number, cells in islice(lines, MOST_ROWS + 1)]
    if len(rows) > MOST_ROWS:
        raise InvalidInput("file", f"The file has more than {MOST_ROWS} rows. Split it.")
    return rows


def _lines(text: str) -> Iterator[tuple[int, list[str]]]:
    """Cells of each row that is not empty, with the line on which it begins."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    begins = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield begins, cells
            begins = reader.line_num + 1
    except csv.Error:
        raise InvalidInput(
            "file", f"The file cannot be read as a table from line {begins} on."
        ) from None


def _delimiter(text: str) -> str:
    heading = text.partition("\n")[0]
    return max(",;\t", key=heading.count)


def _heading(cells: list[str]) -> list[str]:
    names = [cell.strip().casefold().replace(" ", "_") for cell in cells]
    for name in names:
        if name not in IMPORT_LABELS:
            known = ", ".join(IMPORT_LABELS)
            raise InvalidInput(
                "file", f"There is no column named {name[:40]!r}. Columns are: {known}."
            )
        if names.count(name) > 1:
            raise InvalidInput("file", f"The column {name} is there twice.")
    if "date" not in names or "diagnosis" not in names:
        raise InvalidInput("file", "The first line must name the columns date and diagnosis.")
    if "case_id" not in names and "patient_reference" not in names:
        raise InvalidInput(
            "file", "The first line must name the column case_id or patient_reference."
        )
    return names


def _row(number: int, names: list[str], cells: list[str], today: date) -> ImportRow:
    if len(cells) != len(names):
        return ImportRow(
            number, fault=f"The row has {len(cells)} cells, the first line has {len(names)}."
        )
    stated = {name: cell.strip() for name, cell in zip(names, cells, strict=True)}
    try:
        return _checked(number, stated, today)
    except InvalidInput as error:
        return ImportRow(number, fault=str(error), stated=stated)


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
        patient_reference=fields.line("patient_reference", REFERENCE_LENGTH),
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
