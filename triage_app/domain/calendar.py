"""The site's calendar: days, months and times as the clinic's clock shows them.

Everything is stored in UTC. A day, a month or a time that a person reads is made here and nowhere
else, so that one image has the same day on every page, in every letter and in every count.
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

# Not strftime: its names of months follow the locale of the process.
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# Files of the time zone database that name no zone.
_NO_ZONES = frozenset({"Factory", "localtime", "posixrules"})
_SECOND = timedelta(seconds=1)
_FIRST, _LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


class UnknownZone(ValueError):
    """No time zone of the IANA database has this name."""


@dataclass(frozen=True)
class Zone:
    """A time zone by its IANA name, such as "Australia/Sydney"; raises UnknownZone.

    A day is a stretch of time from ``start_of`` it up to, but not including, ``start_of`` the next,
    so each instant has exactly one day, also where clocks are changed at midnight. A day that a
    place has skipped (30 December 2011 in Samoa) has no length, and no instant is of it.
    """

    name: str

    def __post_init__(self) -> None:
        _info(self.name)

    def day_of(self, instant: datetime) -> date:
        """The calendar day of a point in time, which must have a time zone (ValueError)."""
        shown = self.shown(instant).date()
        # Where the clock goes back over midnight, the new day has begun and does not end again.
        following = shown + timedelta(days=1) if shown < date.max else shown
        return following if following > shown and instant >= self.start_of(following) else shown

    def start_of(self, day: date) -> datetime:
        """The first instant of a day, in UTC; beyond the calendar's ends it is the end."""
        midnight = datetime.combine(day, time.min)
        try:
            first = midnight.replace(tzinfo=_info(self.name)).astimezone(UTC)
            if self.shown(first).replace(tzinfo=None) == midnight:
                return first
            before = midnight.replace(tzinfo=_info(self.name), fold=1).astimezone(UTC)
        except OverflowError:
            return _FIRST if day.year == 1 else _LAST
        return self._where_it_begins(day, before - timedelta(days=1), first)

    def _where_it_begins(self, day: date, before: datetime, first: datetime) -> datetime:
        """The instant at which the clock jumped over midnight, to the second."""
        while first - before > _SECOND:
            middle = before + timedelta(seconds=(first - before) // _SECOND // 2)
            if self.shown(middle).date() < day:
                before = middle
            else:
                first = middle
        return first

    def instant(self, day: date, hour: int, minute: int = 0) -> datetime:
        """When the clock shows this, in UTC: at first where it does twice, and where it skips it
        as much later as it skips."""
        return datetime.combine(day, time(hour, minute), _info(self.name)).astimezone(UTC)

    def bounds_of(self, first: date, last: date | None = None) -> tuple[datetime, datetime]:
        """The instants, in UTC, from which on and before which it is ``first`` to ``last``."""
        last = first if last is None else last
        end = _LAST if last == date.max else self.start_of(last + timedelta(days=1))
        return self.start_of(first), end

    def shown(self, instant: datetime) -> datetime:
        """The instant as a clock at this place shows it; for reading, never for reckoning.

        Near the ends of the calendar, where no clock can show it, in UTC. Raises ValueError for a
        time without a time zone: nobody can know which instant that is.
        """
        if instant.utcoffset() is None:
            raise ValueError("a time without a time zone")
        try:
            return instant.astimezone(_info(self.name))
        except OverflowError:
            return instant.astimezone(UTC)

    def offset(self, instant: datetime) -> str:
        """How far the clock is from UTC then: "UTC", "UTC+05:45", "UTC-08:00"."""
        ahead = self.shown(instant).utcoffset() or timedelta()
        minutes, seconds = divmod(abs(ahead) // _SECOND, 60)
        if not minutes and not seconds:
            return "UTC"
        sign = "-" if ahead < timedelta() else "+"
        rest = f":{seconds:02}" if seconds else ""
        return f"UTC{sign}{minutes // 60:02}:{minutes % 60:02}{rest}"

    def said(self, instant: datetime, *, seconds: bool = False) -> str:
        """A time as people read it: "24 Nov 2026, 09:10 UTC+11:00"."""
        at = self.shown(instant)
        rest = f":{at.second:02}" if seconds else ""
        day = said_day(at.date())
        return f"{day}, {at.hour:02}:{at.minute:02}{rest} {self.offset(instant)}"

    def said_day_of(self, instant: datetime) -> str:
        """The day of a point in time as people read it."""
        return said_day(self.day_of(instant))

    def written(self, instant: datetime) -> str:
        """ISO 8601 with this place's offset, to the second; its first ten characters are the day
        that the clock showed."""
        return self.shown(instant).isoformat(timespec="seconds")


def utc_minute(instant: datetime) -> str:
    """A time as a document says it that must read the same at every place: "2026-11-24 09:10 UTC".

    Raises ValueError for a time without a time zone.
    """
    if instant.utcoffset() is None:
        raise ValueError("a time without a time zone")
    return f"{instant.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


@dataclass(frozen=True)
class SiteZone:
    """The zone of the site and where its name comes from, in words."""

    zone: Zone
    origin: str


@lru_cache(maxsize=64)
def _info(name: str) -> ZoneInfo:
    if name in _NO_ZONES or name.partition("/")[0] in ("posix", "right"):
        raise UnknownZone(name)
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise UnknownZone(name) from None


UTC_ZONE = Zone("UTC")
UNSET_ZONE = SiteZone(UTC_ZONE, "not set")


def said_day(day: date) -> str:
    """A day as people read it, whatever order of numbers they are used to: "24 Nov 2026"."""
    return f"{day.day} {said_month(day)}"


def said_month(day: date) -> str:
    """The month of a day as people read it: "Nov 2026"."""
    return f"{MONTHS[day.month - 1]} {day.year}"


def month_of(day: date) -> str:
    """The month of a day as it is stored: "2026-11"."""
    return f"{day.year:04}-{day.month:02}"


def first_of(month: str) -> date:
    """The first day of a month such as "2026-11"; raises ValueError."""
    year, _, number = month.partition("-")
    return date(int(year), int(number), 1)


def add_months(day: date, months: int) -> date:
    """The same day so many months later (or earlier), or the last day of a shorter month.

    Raises ValueError outside the calendar.
    """
    year, month = divmod(12 * day.year + day.month - 1 + months, 12)
    if not date.min.year <= year <= date.max.year:
        raise ValueError("outside the calendar")
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def months_later(day: date, months: int) -> date:
    """The first day on which so many whole months have passed: the first of the next month where
    the month has no such day. Raises ValueError outside the calendar."""
    later = add_months(day, months)
    return later if later.day == day.day else later + timedelta(days=1)


def months_between(first: date, last: date) -> int:
    """Whole months that have passed from ``first`` to ``last``, never rounded up; 0 for none."""
    months = 12 * (last.year - first.year) + last.month - first.month
    return max(0, months - (last.day < first.day))
