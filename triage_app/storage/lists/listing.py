"""Pages of the case list: by keyset, so that the last page costs what the first one does."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, func, literal, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session

from triage_app.domain.case import TOTAL_LIMIT, CaseFilter, CaseState, CaseSummary, Order, Page
from triage_app.domain.diagnosis import FindingClass
from triage_app.domain.errors import InvalidInput
from triage_app.domain.files import FileKind
from triage_app.domain.triage import Level
from triage_app.storage.lists.cursor import Cursor, Key, decode, encode
from triage_app.storage.lists.filters import Conditions, unindexed
from triage_app.storage.lists.narrowing import Narrowed, narrowed
from triage_app.storage.lists.searching import Walk, matching
from triage_app.storage.records.cases import reading_records
from triage_app.storage.schema.cases import CaseRow, StoredFileRow

LARGEST_PAGE = 200
SEARCHED_LIMIT = 100
"""Matches of a common word are counted no further: each of them is looked at."""

Line = Row[*tuple[Any, ...]]

_SORTED_BY: dict[Order, tuple[InstrumentedAttribute[Any], ...]] = {
    Order.NEWEST: (CaseRow.created_at, CaseRow.id),
    Order.RISK: (CaseRow.risk_rank, CaseRow.risk_score, CaseRow.created_at, CaseRow.id),
}
_SHOWN = (
    CaseRow.id,
    CaseRow.version,
    CaseRow.state,
    CaseRow.created_at,
    CaseRow.patient_reference,
    CaseRow.lesion_label,
    CaseRow.level,
    CaseRow.p_benign,
    CaseRow.p_suspicious,
    CaseRow.p_malignant,
    CaseRow.risk_rank,
    CaseRow.risk_score,
    CaseRow.note,
    CaseRow.deleted_at,
    CaseRow.blinded,
    CaseRow.reviewed_at,
    CaseRow.closed_at,
)


def check_size(size: int) -> None:
    """Raise InvalidInput for a page that holds nothing or too much."""
    if not 1 <= size <= LARGEST_PAGE:
        raise InvalidInput("size", f"A page holds 1 to {LARGEST_PAGE} cases.")


@dataclass(frozen=True)
class _Window:
    """Lines of one page, best first, and whether there are more on either side."""

    lines: Sequence[Line]
    before: bool
    after: bool


def list_page(
    session: Session, wanted: CaseFilter, order: Order, cursor: str | None, size: int
) -> Page:
    """A page of at most ``size`` lines (1 to 200).

    Without cursor the first page. A cursor stays good while cases come and go: past the end it
    gives the last page, and near the start a full first page, which may repeat lines.
    Raises InvalidInput for a cursor of another order or none of ours, and for the size.
    """
    check_size(size)
    position = None if cursor is None else decode(cursor, order)
    plan = narrowed(session, wanted, order)
    if plan.total == 0:
        return Page((), None, None, 0)
    listing = _Listing(session, plan, order)
    window = listing.window(position, size)
    lines = window.lines
    total, at_least = listing.total()
    return Page(
        items=_summaries(session, lines),
        next_cursor=listing.cursor(lines[-1], backwards=False) if window.after else None,
        previous_cursor=listing.cursor(lines[0], backwards=True) if window.before else None,
        total=total,
        at_least=at_least,
    )


def files_shown(session: Session, case_ids: list[str]) -> dict[str, dict[str, str]]:
    """For each case, the kinds among original and thumbnail that it has, with their names."""
    shown: dict[str, dict[str, str]] = {}
    query = (
        select(StoredFileRow.case_id, StoredFileRow.kind, StoredFileRow.source_name)
        .where(StoredFileRow.case_id.in_(case_ids))
        .where(StoredFileRow.kind.in_((FileKind.ORIGINAL, FileKind.THUMBNAIL)))
        .order_by(StoredFileRow.case_id, StoredFileRow.number)
    )
    for case_id, kind, source_name in session.execute(query):
        shown.setdefault(case_id, {})[kind] = source_name
    return shown


@dataclass(frozen=True)
class _Listing:
    """All matching cases in one order."""

    session: Session
    plan: Narrowed
    order: Order

    def window(self, position: Cursor | None, size: int) -> _Window:
        """The page at a position."""
        if position is None:
            lines, more = self._fetch(None, False, size)
            return _Window(lines, before=False, after=more)
        lines, more = self._fetch(position.key, position.backwards, size)
        if position.backwards:
            if not more:
                return self.window(None, size)
            return _Window(lines[::-1], before=True, after=self._any_beyond(lines[0], False))
        if not lines:
            lines, more = self._fetch(None, True, size)
            return _Window(lines[::-1], before=more, after=False)
        return _Window(lines, before=self._any_beyond(lines[0], True), after=more)

    def total(self) -> tuple[int, bool]:
        """How many, and whether there may be more: nobody reads on, and counting costs."""
        if self.plan.total is not None:
            return self.plan.total, False
        limit = SEARCHED_LIMIT if self.plan.searched else TOTAL_LIMIT
        query: Select[Any] = select(CaseRow.row_id).where(*self.plan.counting)
        if self.plan.phrase is not None:
            query = matching(self.plan.phrase, self.plan.counting)
        counted = query.limit(limit + 1).subquery()
        found = self.session.scalars(select(func.count()).select_from(counted)).one()
        return min(found, limit), found > limit

    def cursor(self, line: Line, backwards: bool) -> str:
        """Text that leads to the page beyond a line."""
        return encode(Cursor(self._key(line), backwards), self.order)

    def _key(self, line: Line) -> Key:
        return tuple(getattr(line, c.key) for c in _SORTED_BY[self.order])

    def _any_beyond(self, line: Line, backwards: bool) -> bool:
        return bool(self._fetch(self._key(line), backwards, 1)[0])

    def _fetch(self, key: Key | None, backwards: bool, size: int) -> tuple[Sequence[Line], bool]:
        """Lines beyond ``key``, nearest first, and whether there are more beyond them."""
        lines: list[Line] = []
        for stretch in self._stretches(key, backwards):
            lines += self._lines(key, backwards, size + 1 - len(lines), stretch)
            if len(lines) > size:
                break
        return lines[:size], len(lines) > size

    def _stretches(self, key: Key | None, backwards: bool) -> Iterator[Conditions]:
        """Conditions of each part of the order that holds wanted levels, and lies beyond ``key``.

        Where the key lies in a part, it stands for that side of it: given two bounds on one side,
        SQLite may take the wider one and walk from there.
        """
        if self.plan.ranks is None:
            yield [self._beyond(key, backwards)] if key is not None else []
            return
        ranges = reversed(self.plan.ranks) if backwards else self.plan.ranks
        rank = CaseRow.risk_rank
        for low, high in ranges:
            within = [rank >= low, rank <= high]
            if key is None or (key[0] < low if backwards else key[0] > high):
                yield within
            elif low <= key[0] <= high:
                yield [within[1 if backwards else 0], self._beyond(key, backwards)]

    def _beyond(self, key: Key, backwards: bool) -> ColumnElement[bool]:
        """Both orders run from high to low: one comparison of rows finds the place in the index."""
        columns = _SORTED_BY[self.order]
        here = tuple_(*(literal(v, c.type) for v, c in zip(key, columns, strict=True)))
        return tuple_(*columns) > here if backwards else tuple_(*columns) < here

    def _lines(
        self, key: Key | None, backwards: bool, size: int, stretch: Conditions
    ) -> Sequence[Line]:
        columns = _SORTED_BY[self.order]
        where = [*self.plan.where, *self._dates(key, backwards), *stretch]
        query: Select[*tuple[Any, ...]] = select(*_SHOWN).where(*where).limit(size)
        query = query.order_by(*(c.asc() if backwards else c.desc() for c in columns))
        if self.plan.phrase is None:
            return self.session.execute(query).all()
        walk = Walk(self.session, self.plan.phrase, where, backwards)
        return walk.lines(query, None if key is None else key[0], size)

    def _dates(self, key: Key | None, backwards: bool) -> Conditions:
        """Of two bounds on one side only the key may be looked up, as in ``_stretches``."""
        if key is None or self.order is Order.RISK:
            return [*self.plan.since, *self.plan.until]
        near, far = self.plan.until, self.plan.since
        if backwards:
            near, far = far, near
        return [*map(unindexed, near), *far]


def _summaries(session: Session, lines: Sequence[Line]) -> tuple[CaseSummary, ...]:
    files = files_shown(session, [line.id for line in lines])
    with reading_records():
        return tuple(_summary(line, files.get(line.id, {})) for line in lines)


def _summary(line: Line, files: dict[str, str]) -> CaseSummary:
    level = Level(line.level)
    return CaseSummary(
        id=line.id,
        version=line.version,
        state=CaseState(line.state),
        created_at=line.created_at,
        patient_reference=line.patient_reference,
        lesion_label=line.lesion_label,
        level=level,
        classes=None if level is Level.CANNOT_ASSESS else _classes(line),
        has_thumbnail=FileKind.THUMBNAIL in files,
        note=line.note,
        source_name=files.get(FileKind.ORIGINAL, ""),
        deleted_at=line.deleted_at,
        blinded=line.blinded,
        reviewed=line.reviewed_at is not None,
        closed=line.closed_at is not None,
    )


def _classes(line: Line) -> dict[FindingClass, float]:
    return {
        FindingClass.BENIGN: line.p_benign,
        FindingClass.SUSPICIOUS: line.p_suspicious,
        FindingClass.MALIGNANT: line.p_malignant,
    }
