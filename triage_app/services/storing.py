"""Describing bytes on their way into the file store."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256 as _sha256

from triage_app.domain.case import FileKind, StoredFile
from triage_app.domain.errors import TriageError
from triage_app.services.ports import FileStore, UnitOfWorkFactory


@dataclass(frozen=True)
class NewFile:
    """Bytes to store, with what their row will say; sizes in pixels."""

    kind: FileKind
    data: bytes
    media_type: str
    width: int | None = None
    height: int | None = None
    source_name: str = ""


def sha256(data: bytes) -> str:
    """SHA-256 as 64 hex digits."""
    return _sha256(data).hexdigest()


def describe_file(file: NewFile, file_id: str, at: datetime) -> StoredFile:
    """The row of a file that was stored as ``file_id``."""
    return StoredFile(
        id=file_id,
        kind=file.kind,
        sha256=sha256(file.data),
        size=len(file.data),
        media_type=file.media_type,
        created_at=at,
        width=file.width,
        height=file.height,
        source_name=file.source_name,
    )


def remove_unnamed(units: UnitOfWorkFactory, files: FileStore, file_ids: Iterable[str]) -> None:
    """After a failed commit, remove those files that no row names.

    A commit may fail after it became durable, and a row must never lose its file: where the rows
    cannot be read, the files stay for the sweep at the next start.
    """
    ids = set(file_ids)
    try:
        with units() as unit:
            named = unit.cases.known_files(ids)
    except TriageError:
        return
    files.remove(ids - named)
