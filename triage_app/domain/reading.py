"""The clinician's part: impression, verdict with disposition, and the next steps that follow.

Nothing here is ever overwritten: an impression cannot be changed, a verdict is superseded by a
later one, a next step ends and stays readable. People appear by internal ids.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from triage_app.domain.checklists import SevenPointChecklist, StolzAbcd
from triage_app.domain.errors import InvalidInput, NotAllowedInState
from triage_app.domain.triage import Level

LONGEST_FOLLOW_UP = timedelta(days=2 * 366)
REASON_LENGTH = 1_000


class ImpressionDiagnosis(StrEnum):
    """Leading diagnosis at sight."""

    NAEVUS = "naevus"
    ATYPICAL_NAEVUS = "atypical_naevus"
    BENIGN_KERATOSIS = "benign_keratosis"
    DERMATOFIBROMA = "dermatofibroma"
    VASCULAR = "vascular"
    OTHER_BENIGN = "other_benign"
    ACTINIC_KERATOSIS = "actinic_keratosis"
    BOWEN = "bowen"
    MELANOMA = "melanoma"
    BASAL_CELL_CARCINOMA = "basal_cell_carcinoma"
    SQUAMOUS_CELL_CARCINOMA = "squamous_cell_carcinoma"
    OTHER_MALIGNANT = "other_malignant"
    UNSURE = "unsure"


IMPRESSION_LABELS: dict[ImpressionDiagnosis, str] = {
    ImpressionDiagnosis.NAEVUS: "Melanocytic naevus",
    ImpressionDiagnosis.ATYPICAL_NAEVUS: "Atypical naevus",
    ImpressionDiagnosis.BENIGN_KERATOSIS: "Benign keratosis",
    ImpressionDiagnosis.DERMATOFIBROMA: "Dermatofibroma",
    ImpressionDiagnosis.VASCULAR: "Vascular lesion",
    ImpressionDiagnosis.OTHER_BENIGN: "Other benign lesion",
    ImpressionDiagnosis.ACTINIC_KERATOSIS: "Actinic keratosis",
    ImpressionDiagnosis.BOWEN: "Bowen disease",
    ImpressionDiagnosis.MELANOMA: "Melanoma",
    ImpressionDiagnosis.BASAL_CELL_CARCINOMA: "Basal cell carcinoma",
    ImpressionDiagnosis.SQUAMOUS_CELL_CARCINOMA: "Squamous cell carcinoma",
    ImpressionDiagnosis.OTHER_MALIGNANT: "Other malignant lesion",
    ImpressionDiagnosis.UNSURE: "Cannot tell",
}


class Confidence(StrEnum):
    """How sure the clinician is."""

    LOW = "low"
    MODERATE = "moderate"
    HIGH = "high"


# What a person may give; "cannot assess" is the software's word, not the clinician's.
GIVEN_LEVELS = (Level.ROUTINE, Level.REVIEW, Level.URGENT)


@dataclass(frozen=True)
class Impression:
    """A clinician's own read. ``blinded``: the findings had not been revealed to anybody."""

    id: str
    at: datetime
    by: str
    diagnosis: ImpressionDiagnosis
    level: Level
    confidence: Confidence
    blinded: bool
    abcd: StolzAbcd | None = None
    seven_point: SevenPointChecklist | None = None

    def __post_init__(self) -> None:
        if self.level not in GIVEN_LEVELS:
            raise InvalidInput("level", "Choose routine, review or urgent.")


class RevealCause(StrEnum):
    """Why findings that were withheld are shown."""

    IMPRESSION = "impression"
    ESCALATED = "escalated"
    SETTING = "setting"


REVEAL_LABELS: dict[RevealCause, str] = {
    RevealCause.IMPRESSION: "Revealed after an impression was recorded",
    RevealCause.ESCALATED: "Unblinded: urgent and unread for too long",
    RevealCause.SETTING: "Unblinded: the site no longer asks for an impression first",
}


