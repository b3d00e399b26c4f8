"""The fifth revision, from the fourth one with cases in it."""

import random
from pathlib import Path
from typing import Any

import pytest
from pysqlite3 import dbapi2
from sqlalchemy import Engine

from tests.samples.storage_cases import engine_for, older_database, open_work, store, stored, url
from tests.samples.storage_lists import ids, page, sorted_ids
from tests.samples.storage_loop import looped, without_withdrawals
from triage_app.domain.case import Case, CaseFilter, Order
from triage_app.domain.site import SiteCounts
from triage_app.domain.triage import Level
from triage_app.storage.database import migrate
from triage_app.storage.database.engine import open_engine
from triage_app.storage.lists.counters import EXPECTED

LATER = {"withdrawn_at", "withdrawn_by", "withdrawn_reason"}


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    rng = random.Random(71)
    return [without_withdrawals(looped(rng)) for _ in range(60)]


@pytest.fixture
def path(tmp_path: Path, cases: list[Case]) -> Path:
    """A database of the fourth revision, which differs from later ones in counts and indexes."""
    return older_database(tmp_path / "triage.db", "0004", *cases)


def contents(path: Path) -> dict[str, list[Any]]:
    """All rows of all tables of the fourth revision, in the columns that it had."""
    connection = dbapi2.connect(str(path))
    connection.row_factory = dbapi2.Row
    query = (
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '%\\_%' ESCAPE '\\'"
    )
    names = [name for (name,) in connection.execute(query)]
    found = {
        name: [
            {column: row[column] for column in set(dict(row)) - LATER}
            for row in connection.execute(f"SELECT * FROM {name}")
        ]
        for name in names
    }
    connection.close()
    return found


def counts(engine: Engine) -> SiteCounts:
    with open_work(engine) as work:
        return work.site.counts()


def test_all_rows_stay_and_are_counted_as_if_stored_afterwards(
    path: Path, tmp_path: Path, cases: list[Case]
) -> None:
    before = contents(path)
    assert len(before["cases"]) == len(cases)
    migrate.upgrade(url(path))
    after = contents(path)
    assert {name: after[name] for name in before} == before
    old, new = open_engine(url(path)), engine_for(tmp_path / "new.db")
    store(new, *cases)
    assert counts(old) == counts(new) != SiteCounts({}, {}, 0, 0)
    with open_work(old) as work:
        assert work.site.miscounted() == []
    for order in Order:
        wanted = CaseFilter(levels=frozenset({Level.URGENT, Level.REVIEW}))
        shown = page(old, wanted, order, size=200)
        visible = [one for one in cases if not one.blinded]
        assert ids(shown) == sorted_ids(visible, wanted, order)
        assert shown.total == len(shown.items)
    for engine in (old, new):
        engine.dispose()


def test_what_is_done_afterwards_is_counted(path: Path, cases: list[Case]) -> None:
    migrate.upgrade(url(path))
    engine = open_engine(url(path))
    with open_work(engine) as work:
        work.cases.erase(cases[0].id)
        work.cases.add(looped(random.Random(72)))
        work.commit()
        assert work.site.miscounted() == []
    assert stored(engine, cases[1].id) == cases[1]
    engine.dispose()


@pytest.mark.parametrize("table", EXPECTED)
def test_a_fifth_step_that_fails_leaves_no_part_of_itself(path: Path, table: str) -> None:
    connection = dbapi2.connect(str(path))
    connection.execute(f"CREATE TABLE {table} (in_the_way)")
    connection.commit()
    schema = connection.execute("SELECT * FROM sqlite_master").fetchall()
    connection.close()
    before = contents(path)
    with pytest.raises(Exception, match="already exists"):
        migrate.upgrade(url(path))
    connection = dbapi2.connect(str(path))
    assert connection.execute("SELECT * FROM sqlite_master").fetchall() == schema
    connection.close()
    assert contents(path) == before
    assert migrate.current(url(path)) == "0004"
