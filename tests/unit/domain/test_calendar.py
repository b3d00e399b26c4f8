"""The site's calendar over zones, changes of the clock and times of day, by generated cases."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triage_app.domain.calendar import (
    UTC_ZONE,
    UnknownZone,
    Zone,
    add_months,
    months_between,
    months_later,
    said_day,
)

# Whole and odd offsets, half an hour of summer time, midnight that is skipped or comes twice, days
# that never were, summer time that stops for a month, and both edges of the date line.
PLACES = (
    "UTC",
    "Africa/Cairo",
    "Africa/Casablanca",
    "America/Havana",
    "America/Los_Angeles",
    "America/Sao_Paulo",
    "America/St_Johns",
    "America/Toronto",
    "Asia/Beirut",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Australia/Sydney",
    "Europe/Berlin",
    "Pacific/Apia",
    "Pacific/Kiritimati",
    "Pacific/Pago_Pago",
)
TICK = timedelta(microseconds=1)
SKIPPED = ("Pacific/Apia", date(2011, 12, 30))
zones = st.sampled_from(PLACES).map(Zone)
instants = st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))
days = st.dates(date(1900, 1, 1), date(2100, 1, 1))
thorough = settings(max_examples=400, deadline=None, derandomize=True)


def changes(name: str) -> list[datetime]:
    """To the second, when the clocks of a place were changed in 2005 to 2035."""
    at, found = datetime(2005, 1, 1, tzinfo=UTC), []
    zone = ZoneInfo(name)
    while at.year < 2035:
        later = at + timedelta(days=7)
        if at.astimezone(zone).utcoffset() != later.astimezone(zone).utcoffset():
            low, high = at, later
            while high - low > timedelta(seconds=1):
                middle = low + (high - low) / 2
                same = middle.astimezone(zone).utcoffset() == at.astimezone(zone).utcoffset()
                low, high = (middle, high) if same else (low, middle)
            found.append(high.replace(microsecond=0))
        at = later
    return found


CHANGES = [(name, at) for name in PLACES for at in changes(name)]
near_changes = st.sampled_from(CHANGES).flatmap(
    lambda one: st.tuples(
        st.just(Zone(one[0])),
        st.timedeltas(timedelta(hours=-26), timedelta(hours=26)).map(lambda by: one[1] + by),
    )
)


@thorough
@given(st.one_of(st.tuples(zones, instants), near_changes))
def test_each_instant_lies_in_its_day_and_in_no_other(case: tuple[Zone, datetime]) -> None:
    zone, instant = case
    day = zone.day_of(instant)
    for other in (day - timedelta(days=1), day, day + timedelta(days=1)):
        start, end = zone.bounds_of(other)
        assert (start <= instant < end) == (other == day)


@thorough
@given(zones, days)
def test_days_follow_each_other_without_gap_or_overlap(zone: Zone, day: date) -> None:
    start, end = zone.bounds_of(day)
    assert end == zone.start_of(day + timedelta(days=1))
    assert start.tzinfo is UTC
    if (zone.name, day) == SKIPPED:
        assert start == end
    else:
        assert timedelta(hours=20) < end - start < timedelta(hours=28)
        assert zone.day_of(start) == zone.day_of(end - TICK) == day
    assert zone.day_of(start - TICK) < day


@thorough
@given(st.one_of(st.tuples(zones, instants), near_changes))
def test_a_day_is_the_one_that_the_clock_shows_but_where_it_goes_back_over_midnight(
    case: tuple[Zone, datetime],
) -> None:
    zone, instant = case
    shown, day = zone.shown(instant).date(), zone.day_of(instant)
    if day != shown:
        assert (zone.name, day - shown) == ("America/St_Johns", timedelta(days=1))


@thorough
@given(st.one_of(st.tuples(zones, instants), near_changes))
def test_what_is_said_of_a_time_leads_back_to_its_minute(case: tuple[Zone, datetime]) -> None:
    zone, instant = case
    day, clock, offset = zone.said(instant).rsplit(" ", 2)
    at = datetime.strptime(f"{day} {clock}", "%d %b %Y, %H:%M")
    hours = offset.removeprefix("UTC") or "+00:00"
    sign = -1 if hours[0] == "-" else 1
    parts = [int(part) for part in hours[1:].split(":")]
    ahead = sign * timedelta(hours=parts[0], minutes=parts[1], seconds=(*parts, 0)[2])
    found = at.replace(tzinfo=UTC) - ahead
    assert timedelta() <= instant - found < timedelta(minutes=1)


@thorough
@given(zones, instants)
def test_what_is_written_for_machines_is_the_same_instant(zone: Zone, instant: datetime) -> None:
    assert datetime.fromisoformat(zone.written(instant)) == instant.replace(microsecond=0)


@thorough
@given(days, st.integers(1, 40))
def test_months_later_are_the_first_day_that_counts_as_so_many(day: date, months: int) -> None:
    later = months_later(day, months)
    assert months_between(day, later) == months
    assert months_between(day, later - timedelta(days=1)) == months - 1
    assert later - add_months(day, months) <= timedelta(days=1)


@thorough
@given(days, st.integers(-600, 600))
def test_a_month_added_keeps_the_day_or_takes_the_last_of_a_shorter_month(
    day: date, months: int
) -> None:
    moved = add_months(day, months)
    assert 12 * moved.year + moved.month == 12 * day.year + day.month + months
    assert moved.day == day.day or (
        moved.day < day.day and (moved + timedelta(days=1)).month != moved.month
    )


@thorough
@given(zones, days, st.integers(0, 23 * 60 + 59), st.integers(0, 23 * 60 + 59))
def test_a_year_is_twelve_months_at_any_time_of_day(
    zone: Zone, day: date, first: int, last: int
) -> None:
    began = zone.instant(day, *divmod(first, 60))
    ended = zone.instant(months_later(day, 12), *divmod(last, 60))
    assert months_between(zone.day_of(began), zone.day_of(ended)) >= 12


@pytest.mark.parametrize(
    ("first", "last", "months"),
    [
        (date(2026, 1, 31), date(2026, 2, 28), 0),
        (date(2026, 1, 31), date(2026, 3, 1), 1),
        (date(2024, 2, 29), date(2025, 2, 28), 11),
        (date(2024, 2, 29), date(2025, 3, 1), 12),
        (date(2025, 11, 24), date(2026, 11, 24), 12),
        (date(2025, 11, 24), date(2026, 11, 23), 11),
        (date(2026, 11, 24), date(2025, 11, 24), 0),
    ],
)
def test_months_are_whole_at_the_ends_of_months_too(first: date, last: date, months: int) -> None:
    assert months_between(first, last) == months


@pytest.mark.parametrize("zone", [Zone(name) for name in PLACES], ids=PLACES)
def test_the_ends_of_the_calendar_have_days_too(zone: Zone) -> None:
    first, last = zone.bounds_of(date.min, date.max)
    assert first < zone.start_of(date(2, 1, 1)) < zone.start_of(date(9999, 1, 1)) < last
    for instant in (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)):
        assert zone.said(instant)
        assert zone.day_of(instant).year in (1, 9999)


def test_a_day_reads_the_same_whatever_the_locale_of_the_machine() -> None:
    assert said_day(date(2026, 3, 4)) == "4 Mar 2026"
    assert Zone("Asia/Kathmandu").said(datetime(2026, 11, 24, 18, 20, tzinfo=UTC)) == (
        "25 Nov 2026, 00:05 UTC+05:45"
    )
    assert UTC_ZONE.said(datetime(2026, 11, 24, 18, 20, 7, tzinfo=UTC), seconds=True) == (
        "24 Nov 2026, 18:20:07 UTC"
    )


@pytest.mark.parametrize(
    "name",
    ["", "Mars/Olympus", "europe", "../etc/passwd", "/etc/localtime", "posix/UTC", "right/UTC",
     "America", "localtime", "Factory", "Europe/Berlin\0", "tzdata.zi", "+02:00"],
)  # fmt: skip
def test_what_is_no_zone_is_refused(name: str) -> None:
    with pytest.raises(UnknownZone):
        Zone(name)


def test_a_time_without_a_zone_has_no_day() -> None:
    with pytest.raises(ValueError, match="without a time zone"):
        UTC_ZONE.day_of(datetime(2026, 11, 24))
