"""Substring search in notes and clinical questions.

Adds the folded text of each case, fills it for the cases that are there, and builds a trigram index
over it that triggers keep up to date. The triggers belong to the table ``cases``: a later revision
that rebuilds this table must create them again.

Revision ID: 0002
Revises: 0001
"""

import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

SEPARATOR = "\x1f"
CASES_AT_A_TIME = 500

# "content" keeps the text itself in "cases" only; "secure-delete" takes the trigrams of an erased
# note out of the index at once. The text is folded already, so the index compares exactly.
SEARCH = (
    "CREATE VIRTUAL TABLE case_text USING fts5(search_text, content='cases',"
    " content_rowid='row_id', tokenize='trigram case_sensitive 1')",
    "INSERT INTO case_text (case_text, rank) VALUES ('secure-delete', 1)",
    "INSERT INTO case_text (case_text) VALUES ('rebuild')",
    "CREATE TRIGGER case_text_added AFTER INSERT ON cases BEGIN"
    " INSERT INTO case_text (rowid, search_text) VALUES (new.row_id, new.search_text);"
    " END",
    "CREATE TRIGGER case_text_erased AFTER DELETE ON cases BEGIN"
    " INSERT INTO case_text (case_text, rowid, search_text)"
    " VALUES ('delete', old.row_id, old.search_text);"
    " END",
    "CREATE TRIGGER case_text_changed AFTER UPDATE OF search_text ON cases"
    " WHEN old.search_text <> new.search_text BEGIN"
    " INSERT INTO case_text (case_text, rowid, search_text)"
    " VALUES ('delete', old.row_id, old.search_text);"
    " INSERT INTO case_text (rowid, search_text) VALUES (new.row_id, new.search_text);"
    " END",
)


def upgrade() -> None:
    """Fold the texts of all cases, then index them."""
    empty = sa.text("''")
    op.add_column(
        "cases", sa.Column("search_text", sa.Text(), nullable=False, server_default=empty)
    )
    fold_existing(op.get_bind())
    for statement in SEARCH:
        op.execute(statement)


def downgrade() -> None:
    """Refused."""
    raise NotImplementedError("the program before this revision is not supported; restore a backup")


def fold_existing(connection: sa.Connection) -> None:
    """SQLite folds ASCII only, so the texts pass through Python, a few at a time."""
    query = sa.text(
        "SELECT row_id, note, clinical_question FROM cases WHERE row_id > :after"
        " ORDER BY row_id LIMIT :count"
    )
    store = sa.text("UPDATE cases SET search_text = :folded WHERE row_id = :row_id")
    after = 0
    while rows := connection.execute(query, {"after": after, "count": CASES_AT_A_TIME}).all():
        changes = [
            {"row_id": row_id, "folded": fold(note) + SEPARATOR + fold(question)}
            for row_id, note, question in rows
        ]
        connection.execute(store, changes)
        after = rows[-1][0]


def fold(text: str) -> str:
    """As the program folds today; kept here so that this revision never changes."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())
