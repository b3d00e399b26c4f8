"""The image store on a real disk."""

import errno
import hashlib
import os
import time
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from triage_app.domain.errors import ConfigurationError, FileMissing, StorageUnavailable
from triage_app.domain.files import FileKind, StoredFile
from triage_app.storage.files import ORPHANS_BELIEVED, DiskFileStore

DATA = bytes(range(256)) * 4000
HOUR = 3600


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "data" / "files"


@pytest.fixture
def files(root: Path) -> DiskFileStore:
    return DiskFileStore(root)


def row(file_id: str, data: bytes = DATA) -> StoredFile:
    return StoredFile(
        id=file_id,
        kind=FileKind.ORIGINAL,
        sha256=hashlib.sha256(data).hexdigest(),
        size=len(data),
        media_type="image/png",
        created_at=datetime.now(UTC),
    )


def on_disk(root: Path) -> set[str]:
    return {path.name for path in root.rglob("*") if path.is_file()}


def age(root: Path, seconds: float = 2 * HOUR) -> None:
    """Make all files older."""
    then = time.time() - seconds
    for path in root.rglob("*"):
        os.utime(path, (then, then), follow_symlinks=False)


def none_known(_ids: Iterable[str]) -> set[str]:
    return set()


def test_opening_a_store_touches_nothing(root: Path, files: DiskFileStore) -> None:
    assert files.sweep(none_known) == 0
    assert not root.exists()


@pytest.mark.parametrize("data", [b"", b"x", DATA])
def test_what_was_put_is_read(files: DiskFileStore, data: bytes) -> None:
    assert files.read(row(files.put(data), data)) == data


def test_a_file_lies_under_its_id_and_only_this_user_can_read_it(
    root: Path, files: DiskFileStore
) -> None:
    before = os.umask(0)
    try:
        file_id = files.put(DATA)
    finally:
        os.umask(before)
    path = root / file_id[:2] / file_id
    assert len(file_id) == 32
    assert path.read_bytes() == DATA
    assert path.stat().st_mode & 0o777 == 0o600
    for folder in (path.parent, root):
        assert folder.stat().st_mode & 0o777 == 0o700
    assert on_disk(root) == {file_id}


def test_each_file_gets_an_id_of_its_own(files: DiskFileStore) -> None:
    assert len({files.put(b"same") for _ in range(50)}) == 50


