"""Accounts, sessions, the trail, settings, patients, certificates and safety problems.

Cases that are there were uploaded by nobody in particular: ``uploaded_by`` is empty for them.

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# The third keeps "INSERT OR REPLACE" from deleting unseen by the second, and a chain from forking.
APPEND_ONLY = (
    "CREATE TRIGGER trail_unchanged BEFORE UPDATE ON trail BEGIN"
    " SELECT raise(ABORT, 'the trail cannot be changed');"
    " END",
    "CREATE TRIGGER trail_kept BEFORE DELETE ON trail BEGIN"
    " SELECT raise(ABORT, 'the trail cannot be deleted');"
    " END",
    "CREATE TRIGGER trail_follows BEFORE INSERT ON trail"
    " WHEN new.number IS NOT coalesce((SELECT max(number) FROM trail), 0) + 1"
    " OR new.previous IS NOT coalesce("
    "(SELECT hash FROM trail ORDER BY number DESC LIMIT 1),"
    " '0000000000000000000000000000000000000000000000000000000000000000')"
    " BEGIN"
    " SELECT raise(ABORT, 'an event must follow the last one');"
    " END",
)


def upgrade() -> None:
    """Create the tables, the triggers and the column."""
    note_uploaders()
    create_people()
    create_sign_ins()
    create_trail()
    create_settings()
    create_patients()
    create_certificates()
    create_problems()


def downgrade() -> None:
    """Refused."""
    raise NotImplementedError("the program before this revision is not supported; restore a backup")


def note_uploaders() -> None:
    """Who sent an image; in place, so that the triggers of ``cases`` stay."""
    empty = sa.text("''")
    op.add_column(
        "cases", sa.Column("uploaded_by", sa.Text(), nullable=False, server_default=empty)
    )
    op.create_index("ix_cases_uploads", "cases", ["uploaded_by", "created_at", "id", "deleted_at"])
    op.create_index("ix_cases_patient", "cases", ["patient_key", "created_at", "id"])


def create_people() -> None:
    """Accounts."""
    op.create_table(
        "people",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_key", sa.Text(), nullable=False),
        sa.Column("roles", sa.JSON(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("password_changed_at", sa.DateTime(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("must_change_password", sa.Boolean(), nullable=False),
        sa.Column("totp_secret", sa.Text(), nullable=False),
        sa.Column("totp_step", sa.Integer(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("locked_until", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_people"),
        sa.UniqueConstraint("name_key", name="uq_people_name_key"),
    )


def create_sign_ins() -> None:
    """Sessions."""
    op.create_table(
        "sign_ins",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("person_id", sa.String(32), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("revoked_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_sign_ins"),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_sign_ins_person_id"),
        sa.UniqueConstraint("token_hash", name="uq_sign_ins_token_hash"),
    )
    op.create_index("ix_sign_ins_person_id", "sign_ins", ["person_id"])


def create_trail() -> None:
    """The trail, to which SQLite itself lets rows only be appended."""
    op.create_table(
        "trail",
        sa.Column("number", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.String(32), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("previous", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_trail"),
    )
    for column in ("at", "actor", "action", "subject"):
        op.create_index(f"ix_trail_{column}", "trail", [column])
    for statement in APPEND_ONLY:
        op.execute(statement)


def create_settings() -> None:
    """Settings made while the program runs."""
    op.create_table(
        "settings",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_settings"),
    )


def create_patients() -> None:
    """Consent and legal hold."""
    op.create_table(
        "patients",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("patient_key", sa.Text(), nullable=False),
        sa.Column("consent", sa.String(32), nullable=True),
        sa.Column("consent_on", sa.Date(), nullable=True),
        sa.Column("hold_reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_patients"),
        sa.UniqueConstraint("patient_key", name="uq_patients_patient_key"),
    )


def create_certificates() -> None:
    """Certificates of erasure; they name no patient."""
    op.create_table(
        "certificates",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("erased_at", sa.DateTime(), nullable=False),
        sa.Column("erased_by", sa.Text(), nullable=False),
        sa.Column("cases", sa.JSON(), nullable=False),
        sa.Column("sha256", sa.JSON(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("event_number", sa.Integer(), nullable=False),
        sa.Column("event_hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_certificates"),
    )


def create_problems() -> None:
    """Reported safety problems."""
    op.create_table(
        "problems",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("reported_by", sa.Text(), nullable=False),
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("app_version", sa.Text(), nullable=False),
        sa.Column("model_sha256", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_problems"),
    )
    op.create_index("ix_problems_at", "problems", ["at"])
    op.create_index("ix_problems_case_id", "problems", ["case_id"])
