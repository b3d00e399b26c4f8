"""The database connection: durable, isolated, and with faults in words.

SQLite comes from ``pysqlite3``, which bundles a newer library than Debian 12: the system's 3.40
lacks the fix for a corruption of the write-ahead log.
"""

import json
from functools import partial
from threading import Lock
from typing import Any

from pysqlite3 import dbapi2
from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import ArgumentError
from sqlalchemy.orm import Session, sessionmaker

from triage_app.domain.errors import ConfigurationError, StorageUnavailable

BUSY_TIMEOUT_MS = 5_000
OLDEST_SQLITE = (3, 51, 3)
"""The first release in which a reset of the write-ahead log cannot corrupt the database."""

WRITER = "sqlite_writer"
"""Execution option of an engine: the ``Writer`` whose turn a write of this process waits for."""
BEGIN = "sqlite_begin"
"""Execution option of a connection: how its next transaction begins."""
DEFERRED = "BEGIN DEFERRED"
IMMEDIATE = "BEGIN IMMEDIATE"


class DatabaseLocked(StorageUnavailable):
    """Another program holds the database; waiting may help."""

    def __init__(self) -> None:
        super().__init__(
            "The database is in use by another program and did not become free in time. "
            "Nothing was stored. Try again in a moment."
        )


class Writer:
    """Lets one thread write at a time, the next one as soon as it ends.

    SQLite's own wait sleeps up to a tenth of a second between two looks, while nobody writes. It is
    left for other processes.
    """

    def __init__(self, wait_s: float) -> None:
        self._wait_s = wait_s
        self._lock = Lock()

    def begin(self) -> None:
        """Wait for the turn; raises DatabaseLocked after ``wait_s`` seconds."""
        if not self._lock.acquire(timeout=self._wait_s):
            raise DatabaseLocked

    def end(self) -> None:
        """Let the next one in."""
        self._lock.release()


_UNOPENED = (
    "The database file cannot be opened. Nothing was stored. "
    "Check that its folder exists and that this program may write there."
)
_READ_ONLY = (
    "The database is read-only. Nothing was stored. "
    "Allow this program to write to the database file and its folder, then try again."
)
_FAULT = (
    "The disk that holds the database reported a fault. Nothing was stored. "
    "Check the disk before you go on."
)
_FULL = (
    "The disk that holds the database is full. Nothing was stored. Free some space, then try again."
)
_DAMAGED = (
    "The database file is damaged. Nothing was stored. "
    "Stop the program and restore the database from a backup."
)
# SQLite's primary result codes, see https://sqlite.org/rescode.html
_LOCKED = (5, 6)
_SENTENCES = {
    8: _READ_ONLY,
    10: _FAULT,
    11: _DAMAGED,
    13: _FULL,
    14: _UNOPENED,
    26: _DAMAGED,
}


def open_engine(
    database_url: str, *, busy_timeout_ms: int = BUSY_TIMEOUT_MS, foreign_keys: bool = True
) -> Engine:
    """An engine for ``sqlite:///<path>``; connects at first use, ``dispose()`` closes its files.

    ``busy_timeout_ms``: how long a writer waits for another one. ``foreign_keys`` is off only for
    migrations, which rebuild tables. Raises ConfigurationError for any other kind of URL and for a
    library of SQLite that is too old. Faults of disk and locks surface as StorageUnavailable from
    whatever statement meets them.
    """
    _refuse_old_library()
    engine = create_engine(
        checked_url(database_url),
        module=dbapi2,
        # Threads of the web server bound the number of connections; a pool limit would only turn
        # a burst into errors.
        max_overflow=-1,
        hide_parameters=True,  # an unforeseen error must not carry patient text into a log
        execution_options={WRITER: Writer(busy_timeout_ms / 1000)},
        json_serializer=partial(json.dumps, allow_nan=False, separators=(",", ":")),
    )
    event.listen(engine, "connect", partial(_configure, busy_timeout_ms, foreign_keys))
    event.listen(engine, "begin", _begin)
    event.listen(engine, "handle_error", _raise_in_words)
    return engine


def session_factory(engine: Engine) -> sessionmaker[Session]:
    """Sessions for ``SqlUnitOfWork``."""
    return sessionmaker(engine, autoflush=False, expire_on_commit=False)


def checked_url(database_url: str) -> str:
    """The URL if it names an SQLite file; raises ConfigurationError otherwise."""
    try:
        url = make_url(database_url)
    except ArgumentError as error:
        raise ConfigurationError("TRIAGE_DATABASE_URL is not a database URL.") from error
    if url.get_backend_name() != "sqlite" or url.database in (None, "", ":memory:"):
        raise ConfigurationError(
            "TRIAGE_DATABASE_URL must name a file, as in sqlite:////srv/triage/triage.db; "
            "other databases are not supported."
        )
    return database_url


def _refuse_old_library() -> None:
    # Where the package was built against the system's library instead of its own.
    if dbapi2.sqlite_version_info < OLDEST_SQLITE:
        raise ConfigurationError(
            f"SQLite {dbapi2.sqlite_version} can corrupt the database. Install the pysqlite3 "
            "package as it is published, with a newer one in it: see requirements.txt."
        )


def _configure(busy_timeout_ms: int, foreign_keys: bool, connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the driver must not begin transactions on its own
    for setting in (
        f"busy_timeout={busy_timeout_ms:d}",
        "journal_mode=WAL",
        "synchronous=FULL",
        f"foreign_keys={int(foreign_keys)}",
        "secure_delete=ON",  # what is erased must not stay readable in free pages
    ):
        connection.execute(f"PRAGMA {setting}").close()


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get(BEGIN, DEFERRED))


def in_words(fault: BaseException) -> StorageUnavailable | None:
    """The error to raise for a fault of the driver; None for one that is not of disk or locks."""
    code = getattr(fault, "sqlite_errorcode", 0) & 0xFF  # the rest of the bits are details
    if code in _LOCKED:
        return DatabaseLocked()
    return StorageUnavailable(_SENTENCES[code]) if code in _SENTENCES else None


def _raise_in_words(context: ExceptionContext) -> None:
    error = in_words(context.original_exception)
    if error is not None:
        raise error from context.original_exception
