"""Interleaved rounds, medians and spread; nothing here passes or fails."""

import json
import os
import platform
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median, quantiles


@dataclass(frozen=True)
class Row:
    """One comparison; times in ms. ``ratio`` is the reference divided by ours.

    ``spread``: half the interquartile range of the ratios of the single rounds.
    """

    what: str
    reference: str
    reference_ms: float
    ours_ms: float
    ratio: float
    spread: float
    target: str


def compare(
    what: str,
    reference_name: str,
    reference: Callable[[], object],
    ours: Callable[[], object],
    *,
    target: str,
    rounds: int,
) -> Row:
    """Time both in turn, after one round that is not counted."""
    reference(), ours()
    pairs = [(_ms(reference), _ms(ours)) for _ in range(rounds)]
    ratios = [r / o for r, o in pairs]
    low, _, high = quantiles(ratios, n=4) if rounds > 1 else (ratios[0],) * 3
    return Row(
        what,
        reference_name,
        round(median(r for r, _ in pairs), 2),
        round(median(o for _, o in pairs), 2),
        round(median(ratios), 2),
        round((high - low) / 2, 2),
        target,
    )


def _ms(work: Callable[[], object]) -> float:
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


def table(rows: list[Row]) -> str:
    """Markdown, as the README shows it."""
    head = (
        "| what | reference | reference, ms | ours, ms | ratio | spread | target |\n"
        "|---|---|---|---|---|---|---|"
    )
    lines = [
        f"| {r.what} | {r.reference} | {r.reference_ms:.1f} | {r.ours_ms:.1f} | {r.ratio:.2f} "
        f"| ±{r.spread:.2f} | {r.target} |"
        for r in rows
    ]
    return "\n".join((head, *lines))


def as_json(rows: list[Row]) -> str:
    """The same for machines."""
    return json.dumps({"machine": machine(), "rows": [asdict(r) for r in rows]}, indent=1)
