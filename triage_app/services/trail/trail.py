"""Reading the trail, taking anchors out of it, and checking it."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

from triage_app.domain.errors import InvalidInput, NotPermitted, TriageError
from triage_app.domain.people import LOCAL_USER, SYSTEM, TERMINAL, Actor, Permission
from triage_app.domain.trail import Action, Anchor, Entry, Event, TrailFilter, Value
from triage_app.ports.adapters import FileStore, UnitOfWork, UnitOfWorkFactory
from triage_app.services.cases.fingerprint import state_of
from triage_app.services.images.storing import facts, now
from triage_app.services.trail.verification import Verification, verify

PAGE_SIZE = 100
LARGEST_PAGE = 500
BUILT_IN = {actor.id: actor.name for actor in (LOCAL_USER, TERMINAL, SYSTEM)}


class Trail:
    """Use cases on the trail; reading it is itself recorded."""

    def __init__(
        self,
        units: UnitOfWorkFactory,
        files: FileStore,
        clock: Callable[[], datetime] = now,
    ) -> None:
        self._units = units
        self._files = files
        self._clock = clock

    def page(
        self, actor: Actor, wanted: TrailFilter, before: int | None = None, size: int = PAGE_SIZE
    ) -> Sequence[Event]:
        """Events newest first, numbers below ``before``; ``size`` from 1 to 500.

        Raises InvalidInput for an actor or subject that is no internal id: the search is recorded,
        and a typed name must not get into the trail by it.
        """
        actor.require(Permission.READ_TRAIL)
        _require_id("actor", wanted.actor)
        _require_id("subject", wanted.subject)
        details: dict[str, Value] = {
            "actions": sorted(action.value for action in wanted.actions),
            "actor": wanted.actor,
            "subject": wanted.subject,
            "before": before,
        }
        with self._units() as unit:
            events = unit.trail.page(wanted, before, max(1, min(size, LARGEST_PAGE)))
            unit.trail.append(Entry(Action.TRAIL_READ, actor.id, "", details), self._clock())
            unit.commit()
        return events

    def people(self, actor: Actor) -> Mapping[str, str]:
        """The name to show for each id that the trail may hold as an actor or subject."""
        if not actor.may(Permission.MANAGE_PEOPLE):
            actor.require(Permission.READ_TRAIL)
        with self._units() as unit:
            return BUILT_IN | {person.id: person.name for person in unit.people.everyone()}

    def anchor(self, actor: Actor) -> Anchor:
        """Number and hash of the newest event, to be kept elsewhere; that event records it."""
        if not actor.may(Permission.READ_TRAIL) and not actor.may(Permission.MANAGE_SITE):
            raise NotPermitted
        with self._units() as unit:
            event = unit.trail.append(Entry(Action.ANCHOR_EXPORTED, actor.id), self._clock())
            unit.commit()
        return Anchor(event.number, event.hash)

    def verify(self, anchors: Iterable[Anchor] = ()) -> Verification:
        """Check the chain and every stored file; see ``services.trail.verification``."""
        return verify(self._units, self._files, anchors)

    def adopt(self) -> int:
        """Record the files of cases that are older than the trail; how many cases.

        Only while the trail is empty: later, a case that it does not know was not stored by this
        program.
        """
        with self._units() as unit:
            unit.lock()
            if unit.trail.tip().number:
                return 0
            at, stored = self._clock(), dict[str, list[str]]()
            for case_id, file in unit.cases.every_file():
                stored.setdefault(case_id, []).extend(facts([file]))
            for case_id, named in stored.items():
                details: dict[str, Value] = {"files": named, "state": _state(unit, case_id)}
                unit.trail.append(Entry(Action.MIGRATED, SYSTEM.id, case_id, details), at)
            unit.commit()
        return len(stored)


def _state(unit: UnitOfWork, case_id: str) -> str:
    # One old case that cannot be read must not keep the program from starting.
    try:
        return state_of(unit, case_id)
    except TriageError:
        return ""


def _require_id(field: str, text: str) -> None:
    if text and text not in BUILT_IN and not re.fullmatch(r"[0-9a-f]{32}", text):
        raise InvalidInput(
            field, "Search the trail by an internal id: 32 characters from 0 to 9 and a to f."
        )
