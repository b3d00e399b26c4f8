"""Counts of cases, without patients."""

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session, aliased

from triage_app.domain.case import CaseState
from triage_app.domain.site import SiteCounts
from triage_app.storage.schema import AnalysisRow, CaseRow


def count_cases(session: Session) -> SiteCounts:
    """Cases by month (UTC) and level, and by model version.

    Models are named "name version"; cases that no model judged count under "".
    """
    outside = CaseRow.deleted_at.is_(None)
    return SiteCounts(
        by_month=_by_month(session, outside),
        by_model=_by_model(session, outside),
        drafts=_count(session, and_(outside, CaseRow.state == CaseState.DRAFT)),
        in_bin=_count(session, CaseRow.deleted_at.is_not(None)),
    )


def _count(session: Session, which: ColumnElement[bool]) -> int:
    return session.scalars(select(func.count()).select_from(CaseRow).where(which)).one()


def _by_month(session: Session, which: ColumnElement[bool]) -> dict[str, dict[str, int]]:
    month = func.strftime("%Y-%m", CaseRow.created_at).label("month")
    query = (
        select(month, CaseRow.level, func.count().label("cases"))
        .where(which)
        .group_by(month, CaseRow.level)
        .order_by(month, CaseRow.level)
    )
    counted: dict[str, dict[str, int]] = {}
    for name, level, cases in session.execute(query):
        counted.setdefault(name, {})[level] = cases
    return counted


def _by_model(session: Session, which: ColumnElement[bool]) -> dict[str, int]:
    other = aliased(AnalysisRow)
    current = select(func.max(other.number)).where(other.case_id == CaseRow.id).scalar_subquery()
    query = (
        select(AnalysisRow.model_name, AnalysisRow.model_version, func.count().label("cases"))
        .join(CaseRow, CaseRow.id == AnalysisRow.case_id)
        .where(which, AnalysisRow.number == current)
        .group_by(AnalysisRow.model_name, AnalysisRow.model_version)
    )
    return {
        "" if name is None else f"{name} {version}": cases
        for name, version, cases in session.execute(query)
    }
