"""The folder of backups: numbers, retention, and every way in which a backup may fail."""

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from tests.samples.patience import SECONDS
from tests.stations.backup_station import (
    AT,
    Station,
    no_passphrase,
    open_station,
    passphrase_file,
    unrecorded,
)
from triage_app.config import PROJECT_ROOT
from triage_app.domain.backups import Archive, Contents
from triage_app.domain.errors import BackupFailed, ConfigurationError, StorageUnavailable
from triage_app.storage.backup.archive import examine, write
from triage_app.storage.files import DiskFileStore

ROOT = PROJECT_ROOT


@pytest.fixture
def station(tmp_path: Path) -> Iterator[Station]:
    station = open_station(tmp_path, cases=2)
    yield station
    station.engine.dispose()


def numbers(station: Station) -> list[int]:
    return [archive.number for archive in station.folder().archives()]


def left_over(station: Station) -> list[str]:
    """Whatever lies about besides archives and the lock."""
    places = (station.backups, station.data / "backups")
    found = {path.name for place in places if place.exists() for path in place.iterdir()}
    return sorted(name for name in found if name != "lock" and not name.startswith("triage-"))


def test_the_newest_archives_are_kept_by_number(station: Station) -> None:
    for _ in range(5):
        station.back_up(keep=3)
    assert numbers(station) == [5, 4, 3]


def test_a_clock_that_is_set_back_removes_no_newer_archive(station: Station) -> None:
    for days in (0, 400, -9000, -9001):
        station.folder(keep=2).make(AT + timedelta(days=days), unrecorded)
    kept = station.folder().archives()
    assert [(a.number, a.made_at) for a in kept] == [
        (4, AT - timedelta(days=9001)),
        (3, AT - timedelta(days=9000)),
    ]


def test_without_a_limit_nothing_is_removed(station: Station) -> None:
    for _ in range(3):
        station.back_up()
    assert numbers(station) == [3, 2, 1]


def test_incomplete_archives_displace_no_complete_one_and_do_not_pile_up(station: Station) -> None:
    for _ in range(2):
        station.back_up(keep=2)
    next((station.data / "files").glob("*/*")).unlink()
    for _ in range(4):
        station.back_up(keep=2)
    kept = {(a.number, a.complete) for a in station.folder().archives()}
    assert kept == {(6, False), (5, False), (2, True), (1, True)}


def test_archives_of_another_workstation_and_other_files_stay(
    station: Station, tmp_path: Path
) -> None:
    foreign = "triage-0badcafe-000001-20200101T000000Z.tar"
    for name in (foreign, "notes.txt", "triage-old.tar"):
        (station.backups / name).write_bytes(b"x")
    station.back_up(keep=1)
    station.back_up(keep=1)
    assert {path.name for path in station.backups.iterdir()} >= {
        foreign,
        "notes.txt",
        "triage-old.tar",
    }
    assert numbers(station) == [3, 1]


def test_a_folder_that_is_not_there_is_not_made_because_its_disk_may_be_missing(
    station: Station, tmp_path: Path
) -> None:
    shutil.rmtree(station.backups)
    with pytest.raises(BackupFailed, match="disk is mounted"):
        station.back_up()
    with pytest.raises(BackupFailed, match="disk is mounted"):
        station.folder().archives()
    assert not station.backups.exists()


def test_a_backup_that_cannot_be_recorded_is_not_there(station: Station) -> None:
    station.back_up(keep=1)

    def refuse(_archive: Archive, _contents: Contents) -> None:
        raise StorageUnavailable("The disk that holds the database is full.")

    with pytest.raises(StorageUnavailable, match="full"):
        station.folder(keep=1).make(AT, refuse)
    assert (numbers(station), left_over(station)) == ([1], [])


def test_what_is_recorded_is_the_archive_as_it_lies_on_the_disk(station: Station) -> None:
    noted: list[tuple[Archive, Contents]] = []
    station.folder().make(AT, lambda archive, contents: noted.append((archive, contents)))
    ((archive, contents),) = noted
    path = station.backups / archive.name
    assert path.stat().st_size == archive.size
    assert examine(path, no_passphrase) == contents


def test_a_damaged_database_is_not_backed_up_and_no_older_archive_goes(station: Station) -> None:
    station.back_up(keep=1)
    with station.engine.begin() as connection:
        connection.exec_driver_sql("PRAGMA writable_schema=ON")
        # An index over the wrong columns: reading goes on, and finds the wrong cases.
        connection.exec_driver_sql(
            "UPDATE sqlite_master SET sql = replace(sql, 'batch_id', 'note')"
            " WHERE name = 'ix_cases_batch'"
        )
    station.engine.dispose()
    with pytest.raises(StorageUnavailable, match="damaged"):
        station.back_up(keep=1)
    assert (numbers(station), left_over(station)) == ([1], [])