def test_file_and_folders_are_on_disk_before_put_returns(
    root: Path, files: DiskFileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[str] = []
    fsync = os.fsync

    def noting(descriptor: int) -> None:
        synced.append(os.readlink(f"/proc/self/fd/{descriptor}"))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", noting)
    file_id = files.put(DATA)
    folder = root / file_id[:2]
    assert synced == [
        str(root.parents[1]),
        str(root.parent),
        str(root),
        f"{folder / file_id}.part",
        str(folder),
    ]


def test_changed_bytes_are_not_given_out(root: Path, files: DiskFileStore) -> None:
    file_id = files.put(DATA)
    path = root / file_id[:2] / file_id
    path.write_bytes(DATA[:-1] + b"?")
    with pytest.raises(FileMissing, match="changed"):
        files.read(row(file_id))
    path.write_bytes(DATA[:1000])
    with pytest.raises(FileMissing, match="changed"):
        files.read(row(file_id))


def test_a_missing_file_is_named(files: DiskFileStore) -> None:
    with pytest.raises(FileMissing, match="missing"):
        files.read(row("0" * 32))


@pytest.mark.parametrize(
    "file_id", ["", "..", "../../secret", "/etc/passwd", "0" * 31 + "/", "A" * 32]
)
def test_an_id_is_never_a_path(root: Path, files: DiskFileStore, file_id: str) -> None:
    root.mkdir(parents=True)
    (root.parent / "secret").write_bytes(DATA)
    with pytest.raises(FileMissing):
        files.read(replace(row("0" * 32), id=file_id))
    with pytest.raises(FileMissing):
        files.remove([file_id])
    assert (root.parent / "secret").exists()


def test_removed_files_are_gone_and_missing_ones_no_error(root: Path, files: DiskFileStore) -> None:
    gone, kept = files.put(DATA), files.put(DATA)
    files.remove([gone, "0" * 32, gone])
    assert on_disk(root) == {kept}


def test_one_file_that_cannot_be_removed_does_not_keep_the_others(
    root: Path, files: DiskFileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    stuck, free = files.put(DATA), files.put(DATA)
    unlink = Path.unlink

    def refusing(path: Path, missing_ok: bool = False) -> None:
        if path.name == stuck:
            raise OSError(errno.EIO, "bad sector")
        unlink(path, missing_ok)

    monkeypatch.setattr(Path, "unlink", refusing)
    with pytest.raises(StorageUnavailable, match="could not be removed"):
        files.remove([stuck, free])
    assert on_disk(root) == {stuck}


@pytest.mark.parametrize("call", ["write", "fsync"])
def test_a_fault_while_writing_is_said_in_words_and_leaves_nothing(
    root: Path, files: DiskFileStore, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    kept = files.put(DATA)
    expected = {
        errno.ENOSPC: "full",
        errno.EDQUOT: "quota",
        errno.EROFS: "read-only",
        errno.EACCES: "may not be used",
        errno.EIO: "fault",
    }
    for code, words in expected.items():

        def failing(*_arguments: object, code: int = code) -> None:
            raise OSError(code, os.strerror(code))

        with monkeypatch.context() as patched:
            patched.setattr(os, call, failing)
            with pytest.raises(StorageUnavailable, match=words):
                files.put(DATA)
        assert on_disk(root) == {kept}


def test_a_disk_that_fills_up_half_way_leaves_nothing(
    root: Path, files: DiskFileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = os.write
    left = [3000]

    def filling(descriptor: int, data: memoryview) -> int:
        if not left[0]:
            raise OSError(errno.ENOSPC, "no space")
        taken = write(descriptor, data[: min(1000, left[0])])
        left[0] -= taken
        return taken

    monkeypatch.setattr(os, "write", filling)
    with pytest.raises(StorageUnavailable, match="full"):
        files.put(DATA)
    assert on_disk(root) == set()


def test_writing_in_small_parts_gives_the_whole_file(
    files: DiskFileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: write(fd, data[:70_001]))
    assert files.read(row(files.put(DATA))) == DATA


def test_a_file_in_place_of_the_folder_is_a_fault_in_words(
    root: Path, files: DiskFileStore
) -> None:
    root.parent.mkdir()
    root.write_text("in the way")
    with pytest.raises(StorageUnavailable):
        files.put(DATA)


def test_a_sweep_removes_old_files_without_a_row(root: Path, files: DiskFileStore) -> None:
    named, orphan = files.put(DATA), files.put(DATA)
    (root / orphan[:2] / f"{orphan[:2]}{'0' * 30}.part").write_bytes(b"unfinished")
    age(root)
    young = files.put(DATA)
    assert files.sweep({named}.intersection) == 2
    assert on_disk(root) == {named, young}
    assert files.sweep({named}.intersection, older_than_s=-60) == 1
    assert on_disk(root) == {named}


def test_a_sweep_leaves_what_is_not_its_own(root: Path, files: DiskFileStore) -> None:
    named = files.put(DATA)
    outside = root.parent / "outside"
    outside.write_bytes(b"kept")
    foreign = [root / "README", root / "ab" / "notes.txt", root / "zz" / ("0" * 32)]
    for path in foreign:
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"kept")
    link = root / "ab" / ("ab" + "0" * 30)
    link.symlink_to(outside)
    age(root.parent)
    assert files.sweep({named}.intersection) == 0
    assert all(path.exists() for path in (*foreign, link, outside))


def test_a_sweep_with_the_database_of_another_store_removes_nothing(
    root: Path, files: DiskFileStore
) -> None:
    some = {files.put(b"x") for _ in range(ORPHANS_BELIEVED)}
    age(root)
    assert files.sweep(none_known) == 0
    assert on_disk(root) == some
    more = files.put(b"x")
    age(root)
    with pytest.raises(ConfigurationError, match="belong together"):
        files.sweep(none_known)
    assert on_disk(root) == {*some, more}


def test_a_sweep_that_cannot_ask_the_database_removes_nothing(
    root: Path, files: DiskFileStore
) -> None:
    file_id = files.put(DATA)
    age(root)

    def unavailable(_ids: Iterable[str]) -> set[str]:
        raise StorageUnavailable("locked")

    with pytest.raises(StorageUnavailable):
        files.sweep(unavailable)
    assert on_disk(root) == {file_id}
