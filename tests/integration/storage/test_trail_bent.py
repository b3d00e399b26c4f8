"""Nobody bends the trail unseen: the database refuses, and what was forced is found."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError

from tests.samples.storage_cases import engine_for, open_work
from tests.samples.storage_trail import append, bend, everything, views
from triage_app.domain.trail import (
    START,
    Anchor,
    breaks,
    hash_of,
)
from triage_app.storage.repositories import trail as trail_module


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "triage.db"


@pytest.fixture
def engine(path: Path) -> Iterator[Engine]:
    engine = engine_for(path)
    yield engine
    engine.dispose()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE trail SET details = '{}' WHERE number = 2",
        "UPDATE trail SET actor = actor",
        "UPDATE OR REPLACE trail SET number = 1 WHERE number = 2",
        "DELETE FROM trail WHERE number = 3",
        "DELETE FROM trail",
        "INSERT OR REPLACE INTO trail SELECT number, at, 'x', action, subject, details, previous,"
        " hash FROM trail WHERE number = 2",
        "INSERT INTO trail SELECT 5, at, actor, action, subject, details, hash, hash"
        " FROM trail WHERE number = 3",
        "INSERT INTO trail SELECT 4, at, actor, action, subject, details, previous, hash"
        " FROM trail WHERE number = 3",
        "INSERT INTO trail SELECT 0, at, actor, action, subject, details, previous, hash"
        " FROM trail WHERE number = 1",
        "INSERT INTO trail SELECT NULL, at, actor, action, subject, details, hash, hash"
        " FROM trail WHERE number = 3",
    ],
)
def test_the_database_itself_lets_nobody_bend_the_trail(engine: Engine, statement: str) -> None:
    before = append(engine, *views(3))
    with engine.connect() as connection, pytest.raises(IntegrityError, match=r"trail|follow"):
        connection.exec_driver_sql(statement)
        connection.commit()
    assert everything(engine) == before


def test_the_next_event_still_follows_after_a_refused_change(engine: Engine) -> None:
    append(engine, *views(2))
    with engine.connect() as connection, pytest.raises(IntegrityError):
        connection.exec_driver_sql("DELETE FROM trail WHERE number = 2")
    append(engine, *views(1))
    assert breaks(everything(engine)) == []
    assert len(everything(engine)) == 3


EDITS = {
    "time": "at = '2026-11-02 09:30:00.000006'",
    "spelling of the time": "at = replace(at, ' ', 'T')",
    "nonsense as time": "at = 'yesterday'",
    "number as time": "at = 5",
    "actor": "actor = 'somebody'",
    "action": "action = 'case_erased'",
    "subject": "subject = subject || ' '",
    "details": "details = '{\"n\":4}'",
    "order of details": "details = '{ \"n\":2}'",
    "bytes for text": "subject = x'ff00fe'",
    "text that is no text": "subject = CAST(x'ff00fe' AS TEXT)",
    "link": f"previous = '{START}'",
    "hash": f"hash = '{'e' * 64}'",
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS.keys())
def test_an_edited_row_is_found(path: Path, engine: Engine, edit: str) -> None:
    append(engine, *views(5))
    bend(path, f"UPDATE trail SET {edit} WHERE number = 3")
    found = breaks(everything(engine))
    assert found
    assert {b.number for b in found} <= {3, 4}


def test_an_edited_row_with_a_fitting_hash_breaks_the_next_link(path: Path, engine: Engine) -> None:
    third = append(engine, *views(5))[2]
    forged = replace(third, actor="somebody")
    bend(path, f"UPDATE trail SET actor = 'somebody', hash = '{hash_of(forged)}' WHERE number = 3")
    assert [b.number for b in breaks(everything(engine))] == [4]


def test_a_removed_row_is_found(path: Path, engine: Engine) -> None:
    append(engine, *views(5))
    bend(path, "DELETE FROM trail WHERE number = 3")
    assert [b.number for b in breaks(everything(engine))] == [4]


@pytest.mark.parametrize("number", [-1, 0, 6, 7])
def test_an_inserted_row_is_found(path: Path, engine: Engine, number: int) -> None:
    append(engine, *views(5))
    columns = "at, actor, action, subject, details, previous, hash"
    bend(path, f"INSERT INTO trail SELECT {number}, {columns} FROM trail WHERE number = 3")
    assert number in {b.number for b in breaks(everything(engine))}


def test_a_cut_tail_is_found_by_an_anchor_and_only_by_it(path: Path, engine: Engine) -> None:
    last = append(engine, *views(5))[-1]
    bend(path, "DELETE FROM trail WHERE number > 3")
    assert breaks(everything(engine)) == []
    found = breaks(everything(engine), [Anchor(last.number, last.hash)])
    assert [b.number for b in found] == [5]


def test_a_table_rebuilt_without_counting_numbers_does_not_read_for_ever(
    path: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    append(engine, *views(5))
    monkeypatch.setattr(trail_module, "PORTION", 2)
    bend(
        path,
        "ALTER TABLE trail RENAME TO old",
        "CREATE TABLE trail AS SELECT 'row ' || number AS number, at, actor, action, subject,"
        " details, previous, hash FROM old",
    )
    with open_work(engine) as work, pytest.raises(Exception, match="damaged"):
        list(work.trail.every())
