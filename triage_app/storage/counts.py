"""Counts of cases, without patients."""

from sqlalchemy import ColumnElement, and_, false, func, select, true
from sqlalchemy.orm import Session, aliased

from triage_app.domain.case import CaseState
from triage_app.domain.site import SiteCounts
from triage_app.storage.schema import AnalysisRow, CaseRow

WITHHELD = "withheld"


def count_cases(session: Session) -> SiteCounts:
    """Cases by month (UTC) and level, and by model version.

    Models are named "name version"; cases that no model judged count under "". Cases whose findings
    are withheld count under "withheld" in both: that no model judged is a finding too.
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
    parts = (month, CaseRow.level, CaseRow.blinded)
    query = select(*parts, func.count().label("cases")).where(which)
    counted: dict[str, dict[str, int]] = {}
    for name, level, blinded, cases in session.execute(query.group_by(*parts).order_by(*parts)):
        counted.setdefault(name, {})[WITHHELD if blinded else level] = cases
    return counted


def _by_model(session: Session, which: ColumnElement[bool]) -> dict[str, int]:
    other = aliased(AnalysisRow)
    current = select(func.max(other.number)).where(other.case_id == CaseRow.id).scalar_subquery()
    query = (
        select(AnalysisRow.model_name, AnalysisRow.model_version, func.count().label("cases"))
        .join(CaseRow, CaseRow.id == AnalysisRow.case_id)
        .where(which, CaseRow.blinded == false(), AnalysisRow.number == current)
        .group_by(AnalysisRow.model_name, AnalysisRow.model_version)
    )
    models = {
        "" if name is None else f"{name} {version}": cases
        for name, version, cases in session.execute(query)
    }
    withheld = _count(session, and_(which, CaseRow.blinded == true()))
    return {**models, WITHHELD: withheld} if withheld else models
