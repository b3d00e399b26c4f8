"""Describing bytes on their way into the file store, and putting them there."""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256 as _sha256

from triage_app import __version__
from triage_app.domain.case import Analysis
from triage_app.domain.errors import TriageError
from triage_app.domain.files import FileKind, StoredFile
from triage_app.domain.trail import FileFact
from triage_app.imaging.overlay import OVERLAY_SIDE
from triage_app.ports.adapters import FileStore, UnitOfWorkFactory
from triage_app.services.images.assessment import Assessment


@dataclass(frozen=True)
class NewFile:
    """Bytes to store, with what their row will say; sizes in pixels."""

    kind: FileKind
    data: bytes
    media_type: str
    width: int | None = None
    height: int | None = None
    source_name: str = ""


def now() -> datetime:
    """Current time in UTC."""
    return datetime.now(UTC)


def new_id() -> str:
    """Random identifier, 32 hex digits; cannot be guessed from another one."""
    return secrets.token_hex(16)


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


def put_all(files: FileStore, new: Iterable[NewFile], at: datetime) -> list[StoredFile]:
    """Store all or none: what was put before a failure is removed again."""
    stored: list[StoredFile] = []
    try:
        for file in new:
            stored.append(describe_file(file, files.put(file.data), at))
    except Exception:
        files.remove([file.id for file in stored])
        raise
    return stored


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


def facts(files: Iterable[StoredFile]) -> list[str]:
    """What the trail keeps of stored files: kind, id and hash, never the name of an upload."""
    return [str(FileFact(file.kind.value, file.id, file.sha256)) for file in files]


def hashes(files: Iterable[StoredFile]) -> list[str]:
    """SHA-256 of each file, sorted."""
    return sorted(file.sha256 for file in files)


def files_of(data: bytes, source_name: str, assessment: Assessment) -> Sequence[NewFile]:
    """The original and what was made from it."""
    decoded = assessment.decoded
    side = decoded.crop.shape[0]
    files = [
        NewFile(
            FileKind.ORIGINAL,
            data,
            decoded.media_type,
            decoded.width,
            decoded.height,
            source_name,
        ),
        NewFile(FileKind.CROP, assessment.crop_jpeg, "image/jpeg", side, side),
        NewFile(FileKind.THUMBNAIL, assessment.thumbnail_jpeg, "image/jpeg"),
    ]
    if assessment.overlay_png is not None:
        drawn = min(side, OVERLAY_SIDE)
        files.append(NewFile(FileKind.OVERLAY, assessment.overlay_png, "image/png", drawn, drawn))
    return files


def analysis_of(assessment: Assessment, at: datetime) -> Analysis:
    """An assessment as it is stored."""
    return Analysis(
        id=new_id(),
        created_at=at,
        evidence=assessment.evidence,
        decision=assessment.decision,
        model=assessment.model,
        operating_points=assessment.operating_points,
        limits_of_use=assessment.limits_of_use,
        timings=assessment.timings,
        app_version=__version__,
        image_notes=assessment.decoded.notes,
    )
