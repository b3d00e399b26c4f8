"""What nobody has read yet, and what somebody still has to do."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

from sqlalchemy import select, true
from sqlalchemy.orm import Session

from triage_app.domain.errors import CaseNotFound, DocumentNotFound
from triage_app.domain.reading import StepKind, Terms
from triage_app.domain.triage import RISK_RANK, Level
from triage_app.domain.worklist import DueItem, Whose, WorkCounts, WorkPage
from triage_app.storage.database.transaction import Transaction
from triage_app.storage.lists.cursor import WorkCursor, decode_work, encode_work
from triage_app.storage.lists.due import count_steps, due_items
from triage_app.storage.lists.listing import check_size
from triage_app.storage.lists.worklist import Place, Waiting, count_unread, narrowed_to, work_items
from triage_app.storage.records.cases import is_id
from triage_app.storage.schema.cases import CaseRow
from triage_app.storage.schema.loop import LetterRow, OutcomeRow

_URGENT = (RISK_RANK[Level.URGENT],)


class SqlWorkRepository:
    """The worklist inside one unit of work; it reads and changes nothing.

    Every method raises StorageUnavailable when the disk is at fault or when another writer holds
    the database for too long.
    """

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    @property
    def _session(self) -> Session:
        return self._transaction.session

    def unread(
        self,
        whose: Whose,
        person: str,
        *,
        now: datetime,
        terms: Terms,
        cursor: str | None,
        size: int,
        urgent_only: bool = False,
    ) -> WorkPage:
        """Cases without a verdict in the order of ``domain.worklist.order_of``.

        With a cursor the list is ordered as it stood when its first part was read, so that no case
        slips from one part to another because it fell due meanwhile. ``urgent_only`` leaves out
        all other levels, and what is withheld. Raises InvalidInput for the cursor and the size.
        """
        check_size(size)
        here = None if cursor is None else decode_work(cursor)
        moment = now if here is None else here.now
        waiting = Waiting(self._session, moment, terms, narrowed_to(whose, person))
        if urgent_only:
            waiting = replace(waiting, ranks=_URGENT)
        lines = waiting.after(None if here is None else _place(here), size + 1)
        shown = lines[:size]
        more = len(lines) > size
        return WorkPage(
            work_items(self._session, shown),
            _cursor(moment, waiting.place_of(shown[-1])) if more else None,
        )

    def neighbours(
        self, case_id: str, now: datetime, terms: Terms
    ) -> tuple[str | None, str | None]:
        """Ids of the unread cases before and after this one in the whole worklist; for a case
        that has been read meanwhile, those around its place. Raises CaseNotFound."""
        query = select(CaseRow.id, CaseRow.risk_rank, CaseRow.created_at)
        query = query.where(CaseRow.id == case_id)
        line = self._session.execute(query).first() if is_id(case_id) else None
        if line is None:
            raise CaseNotFound
        waiting = Waiting(self._session, now, terms)
        place = waiting.place_of(line)
        return waiting.beside(place, backwards=True), waiting.beside(place, backwards=False)

    def counts(self, person: str, *, now: datetime, today: date, terms: Terms) -> WorkCounts:
        """How much waits."""
        unread = count_unread(self._session, person, now, terms)
        opened, late = count_steps(self._session, today)
        return WorkCounts(
            unread=unread.all,
            overdue=unread.overdue,
            urgent_unread=unread.urgent,
            mine=unread.taken,
            open=opened,
            late=late,
        )

    def due(
        self, kinds: frozenset[StepKind], owner: str, before: date | None, size: int
    ) -> Sequence[DueItem]:
        """Open next steps by due day; of one owner where ``owner`` is given, due before a day
        where ``before`` is. Raises InvalidInput for the size."""
        check_size(size)
        return due_items(self._session, kinds, owner, before, size)

    def urgent_blinded(self, created_before: datetime, size: int) -> Sequence[str]:
        """Ids of unread cases whose findings are withheld and whose level is urgent, oldest
        first."""
        query = select(CaseRow.id).where(
            CaseRow.withheld_urgent == true(), CaseRow.created_at < created_before
        )
        query = query.order_by(CaseRow.created_at, CaseRow.id).limit(size)
        return self._session.scalars(query).all()

    def blinded(self, size: int) -> Sequence[str]:
        """Ids of cases whose findings are withheld, the bin included, oldest first."""
        query = select(CaseRow.id).where(CaseRow.blinded == true())
        query = query.order_by(CaseRow.created_at, CaseRow.id).limit(size)
        return self._session.scalars(query).all()

    def document_owner(self, document_id: str) -> str:
        """Case id of a letter, or of an outcome with a document, by the letter's or outcome's id;
        raises DocumentNotFound."""
        if not is_id(document_id):
            raise DocumentNotFound
        letter = select(LetterRow.case_id).where(LetterRow.id == document_id)
        outcome = select(OutcomeRow.case_id).where(
            OutcomeRow.id == document_id, OutcomeRow.document_id.is_not(None)
        )
        case_id = self._session.scalar(letter) or self._session.scalar(outcome)
        if case_id is None:
            raise DocumentNotFound
        return case_id


def _place(cursor: WorkCursor) -> Place:
    return Place(cursor.overdue, cursor.rank, cursor.created_at, cursor.case_id)


def _cursor(now: datetime, place: Place) -> str:
    return encode_work(WorkCursor(now, place.overdue, place.rank, place.created_at, place.case_id))
