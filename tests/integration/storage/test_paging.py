"""Pages of a real list against the same list sorted in plain Python."""

import random
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event

from tests.samples.storage_cases import START, case, engine_for, open_work, store
from tests.samples.storage_lists import EVERYTHING, ids, page, sorted_ids, walk_forwards
from triage_app.domain.case import Case, CaseFilter, CaseState, Order, Page
from triage_app.domain.errors import InvalidInput
from triage_app.domain.triage import Level
from triage_app.storage.lists import listing


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    rng = random.Random(300)
    return [case(rng) for _ in range(300)]


@pytest.fixture(scope="module")
def engine(cases: list[Case], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """Filled once and never changed by a test."""
    engine = engine_for(tmp_path_factory.mktemp("listing") / "triage.db")
    store(engine, *cases)
    yield engine
    engine.dispose()


@pytest.fixture
def own_engine(tmp_path: Path) -> Iterator[Engine]:
    """Empty, for tests that change what is stored."""
    engine = engine_for(tmp_path / "triage.db")
    yield engine
    engine.dispose()


@pytest.mark.parametrize("order", list(Order))
@pytest.mark.parametrize("size", [1, 7, 60, 200])
def test_pages_forwards_are_the_sorted_list(
    engine: Engine, cases: list[Case], order: Order, size: int
) -> None:
    expected = sorted_ids(cases, EVERYTHING, order)
    pages = walk_forwards(engine, EVERYTHING, order, size)
    assert [i for p in pages for i in ids(p)] == expected
    assert {p.total for p in pages} == {len(expected)}
    assert all(len(p.items) == size for p in pages[:-1])


@pytest.mark.parametrize("order", list(Order))
@pytest.mark.parametrize("size", [1, 7, 60])
def test_pages_backwards_are_the_same_pages(engine: Engine, order: Order, size: int) -> None:
    pages = walk_forwards(engine, EVERYTHING, order, size)
    for earlier, later in zip(pages[-2::-1], pages[:0:-1], strict=True):
        assert later.previous_cursor
        back = page(engine, EVERYTHING, order, later.previous_cursor, size)
        assert back == earlier
    assert pages[0].previous_cursor is None


def test_cases_of_the_same_moment_are_each_shown_once(own_engine: Engine) -> None:
    rng = random.Random(2)
    same = [case(rng, created_at=START, deleted_at=None) for _ in range(30)]
    store(own_engine, *same)
    shown = [i for p in walk_forwards(own_engine, EVERYTHING, Order.NEWEST, 4) for i in ids(p)]
    assert shown == sorted((c.id for c in same), reverse=True)


def test_a_new_case_while_paging_shifts_nothing(own_engine: Engine) -> None:
    rng = random.Random(3)
    cases = [case(rng, deleted_at=None) for _ in range(20)]
    store(own_engine, *cases)
    expected = sorted_ids(cases, EVERYTHING, Order.NEWEST)
    first = page(own_engine, size=8)
    store(own_engine, case(rng, created_at=START + timedelta(days=99), deleted_at=None))
    assert ids(page(own_engine, cursor=first.next_cursor, size=8)) == expected[8:16]


def test_an_erased_case_leaves_its_cursor_good(own_engine: Engine) -> None:
    rng = random.Random(3)
    cases = [case(rng, deleted_at=None) for _ in range(20)]
    store(own_engine, *cases)
    expected = sorted_ids(cases, EVERYTHING, Order.RISK)
    first = page(own_engine, order=Order.RISK, size=8)
    with open_work(own_engine) as work:
        work.cases.erase(expected[7])
        work.commit()
    after = page(own_engine, order=Order.RISK, cursor=first.next_cursor, size=8)
    assert ids(after) == expected[8:16]
    back = page(own_engine, order=Order.RISK, cursor=after.previous_cursor, size=8)
    assert ids(back) == [*expected[:7], expected[8]]


def test_past_the_end_the_last_page_is_shown(own_engine: Engine) -> None:
    rng = random.Random(3)
    cases = [case(rng, deleted_at=None) for _ in range(10)]
    store(own_engine, *cases)
    expected = sorted_ids(cases, EVERYTHING, Order.NEWEST)
    second = page(own_engine, size=4)
    cursor = page(own_engine, cursor=second.next_cursor, size=4).next_cursor
    with open_work(own_engine) as work:
        for case_id in expected[8:]:
            work.cases.erase(case_id)
        work.commit()
    last = page(own_engine, cursor=cursor, size=4)
    assert ids(last) == expected[4:8]
    assert (last.next_cursor, last.previous_cursor is None) == (None, False)


def test_an_empty_list_has_no_neighbours(own_engine: Engine) -> None:
    assert page(own_engine) == Page((), None, None, 0)


def test_a_cursor_of_one_order_is_refused_in_the_other(engine: Engine) -> None:
    cursor = page(engine, order=Order.RISK).next_cursor
    with pytest.raises(InvalidInput) as refusal:
        page(engine, order=Order.NEWEST, cursor=cursor)
    assert refusal.value.field == "cursor"


@pytest.mark.parametrize("size", [-1, 0, 201, 10**9])
def test_a_page_has_one_to_two_hundred_lines(engine: Engine, size: int) -> None:
    with pytest.raises(InvalidInput) as refusal:
        page(engine, size=size)
    assert refusal.value.field == "size"


def test_a_total_that_must_be_counted_stops_at_its_limit_and_says_so(
    engine: Engine, cases: list[Case], monkeypatch: pytest.MonkeyPatch
) -> None:
    own = CaseFilter(uploaded_by="c1" * 16)
    monkeypatch.setattr(listing, "TOTAL_LIMIT", 17)
    stopped = page(engine, own)
    assert (stopped.total, stopped.at_least) == (17, True)
    monkeypatch.setattr(listing, "TOTAL_LIMIT", len(sorted_ids(cases, own, Order.NEWEST)))
    assert not page(engine, own).at_least


def test_a_total_that_is_kept_is_exact_beyond_any_limit(
    engine: Engine, cases: list[Case], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "TOTAL_LIMIT", 17)
    whole = page(engine)
    assert (whole.total, whole.at_least) == (
        len(sorted_ids(cases, EVERYTHING, Order.NEWEST)),
        False,
    )
    assert page(engine, CaseFilter(text="xyzzy")).total == 0


@pytest.mark.parametrize("order", list(Order))
@pytest.mark.parametrize(
    "wanted",
    [
        EVERYTHING,
        CaseFilter(levels=frozenset({Level.ROUTINE, Level.CANNOT_ASSESS})),
        CaseFilter(state=CaseState.DRAFT),
        CaseFilter(patient_reference="Ab-1"),
    ],
    ids=["all", "levels", "state", "reference"],
)
def test_a_deep_page_is_found_in_an_index_without_sorting(
    engine: Engine, order: Order, wanted: CaseFilter
) -> None:
    lines, others = plans_of_a_deep_page(engine, wanted, order)
    assert lines and all(f"ix_cases_{order}" in plan for plan in lines)
    assert any("SEARCH case_counts" in plan for plan in others)
    assert not any("TEMP B-TREE" in plan or "SCAN cases" in plan for plan in (*lines, *others))


def plans_of_a_deep_page(
    engine: Engine, wanted: CaseFilter, order: Order
) -> tuple[list[str], list[str]]:
    """How SQLite finds the lines of a second page, and all else that is looked up for it."""
    cursor = page(engine, wanted, order, size=5).next_cursor
    statements: list[tuple[str, Any]] = []

    def note(_c: object, _cur: object, sql: str, values: Any, *_rest: object) -> None:
        if sql.startswith("SELECT"):
            statements.append((sql, values))

    event.listen(engine, "before_cursor_execute", note)
    try:
        page(engine, wanted, order, cursor, 5)
    finally:
        event.remove(engine, "before_cursor_execute", note)
    found: tuple[list[str], list[str]] = ([], [])
    with engine.connect() as connection:
        for sql, values in statements:
            steps = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values)
            found["cases.note" not in sql].append(" ".join(row[3] for row in steps))
    return found


def test_a_deep_page_of_ones_own_uploads_is_found_in_an_index_without_sorting(
    engine: Engine,
) -> None:
    wanted = CaseFilter(uploaded_by="c1" * 16)
    lines, others = plans_of_a_deep_page(engine, wanted, Order.NEWEST)
    assert lines and all("ix_cases_uploads" in plan for plan in lines)
    assert any("COVERING INDEX ix_cases_uploads" in plan for plan in others)
    assert not any("TEMP B-TREE" in plan or "SCAN cases" in plan for plan in (*lines, *others))
