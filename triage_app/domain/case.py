"""A case: one lesion photograph with its context, its analysis and its reports."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from triage_app.domain.calendar import UTC_ZONE, Zone
from triage_app.domain.context import NO_CONTEXT, ClinicalContext
from triage_app.domain.diagnosis import FindingClass
from triage_app.domain.files import FileKind, StoredFile
from triage_app.domain.findings import Findings
from triage_app.domain.lesion import Move
from triage_app.domain.outcome import Outcome
from triage_app.domain.reading import Impression, NextStep, Reveal, Verdict
from triage_app.domain.triage import Decision, Evidence, Level


class CaseState(StrEnum):
    """A draft was analysed and stored but not yet confirmed by a person; a filed case was."""

    DRAFT = "draft"
    FILED = "filed"


@dataclass(frozen=True)
class ModelIdentity:
    """Which weights judged."""

    name: str
    version: str
    sha256: str


@dataclass(frozen=True)
class Analysis:
    """What the software found on the image, with everything needed to decide again.

    ``model`` is None where no model was in service. ``operating_points`` is the part of the model
    card that has to stand beside each decision ("rule_out" and "rule_in", with measured
    sensitivity and specificity), as it was then; a site's stricter value is in ``value``.
    ``timings`` are milliseconds by stage.
    """

    id: str
    created_at: datetime
    evidence: Evidence
    decision: Decision
    model: ModelIdentity | None
    operating_points: Mapping[str, Any]
    limits_of_use: tuple[str, ...]
    timings: Mapping[str, float]
    app_version: str
    image_notes: tuple[str, ...] = ()

    @property
    def shown_findings(self) -> Findings | None:
        """Findings that may be shown: None when the image could not be assessed."""
        return self.evidence.findings if self.decision.assessed else None


@dataclass(frozen=True)
class Report:
    """An issued report; its bytes never change."""

    id: str
    number: int
    issued_at: datetime
    file: StoredFile
    content_hash: str


@dataclass(frozen=True)
class Letter:
    """A letter to the patient, drawn from a verdict; its bytes never change."""

    id: str
    number: int
    issued_at: datetime
    verdict_id: str
    file: StoredFile


@dataclass(frozen=True)
class CaseDetails:
    """What people type or choose; texts are cleaned by ``domain.text`` before they get here."""

    patient_reference: str = ""
    lesion_label: str = ""
    context: ClinicalContext = NO_CONTEXT
    note: str = ""
    clinical_question: str = ""


@dataclass(frozen=True)
class Case:
    """The aggregate that is stored and changed as a whole.

    ``version`` counts changes; saving with another version than the stored one is refused.
    ``deleted_at`` puts a case into the bin: out of every list, restorable, then erased.
    ``uploaded_by`` is the internal id of the person who sent the image; empty before 0.2.
    ``blinded``: the findings are withheld from everybody until a clinician recorded an impression;
    ``reveal`` says how that ended. ``taken_by`` is who reads it, empty for nobody. What a list of
    the loop holds only grows, but for the ends of ``next_steps`` and what is added to ``outcomes``
    later: a document, a withdrawal.
    """

    id: str
    version: int
    state: CaseState
    created_at: datetime
    updated_at: datetime
    details: CaseDetails
    analysis: Analysis
    files: Mapping[FileKind, StoredFile]
    reports: tuple[Report, ...] = ()
    filed_at: datetime | None = None
    deleted_at: datetime | None = None
    batch_id: str | None = None
    uploaded_by: str = ""
    lesion_id: str = ""
    moves: tuple[Move, ...] = ()
    blinded: bool = False
    reveal: Reveal | None = None
    taken_by: str = ""
    closed_at: datetime | None = None
    impressions: tuple[Impression, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    next_steps: tuple[NextStep, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    letters: tuple[Letter, ...] = ()

    @property
    def verdict(self) -> Verdict | None:
        """The verdict that counts."""
        return self.verdicts[-1] if self.verdicts else None


@dataclass(frozen=True)
class CaseSummary:
    """One line of a list; ``classes`` is None when the image could not be assessed.

    ``blinded``: the findings are withheld; ``level`` then says nothing.
    """

    id: str
    version: int
    state: CaseState
    created_at: datetime
    patient_reference: str
    lesion_label: str
    level: Level
    classes: Mapping[FindingClass, float] | None
    has_thumbnail: bool
    note: str
    source_name: str
    deleted_at: datetime | None = None
    blinded: bool = False
    reviewed: bool = False
    closed: bool = False


class Order(StrEnum):
    """Order of a list."""

    NEWEST = "newest"
    RISK = "risk"


@dataclass(frozen=True)
class CaseFilter:
    """Which cases a list holds; every part narrows, an empty part does not.

    ``finding_class`` is the class with the highest probability. Dates are inclusive, days of
    ``zone``, by the time of the analysis. ``patient_reference`` matches from its start, ignoring
    case. ``text`` is searched in notes and clinical questions as a substring, ignoring case.
    """

    levels: frozenset[Level] = frozenset()
    finding_class: FindingClass | None = None
    date_from: date | None = None
    date_to: date | None = None
    patient_reference: str = ""
    text: str = ""
    state: CaseState | None = None
    batch_id: str | None = None
    in_bin: bool = False
    uploaded_by: str = ""
    lesion_id: str = ""
    reviewed: bool | None = None
    zone: Zone = UTC_ZONE


@dataclass(frozen=True)
class Page:
    """A page of a list; a cursor is None where there is no further page on that side.

    ``total`` counts all matches; where that would cost too much it stops early, at ``TOTAL_LIMIT``
    or before, and ``at_least`` says that there are more.
    """

    items: tuple[CaseSummary, ...]
    next_cursor: str | None
    previous_cursor: str | None
    total: int = field(default=0)
    at_least: bool = field(default=False)


TOTAL_LIMIT = 10_000
