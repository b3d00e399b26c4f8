"""The chain of the trail in itself: what an event's hash covers, and which bends are found."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256

import pytest

from triage_app.domain.trail import (
    START,
    Action,
    Anchor,
    Entry,
    Event,
    breaks,
    chained,
    hash_of,
    parse_anchor,
)

AT = datetime(2026, 11, 2, 9, 30, 0, 5, tzinfo=UTC)


def chain(length: int) -> list[Event]:
    events: list[Event] = []
    for number in range(1, length + 1):
        entry = Entry(Action.CASE_VIEWED, "a" * 32, f"{number:032x}", {"n": number, "a": ["x"]})
        previous = events[-1].hash if events else START
        events.append(chained(entry, AT + timedelta(seconds=number), number, previous))
    return events


def anchor(event: Event) -> Anchor:
    return Anchor(event.number, event.hash)


def broken(events: list[Event], *anchors: Anchor) -> list[int]:
    return [found.number for found in breaks(events, anchors)]


def test_the_hash_can_be_computed_without_this_program() -> None:
    (event,) = chain(1)
    stated = (
        '[1,"2026-11-02T09:30:01.000005+00:00","' + "a" * 32 + '","case_viewed",'
        '"00000000000000000000000000000001","{\\"a\\":[\\"x\\"],\\"n\\":1}","' + "0" * 64 + '"]'
    )
    assert event.hash == sha256(stated.encode()).hexdigest()


@pytest.mark.parametrize("length", [0, 1, 2, 50])
def test_an_untouched_chain_holds(length: int) -> None:
    events = chain(length)
    assert breaks(events, [anchor(event) for event in events]) == []


@pytest.mark.parametrize(
    "change",
    [
        {"at": AT},
        {"actor": "b" * 32},
        {"action": "case_erased"},
        {"subject": ""},
        {"details": "{}"},
        {"previous": START},
        {"hash": "0" * 64},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_change_of_any_field_is_found(change: dict[str, object]) -> None:
    events = chain(5)
    events[2] = replace(events[2], **change)  # type: ignore[arg-type]
    assert 3 in broken(events)


def test_two_fields_cannot_trade_text_with_each_other() -> None:
    one = chained(Entry(Action.STARTED, "ab", "c"), AT, 1, START)
    other = chained(Entry(Action.STARTED, "a", "bc"), AT, 1, START)
    assert one.hash != other.hash


def test_the_same_moment_in_another_zone_has_the_same_hash() -> None:
    (event,) = chain(1)
    elsewhere = event.at.astimezone(timezone(timedelta(hours=-7)))
    assert hash_of(replace(event, at=elsewhere)) == event.hash


def test_the_order_of_details_does_not_matter_when_they_are_recorded() -> None:
    forwards = Entry(Action.STARTED, "a", details={"x": 1, "y": "ü"})
    backwards = Entry(Action.STARTED, "a", details={"y": "ü", "x": 1})
    event = chained(forwards, AT, 1, START)
    assert event == chained(backwards, AT, 1, START)
    assert json.loads(event.details) == {"x": 1, "y": "ü"}


def test_a_removed_event_is_found_where_the_numbers_jump() -> None:
    events = chain(6)
    found = breaks(events[:2] + events[4:])
    assert [one.number for one in found] == [5]
    assert "3 to 4" in found[0].sentence


def test_events_in_another_order_are_found() -> None:
    one, two, three = chain(3)
    assert broken([one, three, two]) == [3, 2]


def test_a_chain_written_anew_from_some_event_on_is_found_by_a_later_anchor_only() -> None:
    events = chain(6)
    forged, previous = events[:2], events[1].hash
    for event in events[2:]:
        again = chained(Entry(Action.CASE_VIEWED, "b"), event.at, event.number, previous)
        forged.append(again)
        previous = again.hash
    assert broken(forged) == []
    assert broken(forged, anchor(events[1])) == []
    assert broken(forged, anchor(events[4])) == [5]


def test_a_cut_tail_is_found_by_an_anchor_beyond_it() -> None:
    events = chain(6)
    assert broken(events[:4], anchor(events[3])) == []
    found = breaks(events[:4], [anchor(events[5])])
    assert [one.number for one in found] == [6]
    assert "ends at row 4" in found[0].sentence


def test_the_anchor_of_an_empty_trail_holds_for_every_trail() -> None:
    assert broken(chain(3), Anchor(0, START)) == []
    assert broken([], Anchor(0, START)) == []
    assert broken(chain(3), Anchor(0, "1" * 64)) == [0]


def test_of_two_anchors_for_one_row_neither_hides_the_other() -> None:
    events = chain(3)
    wrong = Anchor(2, "1" * 64)
    assert broken(events, wrong, anchor(events[1])) == [2]
    assert broken(events, anchor(events[1]), wrong) == [2]


def test_an_anchor_of_a_removed_row_does_not_say_that_the_tail_was_cut() -> None:
    events = chain(6)
    found = breaks([*events[:2], *events[3:]], [anchor(events[2])])
    assert [one.sentence for one in found] == ["Rows 3 to 3 are gone."]


@pytest.mark.parametrize("number", [-3, 0])
def test_a_row_before_the_first_is_found(number: int) -> None:
    events = chain(3)
    found = breaks([replace(events[0], number=number), *events])
    assert [one.number for one in found if "no row can be" in one.sentence] == [number]


def test_an_emptied_trail_is_found_by_any_anchor() -> None:
    assert broken([], anchor(chain(1)[0])) == [1]


def test_an_anchor_reads_back_from_what_a_report_prints() -> None:
    printed = anchor(chain(3)[2])
    assert parse_anchor(f"  {printed}\n") == printed


@pytest.mark.parametrize(
    "text",
    ["", "7", f"7:{'a' * 63}", f"7:{'A' * 64}", f"-1:{'a' * 64}", f":{'a' * 64}", f"x:{'a' * 64}"],
)
def test_what_is_no_anchor_is_refused_in_words(text: str) -> None:
    with pytest.raises(ValueError, match="64 hex digits"):
        parse_anchor(text)
