"""Image files under random ids, on disk before the row that names them."""

import errno
import hashlib
import os
import secrets
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from triage_app.domain.errors import ConfigurationError, FileMissing, StorageUnavailable
from triage_app.domain.files import StoredFile
from triage_app.storage.records.cases import is_id

PRIVATE_FOLDER = 0o700
PRIVATE_FILE = 0o600
ORPHANS_BELIEVED = 20
"""More files than this, none with a row, are no leftovers: the database must be another one's."""

_UNFINISHED = ".part"
_SENTENCES = {
    errno.ENOSPC: "The disk that holds the images is full. Nothing was stored. Free some space, "
    "then try again.",
    errno.EDQUOT: "The disk quota for the images is used up. Nothing was stored. Free some space, "
    "then try again.",
    errno.EFBIG: "The image is larger than this program may write. Nothing was stored. Raise the "
    "limit on file sizes, then try again.",
    errno.EROFS: "The folder of the images is read-only. Nothing was stored. Allow this program to "
    "write there, then try again.",
    errno.EACCES: "The folder of the images may not be used. Nothing was stored. Allow this "
    "program to read and write there, then try again.",
}
_SENTENCES[errno.EPERM] = _SENTENCES[errno.EACCES]
_FAULT = (
    "The disk that holds the images reported a fault. Nothing was stored. "
    "Check the disk before you go on."
)


class DiskFileStore:
    """Files as ``<root>/<first two digits>/<id>``, readable by this user alone.

    Folders are made at the first file. Nothing about a file but its bytes is kept here.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def put(self, data: bytes) -> str:
        """Write durably under a new random id (32 hex digits) and return it.

        When this returns, the file survives a loss of power. Raises StorageUnavailable when the
        disk is full, read-only or at fault; then no trace is left.
        """
        file_id = secrets.token_hex(16)
        path = self._path(file_id)
        try:
            make_folder(path.parent)
            _write(path, data)
        except OSError as error:
            raise _unavailable(error) from error
        return file_id

    def read(self, file: StoredFile) -> bytes:
        """The bytes of a file.

        Raises FileMissing when absent or when the SHA-256 differs from the row's, and
        StorageUnavailable when the disk cannot be read.
        """
        return self.checked(file.id, file.sha256)

    def checked(self, file_id: str, sha256: str) -> bytes:
        """The bytes of a file if they have this hash; raises as ``read`` does."""
        try:
            data = self._path(file_id).read_bytes()
        except FileNotFoundError as error:
            raise FileMissing(
                "A stored file of this case is missing. Have it restored from a backup; "
                "the rest of the case can be used."
            ) from error
        except OSError as error:
            raise _unavailable(error) from error
        if hashlib.sha256(data).hexdigest() != sha256:
            raise FileMissing(
                "A stored file of this case was changed on the disk, so it is not used. "
                "Have it restored from a backup; the rest of the case can be used."
            )
        return data

    def remove(self, file_ids: Iterable[str]) -> None:
        """Remove files whose rows are gone; a missing one is no error.

        Tries all, then raises StorageUnavailable if any could not be removed.
        """
        failed: OSError | None = None
        for file_id in file_ids:
            try:
                _unlink(self._path(file_id))
            except OSError as error:
                failed = error
        if failed is not None:
            raise StorageUnavailable(
                "Image files of an erased case could not be removed from the disk. Check that this "
                "program may write there; they are removed at the next start."
            ) from failed

    def sweep(self, known: Callable[[Iterable[str]], set[str]], older_than_s: float = 3600) -> int:
        """Remove files that no row names and unfinished ones; returns how many.

        ``known`` gives those of some ids that have a row. Files younger than ``older_than_s``
        seconds stay: their row may be on its way. Where no row names any file, the database may
        be another one than these images belong to, so nothing is removed; with more than
        ``ORPHANS_BELIEVED`` files that is certain, and raises ConfigurationError.
        """
        old = list(self._older_than(time.time() - older_than_s))
        finished = {path.name for path in old if is_id(path.name)}
        named = known(finished) if finished else set()
        if len(finished) > ORPHANS_BELIEVED and not named:
            raise ConfigurationError(
                f"The image folder holds {len(finished)} files of which the database knows none. "
                "Check that TRIAGE_DATA_DIR and TRIAGE_DATABASE_URL belong together. "
                "Nothing was removed."
            )
        orphans = [path for path in old if path.name not in (named or finished)]
        for path in orphans:
            _unlink(path)
        return len(orphans)

    def _path(self, file_id: str) -> Path:
        if not is_id(file_id):
            raise FileMissing("The record of a stored file is damaged, so the file is not used.")
        return self._root / file_id[:2] / file_id

    def _older_than(self, limit: float) -> Iterator[Path]:
        """Files of this store, finished or not, last changed before ``limit`` (seconds)."""
        for path in self._root.glob("[0-9a-f][0-9a-f]/*"):
            ours = is_id(path.name.removesuffix(_UNFINISHED)) and not path.is_symlink()
            with suppress(FileNotFoundError):  # removed meanwhile by an erase
                if ours and path.stat().st_mtime < limit:
                    yield path


def make_folder(folder: Path) -> None:
    """Create folder and parents, durably and private; existing ones are left as they are."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    with suppress(FileExistsError):
        folder.mkdir(mode=PRIVATE_FOLDER)
    sync_folder(folder.parent)


def _write(path: Path, data: bytes) -> None:
    """Under a temporary name first, so that the final name never holds half a file."""
    unfinished = path.with_name(path.name + _UNFINISHED)
    try:
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE)
        try:
            _write_all(descriptor, data)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        unfinished.rename(path)
        sync_folder(path.parent)
    except OSError:
        for leftover in (unfinished, path):
            with suppress(OSError):
                leftover.unlink()
        raise


def _write_all(descriptor: int, data: bytes) -> None:
    """The system may take a part at a time."""
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _unlink(path: Path) -> None:
    """Remove durably: what was erased must not come back after a loss of power."""
    with suppress(FileNotFoundError):
        path.unlink()
        sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _unavailable(error: OSError) -> StorageUnavailable:
    return StorageUnavailable(_SENTENCES.get(error.errno or 0, _FAULT))
