"""Shapes of pictures and the copies found by them; an index of originals by their bytes.

The shapes of images that are stored already are filled in while the server runs.

Revision ID: 0009
Revises: 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

KEYS = ("k0", "k1", "k2", "k3", "k4", "k5")


def upgrade() -> None:
    """Create the tables and the index."""
    op.create_table(
        "pictures",
        sa.Column("case_row", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("signs", sa.LargeBinary(), nullable=True),
        *(sa.Column(key, sa.Integer(), nullable=True) for key in KEYS),
        sa.PrimaryKeyConstraint("case_row", name="pk_pictures"),
        sa.ForeignKeyConstraint(
            ["case_row"], ["cases.row_id"], name="fk_pictures_case_row", ondelete="CASCADE"
        ),
    )
    for key in KEYS:
        op.create_index(f"ix_pictures_{key}", "pictures", [key])
    op.create_table(
        "copies",
        sa.Column("case_id", sa.String(32), nullable=False),
        sa.Column("other_id", sa.String(32), nullable=False),
        sa.Column("by", sa.String(16), nullable=False),
        sa.Column("found_at", sa.DateTime(), nullable=False),
        sa.Column("kept_at", sa.DateTime(), nullable=True),
        sa.Column("kept_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("case_id", "other_id", name="pk_copies"),
        *(
            sa.ForeignKeyConstraint(
                [column], ["cases.id"], name=f"fk_copies_{column}", ondelete="CASCADE"
            )
            for column in ("case_id", "other_id")
        ),
    )
    op.create_index("ix_copies_other_id", "copies", ["other_id"])
    op.create_index(
        "ix_stored_files_original",
        "stored_files",
        ["sha256"],
        sqlite_where=sa.text("kind = 'original'"),
    )


def downgrade() -> None:
    """Refused."""
    raise NotImplementedError("the program before this revision is not supported; restore a backup")
