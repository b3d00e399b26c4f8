"""The worklist and what is due, against the same lists sorted in plain Python."""

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event

from tests.samples.storage_cases import START, case, engine_for, hex_id, open_work, store
from tests.samples.storage_loop import DAY, letter, outcome, step, verdict
from triage_app.domain.case import Case
from triage_app.domain.errors import CaseNotFound, InvalidInput
from triage_app.domain.files import FileKind
from triage_app.domain.reading import NextStep, Reveal, RevealCause, StepKind, Terms
from triage_app.domain.triage import Level
from triage_app.domain.worklist import Whose, WorkCounts, WorkItem, WorkPage, order_of
from triage_app.storage.lists.cursor import WorkCursor, encode_work

TERMS = Terms()
ME, OTHER = "a1" * 16, "a2" * 16
NOW = START + timedelta(days=8, hours=5)
TICK = timedelta(microseconds=1)


def unread_case(rng: random.Random, **changes: object) -> Case:
    """A case that waits, perhaps withheld, escalated or taken."""
    escalated = Reveal(START, "system", RevealCause.ESCALATED)
    blinded = rng.random() < 0.25
    return replace(
        case(rng, **changes),
        blinded=blinded,
        reveal=None if blinded else rng.choice([None, None, escalated]),
        taken_by=rng.choice(["", "", ME, OTHER]),
    )


def read_case(rng: random.Random) -> Case:
    """A case with a verdict, with or without steps."""
    verdicts = tuple(verdict(rng) for _ in range(rng.randint(1, 2)))
    steps = tuple(step(rng, verdicts[0]) for _ in range(rng.randint(0, 3)))
    letters = tuple(letter(rng, n, verdicts[0]) for n in range(1, rng.randint(1, 4)))
    return replace(case(rng), verdicts=verdicts, next_steps=steps, letters=letters)


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    rng = random.Random(400)
    waiting = [unread_case(rng) for _ in range(220)]
    many = (unread_case(rng) for _ in range(600))
    waiting += [one for one in many if one.analysis.decision.level is Level.URGENT]
    same = [unread_case(rng, created_at=START, deleted_at=None) for _ in range(20)]
    return [*waiting, *same, *(read_case(rng) for _ in range(120))]


