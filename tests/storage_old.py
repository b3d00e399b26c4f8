"""Rows as the first revision had them, written out: the models of today know more columns."""

from collections.abc import Mapping
from typing import Any

OLD_CASE = {
    "id": "0" * 31 + "1",
    "version": 3,
    "state": "filed",
    "created_at": "2026-01-02 03:04:05.000006",
    "updated_at": "2026-01-02 03:04:05.000007",
    "filed_at": "2026-01-02 03:04:05.000007",
    "patient_reference": "Müller-1",
    "patient_key": "müller-1",
    "lesion_label": "L1",
    "age": 51,
    "red_flags": "[]",
    "dermoscopic": 1,
    "note": "Grüße aus der STRASSE",
    "clinical_question": "ΣΊΣΥΦΟΣ?",
    "level": "cannot_assess",
    "risk_rank": 2,
    "risk_score": 0.0,
}
OLD_ANALYSIS = {
    "id": "a" * 32,
    "case_id": OLD_CASE["id"],
    "number": 1,
    "created_at": "2026-01-02 03:04:05.000006",
    "level": "cannot_assess",
    "findings_level": "cannot_assess",
    "reasons": '[{"code":"unreadable","level":"cannot_assess","text":"Retake it."}]',
    "evidence": '{"findings":null,"prediction_set":null,"quality":null,"competence":null,'
    '"overlay":null,'
    '"refusal":{"code":"unreadable","level":"cannot_assess","text":"Retake it."}}',
    "operating_points": "{}",
    "limits_of_use": "[]",
    "timings": "{}",
    "image_notes": "[]",
    "app_version": "0.0.9",
}
OLD_FILE = {
    "id": "f" * 32,
    "case_id": OLD_CASE["id"],
    "number": 1,
    "kind": "original",
    "sha256": "0" * 64,
    "size": 5,
    "media_type": "image/png",
    "source_name": "scan.png",
    "created_at": "2026-01-02 03:04:05.000006",
}


def insert(connection: Any, table: str, row: Mapping[str, object]) -> None:
    """Add a row by SQL alone."""
    places = ", ".join("?" * len(row))
    connection.execute(
        f"INSERT INTO {table} ({', '.join(row)}) VALUES ({places})", tuple(row.values())
    )
