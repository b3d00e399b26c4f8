"""What belongs to the site or to a patient as a whole, rather than to one case."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from triage_app.domain.context import Sex, SkinType
from triage_app.domain.lesion import RiskFactor


class ConsentScope(StrEnum):
    """What a patient agreed to."""

    CARE = "care"
    CARE_AND_TEACHING = "care_and_teaching"
    CARE_AND_RESEARCH = "care_and_research"
    REFUSED = "refused"


CONSENT_LABELS: dict[ConsentScope, str] = {
    ConsentScope.CARE: "Care only",
    ConsentScope.CARE_AND_TEACHING: "Care and teaching",
    ConsentScope.CARE_AND_RESEARCH: "Care and research",
    ConsentScope.REFUSED: "Refused",
}


@dataclass(frozen=True)
class PatientRecord:
    """What is kept on one patient; ``id`` is internal, empty until first stored.

    ``reference`` is a pseudonym, never a name. ``hold_reason`` is non-empty while a legal hold
    forbids erasing. ``risk_factors`` is None until they were asked. ``version`` counts changes, 0
    until first stored.
    """

    reference: str
    id: str = ""
    consent: ConsentScope | None = None
    consent_on: date | None = None
    hold_reason: str = ""
    birth_year: int | None = None
    sex: Sex | None = None
    skin_type: SkinType | None = None
    risk_factors: frozenset[RiskFactor] | None = None
    version: int = 0


@dataclass(frozen=True)
class Certificate:
    """Proof that a patient's data were erased, without saying whose they were.

    ``sha256`` lists the hashes of the files that were removed, so that whoever holds a copy can
    be shown that it was among them.
    """

    id: str
    erased_at: datetime
    erased_by: str
    cases: tuple[str, ...]
    sha256: tuple[str, ...]
    reason: str
    event_number: int
    event_hash: str


# Chosen from a list, because a typed reason could name the patient who is to be forgotten.
ERASURE_REASONS: dict[str, str] = {
    "patient_request": "The patient asked for it",
    "consent_withdrawn": "Consent was withdrawn",
    "stored_by_mistake": "The data were stored by mistake",
    "court_or_authority": "A court or an authority ordered it",
    "retention": "The retention period has ended",
}


@dataclass(frozen=True)
class SafetyProblem:
    """A problem with the software that somebody reported from a case."""

    id: str
    at: datetime
    reported_by: str
    case_id: str
    kind: str
    text: str
    app_version: str
    model_sha256: str


PROBLEM_KINDS: dict[str, str] = {
    "wrong_level": "The triage level is wrong in a way that could do harm",
    "wrong_overlay": "The overlay points to the wrong place",
    "wrong_patient": "Data of another patient are shown",
    "lost_data": "Something that was entered is missing",
    "unavailable": "The system did not work when it was needed",
    "other": "Something else",
}


@dataclass(frozen=True)
class SiteCounts:
    """Counts of cases outside the bin: by month ("2026-11") and level, and by model version."""

    by_month: Mapping[str, Mapping[str, int]]
    by_model: Mapping[str, int]
    drafts: int
    in_bin: int