@dataclass(frozen=True)
class Reveal:
    """When findings that had been withheld were revealed, by whom, and why."""

    at: datetime
    by: str
    cause: RevealCause


class Disposition(StrEnum):
    """What happens next to the patient."""

    DISCHARGE = "discharge"
    FOLLOW_UP = "follow_up"
    BIOPSY_OR_EXCISION = "biopsy_or_excision"
    URGENT_REFERRAL = "urgent_referral"


DISPOSITION_LABELS: dict[Disposition, str] = {
    Disposition.DISCHARGE: "Discharge",
    Disposition.FOLLOW_UP: "Short-term follow-up",
    Disposition.BIOPSY_OR_EXCISION: "Biopsy or excision",
    Disposition.URGENT_REFERRAL: "Urgent referral",
}


@dataclass(frozen=True)
class Verdict:
    """A clinician's decision on a case; the last one counts, the earlier ones stay.

    ``found`` is the level that the software gave at that time. ``agrees`` says whether ``level``
    is the same; an override has a ``reason``. ``due`` is the day of the follow-up.
    """

    id: str
    at: datetime
    by: str
    found: Level
    level: Level
    agrees: bool
    disposition: Disposition
    reason: str = ""
    due: date | None = None
    note: str = ""


class StepKind(StrEnum):
    """What a verdict makes somebody responsible for."""

    FOLLOW_UP = "follow_up"
    HISTOLOGY = "histology"
    REFERRAL = "referral"


STEP_LABELS: dict[StepKind, str] = {
    StepKind.FOLLOW_UP: "Follow-up visit",
    StepKind.HISTOLOGY: "Histology awaited",
    StepKind.REFERRAL: "Referral to be confirmed",
}


class StepEnd(StrEnum):
    """How a next step ended."""

    DONE = "done"
    SUPERSEDED = "superseded"
    POSTPONED = "postponed"
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class NextStep:
    """Something that must not be forgotten: it has an owner, a due day and an end.

    Open while ``ended_at`` is None. ``owner`` is an internal id. ``end_note`` says why it was
    postponed or cancelled, or what was confirmed.
    """

    id: str
    kind: StepKind
    owner: str
    due: date
    opened_at: datetime
    verdict_id: str
    ended_at: datetime | None = None
    ended_by: str = ""
    end: StepEnd | None = None
    end_note: str = ""

    @property
    def is_open(self) -> bool:
        """Whether somebody still has to do it."""
        return self.ended_at is None

    def overdue(self, today: date) -> bool:
        """Whether it is open after its day."""
        return self.is_open and self.due < today


@dataclass(frozen=True)
class Terms:
    """How long a site lets things wait.

    ``urgent``: an urgent case unread for longer is escalated. ``read``: every other case.
    ``histology_days`` and ``referral_days``: when their result or confirmation is due.
    """

    urgent: timedelta = timedelta(hours=24)
    read: timedelta = timedelta(days=7)
    histology_days: int = 21
    referral_days: int = 14


STEP_OF: dict[Disposition, StepKind] = {
    Disposition.FOLLOW_UP: StepKind.FOLLOW_UP,
    Disposition.BIOPSY_OR_EXCISION: StepKind.HISTOLOGY,
    Disposition.URGENT_REFERRAL: StepKind.REFERRAL,
}
# An urgent lesion is never sent home or merely watched.
DISPOSITIONS_OF: dict[Level, frozenset[Disposition]] = {
    Level.ROUTINE: frozenset(Disposition),
    Level.REVIEW: frozenset(Disposition),
    Level.URGENT: frozenset({Disposition.BIOPSY_OR_EXCISION, Disposition.URGENT_REFERRAL}),
    # Nothing was assessed: the clinician decides on clinical grounds alone.
    Level.CANNOT_ASSESS: frozenset(Disposition),
}


