"""Interleaved rounds, medians and spread; nothing here passes or fails.

Targets are ratios to a reference of the same run, so that no processor alone meets or misses one.
What has no reference is reported, and not judged.
"""

import gc
import json
import os
import platform
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median, quantiles

from tests.bench.budget import Budget, repeated

Work = Callable[[], object]


@dataclass(frozen=True)
class Target:
    """What a row is to reach, and how its figure follows from (reference, ours)."""

    words: str
    figure: Callable[[float, float], float]
    met: Callable[[float], bool] | None = None
    form: str = "{:.2f}"


def times_faster(least: float) -> Target:
    """For times: the reference divided by ours."""
    words = f"at least {least:g} times faster"
    return Target(words, lambda r, o: r / o, lambda x: x >= least)


def times_the_rate(least: float) -> Target:
    """For throughput: ours divided by the reference."""
    words = f"at least {least:g} times the rate"
    return Target(words, lambda r, o: o / r, lambda x: x >= least)


def at_most_times(most: float) -> Target:
    """Ours divided by the reference, which may be smaller."""
    words = f"at most {most:g} times the reference"
    return Target(words, lambda r, o: o / r, lambda x: x <= most)


def at_most_share(most: float) -> Target:
    """Ours in per cent of the reference."""
    words = f"at most {most:g} % of the reference"
    return Target(words, lambda r, o: 100 * o / r, lambda x: x <= most, "{:.1f} %")


def at_least_share(least: float) -> Target:
    """Ours in per cent of the reference, where more is better."""
    words = f"at least {least:g} % of the reference"
    return Target(words, lambda r, o: 100 * o / r, lambda x: x >= least, "{:.1f} %")


REPORTED = Target("reported", lambda r, o: r / o)
FEWEST = 3
"""A figure of fewer rounds than that, where there were to be more, is not judged."""
COLD = "Its only round is the first, which otherwise warms up and isn't counted."


@dataclass(frozen=True)
class Row:
    """One comparison in ``unit``; medians over the rounds.

    ``ratio`` is the median of the target's figure over the single rounds (faster, slower, more,
    see ``figure``, which has it in words), ``spread`` half the interquartile range of those.
    ``met`` is None where there is no target, where too few rounds fitted into the time, or where
    nothing could be measured; ``note`` then says why. None for a figure that there isn't.
    ``rounds`` is what the figures rest on, of as many as were ``asked`` for.
    """

    what: str
    reference_name: str
    unit: str
    reference: float | None
    ours: float | None
    ratio: float | None
    spread: float | None
    target: str
    met: bool | None
    figure: str = "-"
    note: str = ""
    rounds: int | None = None
    asked: int | None = None


def compare(
    what: str,
    reference_name: str,
    reference: Work,
    ours: Work,
    *,
    target: Target,
    rounds: int,
    budget: Budget,
    note: str = "",
) -> Row:
    """Time both in turn, after one round that is not counted; milliseconds."""
    return compare_measured(
        what,
        reference_name,
        lambda: milliseconds(reference),
        lambda: milliseconds(ours),
        target=target,
        rounds=rounds,
        budget=budget,
        note=note,
    )


def compare_measured(
    what: str,
    reference_name: str,
    reference: Callable[[], float],
    ours: Callable[[], float],
    *,
    target: Target,
    rounds: int,
    budget: Budget,
    note: str = "",
) -> Row:
    """The same for work that measures itself and returns its milliseconds.

    Rounds that don't fit into the budget are left out.
    """
    found = repeated(lambda: (reference(), ours()), rounds, budget)
    note = f"{note} {COLD}".strip() if found.cold else note
    return row(what, reference_name, found.results, target=target, note=note, asked=found.asked)


