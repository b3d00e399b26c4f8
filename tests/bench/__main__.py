"""``make bench``: prints one table and writes build/bench.json; ``--only PART`` measures a part.

Each part is measured in a process of its own, so that none runs among what another has left, and
none can end the others.
"""

import argparse
import importlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime

from tests.bench.harness import Row, as_json, guarded, machine, table, unmeasured
from triage_app.config import PROJECT_ROOT

OUT = PROJECT_ROOT / "build" / "bench.json"
# In the order of the table, with seconds after which a part is given up.
PARTS = {
    "inference": 120,
    "large_photograph": 60,
    "batch": 150,
    "starting": 90,
    "memory": 120,
    "history": 300,
    "report": 60,
    "browser": 90,
    "crowd": 200,
}


def main() -> int:
    """Run every comparison."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--only", action="append", choices=PARTS, help="may be repeated")
    parser.add_argument("--part", choices=PARTS, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.part:
        _one(asked.part)
        return 0
    rows = [row for part in asked.only or PARTS for row in _apart(part)]
    print(f"\n{datetime.now(UTC):%Y-%m-%d}, {machine()}\n\n{table(rows)}")
    _write(rows, partly=bool(asked.only))
    return 0


def _write(rows: Sequence[Row], *, partly: bool) -> None:
    if partly:
        return
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(as_json(rows), encoding="utf-8")


def _one(part: str) -> None:
    """Measure a part here and print each row as JSON once it is there."""
    module = importlib.import_module(f"tests.bench.{part}")
    for row in guarded(part, module.rows):
        print(json.dumps(asdict(row)), flush=True)


def _apart(part: str) -> list[Row]:
    """The rows of a part that is measured in a process of its own."""
    start = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.bench", "--part", part],
        cwd=PROJECT_ROOT,
        stdout=subprocess.PIPE,
        text=True,
        # With all that it starts, so that nothing of it stays when it is given up.
        start_new_session=True,
    )
    try:
        printed, _ = process.communicate(timeout=PARTS[part])
        wrong = f"ended with status {process.returncode}" if process.returncode else ""
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        printed, _ = process.communicate()
        wrong = f"given up after {PARTS[part]} s"
    rows = [Row(**json.loads(line)) for line in printed.splitlines() if line.startswith("{")]
    print(f"{part}: {len(rows)} rows, {time.monotonic() - start:.0f} s", file=sys.stderr)
    return [*rows, *([unmeasured(part, f"not measured: {wrong}")] if wrong else [])]


if __name__ == "__main__":
    sys.exit(main())
