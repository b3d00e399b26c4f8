"""Days and times of the page at hand, as the clocks of the site show them.

The browser's own zone may be another one and says nothing. Each handler begins with
``Desk.authorise``, which sets the zone of its site; what is drawn from there on is in it.
"""

from contextvars import ContextVar
from datetime import date, datetime

from triage_app.domain.calendar import UTC_ZONE, Zone
from triage_app.services.images.storing import now

_ZONE: ContextVar[Zone] = ContextVar("zone", default=UTC_ZONE)


def show_in(zone: Zone) -> None:
    """Draw in this zone for the rest of the handler."""
    _ZONE.set(zone)


def zone() -> Zone:
    """The zone of the site whose page is drawn."""
    return _ZONE.get()


def today() -> date:
    """The present day of the site, as the services count it."""
    return zone().day_of(now())


def day(moment: datetime) -> str:
    """The day of a point in time, as it is read."""
    return zone().said_day_of(moment)


def to_the_second(moment: datetime) -> str:
    """A time with its seconds, to tell apart what lies close together."""
    return zone().said(moment, seconds=True)
