"""Accounts in real SQLite files: found by name, changed without losing a change."""

import random
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pysqlite3 import dbapi2
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError

from tests.samples.storage_cases import case, engine_for, open_work, store
from tests.samples.storage_people import add, person
from triage_app.domain.errors import (
    InvalidInput,
    PersonNotFound,
    StaleCase,
    StalePerson,
    StorageUnavailable,
)
from triage_app.storage.records.cases import DamagedEntry


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "triage.db"


@pytest.fixture
def engine(path: Path) -> Iterator[Engine]:
    engine = engine_for(path)
    yield engine
    engine.dispose()


def test_accounts_read_back_as_they_were_stored(engine: Engine) -> None:
    rng = random.Random(1)
    people = [person(rng) for _ in range(40)]
    add(engine, *people)
    with open_work(engine) as work:
        assert [work.people.get(one.id) for one in people] == people
        assert list(work.people.everyone()) == sorted(people, key=lambda one: one.name)
        assert work.people.count() == 40


def test_changed_accounts_read_back_as_they_were_changed(engine: Engine) -> None:
    rng = random.Random(2)
    for _ in range(20):
        before = person(rng)
        after = replace(person(rng), id=before.id)
        add(engine, before)
        with open_work(engine) as work:
            work.people.save(after)
            work.commit()
        with open_work(engine) as work:
            assert work.people.get(before.id) == after
            assert work.people.by_name(before.name) is None


@pytest.mark.parametrize(
    ("stored", "asked"),
    [
        ("Anna", "aNNA"),
        ("STRASSE", "straße"),
        ("Zoe\u0308", "zo\u00eb"),
        ("ΣΊΣΥΦΟΣ", "σίσυφος"),
        ("سارة", "سارة"),
    ],
)
def test_a_name_is_the_same_whatever_its_case(engine: Engine, stored: str, asked: str) -> None:
    one = person(random.Random(3), stored)
    add(engine, one)
    with open_work(engine) as work:
        assert work.people.by_name(asked) == one
        with pytest.raises(InvalidInput) as refusal:
            work.people.add(person(random.Random(4), asked))
    assert refusal.value.field == "name"


@pytest.mark.parametrize("asked", ["", " ", "An", "Anna ", "%", "An_a", "\ud800", "Anna\x00"])
def test_another_name_is_nobody(engine: Engine, asked: str) -> None:
    add(engine, person(random.Random(3), "Anna"))
    with open_work(engine) as work:
        assert work.people.by_name(asked) is None


def test_an_account_cannot_take_the_name_of_another_and_keeps_its_own(engine: Engine) -> None:
    anna, ben = person(random.Random(3), "Anna"), person(random.Random(4), "Ben")
    add(engine, anna, ben)
    with open_work(engine) as work:
        with pytest.raises(InvalidInput):
            work.people.save(replace(ben, name="ANNA"))
        work.people.save(replace(anna, name="ANNA"))
        work.commit()
    with open_work(engine) as work:
        assert work.people.get(anna.id).name == "ANNA"


@pytest.mark.parametrize("name", ["", "a\x00b", "\ud800"])
def test_a_name_that_cannot_be_stored_is_refused(engine: Engine, name: str) -> None:
    with open_work(engine) as work, pytest.raises(ValueError, match="name"):
        work.people.add(replace(person(random.Random(3)), name=name))


@pytest.mark.parametrize("person_id", ["", "0" * 32, "\ud800", "' OR 1=1"])
def test_an_unknown_account_is_not_found(engine: Engine, person_id: str) -> None:
    one = person(random.Random(3))
    add(engine, one)
    with open_work(engine) as work, pytest.raises(PersonNotFound):
        work.people.get(person_id)
    with open_work(engine) as work, pytest.raises(PersonNotFound):
        work.people.save(replace(one, id=person_id or "1" * 32))


def test_a_change_made_meanwhile_by_somebody_else_is_not_overwritten(engine: Engine) -> None:
    one = replace(person(random.Random(3)), failures=0)
    add(engine, one)
    with open_work(engine) as work:
        read = work.people.get(one.id)
        with open_work(engine) as other:
            other.people.save(replace(one, failures=1))
            other.commit()
        with pytest.raises(StalePerson):
            work.people.save(replace(read, failures=1))
    with open_work(engine) as work:
        assert work.people.get(one.id).failures == 1


def test_of_many_failures_counted_at_once_none_is_lost(path: Path) -> None:
    engine = engine_for(path, busy_timeout_ms=60_000)
    one = replace(person(random.Random(3)), failures=0)
    add(engine, one)

    def fail() -> None:
        for _ in range(10):
            with open_work(engine) as work:
                work.lock()
                read = work.people.get(one.id)
                work.people.save(replace(read, failures=read.failures + 1))
                work.commit()

    threads = [threading.Thread(target=fail) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with open_work(engine) as work:
        assert work.people.get(one.id).failures == 40
    engine.dispose()


def test_what_is_read_under_the_lock_cannot_be_overtaken(path: Path, engine: Engine) -> None:
    one = person(random.Random(3))
    add(engine, one)
    impatient = engine_for(path, busy_timeout_ms=20)
    with open_work(engine) as work:
        stale = work.people.get(one.id)
        with open_work(impatient) as other:
            other.people.save(replace(one, failures=77))
            other.commit()
        work.lock()
        read = work.people.get(one.id)
        assert (read.failures, stale.failures == 77) == (77, False)
        with open_work(impatient) as other, pytest.raises(StorageUnavailable):
            other.people.save(one)
        work.people.save(replace(read, failures=78))
        work.commit()
    with open_work(impatient) as work:
        assert work.people.get(one.id).failures == 78
    impatient.dispose()


def test_the_lock_notices_a_case_that_changed_since_it_was_read(engine: Engine) -> None:
    one = case(random.Random(1))
    store(engine, one)
    with open_work(engine) as work:
        work.cases.get(one.id)
        with open_work(engine) as other:
            other.cases.save(one)
            other.commit()
        with pytest.raises(StaleCase):
            work.lock()


DAMAGE = {
    "a role that is none": "roles = '[\"owner\"]'",
    "roles that are a word": "roles = '\"administrator\"'",
    "no roles": "roles = 'null'",
    "no JSON": "roles = '['",
    "a time that is none": "locked_until = 'soon'",
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE.keys())
def test_a_damaged_account_lets_nobody_in(path: Path, engine: Engine, damage: str) -> None:
    one = person(random.Random(3), "Anna")
    add(engine, one)
    raw = dbapi2.connect(str(path))
    raw.execute(f"UPDATE people SET {damage}")
    raw.commit()
    raw.close()
    with open_work(engine) as work:
        for read in (
            lambda: work.people.get(one.id),
            lambda: work.people.by_name("Anna"),
            work.people.everyone,
        ):
            with pytest.raises(DamagedEntry, match="backup"):
                read()


def test_an_unforeseen_error_carries_no_secret(engine: Engine) -> None:
    one = person(random.Random(3), "Anna")
    add(engine, one)
    with open_work(engine) as work, pytest.raises(IntegrityError) as failure:
        work.people.add(replace(one, name="Ben"))
    assert "argon2" not in str(failure.value)
