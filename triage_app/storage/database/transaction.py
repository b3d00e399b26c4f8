"""When a transaction takes the write lock."""

import logging
from contextlib import closing

from pysqlite3 import dbapi2
from sqlalchemy import select
from sqlalchemy.orm import Session

from triage_app.domain.errors import CaseNotFound, StaleCase, StorageUnavailable
from triage_app.domain.people import Person
from triage_app.storage.database.engine import BEGIN, IMMEDIATE, WRITER, Writer
from triage_app.storage.schema.cases import CaseRow

log = logging.getLogger(__name__)

WAIT_FOR_READERS_MS = 250


class Transaction:
    """Reads from one snapshot without a lock; takes the write lock at the first change.

    SQLite refuses to turn an old snapshot into a write without waiting, so the first change ends
    the snapshot, waits for the lock, and checks that the cases read so far are still the same.
    The work done between reading and writing may thus be slow without holding others up.
    """

    def __init__(self, session: Session) -> None:
        self.session = session
        self._writer: Writer = session.get_bind().get_execution_options()[WRITER]
        self._has_turn = False
        self._writing = False
        self._erasing = False
        self._seen: dict[str, int] = {}
        self.people_seen: dict[str, Person] = {}
        """Accounts as they were last read here, by id."""

    def saw(self, case_id: str, version: int) -> None:
        """Note a version that later changes rely on."""
        self._seen.setdefault(case_id, version)

    def write(self) -> None:
        """Hold the write lock from here on.

        Raises StaleCase or CaseNotFound when a case that was read here has changed since, and
        StorageUnavailable when another writer does not finish in time.
        """
        if self._writing:
            return
        self.session.rollback()
        if not self._has_turn:
            self._writer.begin()
            self._has_turn = True
        self.session.connection(execution_options={BEGIN: IMMEDIATE})
        self._check_seen()
        self._writing = True

    def erases(self) -> None:
        """Note that what is deleted here must not stay readable."""
        self._erasing = True

    def commit(self) -> None:
        """Make the changes durable; the next step begins a new transaction."""
        self.session.commit()
        self._end_turn()
        self._writing = False
        self._seen.clear()
        self.people_seen.clear()
        if self._erasing:
            self._erasing = False
            self._forget()

    def close(self) -> None:
        """End it; what was not committed is rolled back."""
        try:
            self.session.close()
        finally:
            self._end_turn()

    def _end_turn(self) -> None:
        if self._has_turn:
            self._has_turn = False
            self._writer.end()

    def _forget(self) -> None:
        """Empty the write-ahead log, which still holds the pages as they were before.

        Whoever is reading from the log just now keeps it; then it is overwritten later, at the
        latest when the program ends. The change is durable already, so a fault here undoes nothing.
        """
        try:
            with closing(self.session.get_bind().engine.raw_connection()) as connection:
                connection.detach()  # its impatience must not go back into the pool
                cursor = connection.cursor()
                cursor.execute(f"PRAGMA busy_timeout={WAIT_FOR_READERS_MS:d}")
                cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                ((kept, *_rest),) = cursor.fetchall()
            if kept:
                log.info("the write-ahead log is in use and keeps what was erased for a while")
        except (dbapi2.Error, StorageUnavailable) as fault:
            log.warning("the write-ahead log could not be emptied", extra={"fault": str(fault)})

    def _check_seen(self) -> None:
        if not self._seen:
            return
        query = select(CaseRow.id, CaseRow.version).where(CaseRow.id.in_(self._seen))
        now = {row.id: row.version for row in self.session.execute(query)}
        if now.keys() != self._seen.keys():
            raise CaseNotFound
        if now != self._seen:
            raise StaleCase
