"""When a transaction takes the write lock."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from triage_app.domain.errors import CaseNotFound, StaleCase
from triage_app.storage.engine import BEGIN, IMMEDIATE
from triage_app.storage.schema import CaseRow


class Transaction:
    """Reads from one snapshot without a lock; takes the write lock at the first change.

    SQLite refuses to turn an old snapshot into a write without waiting, so the first change ends
    the snapshot, waits for the lock, and checks that the cases read so far are still the same.
    The work done between reading and writing may thus be slow without holding others up.
    """

    def __init__(self, session: Session) -> None:
        self.session = session
        self._writing = False
        self._seen: dict[str, int] = {}

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
        self.session.connection(execution_options={BEGIN: IMMEDIATE})
        self._check_seen()
        self._writing = True

    def commit(self) -> None:
        """Make the changes durable; the next step begins a new transaction."""
        self.session.commit()
        self._writing = False
        self._seen.clear()

    def _check_seen(self) -> None:
        if not self._seen:
            return
        query = select(CaseRow.id, CaseRow.version).where(CaseRow.id.in_(self._seen))
        now = {row.id: row.version for row in self.session.execute(query)}
        if now.keys() != self._seen.keys():
            raise CaseNotFound
        if now != self._seen:
            raise StaleCase
