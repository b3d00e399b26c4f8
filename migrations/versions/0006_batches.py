"""Files that were received in a batch and wait to become cases.

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

HELD = "file_id IS NOT NULL"
WITH_ITS_FILE = (
    "(state IN ('waiting', 'failed') AND file_id IS NOT NULL)"
    " OR (state IN ('done', 'dismissed') AND file_id IS NULL AND sha256 = '' AND source_name = '')"
)


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "uploads",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("batch_id", sa.String(32), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("received_at", sa.DateTime(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("file_id", sa.String(32), nullable=True),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("source_name", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_uploads"),
        sa.CheckConstraint(WITH_ITS_FILE, name=op.f("ck_uploads_held")),
    )
    op.create_index("ix_uploads_batch_id", "uploads", ["batch_id", "state", "received_at", "id"])
    op.create_index(
        "ix_uploads_held",
        "uploads",
        ["state", "person", "received_at", "id", "file_id"],
        sqlite_where=sa.text(HELD),
    )
    op.create_index(
        "ix_uploads_file_id", "uploads", ["file_id"], unique=True, sqlite_where=sa.text(HELD)
    )
    op.create_index("ix_uploads_received_at", "uploads", ["received_at"])


def downgrade() -> None:
    """Refused."""
    raise NotImplementedError("the program before this revision is not supported; restore a backup")
