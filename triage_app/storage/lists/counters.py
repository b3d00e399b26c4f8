"""What the kept counts must be: checking them against the cases, and counting anew.

Both read all cases. The triggers that keep the counts are the migration's.
"""

from collections.abc import Mapping, Sequence

from sqlalchemy import text
from sqlalchemy.orm import Session

EXPECTED: Mapping[str, str] = {
    "case_counts": (
        "SELECT deleted_at IS NOT NULL, substr(created_at, 1, 7), level,"
        " coalesce(leading_class, ''), blinded, state, reviewed_at IS NOT NULL, count(*)"
        " FROM cases GROUP BY 1, 2, 3, 4, 5, 6, 7"
    ),
    "unread_counts": (
        "SELECT taken_by, risk_rank, substr(created_at, 1, 10), count(*) FROM cases"
        " WHERE deleted_at IS NULL AND reviewed_at IS NULL GROUP BY 1, 2, 3"
    ),
    "model_counts": (
        "SELECT coalesce(model_name, ''), coalesce(model_version, ''), count(*)"
        " FROM cases JOIN analyses ON analyses.case_id = cases.id"
        " WHERE deleted_at IS NULL AND blinded = 0 AND number ="
        " (SELECT max(number) FROM analyses AS other WHERE other.case_id = cases.id)"
        " GROUP BY 1, 2"
    ),
    "step_counts": (
        "SELECT kind, due, count(*) FROM next_steps WHERE ended_at IS NULL AND case_id NOT IN"
        " (SELECT id FROM cases WHERE deleted_at IS NOT NULL) GROUP BY 1, 2"
    ),
    "case_days": (
        "SELECT substr(created_at, 1, 10), min(row_id), max(row_id) FROM cases GROUP BY 1"
    ),
}
"""For each table its rows, the columns in its order."""

_WRONG = (
    "SELECT EXISTS (SELECT * FROM {table} EXCEPT {expected})"
    " OR EXISTS ({expected} EXCEPT SELECT * FROM {table})"
)
# A day's bounds stay as they are when its first case is erased; too narrow they must not be.
_NARROW = (
    "SELECT EXISTS (SELECT 1 FROM cases LEFT JOIN case_days ON day = substr(created_at, 1, 10)"
    " WHERE day IS NULL OR row_id NOT BETWEEN first_row AND last_row)"
)

_CLEARED, _FILLED = "DELETE FROM {table}", "INSERT INTO {table} {expected}"


def miscounted(session: Session) -> Sequence[str]:
    """Names of the tables whose counts are not those of the cases."""
    questions = {
        table: _WRONG.format(table=table, expected=expected) for table, expected in EXPECTED.items()
    }
    questions["case_days"] = _NARROW
    return [table for table, sql in questions.items() if session.scalar(text(sql))]


def recount(session: Session) -> None:
    """Count anew; to be called with the write lock held."""
    for table, expected in EXPECTED.items():
        session.execute(text(_CLEARED.format(table=table)))
        session.execute(text(_FILLED.format(table=table, expected=expected)))
