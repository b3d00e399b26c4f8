"""Tables as typed models; ``migrations/`` holds the steps that build them.

The full-text table ``case_text`` is not modelled: a migration creates it together with the triggers
that keep it equal to ``cases.search_text``. Nor are the triggers that guard ``trail`` and what
clinicians recorded.
"""

from datetime import datetime
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

from triage_app.storage.schema import batches, counts, loop, pictures, references
from triage_app.storage.schema import site as schema_site
from triage_app.storage.schema.base import Base

# Declared beside, for length: whoever has this module has all tables.
BESIDE = (
    batches,
    counts,
    loop,
    pictures,
    references,
    schema_site,
)

# A line of the list must never show a probability for an image that could not be assessed.
ASSESSED_OR_NOT = (
    "(level = 'cannot_assess' AND leading_class IS NULL AND p_benign IS NULL"
    " AND p_suspicious IS NULL AND p_malignant IS NULL)"
    " OR (level IN ('routine', 'review', 'urgent') AND leading_class IS NOT NULL"
    " AND p_benign IS NOT NULL AND p_suspicious IS NOT NULL AND p_malignant IS NOT NULL)"
)


FILTERED = ("level", "leading_class", "state", "patient_key", "batch_id", "blinded", "reviewed_at")
UNREAD = "reviewed_at IS NULL AND deleted_at IS NULL"
WAITING = ("risk_rank", "created_at", "id", "reviewed_at", "deleted_at")
NEWEST, RISK = ("created_at", "id"), ("risk_rank", "risk_score", "created_at", "id")
SHOWN = ("level", "leading_class", "state", "blinded", "reviewed_at", "deleted_at")
RARE = {
    "bin": "+deleted_at IS NOT NULL",
    "drafts": "+deleted_at IS NULL AND +state = 'draft'",
    "unread": "+deleted_at IS NULL AND +reviewed_at IS NULL",
}
"""Parts of the list that few cases are in, each with an index in both orders.

The plus hides a column from all other indexes: only a query that says these very words is given one
of these, and it is given no other.
"""


def _rare_parts() -> list[Index]:
    return [
        Index(
            f"ix_cases_{order}_{part}",
            *columns,
            *SHOWN,
            sqlite_where=text(condition),
        )
        for part, condition in RARE.items()
        for order, columns in (("newest", NEWEST), ("risk", RISK))
    ]


class CaseRow(Base):
    """A case with what its list shows; ``row_id`` ties it to the full-text table.

    ``patient_key`` tells patients apart (``storage.records.keys``), ``search_text`` is folded for
    searching (``storage.records.folding``).
    ``red_flags`` is NULL until asked. ``level`` to ``risk_score`` repeat the current analysis, but
    while the findings are withheld (``blinded``) they say what they say of an image that could not
    be assessed; only ``withheld_urgent``, which no list shows, knows what to escalate.
    ``reviewed_at`` is the time of the last verdict.
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
        # What one person sent, newest first, and how much of it since a time.
        Index("ix_cases_uploads", "uploaded_by", "created_at", "id", "deleted_at"),
        # "deleted_at" so that the lines of a patient are counted without a look at the table.
        Index("ix_cases_patient", "patient_key", "created_at", "id", "deleted_at"),
        Index(
            "ix_cases_risk_class",
            *("deleted_at", "leading_class", *RISK, "level", "state", "blinded", "reviewed_at"),
        ),
        *_rare_parts(),
        Index(
            "ix_cases_lesion",
            "lesion_id",
            "created_at",
            "id",
            sqlite_where=text("lesion_id IS NOT NULL"),
        ),
        # The worklist is a row of ranges of these: one for each rank, the overdue ones apart. What
        # their condition names is in them too, so that counting needs no look at the table.
        # "risk_rank >= 0" holds for all; by these words the worklist asks for the first of the two.
        Index("ix_cases_unread", *WAITING, sqlite_where=text(f"{UNREAD} AND risk_rank >= 0")),
        Index("ix_cases_taken", "taken_by", *WAITING, sqlite_where=text(UNREAD)),
        Index(
            "ix_cases_blinded",
            "created_at",
            "id",
            "deleted_at",
            "blinded",
            sqlite_where=text("blinded = 1"),
        ),
        Index(
            "ix_cases_escalate",
            "created_at",
            "id",
            "withheld_urgent",
            sqlite_where=text("withheld_urgent = 1"),
        ),
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
    uploaded_by: Mapped[str] = mapped_column(Text, server_default=text("''"))
    lesion_id: Mapped[str | None] = mapped_column(ForeignKey("lesions.id"))
    blinded: Mapped[bool] = mapped_column(server_default=text("0"))
    withheld_urgent: Mapped[bool] = mapped_column(server_default=text("0"))
    reveal_at: Mapped[datetime | None]
    reveal_by: Mapped[str | None] = mapped_column(Text)
    reveal_cause: Mapped[str | None] = mapped_column(String(16))
    taken_by: Mapped[str] = mapped_column(Text, server_default=text("''"))
    closed_at: Mapped[datetime | None]
    reviewed_at: Mapped[datetime | None]


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
    __table_args__ = (
        UniqueConstraint("case_id", "number"),
        Index("ix_stored_files_original", "sha256", sqlite_where=text("kind = 'original'")),
    )

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


class PersonRow(Base):
    """An account; ``name_key`` is the name folded, so that case makes no second account."""

    __tablename__ = "people"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    name_key: Mapped[str] = mapped_column(Text, unique=True)
    roles: Mapped[list[Any]]
    password_hash: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    password_changed_at: Mapped[datetime]
    active: Mapped[bool]
    must_change_password: Mapped[bool]
    totp_secret: Mapped[str] = mapped_column(Text)
    totp_step: Mapped[int]
    failures: Mapped[int]
    locked_until: Mapped[datetime | None]


class SignInRow(Base):
    """A session; ``last_seen_at`` is in no index, because each use of the session moves it."""

    __tablename__ = "sign_ins"
    __table_args__ = (Index("ix_sign_ins_person_id", "person_id"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    address: Mapped[str] = mapped_column(Text)
    revoked_at: Mapped[datetime | None]


class TrailRow(Base):
    """An event of the trail. Triggers refuse to change or delete one, and to add one out of turn.

    No foreign key leads out of here: what an event names may be erased, the event stays.
    """

    __tablename__ = "trail"
    __table_args__ = (
        # The number follows the indexed column in each of them: for one value, newest first.
        Index("ix_trail_at", "at"),
        Index("ix_trail_actor", "actor"),
        Index("ix_trail_action", "action"),
        Index("ix_trail_subject", "subject"),
    )

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(Text)
    action: Mapped[str] = mapped_column(String(32))
    subject: Mapped[str] = mapped_column(Text)
    details: Mapped[str] = mapped_column(Text)
    previous: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))
