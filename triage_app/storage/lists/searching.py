"""Search results newest first, without reading all of them.

The full-text index gives matches in the order of storing, which is nearly that of time. So the
newest stored matches are looked at first, to learn how far back in time they reach; then, of all
rows that can be as new as that, the newest by time. What was stored late, or in another order
altogether, is found all the same: ``case_days`` knows between which rows the cases of a day lie.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Integer, Row, Select, String, column, func, select, table
from sqlalchemy.orm import Session

from triage_app.storage.schema.cases import CaseRow
from triage_app.storage.schema.counts import CaseDayRow

Line = Row[*tuple[Any, ...]]
Conditions = Sequence[ColumnElement[bool]]

_ROW = column("rowid", Integer)


def holding(phrase: str, *bounds: ColumnElement[bool]) -> Select[Any]:
    """Rows of the cases whose texts hold a phrase; ``bounds`` of ``rowid``."""
    found = select(_ROW).select_from(table("case_text"))
    return found.where(column("search_text", String).op("MATCH")(phrase), *bounds)


def matching(
    phrase: str, where: Conditions, *bounds: ColumnElement[bool], backwards: bool = False
) -> Select[Any]:
    """Times of the cases that hold a phrase, one by one in the order of storing, last first."""
    found = holding(phrase, *bounds).subquery()
    query = select(CaseRow.created_at).select_from(found)
    query = query.join(CaseRow, CaseRow.row_id == found.c.rowid).where(*where)
    return query.order_by(found.c.rowid.asc() if backwards else found.c.rowid.desc())


@dataclass(frozen=True)
class Walk:
    """Lines of all cases that hold ``phrase`` and meet ``where``, from the newest on, or from the
    oldest on when ``backwards``."""

    session: Session
    phrase: str
    where: Conditions
    backwards: bool

    def lines(
        self, query: Select[*tuple[Any, ...]], after: datetime | None, size: int
    ) -> Sequence[Line]:
        """The first ``size`` lines of ``query``, an ordered one with the same conditions; they name
        the time ``after`` which to begin, too."""
        bounds = [] if after is None else [self._reach(after, beyond=True)]
        times = self._times(bounds, size)
        if len(times) == size:
            created = CaseRow.created_at
            end = max(times) if self.backwards else min(times)
            query = query.where(created <= end if self.backwards else created >= end)
            bounds.append(self._reach(end, beyond=False))
        query = query.where(CaseRow.row_id.in_(holding(self.phrase, *bounds)))
        return self.session.execute(query).all()

    def _times(self, bounds: Conditions, size: int) -> Sequence[datetime]:
        """Of the matches that were stored last, or first."""
        query = matching(self.phrase, self.where, *bounds, backwards=self.backwards)
        return self.session.scalars(query.limit(size)).all()

    def _reach(self, time: datetime, *, beyond: bool) -> ColumnElement[bool]:
        """Rows that the cases of a day can have, and of those on its near or its far side."""
        day = f"{time.astimezone(UTC):%Y-%m-%d}"
        if beyond == self.backwards:
            first = select(func.min(CaseDayRow.first_row)).where(CaseDayRow.day >= day)
            return first.scalar_subquery() <= _ROW
        last = select(func.max(CaseDayRow.last_row)).where(CaseDayRow.day <= day)
        return last.scalar_subquery() >= _ROW
