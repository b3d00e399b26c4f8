"""Withdrawn outcomes: kept for good by the database, and the revision that made room for them."""

import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pysqlite3 import dbapi2
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError

from tests.samples.storage_cases import (
    START,
    case,
    engine_for,
    older_database,
    open_work,
    store,
    stored,
    stored_file,
    url,
)
from tests.samples.storage_loop import PEOPLE, looped, outcome, without_withdrawals
from triage_app.domain.case import Case
from triage_app.domain.files import FileKind
from triage_app.domain.outcome import Outcome, Withdrawal
from triage_app.services.cases.fingerprint import fingerprint
from triage_app.storage.database import migrate
from triage_app.storage.database.engine import open_engine

GONE = Withdrawal(START, PEOPLE[0], "Of another patient.")


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = engine_for(tmp_path / "triage.db")
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    rng = random.Random(73)
    return [without_withdrawals(looped(rng)) for _ in range(60)]


@pytest.fixture
def old(tmp_path: Path, cases: list[Case]) -> Path:
    """A database of the sixth revision, in which no outcome can be withdrawn."""
    return older_database(tmp_path / "old.db", "0006", *cases)


def rows(path: Path) -> list[dict[str, Any]]:
    connection = dbapi2.connect(str(path))
    connection.row_factory = dbapi2.Row
    found = [dict(row) for row in connection.execute("SELECT * FROM outcomes ORDER BY id")]
    connection.close()
    return found


def schema(path: Path) -> list[Any]:
    connection = dbapi2.connect(str(path))
    found: list[Any] = connection.execute("SELECT * FROM sqlite_master").fetchall()
    connection.close()
    return found


def save(engine: Engine, changed: Case) -> Case:
    with open_work(engine) as work:
        saved = work.cases.save(changed)
        work.commit()
    return saved


def with_one(rng: random.Random, **changes: object) -> tuple[Case, Outcome]:
    """A case with one outcome, without a document and not withdrawn."""
    made = outcome(rng, **{"document": None, "withdrawal": None, **changes})
    return replace(case(rng, deleted_at=None), outcomes=(made,)), made


def test_an_outcome_is_withdrawn_once_with_or_without_its_document(engine: Engine) -> None:
    rng = random.Random(25)
    document = stored_file(rng, FileKind.PATHOLOGY, START)
    for kept in (None, document):
        one, made = with_one(rng)
        store(engine, one)
        before = replace(made, document=kept)
        saved = save(engine, replace(one, outcomes=(before,)))
        after = replace(before, withdrawal=GONE)
        saved = save(engine, replace(saved, outcomes=(after,)))
        assert stored(engine, one.id).outcomes == (after,)
        for changed in (
            before,
            replace(after, withdrawal=replace(GONE, reason="No.")),
            replace(after, withdrawal=replace(GONE, by=PEOPLE[1])),
            replace(after, document=stored_file(rng, FileKind.PATHOLOGY, START)),
        ):
            with open_work(engine) as work, pytest.raises(ValueError, match="recorded"):
                work.cases.save(replace(saved, outcomes=(changed,)))


def test_nothing_else_changes_while_an_outcome_is_withdrawn(engine: Engine) -> None:
    one, made = with_one(random.Random(26))
    store(engine, one)
    changed = replace(made, withdrawal=GONE, text="Otherwise.")
    with open_work(engine) as work, pytest.raises(ValueError, match="recorded"):
        work.cases.save(replace(one, outcomes=(changed,)))
    assert stored(engine, one.id) == one


@pytest.mark.parametrize(
    ("statement", "refused"),
    [
        ("withdrawn_at = NULL, withdrawn_by = '', withdrawn_reason = ''", "cannot be changed"),
        ("withdrawn_reason = 'otherwise'", "cannot be changed"),
        ("withdrawn_by = 'somebody'", "cannot be changed"),
        ("document_id = NULL", "cannot be changed"),
        ("diagnosis = 'naevus'", "cannot be changed"),
    ],
)
def test_the_database_itself_keeps_a_withdrawal(
    engine: Engine, statement: str, refused: str
) -> None:
    one, made = with_one(random.Random(27))
    one = replace(one, outcomes=(replace(made, withdrawal=GONE),))
    store(engine, one)
    with engine.begin() as connection, pytest.raises(IntegrityError, match=refused):
        connection.exec_driver_sql(f"UPDATE outcomes SET {statement}")
    assert stored(engine, one.id) == one


