"""The worklist, read from an index that holds nothing but what nobody has read.

Its order is a row of ranges of that index: first what is overdue, then the rest, and in each the
ranks from the worst to the mildest. A part walks the ranges one after the other, so that it costs
the same among a million cases as among ten.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, case, func, literal, literal_column, select, tuple_
from sqlalchemy.orm import Session

from triage_app.domain.case import CaseState
from triage_app.domain.files import FileKind
from triage_app.domain.reading import RevealCause, Terms
from triage_app.domain.triage import RISK_RANK, Level
from triage_app.domain.worklist import Whose, WorkItem
from triage_app.storage.lists.listing import files_shown
from triage_app.storage.records.cases import reading_records
from triage_app.storage.schema.cases import CaseRow
from triage_app.storage.schema.counts import UnreadCountRow

Line = Row[*tuple[Any, ...]]

UNREAD = (CaseRow.reviewed_at.is_(None), CaseRow.deleted_at.is_(None))
"""In the words of the partial indexes, or they would not be used."""

ALL = (CaseRow.risk_rank >= literal_column("0"),)
"""True of every case, but the words by which SQLite takes the index of the whole worklist; without
them it takes that of what one person has taken, and never the wrong one of the two."""

_URGENT = RISK_RANK[Level.URGENT]
_PLACE = (CaseRow.created_at, CaseRow.id)
_SHOWN = (
    CaseRow.id,
    CaseRow.version,
    CaseRow.state,
    CaseRow.created_at,
    CaseRow.patient_reference,
    CaseRow.lesion_label,
    CaseRow.lesion_id,
    CaseRow.level,
    CaseRow.risk_rank,
    CaseRow.blinded,
    CaseRow.taken_by,
    CaseRow.reveal_cause,
)


@dataclass(frozen=True)
class Place:
    """Where a case stands in the worklist."""

    overdue: bool
    rank: int
    created_at: datetime
    case_id: str

    @property
    def stretch(self) -> tuple[bool, int]:
        """The range of the index that holds it."""
        return self.overdue, self.rank


@dataclass(frozen=True)
class Waiting:
    """Everything unread, as it stands at ``now``; ``narrowed`` to some of it."""

    session: Session
    now: datetime
    terms: Terms
    narrowed: tuple[ColumnElement[bool], ...] = ALL
    ranks: tuple[int, ...] = tuple(sorted(RISK_RANK.values(), reverse=True))

    def after(self, place: Place | None, size: int) -> Sequence[Line]:
        """At most ``size`` lines from behind ``place``, or from the start, in order."""
        lines: list[Line] = []
        for stretch in self._stretches(place, backwards=False):
            lines += self._lines(stretch, place, size - len(lines), backwards=False)
            if len(lines) == size:
                break
        return lines

    def beside(self, place: Place, *, backwards: bool) -> str | None:
        """Id of the next case behind a place, or before it."""
        for stretch in self._stretches(place, backwards=backwards):
            lines = self._lines(stretch, place, 1, backwards=backwards)
            if lines:
                return str(lines[0].id)
        return None

    def place_of(self, line: Line) -> Place:
        """Where a line stands."""
        overdue = line.created_at < self._due(line.risk_rank)
        return Place(overdue, line.risk_rank, line.created_at, line.id)

    def _due(self, rank: int) -> datetime:
        """Cases of a rank that came before this time are overdue."""
        return self.now - (self.terms.urgent if rank == _URGENT else self.terms.read)

    def _stretches(self, place: Place | None, *, backwards: bool) -> list[tuple[bool, int]]:
        """Ranges in their order, which is from high to low: those from ``place`` on, or all."""
        ordered = [(overdue, rank) for overdue in (True, False) for rank in self.ranks]
        if place is None:
            return ordered
        if backwards:
            return [stretch for stretch in reversed(ordered) if stretch >= place.stretch]
        return [stretch for stretch in ordered if stretch <= place.stretch]

    def _within(
        self, stretch: tuple[bool, int], place: Place | None, backwards: bool
    ) -> tuple[ColumnElement[bool], ...]:
        """Cases of a range, behind ``place`` or before it where it lies in the range.

        The place then stands for the end of the range on its side: given two bounds on one side,
        SQLite may take the wider one and walk from there.
        """
        overdue, rank = stretch
        due, created = self._due(rank), CaseRow.created_at
        bounds = [created < due if overdue else created >= due]
        if place is not None and stretch == place.stretch:
            if overdue == backwards:
                bounds.clear()
            bounds.append(_beyond(place, backwards))
        return (*UNREAD, *self.narrowed, CaseRow.risk_rank == rank, *bounds)

    def _lines(
        self, stretch: tuple[bool, int], place: Place | None, size: int, *, backwards: bool
    ) -> Sequence[Line]:
        query = select(*_SHOWN).where(*self._within(stretch, place, backwards)).limit(size)
        order = (c.desc() if backwards else c.asc() for c in _PLACE)
        return self.session.execute(query.order_by(*order)).all()


def _beyond(place: Place, backwards: bool) -> ColumnElement[bool]:
    key = (place.created_at, place.case_id)
    here = tuple_(*(literal(v, c.type) for v, c in zip(key, _PLACE, strict=True)))
    return tuple_(*_PLACE) < here if backwards else tuple_(*_PLACE) > here


@dataclass(frozen=True)
class Unread:
    """How many wait; each figure but the first is a part of it."""

    all: int
    overdue: int
    urgent: int
    taken: int


def count_unread(session: Session, taken_by: str, now: datetime, terms: Terms) -> Unread:
    """From the counts that triggers keep by day; only on the days on which a term ended, today as
    it were, single cases are counted."""
    kept, urgent = UnreadCountRow, UnreadCountRow.risk_rank == _URGENT
    due = {True: now - terms.urgent, False: now - terms.read}
    days = {rank: f"{at.astimezone(UTC):%Y-%m-%d}" for rank, at in due.items()}
    before = case((urgent, kept.day < days[True]), else_=kept.day < days[False])
    figures = (
        kept.cases,
        case((before, kept.cases), else_=0),
        case((urgent, kept.cases), else_=0),
        case((kept.taken_by == taken_by, kept.cases), else_=0),
    )
    query = select(*(func.coalesce(func.sum(figure), 0) for figure in figures))
    every, overdue, of_urgent, taken = session.execute(query).one()
    for rank in RISK_RANK.values():
        overdue += _overdue_on_the_day(session, rank, due[rank == _URGENT])
    return Unread(every, overdue, of_urgent, taken)


def _overdue_on_the_day(session: Session, rank: int, due: datetime) -> int:
    midnight = due.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    query = select(func.count()).select_from(CaseRow).where(*UNREAD, *ALL)
    query = query.where(
        CaseRow.risk_rank == rank, CaseRow.created_at >= midnight, CaseRow.created_at < due
    )
    return session.scalars(query).one()


def narrowed_to(whose: Whose, person: str) -> tuple[ColumnElement[bool], ...]:
    """Which of the unread cases a person asks for."""
    if whose is Whose.ALL:
        return ALL
    return (CaseRow.taken_by == (person if whose is Whose.MINE else ""),)


def work_items(session: Session, lines: Sequence[Line]) -> tuple[WorkItem, ...]:
    """The lines as the worklist shows them; raises DamagedRecord."""
    files = files_shown(session, [line.id for line in lines])
    with reading_records():
        return tuple(_item(line, FileKind.THUMBNAIL in files.get(line.id, {})) for line in lines)


def _item(line: Line, has_thumbnail: bool) -> WorkItem:
    return WorkItem(
        case_id=line.id,
        version=line.version,
        state=CaseState(line.state),
        created_at=line.created_at,
        patient_reference=line.patient_reference,
        lesion_label=line.lesion_label,
        lesion_id=line.lesion_id or "",
        level=None if line.blinded else Level(line.level),
        taken_by=line.taken_by,
        escalated=line.reveal_cause == RevealCause.ESCALATED,
        has_thumbnail=has_thumbnail,
    )
