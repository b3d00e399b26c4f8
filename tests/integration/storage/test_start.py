"""Starting: the database is made or migrated wherever it lies, by one start or by several."""

import os
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine

from tests.samples.patience import SECONDS
from tests.samples.storage_cases import case, engine_for, store, stored
from triage_app.config import PROJECT_ROOT
from triage_app.domain.errors import StorageUnavailable
from triage_app.storage.database import migrate
from triage_app.storage.database.engine import DatabaseLocked, open_engine

ROOT = PROJECT_ROOT
UPGRADE = "from triage_app.storage.database.migrate import upgrade; upgrade(sys.argv[1])"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "triage.db"


def url(path: Path) -> str:
    return f"sqlite:///{path}"


def test_only_this_user_can_read_the_database(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "triage.db"
    migrate.upgrade(url(path))
    engine = engine_for(path)
    store(engine, case(random.Random(1)))
    modes = {file.name: file.stat().st_mode & 0o777 for file in path.parent.iterdir()}
    assert modes == dict.fromkeys(("triage.db", "triage.db-wal", "triage.db-shm"), 0o600)
    assert path.parent.stat().st_mode & 0o777 == 0o700
    engine.dispose()


def test_a_place_that_cannot_hold_a_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageUnavailable, match="cannot be created"):
        migrate.upgrade(f"sqlite:///{tmp_path}/file/triage.db")


def test_paths_with_odd_characters_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scripts = tmp_path / "50% of it %(here)s" / "migrations"
    shutil.copytree(migrate.MIGRATIONS, scripts)
    monkeypatch.setattr(migrate, "MIGRATIONS", scripts)
    path = tmp_path / "50% of Zoë's data" / "triage.db"
    migrate.upgrade(url(path))
    engine = engine_for(path)
    one = case(random.Random(1))
    store(engine, one)
    assert stored(engine, one.id) == one
    engine.dispose()


def test_a_start_that_meets_a_lock_waits_and_one_that_meets_damage_does_not(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    locked = [DatabaseLocked(), DatabaseLocked()]
    connect = Engine.connect

    def contended(engine: Engine) -> Connection:
        if locked:
            raise locked.pop()
        return connect(engine)

    monkeypatch.setattr(time, "sleep", waits.append)
    monkeypatch.setattr(Engine, "connect", contended)
    migrate.upgrade(url(path))
    assert len(waits) == 2

    path.write_bytes(b"not a database at all " * 500)
    with pytest.raises(StorageUnavailable, match="damaged"):
        migrate.upgrade(url(path))
    assert len(waits) == 2


def upgrading(path: Path, folder: Path) -> subprocess.Popen[str]:
    """A start of its own, from another working directory."""
    code = f"import sys; {UPGRADE}"
    return subprocess.Popen(
        [sys.executable, "-c", code, url(path)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("start", ["empty", "0001"])
def test_starts_that_race_all_succeed_from_any_folder(
    path: Path, tmp_path: Path, start: str
) -> None:
    if start != "empty":
        migrate.upgrade(url(path), start)
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    starts = [upgrading(path, folder) for _ in range(4)]
    errors = [process.communicate(timeout=SECONDS)[1] for process in starts]
    assert [process.returncode for process in starts] == [0] * 4, errors
    assert migrate.current(url(path)) == migrate.head()
    engine = open_engine(url(path))
    store(engine, case(random.Random(1)))
    engine.dispose()
    assert list(folder.iterdir()) == []


def test_a_start_with_nothing_to_migrate_does_not_load_alembic(path: Path) -> None:
    migrate.upgrade(url(path))
    code = f"import sys; {UPGRADE}; print('alembic' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code, url(path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["False"]
