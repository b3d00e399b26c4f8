"""What nobody has read yet, and what somebody still has to do.

Each view first escalates what was urgent and unread for too long, so that the list is right even
where the server's own clockwork stood still.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime

from triage_app.domain.calendar import UTC_ZONE, Zone
from triage_app.domain.people import Actor, Permission
from triage_app.domain.reading import StepKind, Terms
from triage_app.domain.trail import Action, Entry
from triage_app.domain.worklist import DueItem, Whose, WorkCounts, WorkPage
from triage_app.ports.adapters import UnitOfWork, UnitOfWorkFactory
from triage_app.services.ground.names import shown_names
from triage_app.services.ground.reviewers import reviewers

PAGE_SIZE = 25
DUE_SHOWN = 200
ALL_STEPS = frozenset(StepKind)


class Worklist:
    """Use cases on the worklist, for those who may review."""

    def __init__(
        self,
        units: UnitOfWorkFactory,
        clock: Callable[[], datetime],
        terms: Terms,
        escalate: Callable[[], int],
        *,
        zone: Zone = UTC_ZONE,
    ) -> None:
        self._zone = zone
        self._units = units
        self._clock = clock
        self._terms = terms
        self._escalate = escalate

    def page(
        self,
        actor: Actor,
        whose: Whose = Whose.ALL,
        cursor: str | None = None,
        *,
        urgent_only: bool = False,
        size: int = PAGE_SIZE,
    ) -> WorkPage:
        """Cases without a verdict: overdue first, then by level, then by waiting time.

        Withheld ones are ordered by waiting time alone, and ``urgent_only`` leaves them out.
        """
        actor.require(Permission.REVIEW)
        self._escalate()
        with self._units() as unit:
            page = unit.work.unread(
                whose,
                actor.id,
                now=self._clock(),
                terms=self._terms,
                cursor=cursor,
                size=size,
                urgent_only=urgent_only,
            )
            self._record(unit, actor, [item.case_id for item in page.items])
        return page

    def counts(self, actor: Actor) -> WorkCounts:
        """How much waits."""
        actor.require(Permission.REVIEW)
        self._escalate()
        at = self._clock()
        with self._units() as unit:
            today = self._zone.day_of(at)
            return unit.work.counts(actor.id, now=at, today=today, terms=self._terms)

    def due(
        self,
        actor: Actor,
        kinds: frozenset[StepKind] = ALL_STEPS,
        owner: str = "",
        before: date | None = None,
    ) -> Sequence[DueItem]:
        """Open next steps, of one owner or due before a day, by due day: the first 200.

        ``counts`` says how many there are; what is done makes room for the next.
        """
        actor.require(Permission.REVIEW)
        with self._units() as unit:
            items = unit.work.due(kinds, owner, before, DUE_SHOWN)
            self._record(unit, actor, [item.case_id for item in items])
        return items

    def neighbours(self, actor: Actor, case_id: str) -> tuple[str | None, str | None]:
        """Ids of the unread cases before and after this one in the whole worklist."""
        actor.require(Permission.REVIEW)
        with self._units() as unit:
            return unit.work.neighbours(case_id, self._clock(), self._terms)

    def clinicians(self, actor: Actor) -> Mapping[str, str]:
        """Id and name of everybody to whom a case or a step can be given."""
        actor.require(Permission.REVIEW)
        with self._units() as unit:
            return reviewers(unit, actor)

    def names(self, actor: Actor) -> Mapping[str, str]:
        """Id and name of everybody who may have done something here, also of shut accounts."""
        actor.require(Permission.REVIEW)
        with self._units() as unit:
            return shown_names(unit)

    def _record(self, unit: UnitOfWork, actor: Actor, case_ids: Sequence[str]) -> None:
        entry = Entry(Action.WORKLIST_VIEWED, actor.id, "", {"cases": list(case_ids)})
        unit.trail.append(entry, self._clock())
        unit.commit()
