"""Transactions on real SQLite files: nothing is kept by accident, and no change is lost."""

import random
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pysqlite3 import dbapi2
from sqlalchemy import Engine, event

from tests.samples.storage_cases import case, database, engine_for, open_work, store, stored
from triage_app.domain.case import Case, CaseFilter, Order
from triage_app.domain.errors import CaseNotFound, StaleCase, StorageUnavailable
from triage_app.storage.database.engine import open_engine


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "triage.db"


@pytest.fixture
def engine(path: Path) -> Iterator[Engine]:
    engine = engine_for(path, busy_timeout_ms=50)
    yield engine
    engine.dispose()


@pytest.fixture
def one() -> Case:
    return case(random.Random(5), deleted_at=None)


def with_note(of: Case, note: str) -> Case:
    return replace(of, details=replace(of.details, note=note))


def test_nothing_is_kept_without_commit(engine: Engine, one: Case) -> None:
    with open_work(engine) as work:
        work.cases.add(one)
        assert work.cases.get(one.id) == one
    with pytest.raises(CaseNotFound):
        stored(engine, one.id)


def test_nothing_is_kept_when_the_block_fails(engine: Engine, one: Case) -> None:
    with pytest.raises(ZeroDivisionError), open_work(engine) as work:
        work.cases.add(one)
        _ = 1 / 0
    with pytest.raises(CaseNotFound):
        stored(engine, one.id)


def test_what_was_committed_is_kept_and_what_followed_is_not(engine: Engine, one: Case) -> None:
    with open_work(engine) as work:
        work.cases.add(one)
        work.commit()
        work.cases.save(with_note(one, "after the commit"))
    assert stored(engine, one.id) == one


def test_a_unit_of_work_can_be_entered_again(engine: Engine, one: Case) -> None:
    work = open_work(engine)
    with work:
        work.cases.add(one)
    with work:
        work.cases.add(one)
        work.commit()
    assert stored(engine, one.id) == one


def test_a_second_window_cannot_overwrite_the_first(engine: Engine, one: Case) -> None:
    store(engine, one)
    opened_twice = stored(engine, one.id)
    with open_work(engine) as first:
        first.cases.save(with_note(opened_twice, "first"))
        first.commit()
    with open_work(engine) as second, pytest.raises(StaleCase):
        second.cases.save(with_note(opened_twice, "second"))
    kept = stored(engine, one.id)
    assert (kept.details.note, kept.version) == ("first", 2)


def test_saving_an_erased_case_says_that_it_is_gone(engine: Engine, one: Case) -> None:
    store(engine, one)
    with open_work(engine) as work:
        work.cases.erase(one.id)
        work.commit()
    with open_work(engine) as work, pytest.raises(CaseNotFound):
        work.cases.save(one)


def test_a_case_changed_between_reading_and_erasing_is_not_erased(
    engine: Engine, one: Case
) -> None:
    store(engine, one)
    with open_work(engine) as erasing:
        erasing.cases.get(one.id)
        with open_work(engine) as other:
            other.cases.save(with_note(one, "restored, please keep"))
            other.commit()
        with pytest.raises(StaleCase):
            erasing.cases.erase(one.id)
    assert stored(engine, one.id).details.note == "restored, please keep"


def test_a_change_to_another_case_does_not_disturb(engine: Engine, one: Case) -> None:
    other = case(random.Random(6))
    store(engine, one, other)
    with open_work(engine) as work:
        read = work.cases.get(one.id)
        with open_work(engine) as concurrent:
            concurrent.cases.save(with_note(other, "other"))
            concurrent.commit()
        work.cases.save(with_note(read, "mine"))
        work.commit()
    assert stored(engine, one.id).details.note == "mine"
    assert stored(engine, other.id).details.note == "other"


def test_after_a_commit_nothing_relies_on_what_was_read_before(engine: Engine, one: Case) -> None:
    store(engine, one)
    another = case(random.Random(6))
    with open_work(engine) as work:
        work.cases.get(one.id)
        work.commit()
        with open_work(engine) as concurrent:
            concurrent.cases.save(with_note(one, "changed"))
            concurrent.commit()
        work.cases.add(another)
        work.commit()
    assert stored(engine, another.id) == another


def test_reads_of_one_unit_of_work_agree_while_others_write(engine: Engine, one: Case) -> None:
    store(engine, one)
    with open_work(engine) as reading:
        before = reading.cases.get(one.id)
        with open_work(engine) as other:
            other.cases.erase(one.id)
            other.commit()
        assert reading.cases.get(one.id) == before
        assert reading.cases.page(CaseFilter(), Order.NEWEST, None, 5).total == 1


