"""Tables as typed models; ``migrations/`` holds the steps that build them.

The full-text table ``case_text`` is not modelled: a migration creates it together with the triggers
that keep it equal to ``cases.search_text``.
"""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    DateTime,
    Dialect,
    Double,
    ForeignKey,
    Index,
    MetaData,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

NAMING_CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_name)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(TypeDecorator[datetime]):
    """A point in time, kept in UTC to the microsecond and read back with its time zone.

    Stored as text that sorts like the time itself. A time without zone raises ValueError: guessing
    one would move a case by hours.
    """

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        """To UTC, without zone, as the column holds it."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a stored time needs a time zone")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        """With the zone that the column implies."""
        return None if value is None else value.replace(tzinfo=UTC)


class Base(DeclarativeBase):
    """Root of the models; named constraints let later migrations change them."""

    metadata = MetaData(naming_convention=NAMING_CONVENTION)
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy declares it as a plain mapping
        datetime: UtcDateTime(),
        float: Double(),
        dict[str, Any]: JSON(),
        list[Any]: JSON(),
    }


# A line of the list must never show a probability for an image that could not be assessed.
ASSESSED_OR_NOT = (
    "(level = 'cannot_assess' AND leading_class IS NULL AND p_benign IS NULL"
    " AND p_suspicious IS NULL AND p_malignant IS NULL)"
    " OR (level IN ('routine', 'review', 'urgent') AND leading_class IS NOT NULL"
    " AND p_benign IS NOT NULL AND p_suspicious IS NOT NULL AND p_malignant IS NOT NULL)"
)


FILTERED = ("level", "leading_class", "state", "patient_key", "batch_id")


class CaseRow(Base):
    """A case with what its list shows; ``row_id`` ties it to the full-text table.

    ``patient_key`` and ``search_text`` are folded for searching (``storage.folding``).
    ``red_flags`` is NULL until asked. ``level`` to ``risk_score`` repeat the current analysis.
    """

    __tablename__ = "cases"
    __table_args__ = (
        CheckConstraint("state IN ('draft', 'filed')", name="state"),
        CheckConstraint(ASSESSED_OR_NOT, name="assessed"),
        # A page, its order, its filters (but for text) and its total come from one of these, row by
        # row; the table is read for the lines shown. "deleted_at" leads because "IS NULL" is an
        # equality to SQLite, so that what follows stays in the order of the list.
        Index("ix_cases_newest", "deleted_at", "created_at", "id", *FILTERED),
        Index(
            "ix_cases_risk",
            "deleted_at",
            "risk_rank",
            "risk_score",
            "created_at",
            "id",
            *FILTERED,
        ),
        Index("ix_cases_batch", "batch_id"),
    )

    row_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(String(32), unique=True)
    version: Mapped[int]
    state: Mapped[str] = mapped_column(String(16))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    filed_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]
    batch_id: Mapped[str | None] = mapped_column(String(32))
    patient_reference: Mapped[str] = mapped_column(Text)
    patient_key: Mapped[str] = mapped_column(Text)
    lesion_label: Mapped[str] = mapped_column(Text)
    age: Mapped[int | None]
    sex: Mapped[str | None] = mapped_column(String(16))
    skin_type: Mapped[str | None] = mapped_column(String(16))
    site: Mapped[str | None] = mapped_column(String(32))
    laterality: Mapped[str | None] = mapped_column(String(16))
    red_flags: Mapped[list[Any] | None] = mapped_column(JSON(none_as_null=True))
    dermoscopic: Mapped[bool | None]
    note: Mapped[str] = mapped_column(Text)
    clinical_question: Mapped[str] = mapped_column(Text)
    level: Mapped[str] = mapped_column(String(16))
    risk_rank: Mapped[int]
    risk_score: Mapped[float]
    leading_class: Mapped[str | None] = mapped_column(String(16))
    p_benign: Mapped[float | None]
    p_suspicious: Mapped[float | None]
    p_malignant: Mapped[float | None]
    search_text: Mapped[str] = mapped_column(Text, server_default=text("''"))


class AnalysisRow(Base):
    """An analysis; the one with the highest ``number`` is the case's current one."""

    __tablename__ = "analyses"
    __table_args__ = (UniqueConstraint("case_id", "number"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"))
    number: Mapped[int]
    created_at: Mapped[datetime]
    level: Mapped[str] = mapped_column(String(16))
    findings_level: Mapped[str] = mapped_column(String(16))
    reasons: Mapped[list[Any]]
    evidence: Mapped[dict[str, Any]]
    model_name: Mapped[str | None] = mapped_column(Text)
    model_version: Mapped[str | None] = mapped_column(Text)
    model_sha256: Mapped[str | None] = mapped_column(String(64))
    operating_points: Mapped[dict[str, Any]]
    limits_of_use: Mapped[list[Any]]
    timings: Mapped[dict[str, Any]]
    image_notes: Mapped[list[Any]]
    app_version: Mapped[str] = mapped_column(Text)


class StoredFileRow(Base):
    """A file in the image store; of each kind the highest ``number`` is the current one."""

    __tablename__ = "stored_files"
    __table_args__ = (UniqueConstraint("case_id", "number"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"))
    number: Mapped[int]
    kind: Mapped[str] = mapped_column(String(16))
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int]
    media_type: Mapped[str] = mapped_column(Text)
    source_name: Mapped[str] = mapped_column(Text)
    width: Mapped[int | None]
    height: Mapped[int | None]
    created_at: Mapped[datetime]


class ReportRow(Base):
    """An issued report; while its row stands, its file's row cannot go alone."""

    __tablename__ = "reports"
    __table_args__ = (UniqueConstraint("case_id", "number"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"))
    number: Mapped[int]
    issued_at: Mapped[datetime]
    file_id: Mapped[str] = mapped_column(ForeignKey("stored_files.id"), unique=True)
    content_hash: Mapped[str] = mapped_column(Text)
