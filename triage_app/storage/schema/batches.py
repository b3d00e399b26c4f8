"""The table of files that were received in a batch and wait to become cases."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from triage_app.storage.schema.base import Base

HELD = "file_id IS NOT NULL"
WITH_ITS_FILE = (
    "(state IN ('waiting', 'failed') AND file_id IS NOT NULL)"
    " OR (state IN ('done', 'dismissed') AND file_id IS NULL AND sha256 = '' AND source_name = '')"
)


class UploadRow(Base):
    """A received file; once it is a case or dismissed, nothing is left but that it was there.

    The row that is left makes sending the same file again harmless. No foreign key leads to the
    case, which may be erased.
    """

    __tablename__ = "uploads"
    __table_args__ = (
        CheckConstraint(WITH_ITS_FILE, name="held"),
        Index("ix_uploads_batch_id", "batch_id", "state", "received_at", "id"),
        # Who waits, and what of one person waits longest; what a person has here at all.
        Index(
            "ix_uploads_held",
            "state",
            "person",
            "received_at",
            "id",
            "file_id",
            sqlite_where=text(HELD),
        ),
        Index("ix_uploads_file_id", "file_id", unique=True, sqlite_where=text(HELD)),
        Index("ix_uploads_received_at", "received_at"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    batch_id: Mapped[str] = mapped_column(String(32))
    person: Mapped[str] = mapped_column(Text)
    received_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(16))
    file_id: Mapped[str | None] = mapped_column(String(32))
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int]
    source_name: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
