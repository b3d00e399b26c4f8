"""Cursors lead back to their place, and anything else is refused."""

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from triage_app.domain.case import Order
from triage_app.domain.errors import InvalidInput
from triage_app.storage.lists.cursor import (
    Cursor,
    WorkCursor,
    decode,
    decode_work,
    encode,
    encode_work,
)

WHEN = datetime(2026, 3, 1, 8, 30, 0, 1, tzinfo=UTC)
ID = "0123456789abcdef" * 2
KEYS: dict[Order, tuple[Any, ...]] = {
    Order.NEWEST: (WHEN, ID),
    Order.RISK: (2, 0.1 + 0.2, WHEN, ID),
}
GOOD = [1, "risk", 0, [2, 0.5, WHEN.isoformat(), ID]]


def packed(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


@pytest.mark.parametrize("order", list(Order))
@pytest.mark.parametrize("backwards", [False, True])
def test_a_cursor_reads_back_to_the_last_bit(order: Order, backwards: bool) -> None:
    cursor = Cursor(KEYS[order], backwards)
    assert decode(encode(cursor, order), order) == cursor


def test_a_time_on_the_full_second_reads_back() -> None:
    cursor = Cursor((WHEN.replace(microsecond=0), ID), False)
    assert decode(encode(cursor, Order.NEWEST), Order.NEWEST) == cursor


def test_the_text_is_plain_in_an_address() -> None:
    assert (
        encode(Cursor(KEYS[Order.RISK], True), Order.RISK)
        .replace("-", "")
        .replace("_", "")
        .isalnum()
    )


def test_the_good_cursor_that_the_bad_ones_are_made_from_is_good() -> None:
    assert decode(packed(GOOD), Order.RISK).key == (2, 0.5, WHEN, ID)


@pytest.mark.parametrize(
    "text",
    ["", "x", "!!!!", "AAAA", "é", "[" * 200, "A" * 4000, "' OR 1=1 --", packed({}), packed(7)],
)
def test_text_that_is_no_cursor_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        decode(text, Order.NEWEST)
    assert refusal.value.field == "cursor"


@pytest.mark.parametrize(
    "value",
    [
        [2, *GOOD[1:]],
        [1, "newest", *GOOD[2:]],
        [1, "risk", 2, GOOD[3]],
        [1, "risk", 0, [2, 0.5, WHEN.isoformat()]],
        [1, "risk", 0, [2, 0.5, WHEN.isoformat(), ID, ID]],
        [1, "risk", 0, [True, 0.5, WHEN.isoformat(), ID]],
        [1, "risk", 0, [10**40, 0.5, WHEN.isoformat(), ID]],
        [1, "risk", 0, [2, float("nan"), WHEN.isoformat(), ID]],
        [1, "risk", 0, [2, float("inf"), WHEN.isoformat(), ID]],
        [1, "risk", 0, [2, "0.5", WHEN.isoformat(), ID]],
        [1, "risk", 0, [2, 0.5, "yesterday", ID]],
        [1, "risk", 0, [2, 0.5, "2026-03-01T08:30:00", ID]],
        [1, "risk", 0, [2, 0.5, "2026-03-01T08:30:00+01:00", ID]],
        [1, "risk", 0, [2, 0.5, None, ID]],
        [1, "risk", 0, [2, 0.5, WHEN.isoformat(), ID.upper()]],
        [1, "risk", 0, [2, 0.5, WHEN.isoformat(), "../../etc/passwd"]],
        [1, "risk", 0, {"0": 1}],
    ],
)
def test_a_cursor_with_a_strange_value_is_refused(value: object) -> None:
    with pytest.raises(InvalidInput):
        decode(packed(value), Order.RISK)


def test_a_cursor_of_another_order_is_refused() -> None:
    with pytest.raises(InvalidInput):
        decode(encode(Cursor(KEYS[Order.NEWEST], False), Order.NEWEST), Order.RISK)


WORK = WorkCursor(WHEN, True, 3, WHEN.replace(microsecond=0), ID)
GOOD_WORK = [1, "work", WHEN.isoformat(), 1, 3, WHEN.isoformat(), ID]


@pytest.mark.parametrize("overdue", [False, True])
def test_a_place_in_the_worklist_reads_back_to_the_last_bit(overdue: bool) -> None:
    cursor = replace(WORK, overdue=overdue)
    assert decode_work(encode_work(cursor)) == cursor
    assert decode_work(packed(GOOD_WORK)).created_at == WHEN


@pytest.mark.parametrize(
    "value",
    [
        7,
        [],
        GOOD,
        GOOD_WORK[:-1],
        [*GOOD_WORK, ID],
        [2, *GOOD_WORK[1:]],
        [*GOOD_WORK[:2], "0001-01-01T00:00:00+00:00", *GOOD_WORK[3:]],
        [*GOOD_WORK[:2], "9999-12-31T00:00:00+00:00", *GOOD_WORK[3:]],
        [*GOOD_WORK[:2], None, *GOOD_WORK[3:]],
        [*GOOD_WORK[:3], 2, *GOOD_WORK[4:]],
        [*GOOD_WORK[:3], [], *GOOD_WORK[4:]],
        [*GOOD_WORK[:4], -1, *GOOD_WORK[5:]],
        [*GOOD_WORK[:4], "3", *GOOD_WORK[5:]],
        [*GOOD_WORK[:5], "2026-03-01T08:30:00", ID],
        [*GOOD_WORK[:6], "' OR 1=1 --"],
    ],
)
def test_a_strange_place_in_the_worklist_is_refused(value: object) -> None:
    with pytest.raises(InvalidInput) as refusal:
        decode_work(packed(value))
    assert refusal.value.field == "cursor"