@pytest.mark.parametrize(
    "statement",
    [
        "withdrawn_at = at",
        "withdrawn_at = at, withdrawn_by = person",
        "withdrawn_at = at, withdrawn_reason = 'why'",
        "withdrawn_by = person",
        "withdrawn_reason = 'why'",
    ],
)
def test_the_database_refuses_a_withdrawal_without_person_or_reason(
    engine: Engine, statement: str
) -> None:
    one, _ = with_one(random.Random(28))
    store(engine, one)
    with engine.begin() as connection, pytest.raises(IntegrityError, match="withdrawn"):
        connection.exec_driver_sql(f"UPDATE outcomes SET {statement}")


def test_a_stored_document_is_not_taken_from_its_outcome(engine: Engine) -> None:
    rng = random.Random(29)
    one, made = with_one(rng)
    document = stored_file(rng, FileKind.PATHOLOGY, one.created_at)
    store(engine, replace(one, outcomes=(replace(made, document=document),)))
    with engine.begin() as connection, pytest.raises(IntegrityError, match="cannot be changed"):
        connection.exec_driver_sql("UPDATE outcomes SET document_id = NULL")


def test_every_outcome_stays_as_it_was_and_counts(old: Path, cases: list[Case]) -> None:
    before = rows(old)
    assert len(before) == sum(len(one.outcomes) for one in cases) > 60
    states = [fingerprint(one) for one in cases]
    migrate.upgrade(url(old))
    none = {"withdrawn_at": None, "withdrawn_by": "", "withdrawn_reason": ""}
    assert rows(old) == [row | none for row in before]
    engine = open_engine(url(old))
    kept = [stored(engine, one.id) for one in cases]
    assert kept == cases
    assert [fingerprint(one) for one in kept] == states
    engine.dispose()


def test_an_old_outcome_can_be_withdrawn_and_is_kept_then(old: Path, cases: list[Case]) -> None:
    migrate.upgrade(url(old))
    engine = open_engine(url(old))
    one = next(c for c in cases if c.outcomes and c.outcomes[0].document)
    taken_back = replace(one.outcomes[0], withdrawal=GONE)
    save(engine, replace(one, outcomes=(taken_back, *one.outcomes[1:])))
    assert stored(engine, one.id).outcomes[0] == taken_back
    with engine.begin() as connection, pytest.raises(IntegrityError, match="cannot be changed"):
        connection.exec_driver_sql(
            "UPDATE outcomes SET withdrawn_reason = 'otherwise' WHERE withdrawn_at IS NOT NULL"
        )
    with engine.begin() as connection, pytest.raises(IntegrityError, match="cannot be changed"):
        connection.exec_driver_sql("UPDATE outcomes SET number = 9 WHERE withdrawn_at IS NULL")
    with open_work(engine) as work:
        work.cases.erase(one.id)
        work.commit()
    assert not [row for row in rows(old) if row["withdrawn_reason"]]
    engine.dispose()


@pytest.mark.parametrize(
    "spoilt",
    [
        "ALTER TABLE outcomes ADD COLUMN withdrawn_reason TEXT",
        "DROP TRIGGER outcomes_unchanged",
    ],
)
def test_a_seventh_step_that_fails_leaves_no_part_of_itself(old: Path, spoilt: str) -> None:
    connection = dbapi2.connect(str(old))
    connection.execute(spoilt)
    connection.commit()
    connection.close()
    before = schema(old), rows(old)
    with pytest.raises(Exception, match=r"duplicate column|no such trigger"):
        migrate.upgrade(url(old))
    assert (schema(old), rows(old)) == before
    assert migrate.current(url(old)) == "0006"
