"""``python -m tests.bench.profile``: where the time from a file to its JSON goes.

Prints two Markdown tables, both with everything done in turn: the stages, and the functions of this
process with the most time of their own. What the decoder's process does shows as waiting for it.
The last line of the first table is the time as served, with quality and pictures done beside the
network.
"""

import cProfile
import pstats
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from tests.bench.harness import machine, milliseconds
from tests.bench.inference import photograph
from triage_app.config import PROJECT_ROOT, Settings
from triage_app.domain.context import NO_CONTEXT
from triage_app.domain.triage import Policy
from triage_app.imaging.decoding.pool import DecoderPool
from triage_app.imaging.intake import IntakeLimits
from triage_app.inference.classifier import Classifier
from triage_app.services.images.assessment import Assessor
from triage_app.wiring.model import in_service, newest_model

ROUNDS = 40
FUNCTIONS = 16


def main() -> int:
    """Measure and print."""
    data, settings = photograph(), Settings.from_env({})
    model = in_service(Classifier.load(newest_model(), settings.threads), settings)
    with DecoderPool(IntakeLimits()) as decoder:
        served, in_turn = (Assessor(decoder, model, "", Policy(0.5, 0.5)) for _ in range(2))
        in_turn._beside = _InTurn()
        stages: list[dict[str, float]] = []

        def one_after_another() -> None:
            stages.append(dict(in_turn.assess(data, NO_CONTEXT).timings))

        def as_served() -> None:
            served.assess(data, NO_CONTEXT)

        one_after_another(), as_served()
        pairs = [(milliseconds(one_after_another), milliseconds(as_served)) for _ in range(ROUNDS)]
        profile = cProfile.Profile()
        with profile:
            for _ in range(ROUNDS):
                one_after_another()
    print(f"{machine()}; a 600x450 JPEG of {len(data) / 1000:.0f} kB, {ROUNDS} times\n")
    print(_stage_table(stages[1 : ROUNDS + 1], pairs))
    print(f"\n{_function_table(pstats.Stats(profile))}")
    return 0


class _InTurn(ThreadPoolExecutor):
    """Does what it is asked when the result is asked for, in the asking thread."""

    def submit(self, work: Any, /, *arguments: Any, **named: Any) -> Any:
        return _Later(partial(work, *arguments, **named))


class _Later(Future[Any]):
    def __init__(self, work: Callable[[], Any]) -> None:
        super().__init__()
        self._work = work

    def result(self, timeout: float | None = None) -> Any:
        return self._work()


def _stage_table(stages: Sequence[dict[str, float]], totals: Sequence[tuple[float, float]]) -> str:
    in_turn, served = zip(*totals, strict=True)
    whole = median(in_turn)
    head = ["| stage | median, ms | least, ms | share |", "|---|---:|---:|---:|"]
    lines = [_line(name, [one[name] for one in stages], whole) for name in stages[0]]
    return "\n".join(
        [*head, *lines, _line("all, in turn", in_turn, whole), _line("as served", served, whole)]
    )


def _line(name: str, values: Sequence[float], whole: float) -> str:
    middle = median(values)
    return f"| {name} | {middle:.2f} | {min(values):.2f} | {middle / whole:.0%} |"


def _function_table(stats: pstats.Stats) -> str:
    found = sorted(stats.get_stats_profile().func_profiles.items(), key=lambda e: -e[1].tottime)
    lines = [
        "| function | own time, ms an image | calls an image |",
        "|---|---:|---:|",
    ]
    for name, one in found[:FUNCTIONS]:
        calls = int(str(one.ncalls).partition("/")[0]) / ROUNDS
        own = 1000 * one.tottime / ROUNDS
        lines.append(f"| {_place(one.file_name, name)} | {own:.2f} | {calls:.0f} |")
    return "\n".join(lines)


def _place(file: str, name: str) -> str:
    path = Path(file)
    if not path.suffix:
        return f"`{name}`"
    inside = path.relative_to(PROJECT_ROOT) if path.is_relative_to(PROJECT_ROOT) else path
    return f"`{'/'.join(inside.parts[-2:])}`, `{name}`"


if __name__ == "__main__":
    sys.exit(main())
