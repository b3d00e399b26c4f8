"""Files of a batch between being received and being a case."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class UploadState(StrEnum):
    """Where a received file stands; only a waiting or failed one still has its file here."""

    WAITING = "waiting"
    FAILED = "failed"
    DONE = "done"
    DISMISSED = "dismissed"


@dataclass(frozen=True)
class Upload:
    """A received file. ``id`` is chosen by the sender, so that sending again doubles nothing.

    ``file_id``, ``sha256``, ``size`` (bytes) and ``source_name`` describe the file in the store;
    all are empty once it became a case or was dismissed. ``reason`` says why it failed, in a
    sentence. The name may identify a patient: it is shown, never logged.
    """

    id: str
    batch_id: str
    person: str
    received_at: datetime
    state: UploadState = UploadState.WAITING
    file_id: str = ""
    sha256: str = ""
    size: int = 0
    source_name: str = ""
    reason: str = ""


@dataclass(frozen=True)
class BatchCounts:
    """How many files of a batch wait, failed, and became drafts; dismissed ones are left out."""

    waiting: int = 0
    failed: int = 0
    done: int = 0

    @property
    def total(self) -> int:
        """All that were received and not dismissed."""
        return self.waiting + self.failed + self.done


@dataclass(frozen=True)
class Progress:
    """A batch as its page shows it.

    ``per_minute`` and ``remaining_s`` (seconds) are None until enough images were analysed to
    tell. ``pause`` says why the work stands still, empty while it goes on.
    """

    batch_id: str
    counts: BatchCounts
    failures: tuple[Upload, ...] = ()
    per_minute: float | None = None
    remaining_s: float | None = None
    pause: str = ""
