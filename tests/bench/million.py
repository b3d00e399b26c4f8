"""Makes a database of many cases, quickly and the same for the same seed.

``python -m tests.bench.million --dir DIR --cases 1000000``. Rows go in by bulk SQL while indexes
and triggers are away; then the schema's own indexes, counters, full text and triggers are built
over them, as the program would have left them.
"""

import argparse
import json
import random
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from pysqlite3 import dbapi2

from tests.bench import million_rows as rows
from triage_app.config import PROJECT_ROOT
from triage_app.storage.database import migrate
from triage_app.storage.lists.counters import EXPECTED

KEPT = PROJECT_ROOT / "build" / "bench"
"""Where ``kept`` looks for what was made before."""
GENERATION = 2
"""Raise it when other rows are made: what was kept is then made anew."""
DATABASE, MADE = "triage.sqlite3", "made.json"
LEFT_OUT = (
    "crops and overlays (each case has the rows of an original and a thumbnail, and no file on the "
    "disk), letters, reports, documents and moves, earlier analyses, what the trail says of files "
    "and states (`verify` finds these missing), views in the trail"
)

# What follows from the rows of cases alone. Two digits of the random id stand for a throw of dice.
OPEN = "(created_at > '2026-01' OR substr(id, 3, 2) < '03')"
FOLLOWING = (
    "INSERT INTO stored_files (id, case_id, number, kind, sha256, size, media_type, source_name,"
    " width, height, created_at) SELECT substr(id, 3) || 'a0', id, 1, 'original', id || id, 91000,"
    " 'image/jpeg', 'IMG_' || row_id || '.jpg', 600, 450, created_at FROM cases ORDER BY row_id",
    "INSERT INTO stored_files (id, case_id, number, kind, sha256, size, media_type, source_name,"
    " width, height, created_at) SELECT substr(id, 3) || 'a1', id, 2, 'thumbnail', id || id, 4100,"
    " 'image/jpeg', '', 96, 96, created_at FROM cases ORDER BY row_id",
    "INSERT INTO verdicts (id, case_id, number, at, person, found, level, agrees, disposition,"
    " reason, note) SELECT substr(id, 5) || 'd000', id, 1, reviewed_at, uploaded_by, level,"
    " CASE level WHEN 'cannot_assess' THEN 'review' ELSE level END, level <> 'cannot_assess',"
    " CASE level WHEN 'urgent' THEN 'biopsy_or_excision' WHEN 'review' THEN 'follow_up'"
    " ELSE 'discharge' END, '', '' FROM cases WHERE reviewed_at IS NOT NULL ORDER BY row_id",
    "INSERT INTO next_steps (id, case_id, number, kind, owner, due, opened_at, verdict_id,"
    " ended_at, ended_by, ending, end_note) SELECT substr(id, 5) || 'e000', id, 1,"
    " CASE level WHEN 'urgent' THEN 'histology' ELSE 'follow_up' END, uploaded_by,"
    " date(created_at, '+' || (30 + row_id % 300) || ' days'), reviewed_at,"
    f" substr(id, 5) || 'd000', iif({OPEN}, NULL, reviewed_at), iif({OPEN}, '', uploaded_by),"
    f" iif({OPEN}, NULL, 'done'), '' FROM cases WHERE reviewed_at IS NOT NULL"
    " AND level IN ('urgent', 'review') AND substr(id, 1, 2) < '60' ORDER BY row_id",
    "INSERT INTO outcomes (id, case_id, number, at, person, method, found_on, diagnosis, specimen,"
    " text, months, changed, source_key) SELECT substr(id, 5) || 'c000', id, 1, reviewed_at,"
    " uploaded_by, 'histopathology', date(created_at, '+20 days'), 'melanoma_invasive', '', '',"
    " 0, 0, '' FROM cases WHERE reviewed_at IS NOT NULL AND level = 'urgent' ORDER BY row_id",
    "INSERT INTO patients (id, reference, patient_key, hold_reason, version)"
    " SELECT substr(min(id), 3) || 'b0', patient_reference, patient_key, '', 1"
    " FROM cases GROUP BY patient_key",
    "INSERT INTO people (id, name, name_key, roles, password_hash, created_at, password_changed_at,"
    " active, must_change_password, totp_secret, totp_step, failures)"
    " SELECT DISTINCT uploaded_by, 'person ' || substr(uploaded_by, 1, 1) || substr(uploaded_by,"
    " -1), 'person ' || substr(uploaded_by, 1, 1) || substr(uploaded_by, -1), '[\"clinician\"]',"
    " '', '2016-11-01 00:00:00.000000', '2016-11-01 00:00:00.000000', 1, 0, '', 0, 0 FROM cases",
)


