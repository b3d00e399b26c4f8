"""The restore drill: everything that was stored is back, in every row and every byte."""

import hashlib
import subprocess
import sys
import tarfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pyrage
import pytest

from tests.conftest import Tell
from tests.samples.storage_cases import stored
from tests.stations.backup_station import (
    AT,
    PASSPHRASE,
    Station,
    hashes,
    modes,
    no_passphrase,
    open_station,
    passphrase_file,
    rows,
    schema,
)
from triage_app.config import PROJECT_ROOT
from triage_app.domain.trail import breaks, parse_anchor
from triage_app.storage.backup import sealing
from triage_app.storage.backup.archive import examine
from triage_app.storage.backup.restore import restore
from triage_app.storage.database.engine import open_engine
from triage_app.storage.database.migrate import upgrade
from triage_app.storage.database.snapshot import check_sound
from triage_app.storage.files import DiskFileStore


@pytest.fixture
def station(tmp_path: Path) -> Iterator[Station]:
    station = open_station(tmp_path)
    yield station
    station.engine.dispose()


@pytest.mark.parametrize("encrypted", [False, True], ids=["plain", "encrypted"])
def test_every_row_and_every_image_comes_back(tmp_path: Path, encrypted: bool, tell: Tell) -> None:
    station = open_station(tmp_path / "drill", cases=60)
    file = passphrase_file(tmp_path) if encrypted else None
    before, images = rows(station.database), hashes(station.data / "files")
    assert all(before.values()), "the drill must cover every table"
    archive = station.back_up(passphrase_file=file)
    made = hashlib.sha256(archive.read_bytes()).hexdigest()

    place = tmp_path / "new" / "place"
    contents = restore(archive, place, (lambda: PASSPHRASE) if encrypted else no_passphrase)

    assert rows(place / "triage.sqlite3") == before
    assert schema(place / "triage.sqlite3") == schema(station.database)
    assert hashes(place / "files") == images
    assert modes(place) == {("folder", 0o700), ("file", 0o600)}
    assert (contents.made_at, contents.cases, contents.files) == (AT, 60, len(images))
    assert (contents.damaged, contents.sha256) == ((), made)
    assert {path.name for path in place.iterdir()} == {"triage.sqlite3", "files"}
    tell(
        f"restore drill ({'encrypted' if encrypted else 'plain'}): {sum(map(len, before.values()))}"
        f" rows of {len(before)} tables and {len(images)} files compared, none differs"
    )
    station.engine.dispose()


def test_the_restored_place_works_and_its_trail_holds(station: Station, tmp_path: Path) -> None:
    archive = station.back_up()
    contents = restore(archive, tmp_path / "place", no_passphrase)
    url = f"sqlite:///{tmp_path}/place/triage.sqlite3"
    upgrade(url)
    engine = open_engine(url)
    restored = Station(tmp_path / "place", tmp_path, engine)
    with restored.units() as work:
        assert breaks(work.trail.every(), [parse_anchor(contents.trail)]) == []
    case_id = restored.add_case(777)
    for file in stored(engine, case_id).files.values():
        assert restored.files.read(file)
    engine.dispose()


def test_nothing_of_a_patient_can_be_read_in_an_encrypted_archive(
    station: Station, tmp_path: Path
) -> None:
    archive = station.back_up(passphrase_file=passphrase_file(tmp_path))
    data = archive.read_bytes()
    assert b"original original" not in data
    assert b"SQLite format 3" not in data
    assert b"files/" not in data
    assert PASSPHRASE.encode() not in data
    assert b"original original" in station.back_up().read_bytes()
    assert archive.stat().st_mode & 0o777 == 0o600


