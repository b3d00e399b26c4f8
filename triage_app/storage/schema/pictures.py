"""The shapes of pictures, to find copies by, and the copies that were found."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from triage_app.storage.schema.base import Base

KEYS = ("k0", "k1", "k2", "k3", "k4", "k5")


class PictureRow(Base):
    """The shape of a case's picture; it is computed from the picture and goes with its case.

    ``signs`` is NULL where the picture is missing or shows nothing. Two copies share a key, so each
    has an index (multi-index hashing).
    """

    __tablename__ = "pictures"
    __table_args__ = tuple(Index(f"ix_pictures_{key}", key) for key in KEYS)

    case_row: Mapped[int] = mapped_column(
        ForeignKey("cases.row_id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    signs: Mapped[bytes | None] = mapped_column(LargeBinary)
    k0: Mapped[int | None]
    k1: Mapped[int | None]
    k2: Mapped[int | None]
    k3: Mapped[int | None]
    k4: Mapped[int | None]
    k5: Mapped[int | None]


class CopyRow(Base):
    """Two cases that hold the same photograph; ``case_id`` is the later one."""

    __tablename__ = "copies"
    __table_args__ = (Index("ix_copies_other_id", "other_id"),)

    case_id: Mapped[str] = mapped_column(
        String(32), ForeignKey("cases.id", ondelete="CASCADE"), primary_key=True
    )
    other_id: Mapped[str] = mapped_column(
        String(32), ForeignKey("cases.id", ondelete="CASCADE"), primary_key=True
    )
    by: Mapped[str] = mapped_column(String(16))
    found_at: Mapped[datetime]
    kept_at: Mapped[datetime | None]
    kept_by: Mapped[str] = mapped_column(Text)
