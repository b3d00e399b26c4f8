"""Rows and files agree after a crash at any point, a torn log and a full disk."""

import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from tests.samples.patience import SECONDS
from tests.samples.storage_cases import case, database, engine_for, open_work, store, stored
from tests.stations.storage_crash import VICTIM, put_files
from triage_app.config import PROJECT_ROOT
from triage_app.domain.case import CaseFilter, Order
from triage_app.domain.errors import CaseNotFound
from triage_app.storage.database.engine import open_engine
from triage_app.storage.files import DiskFileStore

ROOT = PROJECT_ROOT
TWO_HOURS = 7200


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = engine_for(tmp_path / "triage.db")
    yield engine
    engine.dispose()


def run(
    point: str, folder: Path, limit: Callable[[], None] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tests.stations.storage_crash", point, str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
        preexec_fn=limit,
    )


def on_disk(folder: Path) -> set[str]:
    return {path.name for path in (folder / "files").rglob("*") if path.is_file()}


def sweep(engine: Engine, folder: Path) -> int:
    """As at the next start, two hours later."""
    then = time.time() - TWO_HOURS
    for path in (folder / "files").rglob("*"):
        os.utime(path, (then, then))
    with open_work(engine) as work:
        return DiskFileStore(folder / "files").sweep(work.cases.known_files)


def check_rows_have_files(engine: Engine, folder: Path) -> set[str]:
    """Read every file of every case; returns the ids of the files with a row."""
    files = DiskFileStore(folder / "files")
    named = set()
    with open_work(engine) as work:
        for line in work.cases.page(CaseFilter(), Order.NEWEST, None, 200).items:
            for file in work.cases.get(line.id).files.values():
                assert files.read(file)
                named.add(file.id)
    return named


def check_sound(engine: Engine) -> None:
    with engine.connect() as connection:
        assert connection.execute(text("PRAGMA integrity_check")).scalar_one() == "ok"
        assert connection.execute(text("PRAGMA foreign_key_check")).all() == []


@pytest.mark.parametrize(
    ("point", "is_stored", "left_over"),
    [
        ("half a file", False, 1),
        ("files without row", False, 2),
        ("row not committed", False, 2),
        ("committed", True, 0),
    ],
)
def test_a_crash_while_storing_leaves_the_whole_case_or_nothing(
    engine: Engine, tmp_path: Path, point: str, is_stored: bool, left_over: int
) -> None:
    files = DiskFileStore(tmp_path / "files")
    bystander = put_files(files, case(random.Random(1), deleted_at=None))
    store(engine, bystander)
    assert run(point, tmp_path).returncode == -signal.SIGKILL

    check_rows_have_files(engine, tmp_path)
    assert sweep(engine, tmp_path) == left_over
    assert on_disk(tmp_path) == check_rows_have_files(engine, tmp_path)
    assert stored(engine, bystander.id) == bystander
    if is_stored:
        assert set(stored(engine, VICTIM).files) == set(bystander.files)
    else:
        with pytest.raises(CaseNotFound):
            stored(engine, VICTIM)
    check_sound(engine)


@pytest.mark.parametrize(
    ("point", "is_stored", "left_over"),
    [
        ("erase not committed", True, 0),
        ("erase committed", False, 2),
        ("half of the files removed", False, 1),
    ],
)
def test_a_crash_while_erasing_leaves_the_whole_case_or_nothing(
    engine: Engine, tmp_path: Path, point: str, is_stored: bool, left_over: int
) -> None:
    files = DiskFileStore(tmp_path / "files")
    bystander, victim = (
        put_files(files, case(random.Random(seed), id=case_id, deleted_at=None))
        for seed, case_id in ((1, "b" * 32), (2, VICTIM))
    )
    store(engine, bystander, victim)
    assert run(point, tmp_path).returncode == -signal.SIGKILL

    if is_stored:
        assert stored(engine, VICTIM) == victim
    else:
        with pytest.raises(CaseNotFound):
            stored(engine, VICTIM)
    check_rows_have_files(engine, tmp_path)
    assert sweep(engine, tmp_path) == left_over
    assert on_disk(tmp_path) == check_rows_have_files(engine, tmp_path)
    check_sound(engine)


@pytest.mark.parametrize("torn", ["cut", "garbled"])
def test_a_torn_log_loses_the_torn_case_and_no_other(
    engine: Engine, tmp_path: Path, torn: str
) -> None:
    """What a loss of power in the middle of a commit leaves behind."""
    log = tmp_path / "triage.db-wal"
    first, second = (case(random.Random(seed), note="x" * 9000) for seed in (1, 2))
    store(engine, first)
    whole = log.stat().st_size
    store(engine, second)
    middle = (whole + log.stat().st_size) // 2
    copy = tmp_path / "copy"
    copy.mkdir()
    for path in (tmp_path / "triage.db", log):
        shutil.copy(path, copy)
    with (copy / log.name).open("r+b") as damaged:
        damaged.seek(middle)
        if torn == "cut":
            damaged.truncate()
        else:
            damaged.write(b"\xff" * 64)

    survivor = open_engine(f"sqlite:///{copy}/triage.db")
    assert stored(survivor, first.id) == first
    with pytest.raises(CaseNotFound):
        stored(survivor, second.id)
    store(survivor, second)
    assert stored(survivor, second.id) == second
    check_sound(survivor)
    survivor.dispose()


def check_filled(folder: Path, printed: str) -> tuple[str, str]:
    """Every case that was reported as stored is there, and no other; returns the sentences."""
    *ids, about_rows, about_files = printed.splitlines()
    engine = open_engine(f"sqlite:///{folder}/triage.db")
    check_sound(engine)
    assert ids
    for case_id in ids:
        assert stored(engine, case_id).id == case_id
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM cases")).scalar_one() == len(ids)
    engine.dispose()
    assert on_disk(folder) == set()
    return about_rows, about_files


def test_a_limit_on_file_sizes_refuses_in_words_and_keeps_all_that_was_stored(
    tmp_path: Path,
) -> None:
    database(tmp_path / "triage.db")
    limit = 700_000

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    done = run("fill", tmp_path, limited)
    assert done.returncode == 0, done.stderr
    about_rows, about_files = check_filled(tmp_path, done.stdout)
    assert "Nothing was stored" in about_rows
    assert "larger than this program may write" in about_files


def test_a_full_disk_refuses_in_words_and_keeps_all_that_was_stored(tmp_path: Path) -> None:
    """On a disk of 1.5 MB, in a namespace of its own, so that no rights are needed."""
    disk, kept = tmp_path / "disk", tmp_path / "kept"
    disk.mkdir()
    database(tmp_path / "triage.db")
    script = (
        'mount -t tmpfs -o size=1500k tmpfs "$1" || exit 99\n'
        'cp "$2/triage.db" "$1" && chmod u+w "$1/triage.db"\n'
        '"$3" -m tests.stations.storage_crash fill "$1" || exit 98\n'
        'cp -r "$1" "$4"'
    )
    command = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script, "sh"]
    arguments = [str(disk), str(tmp_path), sys.executable, str(kept)]
    if shutil.which("unshare") is None:
        pytest.skip("unshare is not installed")
    done = subprocess.run(
        [*command, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    if done.returncode not in (0, 98):
        pytest.skip(f"this system lets nobody mount a small disk: {done.stderr.strip()}")
    assert done.returncode == 0, done.stderr
    about_rows, about_files = check_filled(kept, done.stdout)
    assert "full" in about_rows
    assert "full" in about_files
