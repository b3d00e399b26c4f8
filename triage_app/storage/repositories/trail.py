"""The trail: appended to, read, and nothing else."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    LargeBinary,
    Row,
    Select,
    cast,
    false,
    func,
    select,
)
from sqlalchemy.orm import Session

from triage_app.domain.errors import InvalidInput
from triage_app.domain.trail import START, Anchor, Entry, Event, TrailFilter, chained
from triage_app.storage.database.transaction import Transaction
from triage_app.storage.records.cases import DamagedEntry
from triage_app.storage.records.folding import can_occur
from triage_app.storage.schema.base import add_rows, table_of
from triage_app.storage.schema.cases import TrailRow

LARGEST_PAGE = 500
PORTION = 1_000

_TRAIL = table_of(TrailRow).c
_TIP = select(_TRAIL.number, _TRAIL.hash).order_by(_TRAIL.number.desc()).limit(1)

# Stands for a time that cannot be read; no event has it, so the hash of its row does not fit.
UNREADABLE = datetime(1970, 1, 1, tzinfo=UTC)


class SqlTrailRepository:
    """The trail inside one unit of work.

    Every method raises StorageUnavailable when the disk is full, read-only or at fault, or when
    another writer holds the database for too long.
    """

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    @property
    def _session(self) -> Session:
        return self._transaction.session

    def append(self, entry: Entry, at: datetime) -> Event:
        """Chain an entry to the last event, holding the write lock from here on.

        The lock comes before the look at the last event, so that no two follow the same one.
        Raises ValueError for a time without zone, and StaleCase or CaseNotFound when a case that
        was read in this unit of work has changed since.
        """
        if at.tzinfo is None:
            raise ValueError("an event needs a time zone")
        self._transaction.write()
        last = self.tip()
        event = chained(entry, at.astimezone(UTC), last.number + 1, last.hash)
        add_rows(self._session, TrailRow, [vars(event)])
        return event

    def tip(self) -> Anchor:
        """Number and hash of the last event; Anchor(0, START) when there is none."""
        last = self._session.execute(_TIP).one_or_none()
        return Anchor(0, START) if last is None else Anchor(last.number, last.hash)

    def every(self) -> Iterator[Event]:
        """All events in order, read in portions; whatever was done to a row, it can be read.

        Sees what this unit of work sees: begun in one of its own, a single moment.
        """
        after: int | None = None
        while rows := self._portion(after):
            if after is not None and rows[-1].number <= after:
                raise DamagedEntry  # the table was rebuilt with numbers that do not count
            after = rows[-1].number
            yield from map(_event, rows)

    def page(self, wanted: TrailFilter, before: int | None, size: int) -> Sequence[Event]:
        """At most ``size`` events (1 to 500), newest first, with a number below ``before``.

        Raises InvalidInput for the size.
        """
        if not 1 <= size <= LARGEST_PAGE:
            raise InvalidInput("size", f"A page holds 1 to {LARGEST_PAGE} events.")
        if not (can_occur(wanted.actor) and can_occur(wanted.subject)):
            return []
        query = _events().where(*_conditions(wanted), *self._between(wanted))
        if before is not None:
            query = query.where(TrailRow.number < before)
        query = query.order_by(TrailRow.number.desc()).limit(size)
        return [_event(row) for row in self._session.execute(query)]

    def _between(self, wanted: TrailFilter) -> list[ColumnElement[bool]]:
        """First and last number in the wanted time, so that the page is looked for there only.

        The numbers alone do not tell: where the clock was set back, times do not follow them.
        """
        within = _in_time(wanted)
        if not within:
            return []
        query = select(func.min(TrailRow.number), func.max(TrailRow.number)).where(*within)
        first, last = self._session.execute(query).one()
        return [false()] if first is None else [TrailRow.number.between(first, last)]

    def _portion(self, after: int | None) -> Sequence[Row[*tuple[Any, ...]]]:
        query = _events().order_by(TrailRow.number).limit(PORTION)
        if after is not None:
            query = query.where(TrailRow.number > after)
        return self._session.execute(query).all()


def _conditions(wanted: TrailFilter) -> list[ColumnElement[bool]]:
    given = _in_time(wanted)
    if wanted.actions:
        given.append(TrailRow.action.in_(sorted(wanted.actions)))
    if wanted.actor:
        given.append(TrailRow.actor == wanted.actor)
    if wanted.subject:
        given.append(TrailRow.subject == wanted.subject)
    return given


def _in_time(wanted: TrailFilter) -> list[ColumnElement[bool]]:
    given: list[ColumnElement[bool]] = []
    if wanted.since is not None:
        given.append(TrailRow.at >= wanted.since)
    if wanted.until is not None:
        given.append(TrailRow.at <= wanted.until)
    return given


def _events() -> Select[*tuple[Any, ...]]:
    """Columns as bytes: a row that was tampered with may hold what is neither text nor a time."""
    return select(
        cast(TrailRow.number, Integer).label("number"),
        *(
            cast(column, LargeBinary).label(column.key)
            for column in (
                TrailRow.at,
                TrailRow.actor,
                TrailRow.action,
                TrailRow.subject,
                TrailRow.details,
                TrailRow.previous,
                TrailRow.hash,
            )
        ),
    )


def _event(row: Row[*tuple[Any, ...]]) -> Event:
    return Event(
        number=row.number,
        at=_time(_text(row.at)),
        actor=_text(row.actor),
        action=_text(row.action),
        subject=_text(row.subject),
        details=_text(row.details),
        previous=_text(row.previous),
        hash=_text(row.hash),
    )


def _text(stored: bytes | None) -> str:
    return (stored or b"").decode("utf-8", "backslashreplace")


def _time(stored: str) -> datetime:
    """Only what the program itself writes counts as a time, so that no other spelling passes."""
    try:
        time = datetime.fromisoformat(stored)
    except ValueError:
        return UNREADABLE
    as_written = time.isoformat(" ", "microseconds")
    return time.replace(tzinfo=UTC) if stored == as_written else UNREADABLE
