"""Cases with their analyses, stored files and reports.

Revision ID: 0001
Revises:
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ASSESSED_OR_NOT = (
    "(level = 'cannot_assess' AND leading_class IS NULL AND p_benign IS NULL"
    " AND p_suspicious IS NULL AND p_malignant IS NULL)"
    " OR (level IN ('routine', 'review', 'urgent') AND leading_class IS NOT NULL"
    " AND p_benign IS NOT NULL AND p_suspicious IS NOT NULL AND p_malignant IS NOT NULL)"
)


def upgrade() -> None:
    """Create the tables."""
    create_cases()
    create_analyses()
    create_stored_files()
    create_reports()


def downgrade() -> None:
    """Refused."""
    raise NotImplementedError("cases are never dropped; restore a backup instead")


def create_cases() -> None:
    """One row a case, with what the list shows and sorts by."""
    op.create_table(
        "cases",
        sa.Column("row_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.Column("filed_at", sa.DateTime(), nullable=True),
        sa.Column("deleted_at", sa.DateTime(), nullable=True),
        sa.Column("batch_id", sa.String(32), nullable=True),
        *details_columns(),
        *list_columns(),
        sa.PrimaryKeyConstraint("row_id", name="pk_cases"),
        sa.UniqueConstraint("id", name="uq_cases_id"),
        sa.CheckConstraint("state IN ('draft', 'filed')", name=op.f("ck_cases_state")),
        sa.CheckConstraint(ASSESSED_OR_NOT, name=op.f("ck_cases_assessed")),
    )
    filtered = ["level", "leading_class", "state", "patient_key", "batch_id"]
    newest = ["created_at", "id", *filtered]
    op.create_index("ix_cases_newest", "cases", ["deleted_at", *newest])
    op.create_index("ix_cases_risk", "cases", ["deleted_at", "risk_rank", "risk_score", *newest])
    op.create_index("ix_cases_batch", "cases", ["batch_id"])


def details_columns() -> list[sa.Column[Any]]:
    """What people type or choose."""
    return [
        sa.Column("patient_reference", sa.Text(), nullable=False),
        sa.Column("patient_key", sa.Text(), nullable=False),
        sa.Column("lesion_label", sa.Text(), nullable=False),
        sa.Column("age", sa.Integer(), nullable=True),
        sa.Column("sex", sa.String(16), nullable=True),
        sa.Column("skin_type", sa.String(16), nullable=True),
        sa.Column("site", sa.String(32), nullable=True),
        sa.Column("laterality", sa.String(16), nullable=True),
        sa.Column("red_flags", sa.JSON(), nullable=True),
        sa.Column("dermoscopic", sa.Boolean(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("clinical_question", sa.Text(), nullable=False),
    ]


def list_columns() -> list[sa.Column[Any]]:
    """The current analysis in brief."""
    return [
        sa.Column("level", sa.String(16), nullable=False),
        sa.Column("risk_rank", sa.Integer(), nullable=False),
        sa.Column("risk_score", sa.Double(), nullable=False),
        sa.Column("leading_class", sa.String(16), nullable=True),
        sa.Column("p_benign", sa.Double(), nullable=True),
        sa.Column("p_suspicious", sa.Double(), nullable=True),
        sa.Column("p_malignant", sa.Double(), nullable=True),
    ]


def create_analyses() -> None:
    """What the software found, with what is needed to decide again."""
    op.create_table(
        "analyses",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("case_id", sa.String(32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("level", sa.String(16), nullable=False),
        sa.Column("findings_level", sa.String(16), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("evidence", sa.JSON(), nullable=False),
        sa.Column("model_name", sa.Text(), nullable=True),
        sa.Column("model_version", sa.Text(), nullable=True),
        sa.Column("model_sha256", sa.String(64), nullable=True),
        sa.Column("operating_points", sa.JSON(), nullable=False),
        sa.Column("limits_of_use", sa.JSON(), nullable=False),
        sa.Column("timings", sa.JSON(), nullable=False),
        sa.Column("image_notes", sa.JSON(), nullable=False),
        sa.Column("app_version", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_analyses"),
        of_case("analyses"),
        sa.UniqueConstraint("case_id", "number", name="uq_analyses_case_id"),
    )


def create_stored_files() -> None:
    """Files in the image store."""
    op.create_table(
        "stored_files",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("case_id", sa.String(32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("source_name", sa.Text(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_stored_files"),
        of_case("stored_files"),
        sa.UniqueConstraint("case_id", "number", name="uq_stored_files_case_id"),
    )


def create_reports() -> None:
    """Issued reports."""
    op.create_table(
        "reports",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("case_id", sa.String(32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("issued_at", sa.DateTime(), nullable=False),
        sa.Column("file_id", sa.String(32), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_reports"),
        of_case("reports"),
        sa.ForeignKeyConstraint(["file_id"], ["stored_files.id"], name="fk_reports_file_id"),
        sa.UniqueConstraint("file_id", name="uq_reports_file_id"),
        sa.UniqueConstraint("case_id", "number", name="uq_reports_case_id"),
    )


def of_case(table: str) -> sa.ForeignKeyConstraint:
    """Erasing a case erases all that belongs to it."""
    return sa.ForeignKeyConstraint(
        ["case_id"], ["cases.id"], name=f"fk_{table}_case_id", ondelete="CASCADE"
    )
