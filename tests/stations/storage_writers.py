"""Writers to the trail that run at the same time, as threads and as processes of their own.

``python -m tests.stations.storage_writers FOLDER ACTOR COUNT``: appends COUNT events, each in a
transaction of its own together with a case, and waits for the file "go" in the folder before it
begins.
"""

import random
import sys
import time
from pathlib import Path

from sqlalchemy import Engine

from tests.samples.storage_cases import case, open_work
from tests.samples.storage_trail import AT
from triage_app.domain.trail import Action, Entry
from triage_app.storage.database.engine import open_engine


def write(engine: Engine, actor: str, count: int) -> None:
    """Store ``count`` cases, each with its event."""
    rng = random.Random(actor)
    for number in range(count):
        one = case(rng, uploaded_by=actor)
        with open_work(engine) as work:
            if number % 2:  # whichever comes first, the event or what it records
                work.cases.add(one)
            work.trail.append(Entry(Action.CASE_ANALYSED, actor, one.id, {"n": number}), AT)
            if not number % 2:
                work.cases.add(one)
            work.commit()


def main(folder: Path, actor: str, count: int) -> None:
    """Begin when all are there."""
    engine = open_engine(f"sqlite:///{folder}/triage.db", busy_timeout_ms=60_000)
    (folder / f"ready-{actor}").touch()
    while not (folder / "go").exists():
        time.sleep(0.005)
    write(engine, actor, count)
    engine.dispose()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
