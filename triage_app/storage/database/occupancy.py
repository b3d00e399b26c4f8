"""One workstation on a folder at a time, kept by a lock that ends with the process.

Two servers on the same data would each erase, escalate and back up as if they were alone. A lock of
the kernel is freed when its process ends in whatever way, so that nothing has to be cleared away
after a power cut.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from triage_app.domain.errors import StorageUnavailable
from triage_app.domain.shown import shown
from triage_app.storage.files import PRIVATE_FILE

LOCK_FILE = "in-use.lock"
PATIENCE_S = 2.0
"""How long a start waits for a command that is about to end."""
_held: set[Path] = set()


class FolderOccupied(StorageUnavailable):
    """Another process works on the folder alone."""

    def __init__(self, folder: Path, process: str) -> None:
        who = f"process {process}" if process else "another process"
        super().__init__(
            f"The workstation is running already on the data in {shown(folder)} ({who}). "
            "Nothing was changed. Stop that one first, or set TRIAGE_DATA_DIR to another folder."
        )


@contextmanager
def alone(data_dir: Path, database: Path, patience_s: float = PATIENCE_S) -> Iterator[None]:
    """Work alone on a data folder that exists, and on its database if that lies elsewhere.

    Raises FolderOccupied, or StorageUnavailable where no lock can be had. Within a block of the
    same process it changes nothing.
    """
    locks = [data_dir / LOCK_FILE]
    if database.parent != data_dir:
        locks.append(database.with_name(f"{database.name}.lock"))
    with ExitStack() as stack:
        for lock in locks:
            if lock not in _held:
                stack.enter_context(_holding(lock, patience_s))
        yield


def is_occupied(data_dir: Path) -> bool:
    """Whether somebody works alone on the folder just now."""
    lock = data_dir / LOCK_FILE
    if not lock.exists():
        return False
    try:
        with _holding(lock, 0):
            return False
    except FolderOccupied:
        return True


@contextmanager
def _holding(lock: Path, patience_s: float) -> Iterator[None]:
    descriptor = _taken(lock, time.monotonic() + patience_s)
    try:
        os.truncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        _held.add(lock)
        yield
    finally:
        _held.discard(lock)
        os.close(descriptor)


def _taken(lock: Path, until_s: float) -> int:
    while True:
        try:
            lock.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, PRIVATE_FILE)
        except OSError as error:
            raise _unlockable(lock, error) from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            process = os.pread(descriptor, 20, 0).decode("ascii", "replace")
            os.close(descriptor)
            if time.monotonic() >= until_s:
                raise FolderOccupied(lock.parent, process if process.isdigit() else "") from error
            time.sleep(0.05)
        except OSError as error:
            os.close(descriptor)
            raise _unlockable(lock, error) from error
        else:
            return descriptor


def _unlockable(lock: Path, error: OSError) -> StorageUnavailable:
    return StorageUnavailable(
        f"The data folder {shown(lock.parent)} cannot be used: {error.strerror}. Check that it is "
        "on a disk of this machine, and that this program may write there."
    )
