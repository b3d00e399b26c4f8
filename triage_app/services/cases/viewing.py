"""Who is shown which case, and how it is remembered that the trail has it."""

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Lock

from triage_app.domain.case import Case, CaseFilter, CaseState, CaseSummary, Order, Page
from triage_app.domain.errors import CaseNotFound, NotAllowedInState
from triage_app.domain.people import Actor, Permission
from triage_app.domain.withholding import (
    IMPRESSION_FIRST,
    line_without_findings,
    without_findings,
)

VIEW_LASTS = timedelta(minutes=10)
REMEMBERED = 50_000


def require_sight(actor: Actor) -> None:
    """Raise NotPermitted for whoever may see no case at all, before anything is looked up."""
    if not actor.may(Permission.SEE_FINDINGS):
        actor.require(Permission.SEE_OWN_UPLOADS)


def shown_to(actor: Actor, case: Case) -> Case:
    """The case as this person may see it.

    Nobody is shown the findings of a case that waits for an impression. Without SEE_FINDINGS it is
    one's own upload, outside the bin, and without findings, lesion and what became of it; any
    other raises CaseNotFound, so that nobody learns which cases exist.
    """
    if actor.may(Permission.SEE_FINDINGS):
        return without_findings(case, IMPRESSION_FIRST) if case.blinded else case
    actor.require(Permission.SEE_OWN_UPLOADS)
    if case.uploaded_by != actor.id or case.deleted_at is not None:
        raise CaseNotFound
    # That a case was revealed, without an impression, would say that it is urgent.
    return replace(
        without_findings(case),
        blinded=False,
        lesion_id="",
        moves=(),
        taken_by="",
        closed_at=None,
    )


def listed_for(actor: Actor, wanted: CaseFilter, order: Order) -> tuple[CaseFilter, Order]:
    """The list that this person gets for the one that was asked for.

    An order or a filter by risk would tell the findings that the lines withhold.
    """
    if actor.may(Permission.SEE_FINDINGS):
        return wanted, order
    actor.require(Permission.SEE_OWN_UPLOADS)
    own = replace(
        wanted,
        levels=frozenset(),
        finding_class=None,
        in_bin=False,
        uploaded_by=actor.id,
        lesion_id="",
        reviewed=None,
    )
    return own, Order.NEWEST


def page_for(actor: Actor, page: Page) -> Page:
    """The page without findings where this person, or nobody yet, may see them."""
    if actor.may(Permission.SEE_FINDINGS):
        return replace(page, items=tuple(_line(line) for line in page.items))
    hidden = (line_without_findings(line) for line in page.items)
    own = (replace(line, blinded=False, reviewed=False, closed=False) for line in hidden)
    return replace(page, items=tuple(own))


def _line(line: CaseSummary) -> CaseSummary:
    return line_without_findings(line) if line.blinded else line


def require_change(actor: Actor, case: Case) -> None:
    """Raise unless this person may change what was typed about the case.

    Whoever took the photograph completes the intake, until a clinician files the case.
    """
    if actor.may(Permission.CHANGE_CASES):
        return
    actor.require(Permission.UPLOAD)
    shown_to(actor, case)
    if case.state is not CaseState.DRAFT:
        raise NotAllowedInState("A clinician has filed this case. Ask a clinician to change it.")


class Sightings:
    """Which sights of a case the trail has already, so that a page with five pictures is one view.

    Kept in memory: after a restart the next picture is recorded again, which does no harm.
    """

    def __init__(self) -> None:
        self._seen: OrderedDict[tuple[str, str, str], datetime] = OrderedDict()
        self._lock = Lock()

    def note(self, actor: Actor, case_ids: Iterable[str], at: datetime) -> None:
        """Remember that the trail has this person's sight of these cases."""
        with self._lock:
            for case_id in case_ids:
                key = (actor.id, actor.session, case_id)
                self._seen[key] = at
                self._seen.move_to_end(key)
            while len(self._seen) > REMEMBERED:
                self._seen.popitem(last=False)

    def recent(self, actor: Actor, case_id: str, at: datetime) -> bool:
        """Whether the trail has it from the last ten minutes; false if the clock was put back."""
        with self._lock:
            seen = self._seen.get((actor.id, actor.session, case_id))
        return seen is not None and timedelta(0) <= at - seen <= VIEW_LASTS