@pytest.fixture(scope="module")
def engine(cases: list[Case], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """Filled once and never changed by a test."""
    engine = engine_for(tmp_path_factory.mktemp("worklist") / "triage.db")
    store(engine, *cases)
    yield engine
    engine.dispose()


@pytest.fixture
def own_engine(tmp_path: Path) -> Iterator[Engine]:
    """Empty, for tests that change what is stored."""
    engine = engine_for(tmp_path / "triage.db")
    yield engine
    engine.dispose()


def item_of(one: Case) -> WorkItem:
    """The line that a case makes, by the words of the port."""
    return WorkItem(
        case_id=one.id,
        version=one.version,
        state=one.state,
        created_at=one.created_at,
        patient_reference=one.details.patient_reference,
        lesion_label=one.details.lesion_label,
        lesion_id=one.lesion_id,
        level=None if one.blinded else one.analysis.decision.level,
        taken_by=one.taken_by,
        escalated=one.reveal is not None and one.reveal.cause is RevealCause.ESCALATED,
        has_thumbnail=FileKind.THUMBNAIL in one.files,
    )


def waiting(cases: list[Case], whose: Whose = Whose.ALL) -> list[WorkItem]:
    """The worklist as the domain orders it."""
    items = [item_of(one) for one in cases if one.deleted_at is None and not one.verdicts]
    taken = {Whose.MINE: ME, Whose.FREE: ""}.get(whose)
    kept = [item for item in items if taken is None or item.taken_by == taken]
    return sorted(kept, key=lambda item: order_of(item, NOW, TERMS))


@dataclass
class Walk:
    """Reads the worklist part by part."""

    engine: Engine
    whose: Whose = Whose.ALL
    size: int = 50
    urgent_only: bool = False

    def part(self, cursor: str | None = None, now: Any = NOW) -> WorkPage:
        with open_work(self.engine) as work:
            return work.work.unread(
                self.whose,
                ME,
                now=now,
                terms=TERMS,
                cursor=cursor,
                size=self.size,
                urgent_only=self.urgent_only,
            )

    def items(self) -> list[WorkItem]:
        page = self.part()
        items = list(page.items)
        while page.next_cursor:
            page = self.part(page.next_cursor)
            items += page.items
        return items


@pytest.mark.parametrize("whose", list(Whose))
@pytest.mark.parametrize("size", [1, 7, 200])
def test_parts_of_the_worklist_are_the_ordered_list(
    engine: Engine, cases: list[Case], whose: Whose, size: int
) -> None:
    expected = waiting(cases, whose)
    assert Walk(engine, whose, size).items() == expected
    late = [item.overdue(NOW, TERMS) for item in expected]
    assert {True, False} == set(late) and len({item.level for item in expected}) == 4


def test_urgent_only_is_that_part_of_the_whole(engine: Engine, cases: list[Case]) -> None:
    urgent = [item for item in waiting(cases) if item.level is Level.URGENT]
    assert Walk(engine, size=3, urgent_only=True).items() == urgent
    assert len(urgent) > 5


def test_withheld_cases_are_ordered_by_waiting_time_alone(own_engine: Engine) -> None:
    rng = random.Random(41)
    hidden = [replace(case(rng, deleted_at=None), blinded=True) for _ in range(60)]
    store(own_engine, *hidden)
    assert len({one.analysis.decision.level for one in hidden}) > 2
    oldest = [one.id for one in sorted(hidden, key=lambda one: (one.created_at, one.id))]
    items = Walk(own_engine, size=7).items()
    assert [item.case_id for item in items] == oldest
    assert {item.level for item in items} == {None}


def test_a_case_is_overdue_only_after_its_term(own_engine: Engine) -> None:
    rng = random.Random(42)
    urgent = next(
        c for c in (case(rng) for _ in range(99)) if c.analysis.decision.level is Level.URGENT
    )
    edges = [
        replace(urgent, id=hex_id(rng), analysis=replace(urgent.analysis, id=hex_id(rng)))
        for _ in range(3)
    ]
    due = NOW - TERMS.urgent
    made = [
        replace(one, created_at=due + shift, deleted_at=None, files={}, reports=())
        for one, shift in zip(edges, (-TICK, TICK * 0, TICK), strict=True)
    ]
    store(own_engine, *made)
    with open_work(own_engine) as work:
        counts = work.work.counts(ME, now=NOW, today=DAY, terms=TERMS)
    assert (counts.unread, counts.overdue, counts.urgent_unread) == (3, 1, 3)


def test_what_falls_due_while_paging_is_neither_lost_nor_shown_twice(own_engine: Engine) -> None:
    rng = random.Random(43)
    made = [
        replace(case(rng, deleted_at=None), created_at=START + timedelta(hours=n), blinded=True)
        for n in range(30)
    ]
    store(own_engine, *made)
    moment = START + TERMS.read + timedelta(hours=3)  # three are overdue by then
    walk = Walk(own_engine, size=5)
    page = walk.part(now=moment)
    seen = [item.case_id for item in page.items]
    while page.next_cursor:
        moment += timedelta(hours=4)
        page = walk.part(page.next_cursor, now=moment)
        seen += [item.case_id for item in page.items]
    assert seen == [one.id for one in made]


def test_a_case_that_is_read_while_paging_shifts_nothing(own_engine: Engine) -> None:
    rng = random.Random(44)
    made = [replace(case(rng, deleted_at=None), blinded=False) for _ in range(20)]
    store(own_engine, *made)
    expected = [item.case_id for item in waiting(made)]
    walk = Walk(own_engine, size=8)
    first = walk.part()
    with open_work(own_engine) as work:
        last = work.cases.get(expected[7])
        work.cases.save(replace(last, verdicts=(verdict(rng),)))
        work.commit()
    second = walk.part(first.next_cursor)
    assert [item.case_id for item in second.items] == expected[8:16]


@pytest.mark.parametrize(
    "cursor", ["", "x", "é", "A" * 4000, "WzEsIndvcmsiXQ", "WzEsIm5ld2VzdCIsMCxbXV0"]
)
def test_a_cursor_of_another_list_or_none_is_refused(engine: Engine, cursor: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        Walk(engine).part(cursor)
    assert refusal.value.field == "cursor"


@pytest.mark.parametrize("rank", [0, 2, 3, 50])
@pytest.mark.parametrize("overdue", [True, False])
def test_a_place_of_no_level_leads_to_what_comes_after_it(
    engine: Engine, cases: list[Case], rank: int, overdue: bool
) -> None:
    first = START - timedelta(days=999) if overdue else NOW - timedelta(hours=1)
    place = WorkCursor(NOW, overdue=overdue, rank=rank, created_at=first, case_id="0" * 32)
    key = (not overdue, -rank, first, "0" * 32)
    later = [item for item in waiting(cases) if order_of(item, NOW, TERMS) > key]
    assert list(Walk(engine, size=60).part(encode_work(place)).items) == later[:60]
    urgent = [item for item in later if item.level is Level.URGENT]
    assert (
        list(Walk(engine, size=60, urgent_only=True).part(encode_work(place)).items)
        == (urgent[:60])
    )


@pytest.mark.parametrize("size", [0, -1, 201])
def test_a_part_has_one_to_two_hundred_lines(engine: Engine, size: int) -> None:
    with pytest.raises(InvalidInput) as refusal:
        Walk(engine, size=size).part()
    assert refusal.value.field == "size"


def test_neighbours_are_those_beside_it_in_the_whole_list(
    engine: Engine, cases: list[Case]
) -> None:
    expected = [None, *(item.case_id for item in waiting(cases)), None]
    with open_work(engine) as work:
        for before, here, after in zip(expected, expected[1:], expected[2:], strict=False):
            assert here is not None
            assert work.work.neighbours(here, NOW, TERMS) == (before, after)


def test_a_case_that_was_read_has_the_neighbours_of_its_place(
    engine: Engine, cases: list[Case]
) -> None:
    ordered = waiting(cases)
    keys = [order_of(item, NOW, TERMS) for item in ordered]
    with open_work(engine) as work:
        for one in (c for c in cases if c.verdicts or c.deleted_at):
            place = sum(key < order_of(item_of(one), NOW, TERMS) for key in keys)
            around = [None, *(item.case_id for item in ordered), None][place : place + 2]
            assert list(work.work.neighbours(one.id, NOW, TERMS)) == around


@pytest.mark.parametrize("case_id", ["", "x", "0" * 32, "\ud800"])
def test_an_unknown_case_has_no_neighbours(engine: Engine, case_id: str) -> None:
    with open_work(engine) as work, pytest.raises(CaseNotFound):
        work.work.neighbours(case_id, NOW, TERMS)


def open_steps(cases: list[Case]) -> list[tuple[Case, NextStep]]:
    return [
        (one, waits)
        for one in cases
        if one.deleted_at is None
        for waits in one.next_steps
        if waits.is_open
    ]


def test_counts_are_those_of_the_lists(engine: Engine, cases: list[Case]) -> None:
    items, today = waiting(cases), DAY + timedelta(days=30)
    steps = [waits for _, waits in open_steps(cases)]
    opened = Counter(waits.kind for waits in steps)
    late = Counter(waits.kind for waits in steps if waits.overdue(today))
    with open_work(engine) as work:
        counts = work.work.counts(ME, now=NOW, today=today, terms=TERMS)
    assert counts == WorkCounts(
        unread=len(items),
        overdue=sum(item.overdue(NOW, TERMS) for item in items),
        urgent_unread=sum(item.level is Level.URGENT for item in items),
        mine=len(waiting(cases, Whose.MINE)),
        open={kind: opened[kind] for kind in StepKind},
        late={kind: late[kind] for kind in StepKind},
    )
    assert all(0 < late[kind] < opened[kind] for kind in StepKind)


def test_counts_of_an_empty_database_are_zero(own_engine: Engine) -> None:
    with open_work(own_engine) as work:
        counts = work.work.counts(ME, now=NOW, today=DAY, terms=TERMS)
    nothing = dict.fromkeys(StepKind, 0)
    assert counts == WorkCounts(0, 0, 0, 0, nothing, nothing)


@pytest.mark.parametrize("owner", ["", ME, "system", "nobody"])
@pytest.mark.parametrize("before", [None, DAY, DAY + timedelta(days=20)])
@pytest.mark.parametrize(
    "kinds", [frozenset(StepKind), frozenset({StepKind.HISTOLOGY}), frozenset[StepKind]()]
)
def test_what_is_due_comes_by_its_day(
    engine: Engine,
    cases: list[Case],
    kinds: frozenset[StepKind],
    owner: str,
    before: date | None,
) -> None:
    wanted = [
        (one, waits)
        for one, waits in open_steps(cases)
        if waits.kind in kinds
        and owner in ("", waits.owner)
        and (before is None or waits.due < before)
    ]
    wanted.sort(key=lambda pair: (pair[1].due, pair[1].id))
    with open_work(engine) as work:
        found = work.work.due(kinds, owner, before, 200)
        assert list(work.work.due(kinds, owner, before, 3)) == list(found[:3])
    assert [(item.step_id, item.case_id) for item in found] == [(w.id, c.id) for c, w in wanted]
    for item, (one, waits) in zip(found, wanted, strict=True):
        assert (item.kind, item.owner, item.due) == (waits.kind, waits.owner, waits.due)
        assert item.letter_id == (one.letters[-1].id if one.letters else "")
        assert item.has_thumbnail == (FileKind.THUMBNAIL in one.files)
        assert (item.version, item.patient_reference) == (1, one.details.patient_reference)


def test_urgent_cases_are_found_under_the_blindfold_and_no_others(
    engine: Engine, cases: list[Case]
) -> None:
    hidden = [one for one in cases if one.blinded]
    urgent = [
        one
        for one in sorted(hidden, key=lambda one: (one.created_at, one.id))
        if one.analysis.decision.level is Level.URGENT
        and one.deleted_at is None
        and one.created_at < NOW
    ]
    with open_work(engine) as work:
        assert list(work.work.urgent_blinded(NOW, 500)) == [one.id for one in urgent]
        assert list(work.work.urgent_blinded(NOW, 2)) == [one.id for one in urgent[:2]]
        assert list(work.work.urgent_blinded(urgent[0].created_at, 500)) == []
        assert set(work.work.blinded(500)) == {one.id for one in hidden}
        assert len(work.work.blinded(3)) == 3
    assert len(urgent) > 2 and any(one.deleted_at for one in hidden)


def test_a_blinded_case_whose_level_becomes_urgent_is_found(own_engine: Engine) -> None:
    rng = random.Random(45)
    made = [case(rng, deleted_at=None) for _ in range(99)]
    mild, urgent = (
        next(c for c in made if c.analysis.decision.level is level)
        for level in (Level.REVIEW, Level.URGENT)
    )
    one = replace(mild, blinded=True)
    store(own_engine, one)
    later = NOW + timedelta(days=99)
    with open_work(own_engine) as work:
        assert list(work.work.urgent_blinded(later, 5)) == []
        saved = work.cases.save(replace(one, analysis=urgent.analysis))
        work.commit()
        assert list(work.work.urgent_blinded(later, 5)) == [one.id]
        work.cases.save(replace(saved, blinded=False, outcomes=(outcome(rng),)))
        work.commit()
        assert list(work.work.urgent_blinded(later, 5)) == []
        assert list(work.work.blinded(5)) == []


def plans(engine: Engine, ask: Any) -> list[str]:
    """How SQLite finds what a call asks of cases and steps."""
    statements: list[tuple[str, Any]] = []

    def note(_c: object, _cur: object, sql: str, values: Any, *_rest: object) -> None:
        if sql.startswith("SELECT") and "stored_files" not in sql:
            statements.append((sql, values))

    event.listen(engine, "before_cursor_execute", note)
    try:
        ask()
    finally:
        event.remove(engine, "before_cursor_execute", note)
    with engine.connect() as connection:
        return [
            " ".join(
                row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values)
            )
            for sql, values in statements
        ]


@pytest.mark.parametrize("whose", list(Whose))
def test_the_worklist_comes_from_an_index_of_unread_cases_without_sorting(
    engine: Engine, whose: Whose
) -> None:
    index = "ix_cases_unread" if whose is Whose.ALL else "ix_cases_taken"
    walk = Walk(engine, whose, size=9)
    found = plans(engine, walk.items)
    assert len(found) > 9
    for plan in found:
        assert index in plan
        assert "TEMP B-TREE" not in plan and "SCAN" not in plan


def test_neighbours_what_is_due_and_what_is_withheld_come_from_indexes(
    engine: Engine, cases: list[Case]
) -> None:
    middle = waiting(cases)[60].case_id
    with open_work(engine) as work:
        asked = {
            "ix_cases_unread": lambda: work.work.neighbours(middle, NOW, TERMS),
            "ix_next_steps_due": lambda: work.work.due(frozenset(StepKind), "", DAY, 5),
            "ix_next_steps_owner": lambda: work.work.due(frozenset(StepKind), ME, None, 5),
            "ix_cases_escalate": lambda: work.work.urgent_blinded(NOW, 5),
            "ix_cases_blinded": lambda: work.work.blinded(5),
        }
        for index, ask in asked.items():
            found = plans(engine, ask)
            assert any(index in plan for plan in found)
            assert not any("TEMP B-TREE" in plan for plan in found)
            assert not any("SCAN cases" in p and index not in p for p in found)
