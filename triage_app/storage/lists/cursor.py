"""Positions in an ordered list of cases, as opaque text for addresses."""

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import isfinite
from typing import Any

from triage_app.domain.case import Order
from triage_app.domain.errors import InvalidInput
from triage_app.storage.records.cases import is_id

Key = tuple[Any, ...]
"""Sort key of a case: its values of the columns that order the list, the id last."""

_FORMAT = 1
_WORK = "work"
_LONGEST = 300
_HIGHEST_RANK = 99
_FIRST_YEAR, _LAST_YEAR = 1970, 9000


@dataclass(frozen=True)
class Cursor:
    """The page after ``key``, or before it when ``backwards``."""

    key: Key
    backwards: bool


@dataclass(frozen=True)
class WorkCursor:
    """The part of the worklist after a case, as the list stood at ``now``.

    Later parts are of the same moment as the first: a case that falls due between two parts would
    else move to where nobody looks any more.
    """

    now: datetime
    overdue: bool
    rank: int
    created_at: datetime
    case_id: str


def encode(cursor: Cursor, order: Order) -> str:
    """Text for an address; holds no patient text."""
    return _pack([_FORMAT, order, int(cursor.backwards), [*cursor.key]])


def encode_work(cursor: WorkCursor) -> str:
    """Text for an address; holds no patient text."""
    key = [cursor.now, int(cursor.overdue), cursor.rank, cursor.created_at, cursor.case_id]
    return _pack([_FORMAT, _WORK, *key])


def decode(text: str, order: Order) -> Cursor:
    """Inverse of ``encode`` for the same order; raises InvalidInput("cursor", ...)."""
    try:
        version, written_for, backwards, values = _unpack(text)
        if version != _FORMAT or written_for != order or backwards not in (0, 1):
            raise ValueError("written for another list")
        return Cursor(_key(values, order), bool(backwards))
    except (ValueError, TypeError, RecursionError) as error:
        raise _unknown() from error


def decode_work(text: str) -> WorkCursor:
    """Inverse of ``encode_work``; raises InvalidInput("cursor", ...)."""
    try:
        version, written_for, now, overdue, rank, created_at, case_id = _unpack(text)
        if version != _FORMAT or written_for != _WORK or overdue not in (0, 1):
            raise ValueError("written for another list")
        return WorkCursor(
            _moment(now), bool(overdue), _rank(rank), _time(created_at), _case_id(case_id)
        )
    except (ValueError, TypeError, RecursionError) as error:
        raise _unknown() from error


def _unknown() -> InvalidInput:
    return InvalidInput(
        "cursor", "This page of the list cannot be found. Open the list from its start."
    )


def _pack(values: list[Any]) -> str:
    packed = json.dumps(values, default=datetime.isoformat, separators=(",", ":"))
    return base64.urlsafe_b64encode(packed.encode()).decode().rstrip("=")


def _unpack(text: str) -> list[Any]:
    if len(text) > _LONGEST:
        raise ValueError("too long")
    padded = text.encode("ascii") + b"=" * (-len(text) % 4)
    try:
        unpacked = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except binascii.Error as error:
        raise ValueError("not base64") from error
    if not isinstance(unpacked, list):
        raise TypeError("not a list")
    return unpacked


def _key(values: list[Any], order: Order) -> Key:
    if order is Order.RISK:
        rank, score, created_at, case_id = values
        return (_rank(rank), _score(score), _time(created_at), _case_id(case_id))
    created_at, case_id = values
    return (_time(created_at), _case_id(case_id))


def _rank(value: object) -> int:
    if type(value) is not int or not 0 <= value <= _HIGHEST_RANK:
        raise ValueError("not a rank")
    return value


def _score(value: object) -> float:
    if type(value) is not float or not isfinite(value):
        raise ValueError("not a score")
    return value


def _time(value: object) -> datetime:
    if not isinstance(value, str):
        raise TypeError("not a time")
    time = datetime.fromisoformat(value)
    if time.utcoffset() != timedelta(0):
        raise ValueError("not in UTC")
    return time


def _moment(value: object) -> datetime:
    """A time from which days can be taken."""
    time = _time(value)
    if not _FIRST_YEAR <= time.year <= _LAST_YEAR:
        raise ValueError("not of this age")
    return time


def _case_id(value: object) -> str:
    if not isinstance(value, str) or not is_id(value):
        raise ValueError("not a case id")
    return value