def main() -> int:
    """Make one, and say what it holds."""
    parser = argparse.ArgumentParser(description="Make a database of many generated cases.")
    parser.add_argument("--dir", type=Path, required=True, help="a new folder for it")
    parser.add_argument("--cases", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    make(arguments.dir, arguments.cases, arguments.seed, say=print)
    return 0


def kept(cases: int, seed: int = 1) -> Path:
    """Folder of a generated database of this schema, made now unless it was made before."""
    folder = KEPT / f"cases-{cases}-{migrate.head()}-{GENERATION}-{seed}"
    if not (folder / MADE).exists():
        make(folder, cases, seed)
    return folder


def make(folder: Path, cases: int, seed: int = 1, say: Any = None) -> None:
    """A database of so many cases in a new folder, with a note of what it holds."""
    start = time.perf_counter()
    folder.mkdir(parents=True, exist_ok=True)
    database = folder / DATABASE
    for leftover in folder.iterdir():
        leftover.unlink()
    migrate.upgrade(f"sqlite:///{database}")
    with closing(dbapi2.connect(str(database))) as connection:
        connection.isolation_level = None
        for setting in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-2000000"):
            connection.execute(f"PRAGMA {setting}").close()
        connection.execute("BEGIN")
        with _stripped(connection, say):
            _fill(connection, cases, seed)
        connection.execute("COMMIT")
        connection.execute("PRAGMA journal_mode=WAL").close()
    held = {"cases": cases, "seed": seed, "generation": GENERATION, "schema": migrate.head()}
    seconds = round(time.perf_counter() - start, 1)
    held |= {"seconds": seconds, "bytes": database.stat().st_size, "left out": LEFT_OUT}
    (folder / MADE).write_text(json.dumps(held, indent=1), encoding="utf-8")
    if say:
        say(json.dumps(held, indent=1))


@contextmanager
def _stripped(connection: Any, say: Any) -> Iterator[None]:
    """Indexes and triggers are away inside, and built again at the end."""
    query = "SELECT type, name, sql FROM sqlite_master WHERE type = ? AND sql IS NOT NULL"
    indexes = connection.execute(query, ("index",)).fetchall()
    triggers = connection.execute(query, ("trigger",)).fetchall()
    for kind, name, _ in (*triggers, *indexes):
        connection.execute(f"DROP {kind} {name}")
    yield
    for _, name, sql in indexes:
        _timed(say, name, lambda sql=sql: connection.execute(sql))
    rebuild = "INSERT INTO case_text (case_text) VALUES ('rebuild')"
    _timed(say, "full text", lambda: connection.execute(rebuild))
    for table, expected in EXPECTED.items():
        connection.execute(f"DELETE FROM {table}")
        counted = f"INSERT INTO {table} {expected}"
        _timed(say, table, lambda sql=counted: connection.execute(sql))
    for _, _, sql in triggers:
        connection.execute(sql)


def _timed(say: Any, name: str, work: Any) -> None:
    start = time.perf_counter()
    work()
    if say:
        say(f"{time.perf_counter() - start:6.1f} s  {name}")


def _fill(connection: Any, cases: int, seed: int) -> None:
    known = rows.templates(random.Random(seed))
    made = rows.plan(cases, seed)
    columns = (*rows.CASE_COLUMNS, *known.case_columns)
    _insert(connection, "cases", columns, rows.cases(made, known, seed))
    columns = ("id", "case_id", "number", "created_at", *known.analysis_columns)
    _insert(connection, "analyses", columns, rows.analyses(made, known))
    columns = ("number", "at", "actor", "action", "subject", "details", "previous", "hash")
    _insert(connection, "trail", columns, rows.events(made))
    for statement in FOLLOWING:
        connection.execute(statement)


def _insert(connection: Any, table: str, columns: Iterable[str], some: Iterable[rows.Row]) -> None:
    names = tuple(columns)
    places = ", ".join("?" * len(names))
    connection.executemany(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({places})", some)


if __name__ == "__main__":
    sys.exit(main())
