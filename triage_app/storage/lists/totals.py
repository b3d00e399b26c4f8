"""How many cases match, from the counts that triggers keep by month of UTC."""

from dataclasses import replace
from datetime import MAXYEAR, UTC, date, datetime, timedelta

from sqlalchemy import ColumnElement, false, func, select
from sqlalchemy.orm import Session

from triage_app.domain.calendar import month_of
from triage_app.domain.case import CaseFilter
from triage_app.storage.lists.filters import conditions
from triage_app.storage.schema.cases import CaseRow
from triage_app.storage.schema.counts import CaseCountRow

_SHORT = timedelta(microseconds=1)


def without_typed(wanted: CaseFilter) -> CaseFilter:
    """That part of a filter of which the kept counts know."""
    return replace(
        wanted, patient_reference="", text="", uploaded_by="", lesion_id="", batch_id=None
    )


def count_kept(session: Session, wanted: CaseFilter) -> int:
    """Exactly how many match: whole months from the counts, what lies around them one by one."""
    start, end = _stretch(wanted)
    if start is not None and end is not None and start >= end:
        return 0
    if start is not None and start.year == MAXYEAR:  # no month can follow
        return _one_by_one(session, wanted, start, end)
    first = None if start is None else _month_from(start)
    last = None if end is None else _month_of(end)
    if first is not None and last is not None and first >= last:
        return _one_by_one(session, wanted, start, end)
    counted = _in_months(session, wanted, first, None if last is None else last - _SHORT)
    if start != first:
        counted += _one_by_one(session, wanted, start, first)
    if end != last:
        counted += _one_by_one(session, wanted, last, end)
    return counted


def count_about(session: Session, wanted: CaseFilter) -> int:
    """At least as many as match, at most those of all months that the days lie in."""
    return _in_months(session, wanted, *_stretch(wanted))


def _stretch(wanted: CaseFilter) -> tuple[datetime | None, datetime | None]:
    """From when on and before when, in UTC; None where it is open."""
    first, last = wanted.date_from, wanted.date_to
    start = None if first is None else wanted.zone.start_of(first)
    if last is None or last == date.max:
        return start, None
    return start, wanted.zone.start_of(last + timedelta(days=1))


def _in_months(
    session: Session, wanted: CaseFilter, first: datetime | None, last: datetime | None
) -> int:
    """All of the months from the one of ``first`` to the one of ``last``."""
    kept = CaseCountRow
    given: list[ColumnElement[bool]] = [kept.in_bin == wanted.in_bin]
    if wanted.levels:
        given += [kept.level.in_(sorted(wanted.levels)), kept.blinded == false()]
    if wanted.finding_class is not None:
        given.append(kept.leading_class == wanted.finding_class)
    if wanted.state is not None:
        given.append(kept.state == wanted.state)
    if wanted.reviewed is not None:
        given.append(kept.reviewed == wanted.reviewed)
    if first is not None:
        given.append(kept.month >= month_of(first))
    if last is not None:
        given.append(kept.month <= month_of(last))
    return session.scalars(select(func.coalesce(func.sum(kept.cases), 0)).where(*given)).one()


def _one_by_one(
    session: Session, wanted: CaseFilter, start: datetime | None, end: datetime | None
) -> int:
    some = conditions(replace(wanted, date_from=None, date_to=None))
    if start is not None:
        some.append(CaseRow.created_at >= start)
    if end is not None:
        some.append(CaseRow.created_at < end)
    return session.scalars(select(func.count()).select_from(CaseRow).where(*some)).one()


def _month_of(instant: datetime) -> datetime:
    """The beginning of its month in UTC."""
    return datetime(instant.year, instant.month, 1, tzinfo=UTC)


def _month_from(instant: datetime) -> datetime:
    """The same, or of the next month for what lies behind the beginning."""
    begun = _month_of(instant)
    return begun if begun == instant else _month_of(begun + timedelta(days=31))
