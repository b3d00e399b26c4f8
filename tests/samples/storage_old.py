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

OLD_PERSON = {
    "id": "b" * 32,
    "name": "dr-one",
    "name_key": "dr-one",
    "roles": '["clinician"]',
    "password_hash": "scrypt$1",
    "created_at": "2026-01-01 00:00:00.000000",
    "password_changed_at": "2026-01-01 00:00:00.000000",
    "active": 1,
    "must_change_password": 0,
    "totp_secret": "",
    "totp_step": 0,
    "failures": 0,
}
# One row in each table that the third revision has, in an order that foreign keys allow.
OLD_ROWS: dict[str, Mapping[str, object]] = {
    "cases": {**OLD_CASE, "search_text": "grüsse\x1fσίσυφοσ?", "uploaded_by": OLD_PERSON["id"]},
    "analyses": OLD_ANALYSIS,
    "stored_files": OLD_FILE,
    "reports": {
        "id": "e" * 32,
        "case_id": OLD_CASE["id"],
        "number": 1,
        "issued_at": "2026-01-03 00:00:00.000000",
        "file_id": OLD_FILE["id"],
        "content_hash": "1:" + "0" * 64,
    },
    "people": OLD_PERSON,
    "sign_ins": {
        "id": "c" * 32,
        "token_hash": "1" * 64,
        "person_id": OLD_PERSON["id"],
        "created_at": "2026-01-01 00:00:00.000000",
        "last_seen_at": "2026-01-01 00:00:00.000000",
        "address": "127.0.0.1",
    },
    "trail": {
        "number": 1,
        "at": "2026-01-01 00:00:00.000000",
        "actor": "system",
        "action": "migrated",
        "subject": "",
        "details": "{}",
        "previous": "0" * 64,
        "hash": "2" * 64,
    },
    "settings": {"name": "model", "value": "x", "updated_at": "2026-01-01 00:00:00.000000"},
    "patients": {
        "id": "d" * 32,
        "reference": "Müller-1",
        "patient_key": "müller-1",
        "consent": "care",
        "consent_on": "2026-01-01",
        "hold_reason": "court",
    },
    "certificates": {
        "id": "9" * 32,
        "erased_at": "2026-01-01 00:00:00.000000",
        "erased_by": "system",
        "cases": "[]",
        "sha256": "[]",
        "reason": "patient_request",
        "event_number": 1,
        "event_hash": "2" * 64,
    },
    "problems": {
        "id": "8" * 32,
        "at": "2026-01-01 00:00:00.000000",
        "reported_by": OLD_PERSON["id"],
        "case_id": OLD_CASE["id"],
        "kind": "other",
        "text": "It was slow.",
        "app_version": "0.2.0",
        "model_sha256": "",
    },
}


def insert(connection: Any, table: str, row: Mapping[str, object]) -> None:
    """Add a row by SQL alone."""
    places = ", ".join("?" * len(row))
    connection.execute(
        f"INSERT INTO {table} ({', '.join(row)}) VALUES ({places})", tuple(row.values())
    )
