"""Tables of pathologists' reports as spreadsheets save them, read row by row."""

import csv
from base64 import b64encode
from datetime import date
from io import StringIO

import pytest

from triage_app.domain.errors import InvalidInput
from triage_app.domain.pathology import PATHOLOGY_LABELS, Pathology
from triage_app.services.exchange.import_rows import BYTES_AS_TEXT, MOST_ROWS, notes_on, read_rows

ON, TODAY = "2026-11-25", date(2026, 12, 1)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"], ids=["comma", "semicolon", "tab"])
def test_tables_as_spreadsheets_save_them_are_read(delimiter: str) -> None:
    out = StringIO()
    writer = csv.writer(out, delimiter=delimiter)
    writer.writerow(["Patient reference", "DATE", "Diagnosis", "Breslow mm", "Report"])
    writer.writerow(["P-1", ON, "Melanoma, invasive", "1.2", 'Line one\nsaid "two", three'])
    writer.writerow(["", "", "", "", ""])
    writer.writerow(["P-2", f"{ON} 00:00:00", "BOWEN", "", ""])
    first, second = read_rows("\ufeff" + out.getvalue(), TODAY)
    assert first.diagnosis is Pathology.MELANOMA_INVASIVE
    assert (first.breslow_mm, first.report) == (1.2, 'Line one\nsaid "two", three')
    assert (second.number, second.diagnosis) == (5, Pathology.BOWEN)
    assert second.on.isoformat() == ON


def test_every_diagnosis_is_known_by_its_code_and_by_its_label() -> None:
    out = StringIO()
    writer = csv.writer(out)
    writer.writerow(["case_id", "date", "diagnosis"])
    for diagnosis, label in PATHOLOGY_LABELS.items():
        writer.writerow(["f" * 32, ON, diagnosis.value.upper()])
        writer.writerow(["f" * 32, ON, label.lower()])
    rows = read_rows(out.getvalue(), TODAY)
    assert [row.diagnosis for row in rows] == [d for d in Pathology for _ in range(2)]
    assert not any(row.fault for row in rows)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "The file is empty"),
        ("name,remark\n", "no column named 'name'"),
        ("case_id,report\n", "must name the columns date and diagnosis"),
        ("date,diagnosis\n", "case_id or patient_reference"),
        ("case_id,date,diagnosis,doctor\n", "no column named 'doctor'"),
        ("case_id,date,date,diagnosis\n", "twice"),
        ('case_id,date,diagnosis\n"open,2026-11-25,naevus\n', "line 2, column 1: A quotation mark"),
        ("case_id,date,diagnosis\n" + f"{'f' * 32},{ON},naevus\n" * (MOST_ROWS + 1), "more than"),
        ("case_id,date,diagnosis\n" + "x" * 2_000_001, "larger than"),
        ("case_id,date,diagnosis\n" + "x" * 200_000 + "\n", "line 2, column 1"),
    ],
    ids=[
        "empty",
        "other table",
        "no date",
        "no key",
        "unknown",
        "twice",
        "open quote",
        "rows",
        "size",
        "cell",
    ],
)
def test_what_is_no_such_table_is_refused_as_a_whole(text: str, sentence: str) -> None:
    with pytest.raises(InvalidInput, match=sentence) as refused:
        read_rows(text, TODAY)
    assert refused.value.field == "file"


def sent(data: bytes) -> str:
    """A file as the page sends it where it is not UTF-8."""
    return BYTES_AS_TEXT + b64encode(data).decode()


@pytest.mark.parametrize(
    "data",
    [
        "patient_reference\tdate\tdiagnosis\r\n00123\t2026-11-28\tnaevus\r\n".encode("utf-16"),
        b"sep=;\npatient_reference;date;diagnosis\n00123;2026-11-28;naevus\n",
        b"patient_reference;date;diagnosis;;\n00123;2026-11-28;naevus;;\n;;;;\n",
        b"patient_reference;date;diagnosis\n00123;28.11.2026;naevus\n",
        b"PATIENT reference,Date,Diagnosis\r00123,28 Nov 2026,Naevus\r",
    ],
    ids=["UTF-16", "sep line", "empty columns", "day first", "CR"],
)
def test_a_file_is_read_as_the_clinics_programs_save_it(data: bytes) -> None:
    for text in (sent(data), data.decode("utf-8") if data.isascii() else sent(data)):
        (row,) = read_rows(text, TODAY)
        assert (row.patient_reference, row.on, row.fault) == ("00123", date(2026, 11, 28), "")
        assert not notes_on(text)


def test_letters_of_windows_are_read_and_the_plan_says_so() -> None:
    text = sent("patient_reference;date;diagnosis\nMüller-1;2026-11-28;naevus\n".encode("cp1252"))
    assert read_rows(text, TODAY)[0].patient_reference == "Müller-1"
    assert "Windows-1252" in notes_on(text)[0]


def test_bytes_that_did_not_arrive_whole_are_refused() -> None:
    for text in (f"{BYTES_AS_TEXT}a", "patient_reference\ud800"):
        with pytest.raises(InvalidInput, match="Choose it again"):
            read_rows(text, TODAY)
        assert not notes_on(text)


def test_a_row_says_once_and_for_all_what_it_states_however_its_day_is_written() -> None:
    heading = "patient_reference,image_date,date,diagnosis\n"
    written = [
        ("2026-11-24", "2026-11-28"),
        ("24.11.2026", "28/11/2026"),
        ("20261124", "11/28/2026"),
    ]
    rows = [read_rows(f"{heading}P-1,{a},{b},naevus\n", TODAY)[0] for a, b in written]
    assert {(row.on, row.image_date, row.key) for row in rows} == {
        (date(2026, 11, 28), date(2026, 11, 24), rows[0].key)
    }


def test_a_day_that_can_be_read_in_two_ways_is_not_guessed() -> None:
    (row,) = read_rows("patient_reference,date,diagnosis\nP-1,03/04/2026,naevus\n", TODAY)
    assert row.fault == (
        "Date: '03/04/2026' is unclear; it may be 3 April or 4 March. Write it as 2026-04-03 or as "
        "2026-03-04."
    )


@pytest.mark.parametrize(
    ("written", "read"),
    [("1,2", 1.2), ("1.2", 1.2), ("1_2", None), ("1.234,5", None), ("1 2", None)],
)
def test_a_thickness_is_read_with_point_or_comma_and_nothing_else_is_guessed(
    written: str, read: float | None
) -> None:
    heading = "patient_reference;date;diagnosis;breslow_mm\n"
    (row,) = read_rows(f"{heading}P-1;{ON};melanoma_invasive;{written}\n", TODAY)
    assert (row.breslow_mm, bool(row.fault)) == (read, read is None)
