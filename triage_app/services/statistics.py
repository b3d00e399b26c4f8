"""Counts for those who watch the site, without anything of a patient."""

from triage_app.domain.people import Actor, Permission
from triage_app.domain.site import SiteCounts
from triage_app.services.ports import UnitOfWorkFactory


class Statistics:
    """Use cases on counts."""

    def __init__(self, units: UnitOfWorkFactory) -> None:
        self._units = units

    def site_counts(self, actor: Actor) -> SiteCounts:
        """Cases by month and level, and by model version."""
        actor.require(Permission.READ_STATISTICS)
        with self._units() as unit:
            return unit.site.counts()