def row(
    what: str,
    reference_name: str,
    pairs: Sequence[tuple[float, float]],
    *,
    target: Target,
    unit: str = "ms",
    note: str = "",
    rounds: int | None = None,
    asked: int | None = None,
) -> Row:
    """From what the rounds gave: (reference, ours) of each, in ``unit``.

    ``rounds``, where the figures rest on other than these pairs; ``asked``, how many there were
    to be, if more.
    """
    figures = [target.figure(r, o) for r, o in pairs]
    low, _, high = quantiles(figures, n=4) if len(figures) > 1 else (figures[0],) * 3
    middle = median(figures)
    made = len(pairs) if rounds is None else rounds
    judged = target.met is not None and (asked is None or made >= min(asked, FEWEST))
    return Row(
        what,
        reference_name,
        unit,
        round(median(r for r, _ in pairs), 3),
        round(median(o for _, o in pairs), 3),
        round(middle, 3),
        round((high - low) / 2, 3) if len(pairs) > 1 else None,
        target.words,
        target.met(middle) if target.met and judged else None,
        target.form.format(middle),
        note,
        made,
        made if asked is None else asked,
    )


def alone(what: str, ours: float, *, unit: str, rounds: int, note: str = "") -> Row:
    """A figure without a reference, which is reported only."""
    amount = round(ours, 3)
    return Row(
        what, "-", unit, None, amount, None, None, "reported", None, "-", note, rounds, rounds
    )


def unmeasured(what: str, why: str) -> Row:
    """A row that says why it has no figure."""
    return Row(what, "-", "-", None, None, None, None, "-", None, note=why)


def guarded(part: str, rows: Callable[[Budget], Iterator[Row]], budget: Budget) -> Iterator[Row]:
    """The rows of one part; what stops it becomes a row, so that the others are still measured."""
    try:
        yield from rows(budget)
    except Exception as error:
        yield unmeasured(part, f"not measured: {type(error).__name__}: {error}")


def milliseconds(work: Work) -> float:
    """Wall-clock time of one call, without a collection of earlier garbage in it."""
    gc.collect()
    start = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - start)


def machine() -> str:
    """Processor, cores, memory and Python, for the head of the table."""
    names = [
        line.split(":")[1].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    ]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    cpu = names[0] if names else platform.processor()
    return f"{cpu}, {os.cpu_count()} cores, {memory:.0f} GiB, Python {platform.python_version()}"


HEAD = (
    "| what | reference | reference | ours | ratio | spread | rounds | target | met |\n"
    "|---|---|---:|---:|---:|---:|---:|---|---|"
)


def table(rows: Sequence[Row]) -> str:
    """Markdown, as the README shows it; the notes stand below."""
    notes = list(dict.fromkeys(r.note for r in rows if r.note))
    lines = [_line(r, notes) for r in rows]
    below = [f"{number}. {note}" for number, note in enumerate(notes, 1)]
    return "\n".join((HEAD, *lines, *(("", *below) if below else ())))


def _line(row: Row, notes: list[str]) -> str:
    mark = f" ({notes.index(row.note) + 1})" if row.note else ""
    met = "-" if row.met is None else "yes" if row.met else "**no**"
    spread = "-" if row.spread is None else f"±{row.spread:.2f}"
    return (
        f"| {row.what}{mark} | {row.reference_name} | {_amount(row.reference, row.unit)} "
        f"| {_amount(row.ours, row.unit)} | {row.figure} | {spread} | {_rounds(row)} "
        f"| {row.target} | {met} |"
    )


def _rounds(row: Row) -> str:
    if row.rounds is None or row.asked is None:
        return "-"
    return f"{row.rounds:,}" if row.rounds == row.asked else f"{row.rounds:,} of {row.asked:,}"


def _amount(figure: float | None, unit: str) -> str:
    return "-" if figure is None else f"{figure:,.{1 if abs(figure) < 1000 else 0}f} {unit}"


def as_json(rows: Sequence[Row]) -> str:
    """The same for machines."""
    head = {"measured_at": datetime.now(UTC).isoformat(timespec="seconds"), "machine": machine()}
    return json.dumps({**head, "rows": [asdict(r) for r in rows]}, indent=1)
