"""The fourth revision, from the third one with rows in all of its tables."""

import random
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pysqlite3 import dbapi2

from tests.samples.storage_cases import START, case, open_work, store, stored
from tests.samples.storage_loop import PEOPLE, lesion, looped
from tests.samples.storage_old import OLD_CASE, OLD_FILE, OLD_ROWS, insert
from triage_app.domain.case import CaseFilter, Order
from triage_app.domain.reading import Terms
from triage_app.domain.site import ConsentScope, PatientRecord
from triage_app.domain.triage import Level
from triage_app.domain.worklist import Whose
from triage_app.storage.database import migrate
from triage_app.storage.database.engine import open_engine

OLD_ID = str(OLD_CASE["id"])
NEW_TABLES = ("lesions", "moves", "impressions", "verdicts", "next_steps", "outcomes", "letters")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A database of the third revision with a row in each table."""
    path = tmp_path / "triage.db"
    migrate.upgrade(url(path), "0003")
    old = dbapi2.connect(str(path))
    for table, row in OLD_ROWS.items():
        insert(old, table, row)
    old.commit()
    old.close()
    return path


def url(path: Path) -> str:
    return f"sqlite:///{path}"


def tables(connection: Any) -> set[str]:
    query = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'case_text%'"
    return {name for (name,) in connection.execute(query)} - {"alembic_version", "sqlite_stat1"}


def rows(path: Path, columns: dict[str, list[str]] | None = None) -> dict[str, list[Any]]:
    """All rows of the tables of the third revision, in ``columns``."""
    connection = dbapi2.connect(str(path))
    found = {
        table: connection.execute(
            f"SELECT {', '.join(columns[table]) if columns else '*'} FROM {table}"
        ).fetchall()
        for table in OLD_ROWS
    }
    connection.close()
    return found


def columns_of(path: Path) -> dict[str, list[str]]:
    connection = dbapi2.connect(str(path))
    found = {
        table: [name for _, name, *_ in connection.execute(f"PRAGMA table_info({table})")]
        for table in OLD_ROWS
    }
    connection.close()
    return found


def test_every_table_of_the_third_revision_has_a_row_here(path: Path) -> None:
    connection = dbapi2.connect(str(path))
    assert tables(connection) == set(OLD_ROWS)
    connection.close()


def test_all_rows_are_as_they_were(path: Path) -> None:
    columns, before = columns_of(path), rows(path)
    migrate.upgrade(url(path))
    assert rows(path, columns) == before
    connection = dbapi2.connect(str(path))
    assert tables(connection) >= set(OLD_ROWS) | set(NEW_TABLES)  # later revisions add more
    for table in NEW_TABLES:
        assert connection.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)
    connection.close()


def test_an_old_case_is_shown_unread_and_of_no_lesion(path: Path) -> None:
    migrate.upgrade(url(path))
    engine = open_engine(url(path))
    kept = stored(engine, OLD_ID)
    assert (kept.blinded, kept.reveal, kept.lesion_id, kept.taken_by) == (False, None, "", "")
    assert (kept.verdicts, kept.impressions, kept.moves, kept.closed_at) == ((), (), (), None)
    assert (kept.version, [report.number for report in kept.reports]) == (3, [1])
    with open_work(engine) as work:
        (item,) = work.work.unread(
            Whose.FREE, "", now=START, terms=Terms(), cursor=None, size=5
        ).items
        assert (item.case_id, item.level, item.taken_by) == (OLD_ID, Level.CANNOT_ASSESS, "")
        assert work.work.blinded(5) == []
        (line,) = work.cases.page(CaseFilter(text="grüße"), Order.RISK, None, 5).items
        assert (line.blinded, line.reviewed, line.closed) == (False, False, False)
    engine.dispose()


def test_an_old_patient_keeps_consent_and_hold_and_can_be_described(path: Path) -> None:
    migrate.upgrade(url(path))
    engine = open_engine(url(path))
    with open_work(engine) as work:
        record = work.site.patient("MÜLLER-1")
        assert record == PatientRecord(
            "Müller-1", "d" * 32, ConsentScope.CARE, date(2026, 1, 1), "court", version=1
        )
        work.site.save_patient(replace(record, birth_year=1950, risk_factors=frozenset()))
        work.commit()
        assert work.site.patient_by_id("d" * 32) == replace(
            record, birth_year=1950, risk_factors=frozenset(), version=2
        )
    engine.dispose()


def test_an_old_case_goes_through_the_loop(path: Path) -> None:
    migrate.upgrade(url(path))
    engine = open_engine(url(path))
    rng = random.Random(51)
    place = lesion(rng, "d" * 32)
    like = looped(rng)
    with open_work(engine) as work:
        work.lesions.add(place)
        one = work.cases.get(OLD_ID)
        changed = replace(
            one,
            lesion_id=place.id,
            taken_by=PEOPLE[0],
            moves=like.moves,
            impressions=like.impressions,
            verdicts=like.verdicts,
            next_steps=like.next_steps,
            outcomes=like.outcomes,
            letters=like.letters,
        )
        saved = work.cases.save(changed)
        work.commit()
    assert stored(engine, OLD_ID) == saved
    engine.dispose()


def test_the_search_and_the_trail_keep_their_triggers(path: Path) -> None:
    migrate.upgrade(url(path))
    engine = open_engine(url(path))
    store(engine, case(random.Random(1), note="added later", deleted_at=None))
    with open_work(engine) as work:
        assert work.cases.page(CaseFilter(text="ADDED"), Order.NEWEST, None, 5).total == 1
        work.cases.erase(OLD_ID)
        work.commit()
        assert work.cases.page(CaseFilter(text="grüße"), Order.NEWEST, None, 5).total == 0
    connection = dbapi2.connect(str(path))
    with pytest.raises(dbapi2.IntegrityError, match="cannot be deleted"):
        connection.execute("DELETE FROM trail")
    connection.close()
    engine.dispose()


@pytest.mark.parametrize("table", NEW_TABLES)
def test_a_fourth_step_that_fails_leaves_no_part_of_itself(path: Path, table: str) -> None:
    before = dbapi2.connect(str(path))
    before.execute(f"CREATE TABLE {table} (in_the_way)")
    before.commit()
    schema = before.execute("SELECT * FROM sqlite_master").fetchall()
    before.close()
    kept = rows(path)
    with pytest.raises(Exception, match="already exists"):
        migrate.upgrade(url(path))
    after = dbapi2.connect(str(path))
    assert after.execute("SELECT * FROM sqlite_master").fetchall() == schema
    after.close()
    assert rows(path) == kept
    assert migrate.current(url(path)) == "0003"


def test_what_is_upgraded_is_copied_first(path: Path, tmp_path: Path) -> None:
    columns, before = columns_of(path), rows(path)
    migrate.upgrade(url(path), copies=tmp_path / "copies")
    (copy,) = (tmp_path / "copies").iterdir()
    assert migrate.current(url(copy)) == "0003"
    assert rows(copy, columns) == before


def test_a_row_of_the_first_revision_comes_all_the_way(tmp_path: Path) -> None:
    path = tmp_path / "first.db"
    migrate.upgrade(url(path), "0001")
    old = dbapi2.connect(str(path))
    insert(old, "cases", OLD_CASE)
    insert(old, "analyses", OLD_ROWS["analyses"])
    insert(old, "stored_files", OLD_FILE)
    old.commit()
    old.close()
    migrate.upgrade(url(path))
    engine = open_engine(url(path))
    assert (stored(engine, OLD_ID).blinded, stored(engine, OLD_ID).version) == (False, 3)
    engine.dispose()
