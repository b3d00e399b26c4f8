"""Tables of pathologists' reports as spreadsheets save them, read row by row."""

import csv
from datetime import date
from io import StringIO

import pytest

from triage_app.domain.errors import InvalidInput
from triage_app.domain.pathology import PATHOLOGY_LABELS, Pathology
from triage_app.services.import_rows import MOST_ROWS, read_rows

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
        ("", "must name the columns date and diagnosis"),
        ("date,diagnosis\n", "case_id or patient_reference"),
        ("case_id,date,diagnosis,doctor\n", "no column named 'doctor'"),
        ("case_id,date,date,diagnosis\n", "twice"),
        ('case_id,date,diagnosis\n"open,2026-11-25,naevus\n', "cannot be read"),
        ("case_id,date,diagnosis\n" + f"{'f' * 32},{ON},naevus\n" * (MOST_ROWS + 1), "more than"),
        ("case_id,date,diagnosis\n" + "x" * 2_000_001, "larger than"),
        ("case_id,date,diagnosis\n" + "x" * 200_000 + "\n", "cannot be read"),
    ],
    ids=["empty", "no key", "unknown", "twice", "open quote", "rows", "size", "cell"],
)
def test_what_is_no_such_table_is_refused_as_a_whole(text: str, sentence: str) -> None:
    with pytest.raises(InvalidInput, match=sentence) as refused:
        read_rows(text, TODAY)
    assert refused.value.field == "file"
