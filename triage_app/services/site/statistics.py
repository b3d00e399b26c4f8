"""Counts for those who watch the site, without anything of a patient."""

from triage_app.domain.calendar import UTC_ZONE, Zone
from triage_app.domain.people import Actor, Permission
from triage_app.domain.site import SiteCounts
from triage_app.ports.adapters import UnitOfWorkFactory


class Statistics:
    """Use cases on counts."""

    def __init__(self, units: UnitOfWorkFactory, *, zone: Zone = UTC_ZONE) -> None:
        self._units = units
        self._zone = zone

    def site_counts(self, actor: Actor) -> SiteCounts:
        """Cases by month of the site's calendar and level, and by model version."""
        actor.require(Permission.READ_STATISTICS)
        with self._units() as unit:
            return unit.site.counts(self._zone)
