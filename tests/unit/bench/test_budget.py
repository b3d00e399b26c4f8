"""``make bench`` on a slow processor: fewer rounds, none lost; by a clock that only work moves."""

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.bench.__main__ import PARTS, kept
from tests.bench.batch import Round
from tests.bench.batch import rows_of as batch_rows
from tests.bench.budget import UNLIMITED, Budget, repeated
from tests.bench.crowd import Crowd
from tests.bench.crowd import rows_of as crowd_rows
from tests.bench.harness import (
    COLD,
    REPORTED,
    Row,
    Target,
    at_least_share,
    at_most_share,
    at_most_times,
    compare_measured,
    guarded,
    row,
    table,
    times_faster,
    times_the_rate,
)
from tests.bench.memory import rows_of as memory_rows
from triage_app.config import PROJECT_ROOT


@dataclass
class Clock:
    """Seconds, moved on by work alone."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now

    def working(self, seconds: float) -> Callable[[], float]:
        """Work that takes so long, and gives its milliseconds."""

        def work() -> float:
            self.now += seconds
            return 1000 * seconds

        return work


def compared(clock: Clock, budget: Budget, seconds: float, rounds: int = 15) -> Row:
    """A reference that takes as long as ours, both ``seconds``."""
    return compare_measured(
        "what",
        "reference",
        clock.working(seconds),
        clock.working(seconds),
        target=at_most_times(3),
        rounds=rounds,
        budget=budget,
    )


def test_a_quick_processor_makes_every_round_after_one_that_is_not_counted() -> None:
    clock = Clock()
    found = compared(clock, Budget.of(60, clock), 0.5)
    assert (found.rounds, found.asked, found.met) == (15, 15, True)
    assert clock.now == 16
    assert "| 15 |" in table([found])


def test_a_slow_processor_makes_the_rounds_that_fit_and_says_how_many() -> None:
    clock = Clock()
    found = compared(clock, Budget.of(60, clock), 5)
    # The first isn't counted, and a sixth of ten seconds would end when the time is over.
    assert (found.rounds, found.asked, found.met) == (4, 15, True)
    assert clock.now <= 60
    assert "| 4 of 15 |" in table([found])


def test_where_nothing_fits_the_one_round_is_kept_and_not_judged() -> None:
    clock = Clock()
    found = compared(clock, Budget.of(60, clock), 500)
    assert (found.reference, found.ours, found.rounds) == (500_000, 500_000, 1)
    assert found.met is None
    assert found.note == COLD


def test_the_first_round_may_take_long_without_costing_the_others() -> None:
    clock = Clock()
    times = iter([40, *[1.0] * 30])

    def step() -> float:
        return clock.working(next(times))()

    found = repeated(step, 15, Budget.of(60, clock))
    assert found.results == [1000.0] * 15


@given(st.floats(0, 1000), st.lists(st.floats(0.001, 100), min_size=40, max_size=40), st.booleans())
def test_whatever_rounds_take_one_is_kept_and_only_the_last_may_end_too_late(
    seconds: float, times: list[float], warm_up: bool
) -> None:
    clock, taken = Clock(), iter(times)
    begun: list[float] = []

    def step() -> float:
        begun.append(clock.now)
        return clock.working(next(taken))()

    found = repeated(step, 15, Budget.of(seconds, clock), warm_up=warm_up)
    assert 1 <= len(found.results) <= 15
    assert all(at <= seconds for at in begun[1:])
    assert found.cold == (warm_up and len(begun) == 1)
    assert found.results == [1000 * t for t in times[len(begun) - len(found.results) : len(begun)]]


def test_what_one_share_leaves_goes_to_the_next() -> None:
    clock = Clock()
    shares = Budget.of(90, clock).split(3)
    assert next(shares).left() == 30
    clock.now = 10
    assert next(shares).left() == 40
    clock.now = 200
    assert next(shares).left() == 0


def test_without_a_limit_every_share_is_without_one() -> None:
    assert [share.left() for share in UNLIMITED.split(2)] == [float("inf")] * 2


def test_rows_that_a_part_has_made_stay_when_it_fails_or_is_given_up() -> None:
    made = row("one", "reference", [(1.0, 2.0)], target=REPORTED)

    def rows(_budget: Budget) -> Iterator[Row]:
        yield made
        raise RuntimeError("no more")

    first, second = guarded("part", rows, UNLIMITED)
    assert first == made
    assert "no more" in second.note
    printed = ["noise", json.dumps(asdict(made)), json.dumps(asdict(made))[:-9]]
    found = kept("part", printed, "given up after 9 s")
    assert found[0] == made
    assert [one.note for one in found[1:]] == ["1 rows, then given up after 9 s"]
    assert kept("part", printed[:2], "") == [made]
    assert kept("part", [], "ended with status 1")[0].note == "not measured: ended with status 1"


@pytest.mark.parametrize("made", range(1, 6))
def test_a_batch_that_was_cut_shows_its_rounds_and_the_images_that_they_took(made: int) -> None:
    found = list(batch_rows([Round(10.0, 20.0, 300.0 + number) for number in range(made)]))
    assert found[0].what.startswith(f"{200 * made:,} JPEGs")
    assert (found[0].rounds, found[0].asked) == (made, 5)
    assert len(found) == (1 if made == 1 else 2)
    assert all(one.met is None for one in found) == (made < 3)
    if made > 1:
        assert (found[1].reference, found[1].ours) == (300.0, made - 1.0)


@pytest.mark.parametrize(("made", "judged"), [(1, 0), (3, 1), (9, 2), (200, 2)])
def test_memory_is_told_of_as_many_analyses_as_there_were(made: int, judged: int) -> None:
    found = list(memory_rows(100.0, [200.0 + 0.01 * number for number in range(made)]))
    assert found[0].what.endswith(f"after {made} analyses")
    assert sum(one.met is not None for one in found) == judged
    assert len(found) == 2


def crowd(seconds: float, each: float, errors: int = 0) -> Crowd:
    one = [each] * 40
    return Crowd(seconds, one, one, one, one, [10, 12, 14], errors=["gone"] * errors)


def test_a_crowd_is_measured_against_one_user_alone() -> None:
    found = list(crowd_rows(crowd(6, 0.1), crowd(90, 2.0)))
    assert all(one.what.startswith("20 clients at once for 1.5 minutes: ") for one in found)
    assert [one.figure for one in found] == ["0.0 %", *["20.00"] * 4, "83.3 %"]
    assert all(one.met for one in found)
    slower = list(crowd_rows(crowd(6, 0.1), crowd(90, 9.0, errors=1)))
    assert [one.met for one in slower] == [False] * 5 + [True]
    assert "gone" in slower[1].note


def test_a_crowd_without_anybody_alone_is_reported_and_not_judged() -> None:
    found = list(crowd_rows(Crowd(6), crowd(90, 2.0)))
    assert [(one.ours, one.target, one.met) for one in found[1:5]] == [
        (2000.0, "reported", None)
    ] * 4


def test_a_crowd_in_which_nobody_got_anything_has_rows_without_figures() -> None:
    found = list(crowd_rows(Crowd(6), Crowd(90, rounds=[0, 0], errors=["refused"])))
    assert [one.ours for one in found] == [1.0, None, None, None, None, 0.0]
    assert not any(one.met for one in found)


JUDGED: list[Target] = [
    times_faster(2),
    times_the_rate(2),
    at_most_times(2),
    at_most_share(2),
    at_least_share(2),
]


@pytest.mark.parametrize("target", JUDGED, ids=lambda target: target.words)
def test_a_processor_that_is_slower_in_everything_changes_no_verdict(target: Target) -> None:
    quick, slow = (
        [row("what", "reference", [(k * r, k * o)], target=target) for r, o in PAIRS]
        for k in (1.0, 7.0)
    )
    assert [one.met for one in slow] == [one.met for one in quick]
    assert {one.met for one in quick} == {True, False}


PAIRS = [(1.0, 1.0), (100.0, 1.0), (1.0, 100.0), (3.0, 5.0)]


def shown() -> list[list[str]]:
    """The cells of the bench's table in the README, with its head."""
    text = (PROJECT_ROOT / "README.md").read_text(encoding="utf-8")
    part = text.split("<!-- bench: begin -->")[1].split("<!-- bench: end -->")[0]
    lines = [line for line in part.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_the_readme_shows_the_columns_that_the_bench_prints() -> None:
    head = table([]).splitlines()[0]
    assert shown()[0] == [cell.strip() for cell in head.strip("|").split("|")]
    assert {len(cells) for cells in shown()} == {len(shown()[0])}


def test_the_readme_judges_nothing_but_ratios() -> None:
    known = {without_number(target.words) for target in JUDGED} | {"reported"}
    for cells in shown()[2:]:
        assert without_number(cells[-2]) in known, cells


def without_number(words: str) -> str:
    return "".join(c for c in words if not c.isdigit() and c != ".")


def test_every_part_is_there_and_takes_a_budget() -> None:
    import importlib
    import inspect

    for part in PARTS:
        if part == "inference":
            continue  # loads TensorFlow; read, not imported
        module: Any = importlib.import_module(f"tests.bench.{part}")
        assert list(inspect.signature(module.rows).parameters) == ["budget"], part
    text = (PROJECT_ROOT / "tests" / "bench" / "inference.py").read_text(encoding="utf-8")
    assert "def rows(budget: Budget)" in text
