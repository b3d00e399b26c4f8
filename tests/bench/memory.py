"""Resident memory of the server while it analyses, against a process that imported Gradio.

``python -m tests.bench.memory [--analyses 2000] [--out memory.svg]`` draws it over many analyses.
"""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from tests.bench.budget import Budget, repeated
from tests.bench.client import Client
from tests.bench.harness import Row, at_most_share, at_most_times, machine, row, unmeasured
from tests.bench.photographs import photograph
from tests.bench.plot import Line, svg
from tests.bench.server import Server, hire, resident_mb, serving
from triage_app.config import PROJECT_ROOT

ANALYSES = 200
FLAT_SHARE = 2
"""Per cent of the memory before that may come on top over the last half of the analyses."""
WINDOW = 20
GREW = "what it grew by over the last {last}"
PLOT = PROJECT_ROOT / "assets" / "bench" / "memory.svg"
NOTE = (
    "Each analysis: a 600x450 JPEG uploaded over HTTP, then the page of its case opened. The "
    "server with its decoder processes; pages that these share with it count once."
)


def rows(budget: Budget) -> Iterator[Row]:
    """After 200 analyses, or as many as there is time for, and over the last half of them."""
    gradio = imported_gradio_mb()
    readings = measured(ANALYSES)
    found = repeated(lambda: next(readings), ANALYSES, budget, warm_up=False)
    readings.close()
    yield from rows_of(gradio, found.results)


def rows_of(gradio: float, sizes: Sequence[float]) -> Iterator[Row]:
    """From the megabytes of a process that imported Gradio, and ours after each analysis."""
    made = len(sizes)
    yield row(
        f"resident memory, serving, after {made} analyses",
        "a process that imported Gradio",
        [(gradio, sizes[-1])],
        target=at_most_times(2.5),
        unit="MB",
        note=NOTE,
        rounds=made,
        asked=ANALYSES,
    )
    last, window = made // 2, min(WINDOW, made // 4)
    if window == 0:
        yield unmeasured("what it grows by", f"not measured: {made} analyses are too few")
        return
    before = median(sizes[-last - window : -last])
    yield row(
        GREW.format(last=last),
        "what it had taken before",
        [(before, median(sizes[-window:]) - before)],
        target=at_most_share(FLAT_SHARE),
        unit="MB",
        note=f"Medians of {window} readings each.",
        rounds=made,
        asked=ANALYSES,
    )


def measured(analyses: int) -> Generator[float, None, None]:
    """Resident megabytes after each analysis of a new server."""
    with _server() as (server, client):
        for number in range(analyses):
            case = client.analyse(photograph(number))
            client.page("case", f"?id={case}")
            yield server.resident_mb()


@contextmanager
def _server() -> Iterator[tuple[Server, Client]]:
    with tempfile.TemporaryDirectory() as folder:
        tokens = hire(Path(folder), ["bench"])
        with serving(Path(folder), single_user=False) as server:
            yield server, Client(server.port, tokens["bench"])


def imported_gradio_mb() -> float:
    """Resident memory of a process that has imported Gradio and waits."""
    code = "import gradio; print(flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        found = resident_mb(process.pid)
        process.kill()
    return found


def main() -> None:
    """Measure and draw."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.memory", description=__doc__)
    parser.add_argument("--analyses", type=int, default=2000)
    parser.add_argument("--out", type=Path, default=PLOT)
    asked = parser.parse_args()
    gradio = imported_gradio_mb()
    sizes = list(measured(asked.analyses))
    title = f"Resident memory over {asked.analyses:,} analyses, {datetime.now(UTC):%Y-%m-%d}"
    lines = [
        Line("the server with its decoders", sizes),
        Line("a process that imported Gradio", [gradio] * len(sizes), dashed=True),
    ]
    asked.out.parent.mkdir(parents=True, exist_ok=True)
    asked.out.write_text(svg(title, machine(), lines, "MB", "analyses"), encoding="utf-8")
    early = min(ANALYSES, len(sizes)) - 1
    print(f"Gradio {gradio:.0f} MB; ours after {early + 1}: {sizes[early]:.0f} MB, ", end="")
    print(f"after {len(sizes)}: {sizes[-1]:.0f} MB, most {max(sizes):.0f} MB. {asked.out}")


if __name__ == "__main__":
    main()
