"""What our CSV writes, our import reads: the apostrophe before a formula goes as it came."""

import csv
import io
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage_app.domain.errors import InvalidInput
from triage_app.domain.references import clean
from triage_app.services.exchange.csv_cells import BOM, csv_line, plain_cell, safe_cell
from triage_app.services.exchange.import_rows import read_rows

ANY = st.text(st.characters(exclude_categories=("Cs",)), max_size=40)
LIKE_FORMULAS = st.text("'=+-@\uff1d\u2212 \ta1\r\n\"", max_size=8)


@given(ANY | LIKE_FORMULAS)
def test_a_cell_is_read_back_as_it_was(text: str) -> None:
    assert plain_cell(safe_cell(text)) == text


@given(LIKE_FORMULAS)
def test_what_a_spreadsheet_shows_is_never_run(text: str) -> None:
    assert not safe_cell(text).strip().startswith(("=", "+", "-", "@", "\uff1d", "\u2212"))


@given(st.lists(ANY | LIKE_FORMULAS, min_size=1, max_size=4))
def test_a_line_is_read_back_as_it_was(texts: list[str]) -> None:
    (cells,) = csv.reader(io.StringIO(csv_line(texts).decode(), newline=""), strict=True)
    assert [plain_cell(cell) for cell in cells] == texts


def test_an_apostrophe_of_somebody_stays() -> None:
    assert plain_cell("'t Hart") == "'t Hart"
    assert plain_cell("'+61-17") == "+61-17"
    assert plain_cell("''+61-17") == "'+61-17"


@given(ANY | LIKE_FORMULAS)
def test_a_reference_that_we_export_is_imported_as_the_same_patient(typed: str) -> None:
    try:
        reference = clean(typed)
    except InvalidInput:
        return
    if not reference:
        return
    table = BOM.encode() + b"".join(
        csv_line(line)
        for line in (
            ("patient_reference", "date", "diagnosis"),
            (reference, "2026-11-28", "naevus"),
        )
    )
    (row,) = read_rows(table.decode(), date(2026, 12, 1))
    assert (row.fault, row.patient_reference) == ("", reference)


@pytest.mark.parametrize("cell", ["'+61-17", "+61-17", "\u200b+61\u201117", "'\uff0b61-17"])
def test_a_number_of_a_telephone_is_one_patient_however_it_is_sent(cell: str) -> None:
    text = f"patient_reference,date,diagnosis\n{cell},2026-11-28,naevus\n"
    (row,) = read_rows(text, date(2026, 12, 1))
    assert row.patient_reference == "+61-17"
