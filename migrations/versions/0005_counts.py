"""Counts that triggers keep, so that nothing is counted anew among a million cases.

Also narrow indexes for the rare parts of the list (drafts, unread, bin), one for the leading class
in order of risk, and for each day the first and last row that was stored of it: the full-text
search walks rows in the order of storing, which is nearly the order of time.

Counting the cases that are there needs no look at their texts. The triggers belong to the tables
``cases``, ``analyses`` and ``next_steps``: a later revision that rebuilds one of them must create
its triggers again.

Revision ID: 0005
Revises: 0004
"""

from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# The plus hides a column from all other indexes: only a query that says these very words is given
# one of these, and it is given no other.
BIN, DRAFT = "+deleted_at IS NOT NULL", "+deleted_at IS NULL AND +state = 'draft'"
UNREAD = "+deleted_at IS NULL AND +reviewed_at IS NULL"
SHOWN = ("level", "leading_class", "state", "blinded", "reviewed_at", "deleted_at")
NEWEST, RISK = ("created_at", "id"), ("risk_rank", "risk_score", "created_at", "id")


ADDED = (
    "INSERT INTO {table} ({columns}, cases) VALUES ({values}, 1)"
    " ON CONFLICT DO UPDATE SET cases = cases + 1;"
)
TAKEN = (
    "UPDATE {table} SET cases = cases - 1 WHERE ({columns}) = ({values});"
    " DELETE FROM {table} WHERE ({columns}) = ({values}) AND cases = 0;"
)
FILLED = (
    "INSERT INTO {table} ({columns}, cases) SELECT {values}, count(*)"
    " FROM cases WHERE {condition} GROUP BY {places}"
)


@dataclass(frozen=True)
class Counter:
    """Rows of ``cases`` for which ``condition`` holds, by ``keys``: column and expression.

    ``{row}`` stands for "new." or "old." in a trigger, and for nothing in a query.
    """

    table: str
    keys: Mapping[str, str]
    condition: str

    def added(self, row: str) -> str:
        """The statement that counts one more."""
        return ADDED.format(table=self.table, columns=self.columns, values=self.values(row))

    def taken(self, row: str) -> str:
        """The statements that count one less; what has come to nothing goes."""
        return TAKEN.format(table=self.table, columns=self.columns, values=self.values(row))

    def filled(self) -> str:
        """The statement that counts what is there."""
        return FILLED.format(
            table=self.table,
            columns=self.columns,
            values=self.values(""),
            condition=self.holds(""),
            places=", ".join(str(number + 1) for number in range(len(self.keys))),
        )

    @property
    def columns(self) -> str:
        """Names of the keys."""
        return ", ".join(self.keys)

    def values(self, row: str) -> str:
        """The keys of a row."""
        return ", ".join(value.format(row=row) for value in self.keys.values())

    def holds(self, row: str) -> str:
        """Whether a row is counted."""
        return f"({self.condition.format(row=row)})"


COUNTERS = (
    Counter(
        "case_counts",
        {
            "in_bin": "{row}deleted_at IS NOT NULL",
            "month": "substr({row}created_at, 1, 7)",
            "level": "{row}level",
            "leading_class": "coalesce({row}leading_class, '')",
            "blinded": "{row}blinded",
            "state": "{row}state",
            "reviewed": "{row}reviewed_at IS NOT NULL",
        },
        "1",
    ),
    Counter(
        "unread_counts",
        {
            "taken_by": "{row}taken_by",
            "risk_rank": "{row}risk_rank",
            "day": "substr({row}created_at, 1, 10)",
        },
        "{row}deleted_at IS NULL AND {row}reviewed_at IS NULL",
    ),
)

CURRENT = "SELECT id FROM analyses WHERE case_id = {row}id ORDER BY number DESC LIMIT 1"
EARLIER = (
    "SELECT id FROM analyses WHERE case_id = new.case_id AND number < new.number"
    " ORDER BY number DESC LIMIT 1"
)
MODEL_ADDED = (
    "INSERT INTO model_counts (name, version, cases)"
    " SELECT coalesce(model_name, ''), coalesce(model_version, ''), 1 FROM analyses"
    " WHERE id = ({which}) ON CONFLICT DO UPDATE SET cases = cases + 1;"
)
MODEL_TAKEN = (
    "UPDATE model_counts SET cases = cases - 1 WHERE (name, version) ="
    " (SELECT coalesce(model_name, ''), coalesce(model_version, '') FROM analyses"
    " WHERE id = ({which})); DELETE FROM model_counts WHERE cases = 0;"
)
MODEL_REPLACED = (
    "UPDATE model_counts SET cases = cases - 1 WHERE (name, version) ="
    " (coalesce(old.model_name, ''), coalesce(old.model_version, ''));"
    " DELETE FROM model_counts WHERE cases = 0;"
)
MODELS = (
    "INSERT INTO model_counts (name, version, cases)"
    " SELECT coalesce(model_name, ''), coalesce(model_version, ''), count(*)"
    " FROM cases JOIN analyses ON analyses.case_id = cases.id"
    " WHERE deleted_at IS NULL AND blinded = 0 AND number ="
    " (SELECT max(number) FROM analyses AS other WHERE other.case_id = cases.id)"
    " GROUP BY 1, 2"
)
OF_VISIBLE = (
    "EXISTS (SELECT 1 FROM cases WHERE id = new.case_id AND deleted_at IS NULL AND blinded = 0)"
)
IS_CURRENT = "new.number = (SELECT max(number) FROM analyses WHERE case_id = new.case_id)"

