"""How many cases match, from the counts that triggers keep by month."""

from dataclasses import replace
from datetime import date, timedelta

from sqlalchemy import ColumnElement, false, func, select
from sqlalchemy.orm import Session

from triage_app.domain.case import CaseFilter
from triage_app.storage.filters import conditions
from triage_app.storage.schema import CaseRow
from triage_app.storage.schema_counts import CaseCountRow


def without_typed(wanted: CaseFilter) -> CaseFilter:
    """That part of a filter of which the kept counts know."""
    return replace(
        wanted, patient_reference="", text="", uploaded_by="", lesion_id="", batch_id=None
    )


def count_kept(session: Session, wanted: CaseFilter) -> int:
    """Exactly how many match: whole months from the counts, days of others one by one."""
    first, last = wanted.date_from, wanted.date_to
    if last == date.max:
        last = None
    if first is None and last is None:
        return _in_months(session, wanted, None, None)
    if first is not None and last is not None:
        if first > last:
            return 0
        if _month(first) == _month(last):
            return _one_by_one(session, wanted, first, last)
    counted = 0
    if first is not None and first.day > 1:
        counted += _one_by_one(session, wanted, first, _next_month(first) - timedelta(days=1))
        first = _next_month(first)
    if last is not None and (last + timedelta(days=1)).day > 1:
        counted += _one_by_one(session, wanted, last.replace(day=1), last)
        last = last.replace(day=1) - timedelta(days=1)
    return counted + _in_months(session, wanted, first, last)


def count_about(session: Session, wanted: CaseFilter) -> int:
    """At least as many as match, at most those of all months that the days lie in."""
    return _in_months(session, wanted, wanted.date_from, wanted.date_to)


def _in_months(session: Session, wanted: CaseFilter, first: date | None, last: date | None) -> int:
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
        given.append(kept.month >= _month(first))
    if last is not None:
        given.append(kept.month <= _month(last))
    return session.scalars(select(func.coalesce(func.sum(kept.cases), 0)).where(*given)).one()


def _one_by_one(session: Session, wanted: CaseFilter, first: date, last: date) -> int:
    some = conditions(replace(wanted, date_from=first, date_to=last))
    return session.scalars(select(func.count()).select_from(CaseRow).where(*some)).one()


def _month(day: date) -> str:
    return day.isoformat()[:7]


def _next_month(day: date) -> date:
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1)
