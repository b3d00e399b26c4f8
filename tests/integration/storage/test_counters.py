"""Counts that triggers keep, against the same counts made anew, whatever is done to the cases."""

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from tests.samples.storage_cases import START, analysis, case, engine_for, open_work, store, stored
from tests.samples.storage_loop import PEOPLE, letter, looped, step, verdict
from triage_app.domain.case import Case, CaseFilter, CaseState, Order
from triage_app.domain.context import NO_CONTEXT
from triage_app.domain.reading import StepEnd
from triage_app.storage.lists.counters import EXPECTED, miscounted

TABLES = tuple(EXPECTED)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = engine_for(tmp_path / "triage.db")
    yield engine
    engine.dispose()


def wrong(engine: Engine) -> list[str]:
    with open_work(engine) as work:
        return list(work.site.miscounted())


def rows(engine: Engine, table: str) -> int:
    with engine.connect() as connection:
        return int(connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())


def changed(rng: random.Random, one: Case) -> Case:
    """Something that the program may do to a case."""
    made = verdict(rng)
    open_steps = [s for s in one.next_steps if s.is_open]
    ways = [
        replace(one, deleted_at=None if one.deleted_at else START),
        replace(one, blinded=not one.blinded),
        replace(one, taken_by=rng.choice(["", *PEOPLE])),
        replace(one, state=rng.choice(list(CaseState))),
        replace(one, analysis=analysis(rng, NO_CONTEXT, START)),
        replace(one, analysis=replace(one.analysis, model=None)),
        replace(one, details=replace(one.details, note="another note")),
        replace(
            one,
            verdicts=(*one.verdicts, made),
            next_steps=(*one.next_steps, step(rng, made), step(rng, made)),
            letters=(*one.letters, letter(rng, len(one.letters) + 1, made)),
        ),
    ]
    if open_steps:
        ended = replace(open_steps[0], ended_at=START, ended_by=PEOPLE[0], end=StepEnd.DONE)
        steps = tuple(ended if s.id == ended.id else s for s in one.next_steps)
        ways.append(replace(one, next_steps=steps))
    return rng.choice(ways)


def test_the_counts_follow_whatever_is_done_to_cases(engine: Engine) -> None:
    rng = random.Random(61)
    cases = [looped(rng) for _ in range(40)]
    store(engine, *cases)
    assert wrong(engine) == []
    assert all(rows(engine, table) for table in TABLES)
    ids = [one.id for one in cases]
    for turn in range(120):
        chosen = rng.choice(ids)
        with open_work(engine) as work:
            if turn % 12 == 11:
                work.cases.erase(chosen)
                ids.remove(chosen)
            else:
                work.cases.save(changed(rng, work.cases.get(chosen)))
            work.commit()
        assert wrong(engine) == []


def test_when_all_is_erased_no_count_is_left(engine: Engine) -> None:
    rng = random.Random(62)
    cases = [looped(rng) for _ in range(12)]
    store(engine, *cases)
    with open_work(engine) as work:
        for one in cases:
            work.cases.erase(one.id)
        work.commit()
    left = {table: rows(engine, table) for table in TABLES}
    assert left == dict.fromkeys(TABLES, 0) | {"case_days": left["case_days"]}
    assert wrong(engine) == []


def test_what_is_rolled_back_is_not_counted(engine: Engine) -> None:
    with open_work(engine) as work:
        work.cases.add(case(random.Random(63)))
    assert rows(engine, "case_counts") == 0


def test_a_withheld_case_is_counted_by_nothing_that_tells_its_findings(engine: Engine) -> None:
    rng = random.Random(65)
    hidden = [replace(case(rng, deleted_at=None), blinded=True) for _ in range(60)]
    store(engine, *hidden)
    assert len({one.analysis.decision.level for one in hidden}) > 2
    with engine.connect() as connection:
        query = "SELECT DISTINCT level, leading_class FROM case_counts"
        assert connection.execute(text(query)).all() == [("cannot_assess", "")]
        assert (
            len(connection.execute(text("SELECT DISTINCT risk_rank FROM unread_counts")).all()) == 1
        )
    assert rows(engine, "model_counts") == 0


@pytest.mark.parametrize("table", TABLES)
def test_a_count_that_was_changed_is_noticed_and_counted_anew(engine: Engine, table: str) -> None:
    store(engine, *(looped(random.Random(65 + n), deleted_at=None) for n in range(8)))
    with engine.begin() as connection:
        connection.execute(text(f"DELETE FROM {table}"))
    assert wrong(engine) == [table]
    with open_work(engine) as work:
        work.site.recount()
        work.commit()
    assert wrong(engine) == [] and rows(engine, table) > 0


def test_a_case_that_was_stored_late_widens_the_rows_of_its_day(engine: Engine) -> None:
    rng = random.Random(66)
    first = case(rng, created_at=START, deleted_at=None)
    store(engine, first, case(rng, created_at=START + timedelta(days=3), deleted_at=None))
    store(engine, case(rng, created_at=START, deleted_at=None))
    with engine.connect() as connection:
        query = text("SELECT first_row, last_row FROM case_days ORDER BY day")
        assert connection.execute(query).all() == [(1, 3), (2, 2)]
    assert stored(engine, first.id) == first
    with open_work(engine) as work:
        assert work.cases.page(CaseFilter(), Order.NEWEST, None, 5).total == 3
        assert miscounted(work.cases._session) == []
