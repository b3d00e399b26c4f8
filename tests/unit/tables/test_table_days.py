"""Days in tables: what can be read in one way only is read, the rest is refused."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triage_app.tables.days import read_day
from triage_app.tables.errors import DayUnclear

UNHURRIED = settings(deadline=None, derandomize=True)
CLEAR = (
    "%Y-%m-%d",
    "%Y/%m/%d",
    "%Y%m%d",
    "%d.%m.%Y",
    "%d %b %Y",
    "%d-%b-%Y",
    "%d %B %Y",
    "%B %d, %Y",
    "%b %d %Y",
    "%Y-%m-%d 00:00:00",
    "%Y-%m-%dT10:30:00.000Z",
    "%d.%m.%Y 0:00",
)
UNCLEAR = ("%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%d/%m/%Y 00:00")
DAYS = st.dates(date(1900, 1, 1), date(2199, 12, 31))


@UNHURRIED
@given(DAYS, st.sampled_from(CLEAR))
def test_a_day_written_clearly_is_read(day: date, form: str) -> None:
    assert read_day(f" {day.strftime(form)} ") == day


@UNHURRIED
@given(DAYS, st.sampled_from(UNCLEAR))
def test_day_and_month_are_told_apart_or_asked_about_but_never_mistaken(
    day: date, form: str
) -> None:
    if day.day <= 12 and day.day != day.month:
        with pytest.raises(DayUnclear, match=day.isoformat()):
            read_day(day.strftime(form))
    else:
        assert read_day(day.strftime(form)) == day


@UNHURRIED
@given(st.one_of(st.text(max_size=20), st.from_regex(r"[0-9]{1,4}[-/. ][0-9a-z]{1,4}[-/. ][0-9]+")))
def test_anything_else_gets_a_sentence(text: str) -> None:
    try:
        read_day(text)
    except DayUnclear as error:
        assert str(error).endswith(".")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("28.11.26", "four digits"),
        ("28 Nov 26", "four digits"),
        ("31.02.2026", "no such day"),
        ("2026-13-01", "no such day"),
        ("46354", "must be a day"),
        ("2026-W48-6", "must be a day"),
        ("2026-11-28 or later", "must be a day"),
        ("28 Foo 2026", "must be a day"),
    ],
)
def test_what_is_no_day_is_refused(text: str, sentence: str) -> None:
    with pytest.raises(DayUnclear, match=sentence):
        read_day(text)
