"""Bring the database to the form that this version of the program needs."""

import os
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, inspect

import triage_app
from triage_app.domain.errors import ConfigurationError, StorageUnavailable
from triage_app.storage.database.engine import (
    BEGIN,
    DEFERRED,
    IMMEDIATE,
    DatabaseLocked,
    open_engine,
)
from triage_app.storage.database.snapshot import DAMAGED, database_file, keep_copy
from triage_app.storage.files import PRIVATE_FILE, make_folder

# Alembic is loaded when there is something to migrate: most starts save the time and 7 MB.
if TYPE_CHECKING:
    from alembic.config import Config

MIGRATIONS = Path(triage_app.__file__).resolve().parents[1] / "migrations"
"""Scripts beside the package, wherever the program is started from."""

PATIENCE_S = 60
"""How long a second start waits for the first one's migration."""

# Alembic keeps the running migration in module globals.
_one_at_a_time = threading.Lock()


def upgrade(database_url: str, revision: str = "head", *, copies: Path | None = None) -> None:
    """Check the database, then create or migrate it, all steps in one transaction or none.

    What is about to be migrated is copied into the folder ``copies`` first; without a copy nothing
    is changed. Two starts at once are safe: the second waits, then finds the work done. Raises
    StorageUnavailable for a damaged database, a full disk or a lock, ConfigurationError for a URL
    that cannot be used or a database written by a newer version.
    """
    _prepare_file(database_url)
    engine = open_engine(database_url, busy_timeout_ms=PATIENCE_S * 1000, foreign_keys=False)
    try:
        with _one_at_a_time, _connected(engine) as connection:
            _check(connection)
            with connection.begin():
                if _revision(connection) != (head() if revision == "head" else revision):
                    if copies is not None:
                        _copy_what_changes(connection, database_file(database_url), copies)
                    _migrate(connection, revision)
                _check_references(connection)
    finally:
        engine.dispose()


def current(database_url: str) -> str | None:
    """Revision of the database; None when it is absent or empty. Changes nothing."""
    path = database_file(database_url)
    if not path.exists() or path.stat().st_size == 0:
        return None
    engine = open_engine(database_url)
    try:
        with engine.connect() as connection:
            return _revision(connection)
    finally:
        engine.dispose()


def alembic_config() -> "Config":
    """Alembic's settings, in code: nothing depends on the working directory."""
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def head() -> str:
    """The revision that this version of the program needs: the last of the scripts by name."""
    return revisions()[-1]


def revisions() -> list[str]:
    """All revisions, oldest first; each script's name begins with its own."""
    return sorted(path.name.partition("_")[0] for path in (MIGRATIONS / "versions").glob("*_*.py"))


def _revision(connection: Connection) -> str | None:
    """Revision of the database; None where it has none."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.exec_driver_sql("SELECT version_num FROM alembic_version ORDER BY 1")
    # Two belong to no version of this program, so the name of both is unknown, as it should be.
    return ",".join(found.scalars()) or None


def _check(connection: Connection) -> None:
    """The structure of every page; without the write lock, so that others can go on working."""
    connection.execution_options(**{BEGIN: DEFERRED})
    with connection.begin():
        found = connection.exec_driver_sql("PRAGMA quick_check(1)").scalars().all()
    connection.execution_options(**{BEGIN: IMMEDIATE})
    if found != ["ok"]:
        raise StorageUnavailable(DAMAGED)


def _copy_what_changes(connection: Connection, database: Path, copies: Path) -> None:
    """With the write lock held here, so that the copy is what gets migrated."""
    if _revision(connection) in revisions()[:-1]:
        keep_copy(database, copies, f"before-{head()}")


def _migrate(connection: Connection, revision: str) -> None:
    from alembic import command  # noqa: PLC0415
    from alembic.util import CommandError  # noqa: PLC0415

    config = alembic_config()
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, revision)
    except CommandError as error:
        raise ConfigurationError(
            "The database was written by another version of this program. Start that version, or "
            "name another database in TRIAGE_DATABASE_URL."
        ) from error


def _check_references(connection: Connection) -> None:
    if connection.exec_driver_sql("PRAGMA foreign_key_check").first() is not None:
        raise StorageUnavailable(
            "The database holds rows without their case, so it was left as it was. "
            "Restore it from a backup."
        )


def _connected(engine: Engine) -> Connection:
    """A connection whose transactions take the write lock at once.

    While one start turns a new file into a database with a write-ahead log, SQLite now and then
    refuses another one at once, whatever its timeout (seen once in 200 races); so wait here.
    """
    give_up = time.monotonic() + PATIENCE_S
    while True:
        try:
            return engine.connect().execution_options(**{BEGIN: IMMEDIATE})
        except DatabaseLocked:
            if time.monotonic() > give_up:
                raise
            time.sleep(0.05)


def _prepare_file(database_url: str) -> None:
    """Make the file before SQLite does, so that only this user can read it."""
    path = database_file(database_url)
    try:
        make_folder(path.parent)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, PRIVATE_FILE))
    except OSError as error:
        raise StorageUnavailable(
            "The database file cannot be created or written. Check that its folder exists and "
            "that this program may write there."
        ) from error
