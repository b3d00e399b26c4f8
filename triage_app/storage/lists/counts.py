"""Counts of cases, without patients, from those that triggers keep.

These are kept by month of UTC, whatever the zone of the site, so that it can be changed. The months
of a zone begin some hours earlier or later: the cases of these hours are counted one by one.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime

from sqlalchemy import ColumnElement, false, func, select, true
from sqlalchemy.orm import Session

from triage_app.domain.calendar import Zone, add_months, first_of, month_of
from triage_app.domain.case import CaseState
from triage_app.domain.site import SiteCounts
from triage_app.storage.schema.cases import CaseRow
from triage_app.storage.schema.counts import CaseCountRow, ModelCountRow

WITHHELD = "withheld"
ByMonth = dict[str, dict[str, int]]


def count_cases(session: Session, zone: Zone) -> SiteCounts:
    """Cases by month of ``zone`` and level, and by model version.

    Models are named "name version"; cases that no model judged count under "". Cases whose findings
    are withheld count under "withheld" in both: that no model judged is a finding too.
    """
    outside = CaseCountRow.in_bin == false()
    return SiteCounts(
        by_month=_in_zone(session, _by_month(session, outside), zone),
        by_model=_by_model(session, outside),
        drafts=_sum(session, outside, CaseCountRow.state == CaseState.DRAFT),
        in_bin=_sum(session, CaseCountRow.in_bin == true()),
    )


def _sum(session: Session, *which: ColumnElement[bool]) -> int:
    counted = func.coalesce(func.sum(CaseCountRow.cases), 0)
    return session.scalars(select(counted).where(*which)).one()


def _by_month(session: Session, which: ColumnElement[bool]) -> ByMonth:
    parts = (CaseCountRow.month, CaseCountRow.level, CaseCountRow.blinded)
    query = select(*parts, func.sum(CaseCountRow.cases).label("cases")).where(which)
    counted: ByMonth = {}
    for name, level, blinded, cases in session.execute(query.group_by(*parts).order_by(*parts)):
        counted.setdefault(name, {})[WITHHELD if blinded else level] = cases
    return counted


def _in_zone(session: Session, kept: ByMonth, zone: Zone) -> ByMonth:
    """The counts with what lies between a month's beginning in UTC and in the zone moved over."""
    begun = {month for name in kept for month in _edges(first_of(name))}
    moved = {month: dict(levels) for month, levels in kept.items()}
    for first in sorted(begun):
        here = zone.start_of(first)
        there = datetime(first.year, first.month, 1, tzinfo=UTC)
        before, after = month_of(add_months(first, -1)), month_of(first)
        of, to = (before, after) if here < there else (after, before)
        for level, cases in _between(session, min(here, there), max(here, there)):
            for month, more in ((of, -cases), (to, cases)):
                counted = moved.setdefault(month, {})
                counted[level] = counted.get(level, 0) + more
    there_are = {m: {n: c for n, c in levels.items() if c} for m, levels in moved.items()}
    return {month: there_are[month] for month in sorted(there_are) if there_are[month]}


def _edges(first: date) -> tuple[date, date]:
    """Where a month begins and the next one does."""
    return first, add_months(first, 1)


def _between(session: Session, start: datetime, end: datetime) -> Iterator[tuple[str, int]]:
    if start == end:
        return
    parts = (CaseRow.level, CaseRow.blinded)
    query = select(*parts, func.count()).where(
        CaseRow.deleted_at.is_(None), CaseRow.created_at >= start, CaseRow.created_at < end
    )
    for level, blinded, cases in session.execute(query.group_by(*parts)):
        yield WITHHELD if blinded else level, cases


def _by_model(session: Session, which: ColumnElement[bool]) -> dict[str, int]:
    query = select(ModelCountRow).order_by(ModelCountRow.name, ModelCountRow.version)
    models = {
        f"{row.name} {row.version}" if row.name else "": row.cases
        for row in session.scalars(query.execution_options(populate_existing=True))
    }
    withheld = _sum(session, which, CaseCountRow.blinded == true())
    return {**models, WITHHELD: withheld} if withheld else models
