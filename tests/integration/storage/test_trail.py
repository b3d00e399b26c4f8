"""The trail in real SQLite files: one chain, whoever writes, in the transaction it records."""

import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event, text

from tests.samples.patience import SECONDS
from tests.samples.storage_cases import case, engine_for, open_work, store, stored
from tests.samples.storage_trail import AT, append, everything, views
from tests.stations.storage_writers import write
from triage_app.config import PROJECT_ROOT
from triage_app.domain.errors import (
    CaseNotFound,
    StaleCase,
    StorageUnavailable,
)
from triage_app.domain.trail import (
    START,
    Action,
    Anchor,
    Entry,
    TrailFilter,
    breaks,
    hash_of,
)
from triage_app.storage.repositories import trail as trail_module

ROOT = PROJECT_ROOT


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "triage.db"


@pytest.fixture
def engine(path: Path) -> Iterator[Engine]:
    engine = engine_for(path)
    yield engine
    engine.dispose()


def test_an_empty_trail_starts_from_nothing(engine: Engine) -> None:
    assert everything(engine) == []
    with open_work(engine) as work:
        assert work.trail.tip() == Anchor(0, START)
        assert work.trail.page(TrailFilter(), None, 10) == []


def test_events_read_back_as_they_were_appended(engine: Engine) -> None:
    entries = [
        Entry(Action.SIGNED_IN, "a" * 32),
        Entry(Action.LIST_VIEWED, "a" * 32, "", {"cases": ["1", "2"], "bin": False}),
        Entry(Action.CASE_ANALYSED, "b" * 32, "c" * 32, {"share": 0.25, "model": None}),
    ]
    appended = append(engine, *entries)
    assert everything(engine) == appended
    assert [e.number for e in appended] == [1, 2, 3]
    assert [e.previous for e in appended] == [START, appended[0].hash, appended[1].hash]
    assert all(e.hash == hash_of(e) for e in appended)
    with open_work(engine) as work:
        assert work.trail.tip() == Anchor(3, appended[2].hash)


def test_a_time_of_another_zone_is_kept_in_utc_and_its_hash_holds(engine: Engine) -> None:
    elsewhere = AT.astimezone(timezone(timedelta(hours=5, minutes=30)))
    append(engine, *views(1), at=elsewhere)
    (kept,) = everything(engine)
    assert (kept.at, kept.at.tzinfo) == (AT, UTC)
    assert breaks([kept]) == []


def test_a_time_without_zone_is_refused(engine: Engine) -> None:
    with pytest.raises(ValueError, match="zone"):
        append(engine, *views(1), at=datetime(2026, 1, 1))
    assert everything(engine) == []


def test_without_commit_neither_the_event_nor_what_it_records_is_kept(engine: Engine) -> None:
    one = case(random.Random(1))
    with open_work(engine) as work:
        work.cases.add(one)
        work.trail.append(Entry(Action.CASE_ANALYSED, "a", one.id), AT)
    assert everything(engine) == []
    with pytest.raises(CaseNotFound):
        stored(engine, one.id)


def test_an_event_about_a_case_that_changed_since_it_was_read_is_refused(engine: Engine) -> None:
    one = case(random.Random(1))
    store(engine, one)
    with open_work(engine) as work:
        work.cases.get(one.id)
        with open_work(engine) as other:
            other.cases.save(one)
            other.commit()
        with pytest.raises(StaleCase):
            work.trail.append(Entry(Action.CASE_CHANGED, "a", one.id), AT)
    assert everything(engine) == []


def test_an_erased_case_leaves_its_events_and_the_chain(engine: Engine) -> None:
    one = case(random.Random(1))
    store(engine, one)
    append(engine, Entry(Action.CASE_ANALYSED, "a", one.id))
    with open_work(engine) as work:
        work.cases.erase(one.id)
        work.trail.append(Entry(Action.CASE_ERASED, "a", one.id), AT)
        work.commit()
    events = everything(engine)
    assert [e.action for e in events] == ["case_analysed", "case_erased"]
    assert breaks(events) == []