STEP_ADDED = (
    "INSERT INTO step_counts (kind, due, steps) VALUES (new.kind, new.due, 1)"
    " ON CONFLICT DO UPDATE SET steps = steps + 1;"
)
STEP_ENDED = (
    "UPDATE step_counts SET steps = steps - 1 WHERE (kind, due) = (new.kind, new.due);"
    " DELETE FROM step_counts WHERE (kind, due) = (new.kind, new.due) AND steps = 0;"
)
# All open steps of a case that goes into the bin or comes back.
STEPS_ADDED = (
    "INSERT INTO step_counts (kind, due, steps) SELECT kind, due, count(*) FROM next_steps"
    " WHERE case_id = old.id AND ended_at IS NULL GROUP BY kind, due"
    " ON CONFLICT DO UPDATE SET steps = steps + excluded.steps;"
)
STEPS_TAKEN = (
    "UPDATE step_counts SET steps = steps - (SELECT count(*) FROM next_steps"
    " WHERE case_id = old.id AND ended_at IS NULL"
    " AND kind = step_counts.kind AND due = step_counts.due)"
    " WHERE (kind, due) IN (SELECT kind, due FROM next_steps"
    " WHERE case_id = old.id AND ended_at IS NULL);"
    " DELETE FROM step_counts WHERE steps = 0 AND (kind, due) IN"
    " (SELECT kind, due FROM next_steps WHERE case_id = old.id AND ended_at IS NULL);"
)
STEPS = (
    "INSERT INTO step_counts (kind, due, steps) SELECT kind, due, count(*) FROM next_steps"
    " WHERE ended_at IS NULL AND case_id NOT IN"
    " (SELECT id FROM cases WHERE deleted_at IS NOT NULL) GROUP BY kind, due"
)
OUTSIDE_BIN = "EXISTS (SELECT 1 FROM cases WHERE id = new.case_id AND deleted_at IS NULL)"

DAY_WIDENED = (
    "INSERT INTO case_days (day, first_row, last_row)"
    " VALUES (substr(new.created_at, 1, 10), new.row_id, new.row_id)"
    " ON CONFLICT DO UPDATE SET first_row = min(first_row, excluded.first_row),"
    " last_row = max(last_row, excluded.last_row);"
)
WIDTHS = (
    "INSERT INTO case_days (day, first_row, last_row)"
    " SELECT substr(created_at, 1, 10), min(row_id), max(row_id) FROM cases GROUP BY 1"
)


def upgrade() -> None:
    """Create the counts, fill them, then the triggers and the indexes."""
    create_counts()
    for statement in (*(counter.filled() for counter in COUNTERS), MODELS, STEPS, WIDTHS):
        op.execute(statement)
    for counter in COUNTERS:
        watch(counter)
    watch_models()
    watch_steps()
    watch_days()
    index_cases()


def downgrade() -> None:
    """Refused."""
    raise NotImplementedError("the program before this revision is not supported; restore a backup")