def test_of_many_writers_at_once_none_loses_a_change(path: Path, one: Case) -> None:
    engine = open_engine(database(path))
    store(engine, with_note(one, ""))

    def append(letter: str) -> None:
        for _ in range(5):
            while True:
                try:
                    with open_work(engine) as work:
                        read = work.cases.get(one.id)
                        work.cases.save(with_note(read, read.details.note + letter))
                        work.commit()
                    break
                except StaleCase:
                    continue

    threads = [threading.Thread(target=append, args=(letter,)) for letter in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    kept = stored(engine, one.id)
    engine.dispose()
    assert sorted(kept.details.note) == sorted("abcd" * 5)
    assert kept.version == 21


def test_a_locked_database_refuses_writing_in_words_and_still_reads(
    path: Path, engine: Engine, one: Case
) -> None:
    store(engine, one)
    holder = dbapi2.connect(str(path), isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    try:
        assert stored(engine, one.id) == one
        with open_work(engine) as work, pytest.raises(StorageUnavailable, match="Try again"):
            work.cases.save(with_note(one, "while locked"))
    finally:
        holder.close()
    store(engine, case(random.Random(9)))
    assert stored(engine, one.id) == one


def test_a_writer_waits_for_another_one_that_ends_in_time(path: Path, one: Case) -> None:
    engine = open_engine(database(path))
    holder = dbapi2.connect(str(path), isolation_level=None, check_same_thread=False)
    holder.execute("BEGIN IMMEDIATE")
    release = threading.Timer(0.2, holder.close)
    release.start()
    store(engine, one)
    release.join()
    assert stored(engine, one.id) == one
    engine.dispose()


def test_a_writer_of_this_process_waits_its_turn_and_no_longer_than_it_must(
    path: Path, one: Case
) -> None:
    engine = open_engine(database(path), busy_timeout_ms=100)
    store(engine, one)
    with open_work(engine) as first:
        first.lock()
        with open_work(engine) as second, pytest.raises(StorageUnavailable, match="in use"):
            second.lock()
        first.cases.save(with_note(one, "the first"))
        first.commit()
        # Its turn ended with the commit, not with the block.
        with open_work(engine) as third:
            third.cases.save(with_note(stored(engine, one.id), "the third"))
            third.commit()
    assert stored(engine, one.id).details.note == "the third"
    engine.dispose()


def test_a_write_that_failed_lets_the_next_one_in(path: Path, one: Case) -> None:
    engine = open_engine(database(path), busy_timeout_ms=100)
    store(engine, one)
    with pytest.raises(ZeroDivisionError), open_work(engine) as work:
        work.cases.save(with_note(one, "never"))
        _ = 1 / 0
    holder = dbapi2.connect(str(path), isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(StorageUnavailable), open_work(engine) as work:
        work.lock()
    holder.close()
    with open_work(engine) as work:
        work.cases.save(with_note(one, "at last"))
        work.commit()
    assert stored(engine, one.id).details.note == "at last"
    engine.dispose()


def test_a_full_database_refuses_in_words_and_keeps_what_it_has(
    path: Path, engine: Engine, one: Case
) -> None:
    store(engine, one)
    engine.dispose()
    small = open_engine(f"sqlite:///{path}")
    event.listen(small, "connect", lambda c, _: c.execute("PRAGMA max_page_count=1").close())
    too_much = with_note(case(random.Random(7)), "x" * 200_000)
    with open_work(small) as work, pytest.raises(StorageUnavailable, match="full"):
        work.cases.add(too_much)
        work.commit()
    with pytest.raises(CaseNotFound):
        stored(small, too_much.id)
    assert stored(small, one.id) == one
    small.dispose()


def test_a_read_only_database_refuses_in_words(path: Path, engine: Engine, one: Case) -> None:
    store(engine, one)
    fixed = open_engine(f"sqlite:///{path}")
    event.listen(fixed, "connect", lambda c, _: c.execute("PRAGMA query_only=ON").close())
    with open_work(fixed) as work, pytest.raises(StorageUnavailable, match="read-only"):
        work.cases.erase(one.id)
    assert stored(fixed, one.id) == one
    fixed.dispose()


def test_a_file_that_is_no_database_is_named_as_damaged(path: Path) -> None:
    path.write_bytes(b"not a database at all " * 500)
    engine = open_engine(f"sqlite:///{path}")
    with open_work(engine) as work, pytest.raises(StorageUnavailable, match="damaged"):
        work.cases.get("0" * 32)
    engine.dispose()


def test_a_folder_that_is_missing_is_named(path: Path) -> None:
    engine = open_engine(f"sqlite:///{path.parent}/missing/triage.db")
    with open_work(engine) as work, pytest.raises(StorageUnavailable, match="folder"):
        work.cases.get("0" * 32)


def test_each_connection_is_durable_and_keeps_references(engine: Engine) -> None:
    wanted = {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "busy_timeout": 50,
        "secure_delete": 1,
    }
    with engine.connect() as first, engine.connect() as second:
        for connection in (first, second):
            got = {
                name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in wanted
            }
            assert got == wanted


def test_closing_the_engine_leaves_one_file(path: Path, engine: Engine, one: Case) -> None:
    store(engine, one)
    assert len(list(path.parent.iterdir())) > 1
    engine.dispose()
    assert list(path.parent.iterdir()) == [path]


def test_an_unforeseen_error_carries_no_patient_text(engine: Engine, one: Case) -> None:
    named = with_note(one, "Sarah Bernhardt, born 1844")
    store(engine, named)
    with open_work(engine) as work, pytest.raises(Exception) as failure:
        work.cases.add(named)
    assert "UNIQUE" in str(failure.value)
    assert "Bernhardt" not in str(failure.value)
