"""Events for the storage tests, and what somebody with the database file in hands can do."""

from datetime import UTC, datetime
from pathlib import Path

from pysqlite3 import dbapi2
from sqlalchemy import Engine

from tests.samples.storage_cases import open_work
from triage_app.domain.trail import Action, Entry, Event

AT = datetime(2026, 11, 2, 9, 30, 0, 5, tzinfo=UTC)


def append(engine: Engine, *entries: Entry, at: datetime = AT) -> list[Event]:
    with open_work(engine) as work:
        events = [work.trail.append(entry, at) for entry in entries]
        work.commit()
    return events


def everything(engine: Engine) -> list[Event]:
    with open_work(engine) as work:
        return list(work.trail.every())


def views(count: int) -> list[Entry]:
    return [Entry(Action.CASE_VIEWED, "c" * 32, f"{n:032x}", {"n": n}) for n in range(count)]


def bend(path: Path, *statements: str) -> None:
    """What somebody with the file in hands can do: the triggers are no obstacle to them."""
    raw = dbapi2.connect(str(path))
    names = raw.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for (name,) in names:
        if name.startswith("trail"):
            raw.execute(f"DROP TRIGGER {name}")
    for statement in statements:
        raw.execute(statement)
    raw.commit()
    raw.close()
