"""Counts of cases, without patients, from those that triggers keep."""

from sqlalchemy import ColumnElement, false, func, select, true
from sqlalchemy.orm import Session

from triage_app.domain.case import CaseState
from triage_app.domain.site import SiteCounts
from triage_app.storage.schema_counts import CaseCountRow, ModelCountRow

WITHHELD = "withheld"


def count_cases(session: Session) -> SiteCounts:
    """Cases by month (UTC) and level, and by model version.

    Models are named "name version"; cases that no model judged count under "". Cases whose findings
    are withheld count under "withheld" in both: that no model judged is a finding too.
    """
    outside = CaseCountRow.in_bin == false()
    return SiteCounts(
        by_month=_by_month(session, outside),
        by_model=_by_model(session, outside),
        drafts=_sum(session, outside, CaseCountRow.state == CaseState.DRAFT),
        in_bin=_sum(session, CaseCountRow.in_bin == true()),
    )


def _sum(session: Session, *which: ColumnElement[bool]) -> int:
    counted = func.coalesce(func.sum(CaseCountRow.cases), 0)
    return session.scalars(select(counted).where(*which)).one()


def _by_month(session: Session, which: ColumnElement[bool]) -> dict[str, dict[str, int]]:
    parts = (CaseCountRow.month, CaseCountRow.level, CaseCountRow.blinded)
    query = select(*parts, func.sum(CaseCountRow.cases).label("cases")).where(which)
    counted: dict[str, dict[str, int]] = {}
    for name, level, blinded, cases in session.execute(query.group_by(*parts).order_by(*parts)):
        counted.setdefault(name, {})[WITHHELD if blinded else level] = cases
    return counted


def _by_model(session: Session, which: ColumnElement[bool]) -> dict[str, int]:
    query = select(ModelCountRow).order_by(ModelCountRow.name, ModelCountRow.version)
    models = {
        f"{row.name} {row.version}" if row.name else "": row.cases
        for row in session.scalars(query.execution_options(populate_existing=True))
    }
    withheld = _sum(session, which, CaseCountRow.blinded == true())
    return {**models, WITHHELD: withheld} if withheld else models
