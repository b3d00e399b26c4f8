"""Describing bytes on their way into the file store."""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256 as _sha256

from triage_app.domain.case import FileKind, StoredFile


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
