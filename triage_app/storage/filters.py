"""What a list is narrowed to, as conditions on ``cases``."""

from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import ColumnElement, Integer, and_, column, false, func, select, table
from sqlalchemy.orm import InstrumentedAttribute

from triage_app.domain.case import CaseFilter
from triage_app.storage.folding import (
    LIKE_ESCAPE,
    TRIGRAM,
    can_occur,
    fold,
    like_pattern,
    phrase,
    prefix_range,
)
from triage_app.storage.schema import CaseRow

LONGEST_PHRASE = 64
"""The index looks up every character; more of them cost time and hardly narrow further."""

Conditions = list[ColumnElement[bool]]


def conditions(wanted: CaseFilter) -> Conditions:
    """Every part that is given narrows the list."""
    deleted = CaseRow.deleted_at
    given: Conditions = [deleted.is_not(None) if wanted.in_bin else deleted.is_(None)]
    if wanted.levels:
        given.append(CaseRow.level.in_(sorted(wanted.levels)))
        # What is withheld is of no level; of no class it is anyway, as nothing is stored of it.
        given.append(CaseRow.blinded == false())
    if wanted.finding_class is not None:
        given.append(CaseRow.leading_class == wanted.finding_class)
    if wanted.state is not None:
        given.append(CaseRow.state == wanted.state)
    if wanted.batch_id is not None:
        given.append(_equal(CaseRow.batch_id, wanted.batch_id))
    if wanted.uploaded_by:
        given.append(_equal(CaseRow.uploaded_by, wanted.uploaded_by))
    if wanted.lesion_id:
        given.append(_equal(CaseRow.lesion_id, wanted.lesion_id))
    if wanted.reviewed is not None:
        reviewed = CaseRow.reviewed_at
        given.append(reviewed.is_not(None) if wanted.reviewed else reviewed.is_(None))
    if wanted.date_from is not None:
        given.append(CaseRow.created_at >= _midnight(wanted.date_from))
    if wanted.date_to is not None and wanted.date_to < date.max:
        given.append(CaseRow.created_at < _midnight(wanted.date_to + timedelta(days=1)))
    if wanted.patient_reference:
        given.append(_reference_begins(wanted.patient_reference))
    if wanted.text:
        given.append(_text_holds(wanted.text))
    return given


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=UTC)


def _equal(
    where: InstrumentedAttribute[str] | InstrumentedAttribute[str | None], text: str
) -> ColumnElement[bool]:
    return where == text if can_occur(text) else false()


def _reference_begins(typed: str) -> ColumnElement[bool]:
    if not can_occur(typed):
        return false()
    return CaseRow.patient_key.between(*prefix_range(fold(typed)))


def _text_holds(typed: str) -> ColumnElement[bool]:
    """Substring search; what is too short for the trigram index is looked for in each note."""
    if not can_occur(typed):
        return false()
    needle = fold(typed)
    if len(needle) < TRIGRAM:
        return CaseRow.search_text.like(like_pattern(needle), escape=LIKE_ESCAPE)
    found = select(column("rowid", Integer)).select_from(table("case_text"))
    start = phrase(needle[:LONGEST_PHRASE])
    holds: ColumnElement[bool] = CaseRow.row_id.in_(
        found.where(column("search_text").op("MATCH")(start))
    )
    if len(needle) > LONGEST_PHRASE:
        holds = and_(holds, func.instr(CaseRow.search_text, needle) > 0)
    return holds