def test_an_archive_opens_by_hand_with_tar_age_and_sha256sum(
    station: Station, tmp_path: Path
) -> None:
    archive = station.back_up(passphrase_file=passphrase_file(tmp_path))
    by_hand = tmp_path / "by-hand"
    by_hand.mkdir()
    subprocess.run(["tar", "-xf", archive, "-C", by_hand], check=True)
    key = sealing.identity(PASSPHRASE, (by_hand / "key.json").read_bytes())
    pyrage.decrypt_file(
        str(by_hand / "backup.tar.age"),
        str(by_hand / "backup.tar"),
        [pyrage.x25519.Identity.from_str(key)],
    )
    subprocess.run(["tar", "-xf", by_hand / "backup.tar", "-C", by_hand], check=True)
    done = subprocess.run(
        ["sha256sum", "--check", "--quiet", "--strict", "SHA256SUMS"],
        cwd=by_hand,
        check=False,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert hashes(by_hand / "files") == hashes(station.data / "files")


def test_a_backup_made_while_cases_come_and_go_is_whole_and_of_one_moment(
    station: Station, tmp_path: Path
) -> None:
    stop = threading.Event()
    added: list[str] = []

    def work() -> None:
        for seed in range(1000, 9000):
            added.append(station.add_case(seed))
            if seed % 2:
                station.erase_case(added.pop(0))
            if stop.is_set():
                return

    worker = threading.Thread(target=work)
    worker.start()
    try:
        archives = [station.back_up() for _ in range(2)]
    finally:
        stop.set()
        worker.join()
    for number, archive in enumerate(archives):
        place = tmp_path / f"place-{number}"
        contents = restore(archive, place, no_passphrase)
        assert contents.damaged == ()
        check_sound(place / "triage.sqlite3")
        there = rows(place / "triage.sqlite3")
        named = [*(row[0] for row in there["stored_files"]), *(row[5] for row in there["uploads"])]
        assert set(hashes(place / "files")) == {f"{str(name)[:2]}/{name}" for name in named}
    assert added


def test_a_case_erased_between_the_copy_and_the_reading_is_in_neither(
    station: Station, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    victim = station.add_case(500)
    read = DiskFileStore.checked
    rounds: list[str] = []

    def slow(files: DiskFileStore, file_id: str, sha256: str) -> bytes:
        if not rounds:
            station.erase_case(victim)
            rounds.append(station.add_case(501))
        return read(files, file_id, sha256)

    monkeypatch.setattr(DiskFileStore, "checked", slow)
    archive = station.back_up()
    monkeypatch.undo()
    restore(archive, tmp_path / "place", no_passphrase)
    ids = {row[1] for row in rows(tmp_path / "place" / "triage.sqlite3")["cases"]}
    assert rounds[0] in ids
    assert victim not in ids
    assert hashes(tmp_path / "place" / "files") == hashes(station.data / "files")


def test_a_case_erased_when_half_of_its_files_were_read_does_not_come_back(
    station: Station, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    victim = station.add_case(500)
    of_victim = {file.id for file in stored(station.engine, victim).files.values()}
    read = DiskFileStore.checked
    seen: list[str] = []

    def slow(files: DiskFileStore, file_id: str, sha256: str) -> bytes:
        data = read(files, file_id, sha256)
        if file_id in of_victim:
            seen.append(file_id)
            station.erase_case(victim)
        return data

    monkeypatch.setattr(DiskFileStore, "checked", slow)
    archive = station.back_up()
    monkeypatch.undo()
    with tarfile.open(archive) as opened:
        assert f"files/{seen[0][:2]}/{seen[0]}" in opened.getnames()
    restore(archive, tmp_path / "place", no_passphrase)
    assert hashes(tmp_path / "place" / "files") == hashes(station.data / "files")


def test_a_torn_log_does_not_spoil_the_backup(station: Station, tmp_path: Path) -> None:
    """What a loss of power left: the last commit is gone, all others are in the backup."""
    torn = Station(tmp_path / "torn", tmp_path / "backups", station.engine)
    subprocess.run(["cp", "-r", station.data, torn.data], check=True)
    log = torn.data / "triage.sqlite3-wal"
    whole = log.stat().st_size
    with log.open("r+b") as file:
        file.truncate(whole - 2000)
    archive = torn.back_up()
    contents = restore(archive, tmp_path / "place", no_passphrase)
    assert contents.cases == 6
    check_sound(tmp_path / "place" / "triage.sqlite3")


def test_a_damaged_file_is_named_and_all_others_are_saved(station: Station, tmp_path: Path) -> None:
    changed, missing = sorted((station.data / "files").glob("*/*"))[:2]
    changed.write_bytes(b"not what it was")
    missing.unlink()
    archive = station.back_up()
    assert archive.name.endswith("-incomplete.tar")
    contents = restore(archive, tmp_path / "place", no_passphrase)
    assert set(contents.damaged) == {changed.name, missing.name}
    left = hashes(station.data / "files")
    assert left.pop(f"{changed.parent.name}/{changed.name}")
    assert hashes(tmp_path / "place" / "files") == left


def test_checking_an_archive_writes_nothing(station: Station, tmp_path: Path) -> None:
    archive = station.back_up()
    before = sorted(tmp_path.rglob("*"))
    assert examine(archive, no_passphrase).cases == 6
    assert sorted(tmp_path.rglob("*")) == before


def test_memory_does_not_grow_with_the_archive(station: Station, tmp_path: Path) -> None:
    """Making and restoring 14 MB of files takes less than half of that beyond a first backup."""
    script = (
        "import resource, sys\n"
        "from pathlib import Path\n"
        "from tests.stations.backup_station import AT, unrecorded\n"
        "from triage_app.storage.backup.folder import BackupFolder, Source\n"
        "from triage_app.storage.backup.restore import restore\n"
        "data, backups, place, secret = map(Path, sys.argv[1:])\n"
        "source = Source(data / 'triage.sqlite3', data / 'files', data / 'backups')\n"
        "folder = BackupFolder(source, backups, passphrase_file=secret)\n"
        "peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "from triage_app.storage.backup import sealing\n"
        # Else the memory that the passphrase takes for a moment would hide all the rest.
        "sealing._COST['memory_cost'] = 64\n"
        "import tests.stations.storage_crash\n"
        "few = Source(source.database, source.work / 'none', source.work)\n"
        "BackupFolder(few, backups, passphrase_file=secret).make(AT, unrecorded)\n"
        "before = peak()\n"
        "made = folder.make(AT, unrecorded)\n"
        "restore(backups / made.name, place, lambda: sealing.read_passphrase(secret))\n"
        "print(peak() - before)\n"
    )
    for seed in range(600, 655):
        station.add_case(seed)
    big = sorted((station.data / "files").glob("*/*"))
    size = sum(path.stat().st_size for path in big)
    place = tmp_path / "place"
    done = subprocess.run(
        [
            sys.executable, "-c", script,
            str(station.data), str(station.backups), str(place), str(passphrase_file(tmp_path)),
        ],
        capture_output=True, text=True, check=True, cwd=PROJECT_ROOT,
    )  # fmt: skip
    assert int(done.stdout) * 1024 < size / 2
    with tarfile.open(next(station.backups.glob("*-000002-*.tar"))) as archive:
        assert archive.getnames() == ["key.json", "backup.tar.age"]
