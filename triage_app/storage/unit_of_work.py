"""A transaction that rolls back unless ``commit`` was called."""

from types import TracebackType
from typing import Self

from sqlalchemy.orm import Session, sessionmaker

from triage_app.storage.database.transaction import Transaction
from triage_app.storage.repositories.batches import SqlUploadRepository
from triage_app.storage.repositories.cases import SqlCaseRepository
from triage_app.storage.repositories.lesions import SqlLesionRepository
from triage_app.storage.repositories.people import SqlPeopleRepository
from triage_app.storage.repositories.pictures import SqlPictureRepository
from triage_app.storage.repositories.references import SqlReferenceRepository
from triage_app.storage.repositories.site import SqlSiteRepository
from triage_app.storage.repositories.trail import SqlTrailRepository
from triage_app.storage.repositories.work import SqlWorkRepository


class SqlUnitOfWork:
    """``with SqlUnitOfWork(sessions) as work: ... work.commit()``; may be entered again.

    Without ``commit`` nothing is kept, whether the block ends well or by an error.
    """

    cases: SqlCaseRepository
    uploads: SqlUploadRepository
    pictures: SqlPictureRepository
    lesions: SqlLesionRepository
    work: SqlWorkRepository
    people: SqlPeopleRepository
    trail: SqlTrailRepository
    site: SqlSiteRepository
    references: SqlReferenceRepository

    def __init__(self, sessions: sessionmaker[Session]) -> None:
        self._sessions = sessions

    def __enter__(self) -> Self:
        self._transaction = Transaction(self._sessions())
        self.cases = SqlCaseRepository(self._transaction)
        self.uploads = SqlUploadRepository(self._transaction)
        self.pictures = SqlPictureRepository(self._transaction)
        self.lesions = SqlLesionRepository(self._transaction)
        self.work = SqlWorkRepository(self._transaction)
        self.people = SqlPeopleRepository(self._transaction)
        self.trail = SqlTrailRepository(self._transaction)
        self.site = SqlSiteRepository(self._transaction)
        self.references = SqlReferenceRepository(self._transaction)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._transaction.close()

    def lock(self) -> None:
        """Take the write lock: what is read from here on stays true until ``commit``.

        Raises StaleCase or CaseNotFound when a case that was read here has changed since, and
        StorageUnavailable when another writer does not finish in time.
        """
        self._transaction.write()

    def commit(self) -> None:
        """Make it durable; raises StorageUnavailable on a full disk or a locked database."""
        self._transaction.commit()
