"""A restore is whole or not there at all."""

import hashlib
import io
import json
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.integration.backups.test_backup_folder import in_a_namespace
from tests.stations.backup_station import (
    PASSPHRASE,
    Station,
    no_passphrase,
    open_station,
    passphrase_file,
)
from triage_app.config import PROJECT_ROOT
from triage_app.domain.errors import ArchiveRefused, StorageUnavailable
from triage_app.storage.backup.archive import examine
from triage_app.storage.backup.restore import restore


@pytest.fixture(scope="module")
def station(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Station]:
    station = open_station(tmp_path_factory.mktemp("station"), cases=2)
    yield station
    station.engine.dispose()


@pytest.fixture(scope="module")
def plain(station: Station) -> Path:
    return station.back_up()


@pytest.fixture(scope="module")
def encrypted(station: Station, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return station.back_up(passphrase_file=passphrase_file(tmp_path_factory.mktemp("secret")))


def changed(archive: Path, tmp_path: Path, change: Callable[[bytearray], object]) -> Path:
    """A copy of an archive with other bytes."""
    data = bytearray(archive.read_bytes())
    change(data)
    copy = tmp_path / archive.name
    copy.write_bytes(data)
    return copy


def flip(place: int) -> Callable[[bytearray], None]:
    """One bit, somewhere."""

    def change(data: bytearray) -> None:
        data[place] ^= 1

    return change


def rebuilt(
    archive: Path, tmp_path: Path, change: Callable[[dict[str, bytes]], dict[str, bytes] | None]
) -> Path:
    """A copy whose members were taken apart and put together again, as a stranger could."""
    with tarfile.open(archive) as old:
        members = {member.name: old.extractfile(member).read() for member in old}  # type: ignore[union-attr]
    members = change(members) or members
    copy = tmp_path / archive.name
    with tarfile.open(copy, "w", format=tarfile.GNU_FORMAT) as new:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            new.addfile(info, io.BytesIO(data))
    return copy


def refused(archive: Path, tmp_path: Path, passphrase: str = "") -> str:
    """The sentence of a refused restore; nothing may be left of it."""
    place = tmp_path / "place"
    with pytest.raises(ArchiveRefused) as error:
        restore(archive, place, lambda: passphrase)
    assert not place.exists()
    return str(error.value)


def test_a_folder_that_is_not_empty_is_left_as_it_is(plain: Path, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").write_text("mine")
    (tmp_path / "plainfile").write_text("mine")
    for place in (tmp_path / "full", tmp_path / "plainfile"):
        with pytest.raises(ArchiveRefused, match="not empty"):
            restore(plain, place, no_passphrase)
    assert [path.name for path in (tmp_path / "full").iterdir()] == ["file"]


def test_an_empty_folder_of_the_operator_becomes_private(plain: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir(mode=0o755)
    restore(plain, tmp_path / "empty", no_passphrase)
    assert (tmp_path / "empty").stat().st_mode & 0o777 == 0o700


def test_an_empty_folder_stays_empty_after_a_refusal(plain: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    broken = changed(plain, tmp_path, flip(5000))
    with pytest.raises(ArchiveRefused):
        restore(broken, tmp_path / "empty", no_passphrase)
    assert list((tmp_path / "empty").iterdir()) == []


def test_a_changed_byte_in_each_part_of_an_archive_is_found(plain: Path, tmp_path: Path) -> None:
    with tarfile.open(plain) as archive:
        places = [member.offset_data + member.size // 2 for member in archive]
    assert len(places) == 9  # five files of a case, a received one, database, sums and manifest
    for place in places:
        assert refused(changed(plain, tmp_path, flip(place)), tmp_path)


@pytest.mark.parametrize("share", [0.0, 0.001, 0.3, 0.6, 0.9, 0.97, 0.999])
@pytest.mark.parametrize("kind", ["plain", "encrypted"])
def test_an_archive_that_is_cut_is_refused(
    kind: str, share: float, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    archive: Path = request.getfixturevalue(kind)
    keep = int(archive.stat().st_size * share)

    def cut(data: bytearray) -> None:
        # The last blocks of a tar are empty; what is cut reaches into the last member.
        del data[min(keep, len(data) - 3000) :]

    assert refused(changed(archive, tmp_path, cut), tmp_path, PASSPHRASE)


def test_an_encrypted_archive_wants_its_own_passphrase(encrypted: Path, tmp_path: Path) -> None:
    said = refused(encrypted, tmp_path, "another passphrase altogether")
    assert "passphrase does not open" in said


def test_encrypted_data_with_a_changed_byte_are_refused(encrypted: Path, tmp_path: Path) -> None:
    half = encrypted.stat().st_size // 2
    flipped = changed(encrypted, tmp_path, flip(half))
    assert "changed or damaged" in refused(flipped, tmp_path, PASSPHRASE)


def test_the_key_file_of_one_archive_opens_no_other(
    station: Station, encrypted: Path, tmp_path: Path
) -> None:
    other = station.back_up(passphrase_file=passphrase_file(tmp_path))
    with tarfile.open(other) as archive:
        key = archive.extractfile("key.json").read()  # type: ignore[union-attr]
    swapped = rebuilt(encrypted, tmp_path, lambda members: {**members, "key.json": key})
    assert "passphrase does not open" in refused(swapped, tmp_path, PASSPHRASE)


@pytest.mark.parametrize(
    "name",
    ["../evil", "/etc/evil", "files/aa/../../evil", "files/aa/" + "bb" * 16, "evil", "files/aa/x"],
)
def test_names_that_no_backup_has_are_refused(plain: Path, tmp_path: Path, name: str) -> None:
    strange = rebuilt(plain, tmp_path, lambda members: {name: b"evil", **members})
    assert "no backup holds" in refused(strange, tmp_path)
    assert not list(tmp_path.rglob("evil"))


def fitting(members: dict[str, bytes]) -> None:
    """Write sums and manifest anew, as whoever forges an unencrypted archive can."""
    members["SHA256SUMS"] = b"".join(
        f"{hashlib.sha256(data).hexdigest()}  {name}\n".encode()
        for name, data in members.items()
        if name not in ("SHA256SUMS", "manifest.json")
    )
    manifest = json.loads(members["manifest.json"])
    manifest["sums"] = hashlib.sha256(members["SHA256SUMS"]).hexdigest()
    members["manifest.json"] = json.dumps(manifest).encode()


def without_a_file(members: dict[str, bytes]) -> None:
    del members[next(name for name in members if name.startswith("files/"))]
    fitting(members)


def with_a_changed_file(members: dict[str, bytes]) -> None:
    members[next(name for name in members if name.startswith("files/"))] += b" "
    fitting(members)


@pytest.mark.parametrize("change", [without_a_file, with_a_changed_file])
def test_a_file_that_does_not_fit_its_row_is_found_even_with_fitting_sums(
    plain: Path, tmp_path: Path, change: Callable[[dict[str, bytes]], None]
) -> None:
    forged = rebuilt(plain, tmp_path, change)
    assert examine(forged, no_passphrase)
    assert "missing or differs from its row" in refused(forged, tmp_path)


def test_a_damaged_database_is_found_even_with_fitting_sums(plain: Path, tmp_path: Path) -> None:
    def change(members: dict[str, bytes]) -> None:
        database = bytearray(members["triage.sqlite3"])
        database[8 * 4096 : 8 * 4096 + 2048] = b"\xa5" * 2048
        members["triage.sqlite3"] = bytes(database)
        fitting(members)

    forged = rebuilt(plain, tmp_path, change)
    assert examine(forged, no_passphrase)
    with pytest.raises(StorageUnavailable, match="damaged"):
        restore(forged, tmp_path / "place", no_passphrase)
    assert not (tmp_path / "place").exists()


def test_members_after_the_end_are_refused(plain: Path, tmp_path: Path) -> None:
    longer = rebuilt(plain, tmp_path, lambda members: {**members, "more": b"x"})
    assert "no backup holds" in refused(longer, tmp_path)


@pytest.mark.parametrize("manifest", [b"", b"{}", b"[]", b'{"format":"other"}'])
def test_a_manifest_that_cannot_be_read_is_refused(
    plain: Path, tmp_path: Path, manifest: bytes
) -> None:
    strange = rebuilt(plain, tmp_path, lambda members: {**members, "manifest.json": manifest})
    assert refused(strange, tmp_path)


def test_files_that_are_no_archive_are_said_to_be_none(tmp_path: Path) -> None:
    for content in (b"", b"x", b"%PDF" * 5000, bytes(5000)):
        (tmp_path / "file").write_bytes(content)
        assert refused(tmp_path / "file", tmp_path)
    assert "No such file" in refused(tmp_path / "none", tmp_path)
    assert "directory" in refused(tmp_path, tmp_path)


RESTORE = (
    "import sys\n"
    "from pathlib import Path\n"
    "from triage_app.domain.errors import TriageError\n"
    "from triage_app.storage.backup.restore import restore\n"
    "archive, disk = map(Path, sys.argv[1:])\n"
    "try:\n"
    "    restore(archive, disk / 'place', str)\n"
    "except TriageError as error:\n"
    "    print(type(error).__name__, error)\n"
    "print(list(disk.iterdir()))\n"
)


def test_a_full_disk_leaves_no_half_of_a_restore(plain: Path, tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    script = 'mount -t tmpfs -o size=300k tmpfs "$1" || exit 99\n"$2" -c "$3" "$4" "$1"'
    said = in_a_namespace(
        tmp_path, script, str(tmp_path / "disk"), sys.executable, RESTORE, str(plain)
    )
    assert said.splitlines() == [
        "StorageUnavailable Nothing was restored: No space left on device.",
        "[]",
    ]


def test_a_restore_that_was_killed_leaves_no_database_to_start_with(
    plain: Path, tmp_path: Path
) -> None:
    script = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from triage_app.storage.backup import restore\n"
        "restore.check_sound = lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL)\n"
        "restore.restore(Path(sys.argv[1]), Path(sys.argv[2]), str)\n"
    )
    place = tmp_path / "place"
    root = PROJECT_ROOT
    done = subprocess.run([sys.executable, "-c", script, plain, place], cwd=root, check=False)
    assert done.returncode == -9
    assert [path.name for path in place.iterdir()] == [".restoring"]
    shutil.rmtree(place)
