"""What the use cases need from the outside, as protocols; ``bootstrap`` supplies the adapters."""

from collections.abc import Iterable, Sequence
from types import TracebackType
from typing import Protocol, Self

from triage_app.domain.case import Case, CaseFilter, Order, Page, StoredFile
from triage_app.services.content import ReportContent


class CaseRepository(Protocol):
    """Stored cases."""

    def add(self, case: Case) -> None:
        """Store a new case with its analysis, files and reports."""

    def get(self, case_id: str) -> Case:
        """The case, also from the bin; raises CaseNotFound."""

    def save(self, case: Case) -> Case:
        """Store a changed case and return it with its version raised by one.

        Raises StaleCase when the stored version is not ``case.version``, CaseNotFound when it is
        gone. Files and reports that are new in ``case`` are inserted; none is ever removed.
        """

    def erase(self, case_id: str) -> Sequence[StoredFile]:
        """Delete all rows of the case and return its files, for removal after the commit."""

    def page(self, wanted: CaseFilter, order: Order, cursor: str | None, size: int) -> Page:
        """A page by keyset; an unknown cursor raises InvalidInput("cursor", ...)."""

    def report_owner(self, report_id: str) -> str:
        """Case id of an issued report; raises ReportNotFound."""

    def known_files(self, file_ids: Iterable[str]) -> set[str]:
        """Those of the ids that have a row."""


class UnitOfWork(Protocol):
    """A transaction that rolls back unless ``commit`` was called."""

    @property
    def cases(self) -> CaseRepository:
        """Stored cases as this transaction sees them."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    def commit(self) -> None:
        """Make it durable; raises StorageUnavailable on a full disk or a locked database."""


class UnitOfWorkFactory(Protocol):
    """Opens a unit of work."""

    def __call__(self) -> UnitOfWork: ...


class FileStore(Protocol):
    """Files under random ids, written before the row that names them."""

    def put(self, data: bytes) -> str:
        """Write durably under a new random id (32 hex digits) and return it.

        Raises StorageUnavailable when the disk is full or read-only.
        """

    def read(self, file: StoredFile) -> bytes:
        """The bytes; raises FileMissing when absent or when the SHA-256 differs from the row."""

    def remove(self, file_ids: Iterable[str]) -> None:
        """Remove files whose rows are gone; a missing one is no error."""


class ReportRenderer(Protocol):
    """Draws a report from a stored case."""

    def __call__(self, content: ReportContent) -> bytes:
        """PDF bytes, the same for the same content."""
