"""Days as people and spreadsheet programs of several countries write them."""

import re
from datetime import date

from triage_app.tables.errors import DayUnclear

_TIME = r"(?:[ T]\d{1,2}:\d\d(?::\d\d(?:[.,]\d+)?)?(?: ?[AP]M)?(?:Z|[+-]\d\d:?\d\d)?)?"
_YEAR_FIRST = re.compile(rf"(\d{{4}})([-/.])(\d{{1,2}})\2(\d{{1,2}}){_TIME}", re.IGNORECASE)
_UNBROKEN = re.compile(rf"(\d{{4}})(\d\d)(\d\d){_TIME}", re.IGNORECASE)
_YEAR_LAST = re.compile(
    rf"(\d{{1,2}})(?P<mark>[-/.]) ?(\d{{1,2}})(?P=mark) ?(\d{{4}}){_TIME}", re.IGNORECASE
)
_DAY_MONTH = re.compile(
    rf"(\d{{1,2}})\.?[ -]([a-z]{{3,9}})\.?,?[ -](\d{{4}}){_TIME}", re.IGNORECASE
)
_MONTH_DAY = re.compile(rf"([a-z]{{3,9}})\.? (\d{{1,2}}),? (\d{{4}}){_TIME}", re.IGNORECASE)
_SHORT_YEAR = re.compile(r"\d{1,2}([-/.])\d{1,2}\1\d{2}|\d{1,2}[ -][a-z]{3,9}[ -]\d\d", re.I)
_MONTHS = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)


def read_day(text: str) -> date:
    """The day that a cell states; a time behind it is left out.

    Read are 2026-11-28, 2026/11/28, 20261128, 28.11.2026 (with points the day comes first
    everywhere), 28 Nov 2026 and Nov 28, 2026; 28/11/2026, 11/28/2026, 28-11-2026 and 11-28-2026
    where only one of the two numbers can be a month. Raises DayUnclear for anything else.
    """
    text = " ".join(text.split())
    if found := _YEAR_FIRST.fullmatch(text):
        return _day(found[1], found[3], found[4])
    if found := _UNBROKEN.fullmatch(text):
        return _day(found[1], found[2], found[3])
    if found := _DAY_MONTH.fullmatch(text):
        return _day(found[3], _month(found[2]), found[1])
    if found := _MONTH_DAY.fullmatch(text):
        return _day(found[3], _month(found[1]), found[2])
    if found := _YEAR_LAST.fullmatch(text):
        return _year_last(found)
    if _SHORT_YEAR.fullmatch(text):
        raise DayUnclear("the year needs four digits, such as 2026-11-28.")
    raise _none()


def _year_last(found: re.Match[str]) -> date:
    first, second, year = int(found[1]), int(found[3]), found[4]
    if found["mark"] == "." or first > 12 or first == second:
        return _day(year, second, first)
    if second > 12:
        return _day(year, first, second)
    one, other = _day(year, second, first), _day(year, first, second)
    raise DayUnclear(
        f"it may be {one.day} {_name(one)} or {other.day} {_name(other)}. Write it as "
        f"{one.isoformat()} or as {other.isoformat()}."
    )


def _name(day: date) -> str:
    return _MONTHS[day.month - 1].capitalize()


def _month(name: str) -> int:
    found = [n for n, month in enumerate(_MONTHS, 1) if name.casefold() in (month, month[:3])]
    if name.casefold() == "sept":
        found = [9]
    if not found:
        raise _none()
    return found[0]


def _day(year: str, month: str | int, day: str | int) -> date:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        raise DayUnclear("there is no such day; write one such as 2026-11-28.") from None


def _none() -> DayUnclear:
    return DayUnclear("it must be a day such as 2026-11-28.")
