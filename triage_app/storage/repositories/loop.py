"""Reading and storing what clinicians made of a case."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any, TypeVar

from sqlalchemy import Select, bindparam, select, update
from sqlalchemy.orm import Session

from triage_app.domain.case import Case
from triage_app.domain.files import StoredFile
from triage_app.domain.outcome import Outcome
from triage_app.domain.reading import NextStep
from triage_app.storage.records.loop import (
    Line,
    Loop,
    impression_from_row,
    impression_values,
    letter_from_row,
    letter_values,
    move_from_row,
    move_values,
    outcome_changes,
    outcome_from_row,
    outcome_values,
    step_changes,
    step_from_row,
    step_values,
    verdict_from_row,
    verdict_values,
)
from triage_app.storage.schema.base import Base, Values, add_rows, table_of
from triage_app.storage.schema.loop import (
    ImpressionRow,
    LetterRow,
    MoveRow,
    NextStepRow,
    OutcomeRow,
    VerdictRow,
)

NOTHING = Loop()

_T = TypeVar("_T")


def load_loop(
    session: Session, case_id: str, files: Mapping[str, StoredFile], *, reviewed: bool
) -> Loop:
    """All of a case's loop; ``files`` are those of the case by id.

    Without a verdict (``reviewed``) there are neither next steps nor letters, so nobody asks.
    """
    some = Loop(
        moves=tuple(map(move_from_row, _rows(session, MoveRow, case_id))),
        impressions=tuple(map(impression_from_row, _rows(session, ImpressionRow, case_id))),
        outcomes=tuple(outcome_from_row(r, files) for r in _rows(session, OutcomeRow, case_id)),
    )
    if not reviewed:
        return some
    return replace(
        some,
        verdicts=tuple(map(verdict_from_row, _rows(session, VerdictRow, case_id))),
        next_steps=tuple(map(step_from_row, _rows(session, NextStepRow, case_id))),
        letters=tuple(letter_from_row(r, files) for r in _rows(session, LetterRow, case_id)),
    )


def store_loop(session: Session, case: Case, stored: Loop) -> None:
    """Add what ``case`` has beyond ``stored``, end its steps, attach documents, withdraw outcomes.

    Raises ValueError when anything else of what is stored would change: it stays as recorded. The
    files that are named must be stored before.
    """
    adding = _Adding(session, case.id)
    adding.beyond(stored.moves, case.moves, MoveRow, move_values)
    adding.beyond(stored.impressions, case.impressions, ImpressionRow, impression_values)
    adding.beyond(stored.verdicts, case.verdicts, VerdictRow, verdict_values)
    steps = _kept(stored.next_steps, case.next_steps, _end_step, session)
    adding.beyond(steps, case.next_steps, NextStepRow, step_values)
    outcomes = _kept(stored.outcomes, case.outcomes, _add_to_outcome, session)
    adding.beyond(outcomes, case.outcomes, OutcomeRow, outcome_values)
    adding.beyond(stored.letters, case.letters, LetterRow, letter_values)


class _Adding:
    """Appends rows to the lists of one case."""

    def __init__(self, session: Session, case_id: str) -> None:
        self._session = session
        self._case_id = case_id

    def beyond(
        self,
        stored: Sequence[_T],
        wanted: Sequence[_T],
        model: type[Base],
        values: Callable[[_T], Values],
    ) -> None:
        """Insert the items after those stored, which must come first and be the same."""
        if tuple(wanted[: len(stored)]) != tuple(stored):
            raise ValueError(f"what was recorded in {model.__tablename__} cannot be changed")
        for number, item in enumerate(wanted[len(stored) :], start=len(stored) + 1):
            # One by one: what was never withdrawn has fewer columns than what was.
            row = {"number": number, **values(item), "case_id": self._case_id}
            add_rows(self._session, model, [row])


def _kept(
    stored: Sequence[_T],
    wanted: Sequence[_T],
    change: Callable[[Session, _T, _T], _T],
    session: Session,
) -> Sequence[_T]:
    """What is stored, after the changes that ``change`` allows to what differs."""
    return [
        change(session, before, after) if after != before else before
        for before, after in zip(stored, wanted, strict=False)
    ] + list(stored[len(wanted) :])


def _end_step(session: Session, before: NextStep, after: NextStep) -> NextStep:
    """An open step may be handed over or end; nothing else of it changes."""
    allowed = replace(
        before,
        owner=after.owner,
        ended_at=after.ended_at,
        ended_by=after.ended_by,
        end=after.end,
        end_note=after.end_note,
    )
    if not before.is_open or allowed != after:
        return before
    session.execute(
        update(NextStepRow)
        .where(NextStepRow.id == before.id)
        .values(step_changes(after))
        .execution_options(synchronize_session=False)
    )
    return after


def _add_to_outcome(session: Session, before: Outcome, after: Outcome) -> Outcome:
    """An outcome may get its document and be withdrawn, each once; nothing else of it changes."""
    document = before.document or after.document
    allowed = replace(before, document=document, withdrawal=after.withdrawal)
    if before.withdrawal is not None or allowed != after:
        return before
    session.execute(
        update(OutcomeRow)
        .where(OutcomeRow.id == before.id)
        .values(outcome_changes(after))
        .execution_options(synchronize_session=False)
    )
    return after


def _rows(session: Session, model: type[Base], case_id: str) -> Sequence[Line]:
    """Rows as they are now: nothing that the session read before stands in for them."""
    return session.execute(_lines(model), {"case_id": case_id}).all()


@cache
def _lines(model: type[Base]) -> Select[Any]:
    table = table_of(model)
    return select(table).where(table.c.case_id == bindparam("case_id")).order_by(table.c.number)
