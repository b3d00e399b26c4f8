"""A database in which references that look the same are several patients', as before 0008."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from pysqlite3 import dbapi2

from triage_app.domain.text import clean_line
from triage_app.services.patients import patients
from triage_app.storage.database import migrate
from triage_app.storage.records import keys
from triage_app.storage.records.folding import fold

PLAIN, HIDDEN, DASHED = "P-18", "P-18\u200b", "P\u201318"
TRIGGERS = [f"{t}_reference_{e}" for t in ("cases", "patients") for e in ("erased", "moved")]


@contextmanager
def before_references_were_unified() -> Iterator[None]:
    """The program stores each spelling as another patient, as it did."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(keys, "reference_key", fold)
        patched.setattr(patients, "clean", lambda text: clean_line(text, "Patient reference", 64))
        yield


def migrated_again(path: Path) -> None:
    """Take the database back to the form before 0008, and bring it to that of today by 0008 alone:
    later revisions change nothing about references."""
    connection = dbapi2.connect(str(path))
    for name in TRIGGERS:
        connection.execute(f"DROP TRIGGER {name}")
    connection.execute("DROP TABLE known_references")
    _stamp(connection, "0007")
    migrate.upgrade(f"sqlite:///{path}", "0008")
    _stamp(connection, migrate.head())
    connection.close()


def _stamp(connection: Any, revision: str) -> None:
    connection.execute("UPDATE alembic_version SET version_num = ?", (revision,))
    connection.commit()
