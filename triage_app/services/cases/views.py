"""Showing cases: one, a list, a picture. Without the trail nothing is shown."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from triage_app.domain.calendar import UTC_ZONE, Zone
from triage_app.domain.case import Case, CaseFilter, Order, Page
from triage_app.domain.errors import FileMissing
from triage_app.domain.files import FINDING_FILES, FileKind, StoredFile
from triage_app.domain.people import Actor, Permission
from triage_app.domain.trail import Action, Entry
from triage_app.ports.adapters import FileStore, UnitOfWorkFactory
from triage_app.services.cases.viewing import (
    Sightings,
    listed_for,
    page_for,
    require_sight,
    shown_to,
)
from triage_app.services.images.storing import now

PAGE_SIZE = 25
LARGEST_PAGE = 200


class CaseViews:
    """What is read of stored cases, each time recorded before it is handed out."""

    def __init__(
        self,
        units: UnitOfWorkFactory,
        files: FileStore,
        clock: Callable[[], datetime] = now,
        *,
        zone: Zone = UTC_ZONE,
    ) -> None:
        self._zone = zone
        self._units = units
        self._files = files
        self._clock = clock
        self._sightings = Sightings()

    def get(self, actor: Actor, case_id: str) -> Case:
        """The case; raises CaseNotFound.

        For steps right after the person opened, stored or changed the case, which the trail has
        already; otherwise it counts as a view.
        """
        require_sight(actor)
        with self._units() as unit:
            case = shown_to(actor, unit.cases.get(case_id))
        if not self._sightings.recent(actor, case_id, self._clock()):
            self._record_view(actor, case)
        return case

    def view(self, actor: Actor, case_id: str) -> Case:
        """The case, for a page that opens it: a view is recorded each time."""
        require_sight(actor)
        with self._units() as unit:
            case = shown_to(actor, unit.cases.get(case_id))
        self._record_view(actor, case)
        return case

    def page(
        self,
        actor: Actor,
        wanted: CaseFilter,
        order: Order = Order.NEWEST,
        cursor: str | None = None,
        size: int = PAGE_SIZE,
    ) -> Page:
        """A page of the list; ``size`` from 1 to 200. What it showed is recorded.

        Days are those of the site, whatever the zone of ``wanted``.
        """
        require_sight(actor)
        wanted, order = listed_for(actor, replace(wanted, zone=self._zone), order)
        at = self._clock()
        with self._units() as unit:
            page = unit.cases.page(wanted, order, cursor, max(1, min(size, LARGEST_PAGE)))
            ids = [line.id for line in page.items]
            entry = Entry(Action.LIST_VIEWED, actor.id, "", {"cases": ids, "bin": wanted.in_bin})
            unit.trail.append(entry, at)
            unit.commit()
        self._sightings.note(actor, ids, at)
        return page_for(actor, page)

    def count(self, actor: Actor, wanted: CaseFilter) -> int:
        """How many cases match, up to ``TOTAL_LIMIT``; none of them is shown."""
        require_sight(actor)
        wanted, order = listed_for(actor, replace(wanted, zone=self._zone), Order.NEWEST)
        with self._units() as unit:
            return unit.cases.page(wanted, order, None, 1).total

    def file_bytes(self, actor: Actor, case_id: str, kind: FileKind) -> tuple[StoredFile, bytes]:
        """A stored picture; raises FileMissing when there is none or it may not be shown.

        Reading the original is recorded each time, the other pictures count as a view of the case.
        """
        require_sight(actor)
        with self._units() as unit:
            case = shown_to(actor, unit.cases.get(case_id))
        file = case.files.get(kind)
        if file is None or (kind in FINDING_FILES and not case.analysis.decision.assessed):
            raise FileMissing("This case has no such picture.")
        data = self._files.read(file)
        if kind is FileKind.ORIGINAL:
            self._record(Entry(Action.ORIGINAL_READ, actor.id, case_id, {"file": file.id}))
        elif not self._sightings.recent(actor, case_id, self._clock()):
            self._record_view(actor, case)
        return file, data

    def _record_view(self, actor: Actor, case: Case) -> None:
        findings = actor.may(Permission.SEE_FINDINGS) and not case.blinded
        self._record(Entry(Action.CASE_VIEWED, actor.id, case.id, {"findings": findings}))
        self._sightings.note(actor, [case.id], self._clock())

    def _record(self, entry: Entry) -> None:
        with self._units() as unit:
            unit.trail.append(entry, self._clock())
            unit.commit()
