"""A transaction that rolls back unless ``commit`` was called."""

from types import TracebackType
from typing import Self

from sqlalchemy.orm import Session, sessionmaker

from triage_app.storage.repository import SqlCaseRepository
from triage_app.storage.transaction import Transaction


class SqlUnitOfWork:
    """``with SqlUnitOfWork(sessions) as work: ... work.commit()``; may be entered again.

    Without ``commit`` nothing is kept, whether the block ends well or by an error.
    """

    cases: SqlCaseRepository

    def __init__(self, sessions: sessionmaker[Session]) -> None:
        self._sessions = sessions

    def __enter__(self) -> Self:
        self._transaction = Transaction(self._sessions())
        self.cases = SqlCaseRepository(self._transaction)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._transaction.session.close()  # rolls back what was not committed

    def commit(self) -> None:
        """Make it durable; raises StorageUnavailable on a full disk or a locked database."""
        self._transaction.commit()