def test_an_archive_that_does_not_read_back_as_written_never_gets_a_name(
    station: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    def on_a_bad_disk(target: BinaryIO, *arguments: Any) -> None:
        write(target, *arguments)
        target.seek(5000)
        target.write(b"\xff" * 512)

    station.back_up(keep=1)
    monkeypatch.setattr("triage_app.storage.backup.folder.write", on_a_bad_disk)
    with pytest.raises(BackupFailed, match="did not read back"):
        station.back_up(keep=1)
    assert (numbers(station), left_over(station)) == ([1], [])


def test_a_passphrase_file_that_is_gone_gives_no_unencrypted_archive(
    station: Station, tmp_path: Path
) -> None:
    secret = passphrase_file(tmp_path)
    station.back_up(passphrase_file=secret)
    secret.unlink()
    with pytest.raises(ConfigurationError, match="cannot be read"):
        station.back_up(passphrase_file=secret)
    assert (numbers(station), left_over(station)) == ([1], [])


def test_two_backups_at_once_are_refused(station: Station) -> None:
    station.back_up()
    lock = os.open(station.data / "backups" / "lock", os.O_RDWR)
    fcntl.flock(lock, fcntl.LOCK_EX)
    with pytest.raises(BackupFailed, match="Another backup"):
        station.back_up()
    os.close(lock)
    station.back_up()
    assert numbers(station) == [2, 1]


def test_a_backup_that_is_stopped_ends_and_leaves_nothing(
    station: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = station.folder()
    read = DiskFileStore.checked

    def stopping(files: DiskFileStore, file_id: str, sha256: str) -> bytes:
        folder.stop()
        return read(files, file_id, sha256)

    monkeypatch.setattr(DiskFileStore, "checked", stopping)
    with pytest.raises(BackupFailed, match="stopped"):
        folder.make(AT, unrecorded)
    assert (numbers(station), left_over(station)) == ([], [])


def test_what_a_crash_left_is_cleared_away_by_the_next_backup(
    station: Station, tmp_path: Path
) -> None:
    script = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from tests.stations.backup_station import AT\n"
        "from triage_app.storage.backup.folder import BackupFolder, Source\n"
        "data, backups = map(Path, sys.argv[1:])\n"
        "die = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
        "source = Source(data / 'triage.sqlite3', data / 'files', data / 'backups')\n"
        "BackupFolder(source, backups).make(AT, die)\n"
    )
    arguments = [sys.executable, "-c", script, str(station.data), str(station.backups)]
    assert subprocess.run(arguments, cwd=ROOT, check=False).returncode == -9
    assert len(left_over(station)) == 2
    assert numbers(station) == []
    station.back_up()
    assert (numbers(station), left_over(station)) == ([1], [])


def test_cases_that_are_erased_without_a_pause_end_the_backup_in_words(
    station: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    seeds = iter(range(700, 900))
    next_one = [station.add_case(next(seeds))]

    def always_gone(files: DiskFileStore, file_id: str, sha256: str) -> bytes:
        station.erase_case(next_one.pop())
        next_one.append(station.add_case(next(seeds)))
        return read(files, file_id, sha256)

    read = DiskFileStore.checked
    monkeypatch.setattr("triage_app.storage.backup.packing.ROUNDS", 3)
    monkeypatch.setattr(DiskFileStore, "checked", always_gone)
    with pytest.raises(BackupFailed, match="erased all the time"):
        station.back_up()
    assert left_over(station) == []


def in_a_namespace(tmp_path: Path, script: str, *arguments: str) -> str:
    """Run a shell script that may mount disks of its own; what it printed."""
    if shutil.which("unshare") is None:
        pytest.skip("unshare is not installed")
    command = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script, "sh"]
    done = subprocess.run(
        [*command, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    if done.returncode == 99:
        pytest.skip(f"this system lets nobody mount a small disk: {done.stderr.strip()}")
    assert done.returncode == 0, done.stderr
    return done.stdout


MAKE = (
    "import sys\n"
    "from pathlib import Path\n"
    "from tests.stations.backup_station import AT, unrecorded\n"
    "from triage_app.domain.errors import TriageError\n"
    "from triage_app.storage.backup.folder import BackupFolder, Source\n"
    "data, backups = map(Path, sys.argv[1:])\n"
    "source = Source(data / 'triage.sqlite3', data / 'files', data / 'backups')\n"
    "try:\n"
    "    BackupFolder(source, backups, keep=1).make(AT, unrecorded)\n"
    "except TriageError as error:\n"
    "    print(type(error).__name__, error)\n"
    "print(sorted(path.name for path in backups.iterdir()))\n"
)


@pytest.mark.parametrize(
    ("mount", "sentence"),
    [
        ('mount -t tmpfs -o size=300k tmpfs "$1"', "No space left on device"),
        (
            'mount -t tmpfs tmpfs "$1" && mount -o remount,ro "$1"',
            "Read-only file system",
        ),
    ],
    ids=["full", "read-only"],
)
def test_a_backup_disk_that_is_full_or_read_only_is_said_and_nothing_is_left(
    station: Station, tmp_path: Path, mount: str, sentence: str
) -> None:
    script = f'{mount} || exit 99\n"$2" -c "$3" "$4" "$1"'
    said = in_a_namespace(
        tmp_path, script, str(station.backups), sys.executable, MAKE, str(station.data)
    )
    assert said.startswith("BackupFailed The backup cannot be written")
    assert sentence in said
    assert said.splitlines()[-1] == "[]"


def test_a_data_disk_that_has_become_read_only_can_still_be_read_but_not_stored_to(
    station: Station, tmp_path: Path
) -> None:
    """The station says so in words; and what was stored can be copied from there."""
    script = (
        'mount --bind "$1" "$1" || exit 99\nmount -o remount,bind,ro "$1" || exit 99\n'
        '"$2" -c "$3" "$1" "$4"'
    )
    said = in_a_namespace(
        tmp_path, script, str(station.data), sys.executable, MAKE, str(station.backups)
    )
    assert "Read-only file system" in said
    assert said.splitlines()[-1] == "[]"
    station.back_up()
