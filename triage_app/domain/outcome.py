"""What turned out in the end: histopathology, or follow-up without change."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from triage_app.domain.calendar import months_between
from triage_app.domain.errors import InvalidInput
from triage_app.domain.files import StoredFile
from triage_app.domain.pathology import (
    LARGEST_BRESLOW_MM,
    PROOF_OF,
    WITH_BRESLOW,
    Pathology,
    Proof,
)

PAIRED_MONTHS = 12
SPECIMEN_LENGTH = 64


class OutcomeMethod(StrEnum):
    """How the outcome was found."""

    HISTOPATHOLOGY = "histopathology"
    FOLLOW_UP = "follow_up"


OUTCOME_METHOD_LABELS: dict[OutcomeMethod, str] = {
    OutcomeMethod.HISTOPATHOLOGY: "Histopathology",
    OutcomeMethod.FOLLOW_UP: "Follow-up with paired images",
}


@dataclass(frozen=True)
class Withdrawal:
    """That an outcome was recorded by mistake: when and by whom (internal id) it was taken back.

    ``reason`` is plain text of at most ``reading.REASON_LENGTH`` characters.
    """

    at: datetime
    by: str
    reason: str

    def __post_init__(self) -> None:
        if not self.reason.strip():
            raise InvalidInput("reason", "Say why the outcome is withdrawn.")


@dataclass(frozen=True)
class Outcome:
    """One recorded outcome; never overwritten, a later one supersedes it.

    ``on``: day of the pathologist's report, or of the last image of the follow-up. ``breslow_mm``
    in millimetres, only for invasive melanoma. ``months`` and ``changed`` belong to a follow-up:
    whole months between its first and last image, and whether the clinician saw a change.
    ``source_key`` is empty for an outcome that somebody typed; from a CSV file it is a SHA-256 of
    the row, so that the same row is not stored twice. ``by`` is an internal id. One that has a
    ``withdrawal`` stays readable and counts for nothing.
    """

    id: str
    at: datetime
    by: str
    method: OutcomeMethod
    on: date
    diagnosis: Pathology | None = None
    breslow_mm: float | None = None
    specimen: str = ""
    text: str = ""
    months: int = 0
    changed: bool = False
    source_key: str = ""
    document: StoredFile | None = None
    withdrawal: Withdrawal | None = None

    @property
    def proof(self) -> Proof:
        """What it proves; a follow-up never proves more than "benign"."""
        if self.method is OutcomeMethod.HISTOPATHOLOGY:
            return PROOF_OF[self.diagnosis] if self.diagnosis else Proof.UNPROVEN
        return proof_of_follow_up(self.months, changed=self.changed)


def proof_of_follow_up(months: int, *, changed: bool) -> Proof:
    """Benign after twelve months of paired images without change, otherwise unproven."""
    if changed or months < PAIRED_MONTHS:
        return Proof.UNPROVEN
    return Proof.BENIGN


def paired_months(days: Sequence[date]) -> int:
    """Whole months from the first to the last image of a lesion; 0 without a pair."""
    if len(days) < 2:
        return 0
    return months_between(min(days), max(days))


def check_histopathology(
    diagnosis: Pathology | None, breslow_mm: float | None, on: date, today: date
) -> None:
    """Raise InvalidInput for what no pathologist's report can say."""
    if diagnosis is None:
        raise InvalidInput("diagnosis", "Choose the diagnosis that the pathologist gave.")
    check_day(on, today)
    if breslow_mm is None:
        return
    if diagnosis not in WITH_BRESLOW:
        raise InvalidInput("breslow_mm", "Breslow thickness is given for invasive melanoma only.")
    if not 0 < breslow_mm <= LARGEST_BRESLOW_MM:
        raise InvalidInput(
            "breslow_mm",
            f"Breslow thickness is a number of millimetres up to {LARGEST_BRESLOW_MM:g}.",
        )


def check_day(on: date, today: date) -> None:
    """Raise InvalidInput for a day to come, or one that no living patient's lesion can have."""
    if on > today:
        raise InvalidInput("on", "The date lies in the future.")
    if on.year < 1900:
        raise InvalidInput("on", "The date lies before 1900.")


def standing(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Those that were not withdrawn."""
    return [outcome for outcome in outcomes if outcome.withdrawal is None]


def current_outcome(outcomes: Sequence[Outcome]) -> Outcome | None:
    """The outcome that counts: of histopathology the worst proof, else the last follow-up.

    One that was withdrawn never does.
    A re-excision that finds nothing left does not undo the melanoma before it, and a lesion that
    changed later is no longer proven benign by the year before. Tissue that was uncertain stays
    so, since watching proves too little then; only tissue that gave no diagnosis leaves the word
    to a follow-up.
    """
    rank = {Proof.UNPROVEN: 0, Proof.BENIGN: 1, Proof.SUSPICIOUS: 2, Proof.MALIGNANT: 3}
    left = standing(outcomes)
    tissue = [o for o in left if o.method is OutcomeMethod.HISTOPATHOLOGY]
    told = [o for o in tissue if o.diagnosis is not Pathology.NOT_DIAGNOSTIC]
    if told:
        return max(told, key=lambda outcome: (rank[outcome.proof], outcome.at))
    watched = [o for o in left if o.method is OutcomeMethod.FOLLOW_UP]
    return max(watched or tissue, key=lambda outcome: outcome.at, default=None)
