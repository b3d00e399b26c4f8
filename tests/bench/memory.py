"""Resident memory of the server while it analyses, against a process that imported Gradio.

``python -m tests.bench.memory [--analyses 2000] [--out memory.svg]`` draws it over many analyses.
"""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from tests.bench.client import Client
from tests.bench.harness import Row, alone, at_most, at_most_more, machine, row
from tests.bench.photographs import photograph
from tests.bench.plot import Line, svg
from tests.bench.server import Server, hire, resident_mb, serving
from triage_app.config import PROJECT_ROOT

ANALYSES, LAST = 200, 100
FLAT_MB = 5.0
WINDOW = 20
PLOT = PROJECT_ROOT / "assets" / "bench" / "memory.svg"
NOTE = (
    "Each analysis: a 600x450 JPEG uploaded over HTTP, then the page of its case opened. The "
    "server with its decoder processes; pages that these share with it count once."
)


def rows() -> Iterator[Row]:
    """After 200 analyses, and over the last 100 of them."""
    gradio = imported_gradio_mb()
    sizes = list(measured(ANALYSES))
    after = sizes[-1]
    yield row(
        f"resident memory, serving, after {ANALYSES} analyses",
        "a process that imported Gradio",
        [(gradio, after)],
        target=at_most_more(200, "MB"),
        unit="MB",
        note=NOTE,
    )
    grown = median(sizes[-WINDOW:]) - median(sizes[-LAST - WINDOW : -LAST])
    yield alone(
        f"what it grew by over the last {LAST}",
        grown,
        target=at_most(FLAT_MB, "MB"),
        unit="MB",
        note=f"Medians of {WINDOW} readings each.",
    )


def measured(analyses: int) -> Iterator[float]:
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
