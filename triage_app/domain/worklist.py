"""The worklist: what nobody has read yet, and what somebody still has to do."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from triage_app.domain.case import CaseState
from triage_app.domain.reading import StepKind, Terms, read_by
from triage_app.domain.triage import RISK_RANK, Level

# Nobody has read it, so its risk is as unknown as that of an image that cannot be assessed.
WITHHELD_RANK = RISK_RANK[Level.CANNOT_ASSESS]


class Whose(StrEnum):
    """Which lines of the worklist to show."""

    ALL = "all"
    MINE = "mine"
    FREE = "free"


@dataclass(frozen=True)
class WorkItem:
    """A case without a verdict. ``level`` is None while its findings are withheld.

    ``taken_by`` is the internal id of who took it, empty for nobody. ``escalated``: it was urgent
    and unread for too long, so its findings were shown without an impression.
    """

    case_id: str
    version: int
    state: CaseState
    created_at: datetime
    patient_reference: str
    lesion_label: str
    lesion_id: str
    level: Level | None
    taken_by: str
    escalated: bool
    has_thumbnail: bool

    def overdue(self, now: datetime, terms: Terms) -> bool:
        """Whether it should have been read by now."""
        return read_by(self.created_at, self.level, terms) < now


@dataclass(frozen=True)
class DueItem:
    """An open next step with its case; ``letter_id`` is the case's newest letter, empty without."""

    step_id: str
    case_id: str
    version: int
    kind: StepKind
    owner: str
    due: date
    patient_reference: str
    lesion_label: str
    has_thumbnail: bool
    letter_id: str = ""


@dataclass(frozen=True)
class WorkPage:
    """A part of the worklist, with the text that leads to the next one, None at the end."""

    items: tuple[WorkItem, ...]
    next_cursor: str | None


@dataclass(frozen=True)
class WorkCounts:
    """How much waits; ``overdue`` and ``urgent_unread`` are parts of ``unread``.

    ``urgent_unread`` counts no case whose findings are withheld. ``open`` and ``late`` count next
    steps by kind, ``late`` those after their day.
    """

    unread: int
    overdue: int
    urgent_unread: int
    mine: int
    open: dict[StepKind, int]
    late: dict[StepKind, int]


def order_of(item: WorkItem, now: datetime, terms: Terms) -> tuple[bool, int, datetime, str]:
    """Sort key: overdue first, then the worse level, then the longer waiting time.

    Withheld cases all have one rank, so that among them only the waiting time counts.
    """
    rank = WITHHELD_RANK if item.level is None else RISK_RANK[item.level]
    return (not item.overdue(now, terms), -rank, item.created_at, item.case_id)
