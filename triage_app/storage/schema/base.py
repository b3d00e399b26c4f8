"""What all tables share: names of constraints, how times are kept, and how rows are added."""

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    JSON,
    DateTime,
    Dialect,
    Double,
    Insert,
    MetaData,
    Table,
    TypeDecorator,
    insert,
    inspect,
)
from sqlalchemy.orm import DeclarativeBase, Session

Values = dict[str, Any]
"""Columns of a row by name."""

NAMING_CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_name)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(TypeDecorator[datetime]):
    """A point in time, kept in UTC to the microsecond and read back with its time zone.

    Stored as text that sorts like the time itself. A time without zone raises ValueError: guessing
    one would move a case by hours.
    """

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        """To UTC, without zone, as the column holds it."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a stored time needs a time zone")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        """With the zone that the column implies."""
        return None if value is None else value.replace(tzinfo=UTC)


class Base(DeclarativeBase):
    """Root of the models; named constraints let later migrations change them."""

    metadata = MetaData(naming_convention=NAMING_CONVENTION)
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy declares it as a plain mapping
        datetime: UtcDateTime(),
        float: Double(),
        dict[str, Any]: JSON(),
        list[Any]: JSON(),
    }


def table_of(model: type[Base]) -> Table:
    """The table of a model."""
    table: Any = inspect(model).local_table
    assert isinstance(table, Table)
    return table


def add_rows(session: Session, model: type[Base], rows: Iterable[Values]) -> None:
    """Insert rows, all with the same columns, in the session's transaction.

    Past the session, which would take three times as long: it builds and compares a statement anew
    for each row.
    """
    some = list(rows)
    if some:
        session.connection().execute(_insertion(model), some)


@cache
def _insertion(model: type[Base]) -> Insert:
    return insert(table_of(model))
