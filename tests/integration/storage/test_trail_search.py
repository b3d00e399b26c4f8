"""Searching the trail, against the same events filtered in plain Python."""

import random
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event

from tests.samples.storage_cases import engine_for, open_work
from tests.samples.storage_trail import AT, append, views
from triage_app.domain.errors import (
    InvalidInput,
)
from triage_app.domain.trail import (
    Action,
    Entry,
    Event,
    TrailFilter,
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "triage.db"


@pytest.fixture
def engine(path: Path) -> Iterator[Engine]:
    engine = engine_for(path)
    yield engine
    engine.dispose()


def test_pages_go_from_the_newest_to_the_oldest_without_gap(engine: Engine) -> None:
    appended = append(engine, *views(17))
    pages: list[Event] = []
    before = None
    with open_work(engine) as work:
        while page := work.trail.page(TrailFilter(), before, 5):
            pages += page
            before = page[-1].number
    assert pages == appended[::-1]


def mixed(rng: random.Random, engine: Engine) -> list[Event]:
    """Events by several people about several cases, with a clock that once jumped back."""
    events = []
    with open_work(engine) as work:
        for number in range(200):
            hours = number - 50 if number > 120 else number
            entry = Entry(
                rng.choice([Action.CASE_VIEWED, Action.SIGNED_IN, Action.CASE_ERASED]),
                rng.choice("ab") * 32,
                rng.choice(["", "1" * 32, "2" * 32]),
            )
            events.append(work.trail.append(entry, AT + timedelta(hours=hours)))
        work.commit()
    return events


FILTERS = {
    "action": TrailFilter(actions=frozenset({Action.CASE_ERASED})),
    "actions": TrailFilter(actions=frozenset({Action.CASE_ERASED, Action.SIGNED_IN})),
    "actor": TrailFilter(actor="a" * 32),
    "subject": TrailFilter(subject="1" * 32),
    "since": TrailFilter(since=AT + timedelta(hours=90)),
    "until": TrailFilter(until=AT + timedelta(hours=90)),
    "one hour that came twice": TrailFilter(
        since=AT + timedelta(hours=80), until=AT + timedelta(hours=80)
    ),
    "a time before all": TrailFilter(until=AT - timedelta(hours=1)),
    "no time at all": TrailFilter(since=AT + timedelta(hours=9), until=AT),
    "all": TrailFilter(
        frozenset({Action.CASE_VIEWED}), "a" * 32, "2" * 32, AT, AT + timedelta(hours=99)
    ),
    "nobody": TrailFilter(actor="A" * 32),
    "no text": TrailFilter(subject="\ud800"),
}
FIND_NOTHING = [
    FILTERS[name] for name in ("a time before all", "no time at all", "nobody", "no text")
]


def matches(one: Event, wanted: TrailFilter) -> bool:
    """The filter as its docstring reads."""
    return all(
        (
            not wanted.actions or one.action in wanted.actions,
            wanted.actor in ("", one.actor),
            wanted.subject in ("", one.subject),
            wanted.since is None or one.at >= wanted.since,
            wanted.until is None or one.at <= wanted.until,
        )
    )


@pytest.mark.parametrize("wanted", FILTERS.values(), ids=FILTERS.keys())
def test_a_search_finds_what_matches(engine: Engine, wanted: TrailFilter) -> None:
    events = mixed(random.Random(4), engine)
    expected = [one for one in events[::-1] if matches(one, wanted)]
    assert bool(expected) == (wanted not in FIND_NOTHING)
    with open_work(engine) as work:
        assert work.trail.page(wanted, None, 500) == expected
        assert work.trail.page(wanted, 100, 7) == [e for e in expected if e.number < 100][:7]


@pytest.mark.parametrize("size", [-1, 0, 501])
def test_a_page_has_a_size_that_can_be_shown(engine: Engine, size: int) -> None:
    with open_work(engine) as work, pytest.raises(InvalidInput):
        work.trail.page(TrailFilter(), None, size)


def plans(engine: Engine, wanted: TrailFilter) -> list[str]:
    """How SQLite looks for a page."""
    statements: list[tuple[str, Any]] = []

    def note(_c: object, _cur: object, sql: str, values: Any, *_rest: object) -> None:
        if sql.startswith("SELECT"):
            statements.append((sql, values))

    with open_work(engine) as work:
        event.listen(engine, "before_cursor_execute", note)
        work.trail.page(wanted, 4, 10)
        event.remove(engine, "before_cursor_execute", note)
    with engine.connect() as connection:
        return [
            " ".join(
                row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values)
            )
            for sql, values in statements
        ]


@pytest.mark.parametrize(
    ("name", "index"),
    [
        ("action", "INDEX ix_trail_action"),
        ("actor", "INDEX ix_trail_actor"),
        ("subject", "INDEX ix_trail_subject"),
        ("since", "INTEGER PRIMARY KEY (rowid>? AND rowid<?)"),
        ("until", "INTEGER PRIMARY KEY (rowid>? AND rowid<?)"),
        ("one hour that came twice", "INTEGER PRIMARY KEY (rowid>? AND rowid<?)"),
    ],
)
def test_a_search_finds_its_place_without_reading_or_sorting_the_rest(
    engine: Engine, name: str, index: str
) -> None:
    mixed(random.Random(4), engine)
    *bounds, lines = plans(engine, FILTERS[name])
    assert index in lines
    assert "TEMP B-TREE" not in lines
    assert all("COVERING INDEX ix_trail_at" in plan for plan in bounds)
