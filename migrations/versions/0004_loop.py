"""Lesions, impressions, verdicts, next steps, outcomes, letters, and who has read what.

Cases that are there were shown to everybody, so none of them is blinded; nobody's verdict and no
lesion is made up for them, so all of them wait to be read.

Revision ID: 0004
Revises: 0003
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

FILTERED = ("level", "leading_class", "state", "patient_key", "batch_id", "blinded", "reviewed_at")
UNREAD = "reviewed_at IS NULL AND deleted_at IS NULL"
WAITING = ("risk_rank", "created_at", "id", "reviewed_at", "deleted_at")

# What was recorded stays as it is for as long as its case is there; erasing a case takes its rows
# along. A document may be added to an outcome once; a step ends once. Named are the columns that
# stay even then.
RECORDED = {
    "moves": "",
    "impressions": "",
    "verdicts": "",
    "outcomes": "id case_id number at person method found_on diagnosis breslow_mm specimen text"
    " months changed source_key",
    "next_steps": "id case_id number kind due opened_at verdict_id",
    "letters": "",
}
LAST_CHANGE = {"outcomes": "document_id", "next_steps": "ended_at"}
UNCHANGED = (
    "CREATE TRIGGER {table}_unchanged BEFORE UPDATE ON {table}{condition} BEGIN"
    " SELECT raise(ABORT, 'what was recorded cannot be changed');"
    " END"
)
KEPT = (
    "CREATE TRIGGER {table}_kept BEFORE DELETE ON {table}"
    " WHEN EXISTS (SELECT 1 FROM cases WHERE id = old.case_id) BEGIN"
    " SELECT raise(ABORT, 'what was recorded cannot be deleted');"
    " END"
)


def upgrade() -> None:
    """Create the tables and the columns; the table of cases is not rebuilt, for its triggers."""
    create_lesions()
    describe_patients()
    extend_cases()
    index_cases()
    create_moves()
    create_impressions()
    create_verdicts()
    create_next_steps()
    create_outcomes()
    create_letters()
    for table, columns in RECORDED.items():
        op.execute(UNCHANGED.format(table=table, condition=refused(table, columns.split())))
        op.execute(KEPT.format(table=table))


def downgrade() -> None:
    """Refused."""
    raise NotImplementedError("the program before this revision is not supported; restore a backup")


def refused(table: str, columns: list[str]) -> str:
    """Which changes of a row are refused; without ``columns`` all are."""
    if not columns:
        return ""
    old, new = (", ".join(f"{row}.{name}" for name in columns) for row in ("old", "new"))
    return f" WHEN old.{LAST_CHANGE[table]} IS NOT NULL OR ({old}) IS NOT ({new})"


def create_lesions() -> None:
    """Lesions of patients."""
    op.create_table(
        "lesions",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("patient_id", sa.String(32), nullable=False),
        *texts("label"),
        sa.Column("site", sa.String(32), nullable=False),
        sa.Column("laterality", sa.String(16), nullable=False),
        sa.Column("view", sa.String(16), nullable=True),
        sa.Column("x", sa.Double(), nullable=True),
        sa.Column("y", sa.Double(), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_lesions"),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patients.id"], name="fk_lesions_patient_id", ondelete="CASCADE"
        ),
        sa.CheckConstraint(
            "(view IS NULL) = (x IS NULL) AND (view IS NULL) = (y IS NULL)",
            name=op.f("ck_lesions_point"),
        ),
    )
    op.create_index("ix_lesions_patient_id", "lesions", ["patient_id", "created_at", "id"])


def describe_patients() -> None:
    """What is known of a patient; nothing yet of those who are there."""
    for column in (
        sa.Column("birth_year", sa.Integer(), nullable=True),
        sa.Column("sex", sa.String(16), nullable=True),
        sa.Column("skin_type", sa.String(16), nullable=True),
        sa.Column("risk_factors", sa.JSON(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False, server_default=sa.text("1")),
    ):
        op.add_column("patients", column)


def extend_cases() -> None:
    """Where a case stands in the loop."""
    # Written out: a column with a reference is added in place only by SQLite's own statement.
    op.execute(
        "ALTER TABLE cases ADD COLUMN lesion_id VARCHAR(32)"
        " CONSTRAINT fk_cases_lesion_id REFERENCES lesions (id)"
    )
    for column in (
        sa.Column("blinded", sa.Boolean(), nullable=False, server_default=sa.text("0")),
        sa.Column("withheld_urgent", sa.Boolean(), nullable=False, server_default=sa.text("0")),
        sa.Column("reveal_at", sa.DateTime(), nullable=True),
        sa.Column("reveal_by", sa.Text(), nullable=True),
        sa.Column("reveal_cause", sa.String(16), nullable=True),
        sa.Column("taken_by", sa.Text(), nullable=False, server_default=sa.text("''")),
        sa.Column("closed_at", sa.DateTime(), nullable=True),
        sa.Column("reviewed_at", sa.DateTime(), nullable=True),
    ):
        op.add_column("cases", column)


def index_cases() -> None:
    """The lists filter by two columns more; the worklist and what is withheld are found apart."""
    newest = ["created_at", "id", *FILTERED]
    for name, columns in (
        ("newest", ["deleted_at", *newest]),
        ("risk", ["deleted_at", "risk_rank", "risk_score", *newest]),
    ):
        op.drop_index(f"ix_cases_{name}", "cases")
        op.create_index(f"ix_cases_{name}", "cases", columns)
    for name, columns, condition in (
        ("lesion", ["lesion_id", "created_at", "id"], "lesion_id IS NOT NULL"),
        ("unread", [*WAITING], f"{UNREAD} AND risk_rank >= 0"),
        ("taken", ["taken_by", *WAITING], UNREAD),
        ("blinded", ["created_at", "id", "deleted_at", "blinded"], "blinded = 1"),
        ("escalate", ["created_at", "id", "withheld_urgent"], "withheld_urgent = 1"),
    ):
        op.create_index(f"ix_cases_{name}", "cases", columns, sqlite_where=sa.text(condition))


def create_moves() -> None:
    """Under which lesion a case was filed, and by whom."""
    op.create_table(
        "moves",
        sa.Column("case_id", sa.String(32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        *texts("person", "from_lesion", "to_lesion", "reason"),
        sa.PrimaryKeyConstraint("case_id", "number", name="pk_moves"),
        of_case("moves"),
    )


def create_impressions() -> None:
    """What clinicians saw before, or beside, the software."""
    op.create_table(
        "impressions",
        *numbered(),
        *recorded(),
        sa.Column("diagnosis", sa.String(32), nullable=False),
        sa.Column("level", sa.String(16), nullable=False),
        sa.Column("confidence", sa.String(16), nullable=False),
        sa.Column("blinded", sa.Boolean(), nullable=False),
        sa.Column("abcd", sa.JSON(), nullable=True),
        sa.Column("seven_point", sa.JSON(), nullable=True),
        *keys("impressions"),
    )


def create_verdicts() -> None:
    """What clinicians decided."""
    op.create_table(
        "verdicts",
        *numbered(),
        *recorded(),
        sa.Column("found", sa.String(16), nullable=False),
        sa.Column("level", sa.String(16), nullable=False),
        sa.Column("agrees", sa.Boolean(), nullable=False),
        sa.Column("disposition", sa.String(32), nullable=False),
        sa.Column("due", sa.Date(), nullable=True),
        *texts("reason", "note"),
        *keys("verdicts"),
    )


def create_next_steps() -> None:
    """What somebody has to see to."""
    op.create_table(
        "next_steps",
        *numbered(),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("due", sa.Date(), nullable=False),
        sa.Column("opened_at", sa.DateTime(), nullable=False),
        sa.Column("verdict_id", sa.String(32), nullable=False),
        sa.Column("ended_at", sa.DateTime(), nullable=True),
        sa.Column("ending", sa.String(16), nullable=True),
        *texts("owner", "ended_by", "end_note"),
        *keys("next_steps"),
        sa.ForeignKeyConstraint(["verdict_id"], ["verdicts.id"], name="fk_next_steps_verdict_id"),
        sa.CheckConstraint(
            "(ended_at IS NULL) = (ending IS NULL)", name=op.f("ck_next_steps_ended")
        ),
    )
    op.create_index("ix_next_steps_verdict_id", "next_steps", ["verdict_id"])
    still = sa.text("ended_at IS NULL")
    due, owner = ["kind", "due", "id", "case_id", "ended_at"], ["owner", "kind", "due", "id"]
    op.create_index("ix_next_steps_due", "next_steps", due, sqlite_where=still)
    op.create_index("ix_next_steps_owner", "next_steps", owner, sqlite_where=still)


def create_outcomes() -> None:
    """What turned out."""
    op.create_table(
        "outcomes",
        *numbered(),
        *recorded(),
        sa.Column("method", sa.String(16), nullable=False),
        sa.Column("found_on", sa.Date(), nullable=False),
        sa.Column("diagnosis", sa.String(32), nullable=True),
        sa.Column("breslow_mm", sa.Double(), nullable=True),
        *texts("specimen", "text"),
        sa.Column("months", sa.Integer(), nullable=False),
        sa.Column("changed", sa.Boolean(), nullable=False),
        sa.Column("source_key", sa.Text(), nullable=False),
        sa.Column("document_id", sa.String(32), nullable=True),
        *keys("outcomes"),
        sa.ForeignKeyConstraint(
            ["document_id"], ["stored_files.id"], name="fk_outcomes_document_id"
        ),
        sa.UniqueConstraint("document_id", name="uq_outcomes_document_id"),
    )


def create_letters() -> None:
    """Letters to patients."""
    op.create_table(
        "letters",
        *numbered(),
        sa.Column("issued_at", sa.DateTime(), nullable=False),
        sa.Column("verdict_id", sa.String(32), nullable=False),
        sa.Column("file_id", sa.String(32), nullable=False),
        *keys("letters"),
        sa.ForeignKeyConstraint(["verdict_id"], ["verdicts.id"], name="fk_letters_verdict_id"),
        sa.ForeignKeyConstraint(["file_id"], ["stored_files.id"], name="fk_letters_file_id"),
        sa.UniqueConstraint("file_id", name="uq_letters_file_id"),
    )
    op.create_index("ix_letters_verdict_id", "letters", ["verdict_id"])


def numbered() -> list[sa.Column[Any]]:
    """Own id, case, and place among the case's rows."""
    return [
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("case_id", sa.String(32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
    ]


def recorded() -> list[sa.Column[Any]]:
    """When, and by whom."""
    return [sa.Column("at", sa.DateTime(), nullable=False), *texts("person")]


def texts(*names: str) -> list[sa.Column[Any]]:
    """Words, perhaps none."""
    return [sa.Column(name, sa.Text(), nullable=False) for name in names]


def keys(table: str) -> list[sa.schema.Constraint]:
    """Of a table whose rows are numbered."""
    return [
        sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
        of_case(table),
        sa.UniqueConstraint("case_id", "number", name=f"uq_{table}_case_id"),
    ]


def of_case(table: str) -> sa.ForeignKeyConstraint:
    """Erasing a case erases all that belongs to it."""
    return sa.ForeignKeyConstraint(
        ["case_id"], ["cases.id"], name=f"fk_{table}_case_id", ondelete="CASCADE"
    )
