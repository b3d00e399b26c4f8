"""Open next steps by the day on which they are due."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import Row, case, func, select
from sqlalchemy.orm import Session

from triage_app.domain.files import FileKind
from triage_app.domain.reading import StepKind
from triage_app.domain.worklist import DueItem
from triage_app.storage.lists.listing import files_shown
from triage_app.storage.records.cases import reading_records
from triage_app.storage.schema.cases import CaseRow
from triage_app.storage.schema.counts import StepCountRow
from triage_app.storage.schema.loop import LetterRow, NextStepRow

Line = Row[*tuple[Any, ...]]


def due_items(
    session: Session, kinds: frozenset[StepKind], owner: str, before: date | None, size: int
) -> Sequence[DueItem]:
    """At most ``size`` open steps of cases outside the bin, by due day.

    Each kind comes in order from an index, so each is asked apart.
    """
    lines: list[Line] = []
    for kind in sorted(kinds):
        lines += _of_kind(session, kind, owner, before, size)
    lines.sort(key=lambda line: (line.due, line.step_id))
    return _items(session, lines[:size])


def count_steps(session: Session, today: date) -> tuple[dict[StepKind, int], dict[StepKind, int]]:
    """Open steps of cases outside the bin by kind, and those of them after their day; from the
    counts that triggers keep by day."""
    kept = StepCountRow
    late = func.sum(case((kept.due < today, kept.steps), else_=0))
    query = select(kept.kind, func.sum(kept.steps).label("open"), late.label("late"))
    found = session.execute(query.group_by(kept.kind)).all()
    with reading_records():
        opened = {StepKind(line.kind): line.open for line in found}
        return (
            {kind: opened.get(kind, 0) for kind in StepKind},
            dict.fromkeys(StepKind, 0) | {StepKind(line.kind): line.late for line in found},
        )


def _of_kind(
    session: Session, kind: StepKind, owner: str, before: date | None, size: int
) -> Sequence[Line]:
    query = (
        select(
            NextStepRow.id.label("step_id"),
            NextStepRow.kind,
            NextStepRow.owner,
            NextStepRow.due,
            CaseRow.id,
            CaseRow.version,
            CaseRow.patient_reference,
            CaseRow.lesion_label,
        )
        .join(CaseRow, CaseRow.id == NextStepRow.case_id)
        .where(NextStepRow.ended_at.is_(None), NextStepRow.kind == kind)
        .where(CaseRow.deleted_at.is_(None))
        .order_by(NextStepRow.due, NextStepRow.id)
        .limit(size)
    )
    if owner:
        query = query.where(NextStepRow.owner == owner)
    if before is not None:
        query = query.where(NextStepRow.due < before)
    return session.execute(query).all()


def _items(session: Session, lines: Sequence[Line]) -> Sequence[DueItem]:
    if not lines:
        return []
    case_ids = [line.id for line in lines]
    files, letters = files_shown(session, case_ids), _newest_letters(session, case_ids)
    with reading_records():
        return [
            DueItem(
                step_id=line.step_id,
                case_id=line.id,
                version=line.version,
                kind=StepKind(line.kind),
                owner=line.owner,
                due=line.due,
                patient_reference=line.patient_reference,
                lesion_label=line.lesion_label,
                has_thumbnail=FileKind.THUMBNAIL in files.get(line.id, {}),
                letter_id=letters.get(line.id, ""),
            )
            for line in lines
        ]


def _newest_letters(session: Session, case_ids: Sequence[str]) -> dict[str, str]:
    query = select(LetterRow.case_id, LetterRow.id).where(LetterRow.case_id.in_(case_ids))
    rows = session.execute(query.order_by(LetterRow.case_id, LetterRow.number))
    return {row.case_id: row.id for row in rows}
