"""Outcomes that were recorded by mistake can be withdrawn, with a reason; none of those there is.

Revision ID: 0007
Revises: 0006
"""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

RECORDED = (
    "id case_id number at person method found_on diagnosis breslow_mm specimen text months changed"
    " source_key"
)
WHOLE = (
    "(withdrawn_at IS NULL) = (withdrawn_by = '') AND (withdrawn_at IS NULL) ="
    " (withdrawn_reason = '')"
)
# Columns with a check are added in place only by SQLite's own statement.
COLUMNS = (
    "withdrawn_at DATETIME",
    "withdrawn_by TEXT DEFAULT '' NOT NULL",
    f"withdrawn_reason TEXT DEFAULT '' NOT NULL CONSTRAINT ck_outcomes_withdrawn CHECK ({WHOLE})",
)
# Each is filled in once: the document, and the withdrawal, after which nothing changes any more.
UNCHANGED = (
    "CREATE TRIGGER outcomes_unchanged BEFORE UPDATE ON outcomes WHEN old.withdrawn_at IS NOT NULL"
    " OR (old.document_id IS NOT NULL AND new.document_id IS NOT old.document_id)"
    " OR ({old}) IS NOT ({new}) BEGIN"
    " SELECT raise(ABORT, 'what was recorded cannot be changed');"
    " END"
)


def upgrade() -> None:
    """Add the columns; the trigger that keeps what was recorded keeps them too."""
    for column in COLUMNS:
        op.execute(f"ALTER TABLE outcomes ADD COLUMN {column}")
    op.execute("DROP TRIGGER outcomes_unchanged")
    old, new = (", ".join(f"{row}.{name}" for name in RECORDED.split()) for row in ("old", "new"))
    op.execute(UNCHANGED.format(old=old, new=new))


def downgrade() -> None:
    """Refused."""
    raise NotImplementedError("the program before this revision is not supported; restore a backup")