def test_four_threads_make_one_chain(path: Path) -> None:
    engine = engine_for(path, busy_timeout_ms=60_000)
    actors = ["a" * 32, "b" * 32, "c" * 32, "d" * 32]
    threads = [threading.Thread(target=write, args=(engine, actor, 25)) for actor in actors]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert_one_chain(engine, actors, 25)
    engine.dispose()


def test_four_processes_make_one_chain(path: Path, engine: Engine) -> None:
    actors = ["a" * 32, "b" * 32, "c" * 32, "d" * 32]
    folder = path.parent
    command = [sys.executable, "-m", "tests.stations.storage_writers", str(folder)]
    children = [subprocess.Popen([*command, actor, "15"], cwd=ROOT) for actor in actors]
    try:
        while len(list(folder.glob("ready-*"))) < len(actors):
            assert all(child.poll() is None for child in children)
            time.sleep(0.02)
        (folder / "go").touch()
        assert [child.wait(SECONDS) for child in children] == [0, 0, 0, 0]
    finally:
        for child in children:
            child.kill()
            child.wait()
    assert_one_chain(engine, actors, 15)


def assert_one_chain(engine: Engine, actors: list[str], count: int) -> None:
    events = everything(engine)
    assert breaks(events) == []
    assert len(events) == len(actors) * count
    for actor in actors:
        own = [e.details for e in events if e.actor == actor]
        assert own == [f'{{"n":{n}}}' for n in range(count)]
    with open_work(engine) as work:
        assert {e.subject for e in events} == {
            case_id for actor in actors for case_id in uploaded(work, actor)
        }


def uploaded(work: Any, actor: str) -> list[str]:
    query = text("SELECT id FROM cases WHERE uploaded_by = :actor")
    return list(work.cases._session.scalars(query, {"actor": actor}))


def test_a_long_trail_comes_in_portions_and_in_order(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    appended = append(engine, *views(23))
    monkeypatch.setattr(trail_module, "PORTION", 5)
    assert everything(engine) == appended


def test_reading_the_trail_shows_one_moment_while_others_append(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    append(engine, *views(6))
    monkeypatch.setattr(trail_module, "PORTION", 2)
    with open_work(engine) as work:
        reading = work.trail.every()
        first = next(reading)
        append(engine, *views(3))
        assert [first.number, *(e.number for e in reading)] == [1, 2, 3, 4, 5, 6]


def test_a_trail_that_cannot_be_written_refuses_in_words(path: Path, engine: Engine) -> None:
    append(engine, *views(1))
    fixed = engine_for(path)
    event.listen(fixed, "connect", lambda c, _: c.execute("PRAGMA query_only=ON").close())
    fixed.dispose()  # the connection that migrated was opened before
    with pytest.raises(StorageUnavailable, match="read-only"):
        append(fixed, *views(1))
    fixed.dispose()
    assert len(everything(engine)) == 1


def steps(engine: Engine, work: Callable[[], object]) -> int:
    """Steps of SQLite's virtual machine, which unlike time don't depend on the machine."""
    counted = [0]

    def count() -> int:
        counted[0] += 1
        return 0

    def watch(connection: Any, _record: Any) -> None:
        connection.set_progress_handler(count, 1)

    engine.dispose()
    event.listen(engine, "connect", watch)
    try:
        work()
    finally:
        event.remove(engine, "connect", watch)
        engine.dispose()
    return counted[0]


def test_appending_takes_the_same_steps_however_long_the_trail_is(engine: Engine) -> None:
    append(engine, *views(5))
    short = steps(engine, lambda: append(engine, *views(1)))
    append(engine, *views(1_000))
    long = steps(engine, lambda: append(engine, *views(1)))
    assert 0 < long <= short + 5
