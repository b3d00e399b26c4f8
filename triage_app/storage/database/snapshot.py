"""Checking a database as a whole, and copying it while others write."""

import os
import re
from contextlib import closing
from pathlib import Path

from pysqlite3 import dbapi2
from sqlalchemy import make_url

from triage_app.domain.errors import StorageUnavailable
from triage_app.storage.database.engine import BUSY_TIMEOUT_MS, checked_url, in_words
from triage_app.storage.files import PRIVATE_FILE, make_folder, sync_folder

COPIES_KEPT = 5
_COPY = re.compile(r"database-(\d{4,})-[a-z0-9-]+\.sqlite3")

DAMAGED = (
    "The database file is damaged, so it is not used. Restore it from a backup into a clean "
    "folder: python -m triage_app restore ARCHIVE --to FOLDER."
)


def database_file(database_url: str) -> Path:
    """The file that a database URL names; raises ConfigurationError for other URLs."""
    name = make_url(checked_url(database_url)).database
    assert name is not None
    return Path(name)


def check_sound(database: Path) -> None:
    """Raise StorageUnavailable unless SQLite finds the whole file in order.

    Every page, every index against its table, every reference against its row: the time grows with
    the database. (A start checks the pages only: see ``migrate``.)
    """
    try:
        with closing(_open(database)) as connection:
            sound = connection.execute("PRAGMA integrity_check(1)").fetchall() == [("ok",)]
            strays = connection.execute("PRAGMA foreign_key_check").fetchone() if sound else None
    except dbapi2.Error as error:
        raise in_words(error) or error from error
    if not sound or strays is not None:
        raise StorageUnavailable(DAMAGED)


def copy_database(database: Path, target: Path) -> None:
    """Copy one moment of a database into a new private file, durably, and check the copy.

    Others may read and write meanwhile. Raises StorageUnavailable when the disk is full or the
    copy is not whole; then no copy is left.
    """
    try:
        os.close(os.open(target, os.O_RDWR | os.O_CREAT | os.O_EXCL, PRIVATE_FILE))
        try:
            _copy(database, target)
            check_sound(target)
            _sync(target)
        except BaseException:
            target.unlink()
            raise
    except dbapi2.Error as error:
        raise in_words(error) or error from error
    except OSError as error:
        raise StorageUnavailable(
            f"The database cannot be copied to {target.parent}: {error.strerror}. "
            "Nothing was changed."
        ) from error


def keep_copy(database: Path, folder: Path, reason: str) -> Path:
    """Copy a database into a private folder, of which the newest COPIES_KEPT copies stay.

    ``reason`` becomes part of the name. Raises as ``copy_database`` does.
    """
    try:
        make_folder(folder)
        number = max(_copies(folder), default=0) + 1
        target = folder / f"database-{number:04d}-{reason}.sqlite3"
        copy_database(database, target)
        for older, path in _copies(folder).items():
            if older <= number - COPIES_KEPT:
                path.unlink(missing_ok=True)
    except OSError as error:
        raise StorageUnavailable(
            f"The database cannot be copied to {folder}: {error.strerror}. Nothing was changed."
        ) from error
    return target


def _copies(folder: Path) -> dict[int, Path]:
    """Copies by number: a clock may have been wrong, a count is not."""
    found = {_COPY.fullmatch(path.name): path for path in folder.iterdir()}
    return {int(match[1]): path for match, path in found.items() if match}


def _copy(database: Path, target: Path) -> None:
    source, copy = _open(database), _open(target)
    try:
        # In one step, because a copy in several starts again with each write of another process.
        source.backup(copy, pages=-1)
        # One file that can be read alone, even from a read-only disk.
        copy.execute("PRAGMA journal_mode=DELETE").close()
    finally:
        copy.close()
        source.close()


def _open(database: Path) -> dbapi2.Connection:
    connection = dbapi2.connect(str(database), timeout=BUSY_TIMEOUT_MS / 1000)
    connection.isolation_level = None
    return connection


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    sync_folder(path.parent)
