"""``make bench``: prints one table and writes build/bench.json; ``--only PART`` measures a part.

Each part is measured in a process of its own, so that none runs among what another has left, and
none can end the others.
"""

import argparse
import importlib
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime

from tests.bench.apart import printed_by
from tests.bench.budget import Budget
from tests.bench.harness import Row, as_json, guarded, machine, table, unmeasured
from triage_app.config import PROJECT_ROOT

OUT = PROJECT_ROOT / "build" / "bench.json"
# In the order of the table, with the seconds that each has: it makes as many of its rounds as fit.
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
GRACE_S = 180
"""What can't be cut: starting, making a database, one round. After that a part is given up."""


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
    budget = Budget.of(PARTS[part])
    module = importlib.import_module(f"tests.bench.{part}")
    for row in guarded(part, module.rows, budget):
        print(json.dumps(asdict(row)), flush=True)


def _apart(part: str) -> list[Row]:
    """The rows of a part that is measured in a process of its own."""
    start = time.monotonic()
    command = [sys.executable, "-m", "tests.bench", "--part", part]
    rows = kept(part, *printed_by(command, PARTS[part] + GRACE_S))
    print(f"{part}: {len(rows)} rows, {time.monotonic() - start:.0f} s", file=sys.stderr)
    return rows


def kept(part: str, printed: Sequence[str], wrong: str) -> list[Row]:
    """The rows that a part has printed, and one that says what went wrong, if anything did.

    The last line of a part that was given up may be half there.
    """
    whole = [line for line in printed if line.startswith("{") and line.endswith("}")]
    rows = [Row(**json.loads(line)) for line in whole]
    more = f"{len(rows)} rows, then {wrong}" if rows else f"not measured: {wrong}"
    return [*rows, *([unmeasured(part, more)] if wrong else [])]


if __name__ == "__main__":
    sys.exit(main())
