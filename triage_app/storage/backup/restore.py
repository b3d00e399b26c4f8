"""A backup back into a clean place, where it is whole or not there at all."""

import fcntl
import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from pysqlite3 import dbapi2

from triage_app.domain.backups import Contents
from triage_app.domain.errors import ArchiveRefused, StorageUnavailable
from triage_app.storage.backup.archive import DATABASE, FILE_NAME, examine
from triage_app.storage.backup.named_files import named_files, names_file
from triage_app.storage.database.engine import in_words
from triage_app.storage.database.mounts import refuse_network
from triage_app.storage.database.occupancy import LOCK_FILE, is_occupied
from triage_app.storage.database.snapshot import check_sound
from triage_app.storage.database.unfinished import RESTORING
from triage_app.storage.files import PRIVATE_FILE, PRIVATE_FOLDER, make_folder, sync_folder

FILES = "files"
NOT_EMPTY = "The target is not empty, so nothing was restored. Name a folder that is new."


def restore(archive: Path, target: Path, ask: Callable[[], str]) -> Contents:
    """Write the database and the images of an archive into an absent or empty folder.

    ``target`` then is a data folder, with the database under its usual name. Everything is checked
    before it gets there: the archive against its own hashes, the database by SQLite, and each file
    as it lies on the new disk against its row. Raises ArchiveRefused and StorageUnavailable; then
    nothing is left. ``ask`` gives the passphrase of an encrypted archive.
    """
    with _clean(target) as staging:
        contents = examine(archive, ask, _Extraction(staging).take)
        check_sound(staging / DATABASE)
        _compare(staging, set(contents.damaged))
        os.sync()
        # The database last: a start meets all of it or none.
        (staging / FILES).rename(target / FILES)
        sync_folder(target)
        (staging / DATABASE).rename(target / DATABASE)
        sync_folder(target)
    return contents


@contextmanager
def _clean(target: Path) -> Iterator[Path]:
    """A folder within the target to work in; gone afterwards, with the target if that was new.

    It is there as long as the target is not whole: a start refuses a target that has one. What a
    restore that was killed left of itself is cleared first.
    """
    existed, staging, done = target.exists(), target / RESTORING, False
    refuse_network(target / DATABASE)
    if existed and (not target.is_dir() or not _only_leftovers(target)):
        raise ArchiveRefused(NOT_EMPTY)
    try:
        make_folder(target)
        target.chmod(PRIVATE_FOLDER)
        make_folder(staging)
        with _alone(staging):
            if not _only_leftovers(target) or is_occupied(target):
                raise ArchiveRefused(NOT_EMPTY)
            _clear(target)
            make_folder(staging / FILES)
            try:
                yield staging
                done = True
            finally:
                shutil.rmtree(staging, ignore_errors=True)
                if not done:
                    shutil.rmtree(target if not existed else target / FILES, ignore_errors=True)
    except OSError as error:
        raise StorageUnavailable(f"Nothing was restored: {error.strerror}.") from error


def _only_leftovers(target: Path) -> bool:
    """Whether a folder is empty, or holds only what a restore left that was killed."""
    # A server that was refused here leaves the file of its lock.
    names = {path.name for path in target.iterdir()} - {LOCK_FILE}
    return not names or (RESTORING in names and names <= {RESTORING, FILES})


def _clear(target: Path) -> None:
    for path in ((target / FILES), *(target / RESTORING).iterdir()):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


@contextmanager
def _alone(staging: Path) -> Iterator[None]:
    """While no other restore works there; the lock ends with the process."""
    descriptor = os.open(staging, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        raise ArchiveRefused(
            "Another restore into this folder is under way. Wait until it is done."
        ) from error
    finally:
        os.close(descriptor)


class _Extraction:
    """Writes the members of an archive under a folder, each once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def take(self, name: str, chunks: Iterator[bytes]) -> None:
        """Write one member; its name was checked by ``examine``."""
        path = self._folder / name
        try:
            path.parent.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE)
            with os.fdopen(descriptor, "wb") as file:
                for chunk in chunks:
                    file.write(chunk)
        except OSError as error:
            raise StorageUnavailable(f"Nothing was restored: {error.strerror}.") from error


def _compare(folder: Path, damaged: set[str]) -> None:
    """Every row has its file with its hash, but for those that were damaged before."""
    try:
        with closing(dbapi2.connect(str(folder / DATABASE))) as database:
            for file_id, sha256 in database.execute(named_files(database)):
                if file_id not in damaged and _hash(_path(folder, file_id)) != sha256:
                    raise ArchiveRefused(
                        "A file of the archive is missing or differs from its row, so nothing was "
                        "restored. Take another archive."
                    )
            _drop_unnamed(folder, database)
    except dbapi2.Error as error:
        raise in_words(error) or error from error


def _drop_unnamed(folder: Path, database: dbapi2.Connection) -> None:
    """Files whose case was erased while the backup was made."""
    for path in (folder / FILES).glob("*/*"):
        if not names_file(database, path.name):
            path.unlink()


def _path(folder: Path, file_id: str) -> Path:
    name = f"{FILES}/{file_id[:2]}/{file_id}"
    if FILE_NAME.fullmatch(name) is None:
        raise ArchiveRefused("The database of the archive is damaged, so nothing was restored.")
    return folder / name


def _hash(path: Path) -> str:
    """SHA-256 of a file, empty when there is none."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        return ""