def create_counts() -> None:
    """Small tables without row ids: the key is all there is."""
    counted(
        "case_counts",
        "cases",
        ("in_bin", sa.Boolean()),
        ("month", sa.String(7)),
        ("level", sa.String(16)),
        ("leading_class", sa.String(16)),
        ("blinded", sa.Boolean()),
        ("state", sa.String(16)),
        ("reviewed", sa.Boolean()),
    )
    counted(
        "unread_counts",
        "cases",
        ("taken_by", sa.Text()),
        ("risk_rank", sa.Integer()),
        ("day", sa.String(10)),
    )
    counted("model_counts", "cases", ("name", sa.Text()), ("version", sa.Text()))
    counted("step_counts", "steps", ("kind", sa.String(16)), ("due", sa.Date()))
    op.create_table(
        "case_days",
        sa.Column("day", sa.String(10), nullable=False),
        sa.Column("first_row", sa.Integer(), nullable=False),
        sa.Column("last_row", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", name="pk_case_days"),
        sqlite_with_rowid=False,
    )


def counted(name: str, what: str, *keys: tuple[str, sa.types.TypeEngine[object]]) -> None:
    """A table of counts by keys."""
    op.create_table(
        name,
        *(sa.Column(key, kind, nullable=False, autoincrement=False) for key, kind in keys),
        sa.Column(what, sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint(*(key for key, _ in keys), name=f"pk_{name}"),
        sqlite_with_rowid=False,
    )


def watch(counter: Counter) -> None:
    """Four triggers; a change that leaves the keys alone costs a comparison."""
    old, new = (f"{counter.holds(row)}, {counter.values(row)}" for row in ("old.", "new."))
    moved = f"({old}) IS NOT ({new})"
    for name, when, row, condition in (
        ("added", "INSERT", "new.", ""),
        ("erased", "DELETE", "old.", ""),
        ("left", "UPDATE", "old.", f" AND {moved}"),
        ("joined", "UPDATE", "new.", f" AND {moved}"),
    ):
        count = counter.taken if row == "old." else counter.added
        trigger(
            f"{counter.table}_{name}",
            f"AFTER {when} ON cases",
            f"{counter.holds(row)}{condition}",
            count(row),
        )


def watch_models() -> None:
    """Of each case outside the bin that is not withheld, the model of its newest analysis."""
    seen = {row: f"({row}deleted_at IS NULL AND {row}blinded = 0)" for row in ("old.", "new.")}
    trigger(
        "model_counts_added",
        "AFTER INSERT ON analyses",
        f"{OF_VISIBLE} AND {IS_CURRENT}",
        MODEL_TAKEN.format(which=EARLIER) + MODEL_ADDED.format(which="new.id"),
    )
    changed = "(old.model_name, old.model_version) IS NOT (new.model_name, new.model_version)"
    trigger(
        "model_counts_changed",
        "AFTER UPDATE ON analyses",
        f"{changed} AND {OF_VISIBLE} AND {IS_CURRENT}",
        MODEL_REPLACED + MODEL_ADDED.format(which="new.id"),
    )
    for name, when, condition, count in (
        ("shown", "AFTER UPDATE", f"{seen['new.']} AND NOT {seen['old.']}", MODEL_ADDED),
        ("hidden", "AFTER UPDATE", f"{seen['old.']} AND NOT {seen['new.']}", MODEL_TAKEN),
        ("erased", "BEFORE DELETE", seen["old."], MODEL_TAKEN),
    ):
        which = CURRENT.format(row="old.")
        trigger(f"model_counts_{name}", f"{when} ON cases", condition, count.format(which=which))


def watch_steps() -> None:
    """Open steps of cases outside the bin; a step that is erased goes with its case."""
    ended = "old.ended_at IS NULL AND new.ended_at IS NOT NULL"
    binned = "old.deleted_at IS NULL AND new.deleted_at IS NOT NULL"
    restored = "new.deleted_at IS NULL AND old.deleted_at IS NOT NULL"
    for name, event, condition, statements in (
        ("added", "AFTER INSERT ON next_steps", "new.ended_at IS NULL", STEP_ADDED),
        ("ended", "AFTER UPDATE ON next_steps", ended, STEP_ENDED),
    ):
        trigger(f"step_counts_{name}", event, f"{condition} AND {OUTSIDE_BIN}", statements)
    for name, event, condition, statements in (
        ("binned", "AFTER UPDATE ON cases", binned, STEPS_TAKEN),
        ("restored", "AFTER UPDATE ON cases", restored, STEPS_ADDED),
        ("erased", "BEFORE DELETE ON cases", "old.deleted_at IS NULL", STEPS_TAKEN),
    ):
        trigger(f"step_counts_{name}", event, condition, statements)


def watch_days() -> None:
    """First and last row of a day; they may lie wider than what is left after an erasure."""
    trigger("case_days_added", "AFTER INSERT ON cases", "1", DAY_WIDENED)
    moved = "new.created_at <> old.created_at"
    trigger("case_days_moved", "AFTER UPDATE ON cases", moved, DAY_WIDENED)


def trigger(name: str, event: str, condition: str, statements: str) -> None:
    """A trigger."""
    op.execute(f"CREATE TRIGGER {name} {event} WHEN {condition} BEGIN {statements} END")


def index_cases() -> None:
    """Each rare part of the list in both orders, and the leading class by risk."""
    for name, condition in (("bin", BIN), ("drafts", DRAFT), ("unread", UNREAD)):
        where = sa.text(condition)
        for order, columns in (("newest", NEWEST), ("risk", RISK)):
            op.create_index(
                f"ix_cases_{order}_{name}", "cases", [*columns, *SHOWN], sqlite_where=where
            )
    columns = ["deleted_at", "leading_class", *RISK, "level", "state", "blinded", "reviewed_at"]
    op.create_index("ix_cases_risk_class", "cases", columns)
    # The lines of a reference outside the bin, counted without a look at the table.
    op.drop_index("ix_cases_patient", "cases")
    op.create_index("ix_cases_patient", "cases", ["patient_key", *NEWEST, "deleted_at"])
