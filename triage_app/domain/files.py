"""Files in the store, as their rows describe them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class FileKind(StrEnum):
    """What a stored file holds."""

    ORIGINAL = "original"
    CROP = "crop"
    OVERLAY = "overlay"
    THUMBNAIL = "thumbnail"
    REPORT = "report"
    LETTER = "letter"
    PATHOLOGY = "pathology"


# Files that show findings: withheld where findings are, and when nothing could be assessed.
FINDING_FILES = frozenset({FileKind.OVERLAY})


@dataclass(frozen=True)
class StoredFile:
    """Row of one file in the store; ``id`` is random and is the file's name.

    ``source_name`` is the name that the uploaded file had (originals only); it may identify a
    patient, so it is shown but never used as a path and never logged.
    """

    id: str
    kind: FileKind
    sha256: str
    size: int
    media_type: str
    created_at: datetime
    width: int | None = None
    height: int | None = None
    source_name: str = ""
