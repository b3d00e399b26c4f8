"""Tables of the loop: lesions, and what clinicians make of a case.

Every row of a case has a ``number`` that counts up within the case, in the order of recording.
Triggers, made by a migration, refuse to change what must stay as it was recorded.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from triage_app.storage.schema.base import Base

NO_TEXT = text("''")
OPEN_STEP = "ended_at IS NULL"
WITHDRAWN_WHOLE = (
    "(withdrawn_at IS NULL) = (withdrawn_by = '') AND (withdrawn_at IS NULL) ="
    " (withdrawn_reason = '')"
)


class LesionRow(Base):
    """A lesion; it goes with the record of its patient."""

    __tablename__ = "lesions"
    __table_args__ = (
        CheckConstraint(
            "(view IS NULL) = (x IS NULL) AND (view IS NULL) = (y IS NULL)", name="point"
        ),
        Index("ix_lesions_patient_id", "patient_id", "created_at", "id"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    version: Mapped[int]
    patient_id: Mapped[str] = mapped_column(ForeignKey("patients.id", ondelete="CASCADE"))
    label: Mapped[str] = mapped_column(Text)
    site: Mapped[str] = mapped_column(String(32))
    laterality: Mapped[str] = mapped_column(String(16))
    view: Mapped[str | None] = mapped_column(String(16))
    x: Mapped[float | None]
    y: Mapped[float | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class MoveRow(Base):
    """A case was filed under another lesion; no foreign key, since lesions may be erased."""

    __tablename__ = "moves"

    case_id: Mapped[str] = mapped_column(
        ForeignKey("cases.id", ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    person: Mapped[str] = mapped_column(Text)
    from_lesion: Mapped[str] = mapped_column(Text)
    to_lesion: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)


class ImpressionRow(Base):
    """A clinician's own read; ``abcd`` and ``seven_point`` are NULL where the rule was not used."""

    __tablename__ = "impressions"
    __table_args__ = (UniqueConstraint("case_id", "number"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"))
    number: Mapped[int]
    at: Mapped[datetime]
    person: Mapped[str] = mapped_column(Text)
    diagnosis: Mapped[str] = mapped_column(String(32))
    level: Mapped[str] = mapped_column(String(16))
    confidence: Mapped[str] = mapped_column(String(16))
    blinded: Mapped[bool]
    abcd: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    seven_point: Mapped[list[Any] | None] = mapped_column(JSON(none_as_null=True))


class VerdictRow(Base):
    """A clinician's decision; the one with the highest ``number`` counts."""

    __tablename__ = "verdicts"
    __table_args__ = (UniqueConstraint("case_id", "number"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"))
    number: Mapped[int]
    at: Mapped[datetime]
    person: Mapped[str] = mapped_column(Text)
    found: Mapped[str] = mapped_column(String(16))
    level: Mapped[str] = mapped_column(String(16))
    agrees: Mapped[bool]
    disposition: Mapped[str] = mapped_column(String(32))
    reason: Mapped[str] = mapped_column(Text)
    due: Mapped[date | None]
    note: Mapped[str] = mapped_column(Text)


class NextStepRow(Base):
    """Something that must not be forgotten; open while ``ended_at`` is NULL."""

    __tablename__ = "next_steps"
    __table_args__ = (
        UniqueConstraint("case_id", "number"),
        CheckConstraint("(ended_at IS NULL) = (ending IS NULL)", name="ended"),
        Index("ix_next_steps_verdict_id", "verdict_id"),
        # What is open, by its day, for one kind and for one owner.
        Index(
            "ix_next_steps_due",
            "kind",
            "due",
            "id",
            "case_id",
            "ended_at",
            sqlite_where=text(OPEN_STEP),
        ),
        Index("ix_next_steps_owner", "owner", "kind", "due", "id", sqlite_where=text(OPEN_STEP)),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"))
    number: Mapped[int]
    kind: Mapped[str] = mapped_column(String(16))
    owner: Mapped[str] = mapped_column(Text)
    due: Mapped[date]
    opened_at: Mapped[datetime]
    verdict_id: Mapped[str] = mapped_column(ForeignKey("verdicts.id"))
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str] = mapped_column(Text)
    ending: Mapped[str | None] = mapped_column(String(16))
    end_note: Mapped[str] = mapped_column(Text)


class OutcomeRow(Base):
    """What turned out; the document and the withdrawal are ever filled in later, each once."""

    __tablename__ = "outcomes"
    __table_args__ = (
        UniqueConstraint("case_id", "number"),
        CheckConstraint(WITHDRAWN_WHOLE, name="withdrawn"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"))
    number: Mapped[int]
    at: Mapped[datetime]
    person: Mapped[str] = mapped_column(Text)
    method: Mapped[str] = mapped_column(String(16))
    found_on: Mapped[date]
    diagnosis: Mapped[str | None] = mapped_column(String(32))
    breslow_mm: Mapped[float | None]
    specimen: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    months: Mapped[int]
    changed: Mapped[bool]
    source_key: Mapped[str] = mapped_column(Text)
    document_id: Mapped[str | None] = mapped_column(ForeignKey("stored_files.id"), unique=True)
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by: Mapped[str] = mapped_column(Text, server_default=NO_TEXT)
    withdrawn_reason: Mapped[str] = mapped_column(Text, server_default=NO_TEXT)


class LetterRow(Base):
    """A letter to the patient; while its row stands, its file's row cannot go alone."""

    __tablename__ = "letters"
    __table_args__ = (
        UniqueConstraint("case_id", "number"),
        Index("ix_letters_verdict_id", "verdict_id"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"))
    number: Mapped[int]
    issued_at: Mapped[datetime]
    verdict_id: Mapped[str] = mapped_column(ForeignKey("verdicts.id"))
    file_id: Mapped[str] = mapped_column(ForeignKey("stored_files.id"), unique=True)