def check_verdict(verdict: Verdict, today: date) -> None:
    """Raise InvalidInput for a verdict that contradicts itself."""
    if verdict.agrees and verdict.level is not verdict.found:
        raise InvalidInput("level", "To give another level than the software, choose override.")
    if not verdict.agrees:
        _check_override(verdict)
    if verdict.disposition not in DISPOSITIONS_OF[verdict.level]:
        raise InvalidInput(
            "disposition",
            "An urgent lesion needs a biopsy, an excision or an urgent referral. "
            "If it is not urgent, override the level and say why.",
        )
    _check_due(verdict, today)


def _check_override(verdict: Verdict) -> None:
    if verdict.level not in GIVEN_LEVELS:
        raise InvalidInput("level", "Choose the level that you give instead.")
    if verdict.level is verdict.found:
        raise InvalidInput("level", "This is the level that the software gave: choose agree.")
    if not verdict.reason.strip():
        raise InvalidInput("reason", "Say why you override the level.")


def _check_due(verdict: Verdict, today: date) -> None:
    if verdict.disposition is not Disposition.FOLLOW_UP:
        if verdict.due is not None:
            raise InvalidInput("due", "A date is given for a follow-up only.")
        return
    if verdict.due is None:
        raise InvalidInput("due", "Give the date by which the patient is to come back.")
    check_due_day(verdict.due, today)


def check_due_day(due: date, today: date) -> None:
    """Raise InvalidInput for a day that is no day to come back on."""
    if due <= today:
        raise InvalidInput("due", "The date of the follow-up must lie in the future.")
    if due - today > LONGEST_FOLLOW_UP:
        raise InvalidInput("due", "The date of the follow-up lies more than two years ahead.")


def step_of(verdict: Verdict, step_id: str, terms: Terms, today: date) -> NextStep | None:
    """The next step that a verdict opens, owned by who gave it; None for a discharge."""
    kind = STEP_OF.get(verdict.disposition)
    if kind is None:
        return None
    days = {StepKind.HISTOLOGY: terms.histology_days, StepKind.REFERRAL: terms.referral_days}
    due = verdict.due or today + timedelta(days=days.get(kind, 0))
    return NextStep(step_id, kind, verdict.by, due, verdict.at, verdict.id)


def ended(step: NextStep, at: datetime, by: str, end: StepEnd, note: str = "") -> NextStep:
    """The step, ended; raises NotAllowedInState when it has ended before.

    Raises InvalidInput when it is postponed or cancelled without saying why.
    """
    if not step.is_open:
        raise NotAllowedInState("This step has ended already.")
    if end in (StepEnd.POSTPONED, StepEnd.CANCELLED) and not note.strip():
        raise InvalidInput("note", "Say why.")
    return replace(step, ended_at=at, ended_by=by, end=end, end_note=note)


def superseded(
    steps: Sequence[NextStep], at: datetime, by: str, kinds: frozenset[StepKind] | None = None
) -> tuple[NextStep, ...]:
    """All steps, the open ones (of ``kinds``, or any) ended because a verdict replaced them."""
    return tuple(
        ended(step, at, by, StepEnd.SUPERSEDED)
        if step.is_open and (kinds is None or step.kind in kinds)
        else step
        for step in steps
    )


def refuse_open_steps(steps: Sequence[NextStep]) -> None:
    """Raise NotAllowedInState while a step is open: such a case cannot be closed."""
    waiting = [STEP_LABELS[step.kind].lower() for step in steps if step.is_open]
    if waiting:
        raise NotAllowedInState(
            f"This case cannot be closed yet: {', '.join(waiting)}. "
            "Complete, postpone or cancel that first."
        )


def read_by(created_at: datetime, level: Level | None, terms: Terms) -> datetime:
    """Until when a case must have been read; ``level`` is None while it is withheld.

    A withheld case has the same term whatever its level, so that the term tells nothing.
    """
    return created_at + (terms.urgent if level is Level.URGENT else terms.read)
