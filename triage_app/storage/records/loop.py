"""Between the loop's domain objects and rows, without loss in either direction."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Row

from triage_app.domain.case import Case, Letter
from triage_app.domain.checklists import SevenPoint, SevenPointChecklist, StolzAbcd
from triage_app.domain.context import Laterality, Site
from triage_app.domain.files import StoredFile
from triage_app.domain.lesion import BodyView, Lesion, MapPoint, Move
from triage_app.domain.outcome import Outcome, OutcomeMethod, Withdrawal
from triage_app.domain.pathology import Pathology
from triage_app.domain.reading import (
    Confidence,
    Disposition,
    Impression,
    ImpressionDiagnosis,
    NextStep,
    StepEnd,
    StepKind,
    Verdict,
)
from triage_app.domain.triage import Level
from triage_app.storage.schema.base import Values

Line = Row[*tuple[Any, ...]]


@dataclass(frozen=True)
class Loop:
    """What clinicians made of a case, each list in the order of recording."""

    moves: tuple[Move, ...] = ()
    impressions: tuple[Impression, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    next_steps: tuple[NextStep, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    letters: tuple[Letter, ...] = ()


def loop_files(loop: Loop | Case) -> Iterable[StoredFile]:
    """Files that letters and outcomes name."""
    yield from (letter.file for letter in loop.letters)
    yield from (outcome.document for outcome in loop.outcomes if outcome.document)


def lesion_values(lesion: Lesion) -> Values:
    """Columns of ``lesions``."""
    point = lesion.point
    return {
        "id": lesion.id,
        "version": lesion.version,
        "patient_id": lesion.patient_id,
        "label": lesion.label,
        "site": lesion.site,
        "laterality": lesion.laterality,
        "view": point and point.view,
        "x": None if point is None else point.x,
        "y": None if point is None else point.y,
        "created_at": lesion.created_at,
        "updated_at": lesion.updated_at,
    }


def lesion_from_row(row: Line) -> Lesion:
    """Inverse of ``lesion_values``."""
    return Lesion(
        id=row.id,
        version=row.version,
        patient_id=row.patient_id,
        label=row.label,
        site=Site(row.site),
        laterality=Laterality(row.laterality),
        point=None if row.view is None else MapPoint(BodyView(row.view), row.x, row.y),
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def move_values(move: Move) -> Values:
    """Columns of ``moves`` but for the case and the number, as in all that follow."""
    return {
        "at": move.at,
        "person": move.by,
        "from_lesion": move.from_lesion,
        "to_lesion": move.to_lesion,
        "reason": move.reason,
    }


def move_from_row(row: Line) -> Move:
    """Inverse of ``move_values``."""
    return Move(row.at, row.person, row.from_lesion, row.to_lesion, row.reason)


def impression_values(impression: Impression) -> Values:
    """Columns of ``impressions``."""
    abcd, seven_point = impression.abcd, impression.seven_point
    return {
        "id": impression.id,
        "at": impression.at,
        "person": impression.by,
        "diagnosis": impression.diagnosis,
        "level": impression.level,
        "confidence": impression.confidence,
        "blinded": impression.blinded,
        "abcd": None if abcd is None else asdict(abcd),
        "seven_point": None if seven_point is None else sorted(seven_point.seen),
    }


def impression_from_row(row: Line) -> Impression:
    """Inverse of ``impression_values``."""
    seen = row.seven_point
    return Impression(
        id=row.id,
        at=row.at,
        by=row.person,
        diagnosis=ImpressionDiagnosis(row.diagnosis),
        level=Level(row.level),
        confidence=Confidence(row.confidence),
        blinded=row.blinded,
        abcd=None if row.abcd is None else StolzAbcd(**row.abcd),
        seven_point=None if seen is None else SevenPointChecklist(frozenset(map(SevenPoint, seen))),
    )


def verdict_values(verdict: Verdict) -> Values:
    """Columns of ``verdicts``."""
    return {
        "id": verdict.id,
        "at": verdict.at,
        "person": verdict.by,
        "found": verdict.found,
        "level": verdict.level,
        "agrees": verdict.agrees,
        "disposition": verdict.disposition,
        "reason": verdict.reason,
        "due": verdict.due,
        "note": verdict.note,
    }


def verdict_from_row(row: Line) -> Verdict:
    """Inverse of ``verdict_values``."""
    return Verdict(
        id=row.id,
        at=row.at,
        by=row.person,
        found=Level(row.found),
        level=Level(row.level),
        agrees=row.agrees,
        disposition=Disposition(row.disposition),
        reason=row.reason,
        due=row.due,
        note=row.note,
    )


def step_values(step: NextStep) -> Values:
    """Columns of ``next_steps``."""
    return {
        "id": step.id,
        "kind": step.kind,
        "due": step.due,
        "opened_at": step.opened_at,
        "verdict_id": step.verdict_id,
        **step_changes(step),
    }


def step_changes(step: NextStep) -> Values:
    """Those columns of ``next_steps`` that change while the step is open."""
    return {
        "owner": step.owner,
        "ended_at": step.ended_at,
        "ended_by": step.ended_by,
        "ending": step.end,
        "end_note": step.end_note,
    }


def step_from_row(row: Line) -> NextStep:
    """Inverse of ``step_values``."""
    return NextStep(
        id=row.id,
        kind=StepKind(row.kind),
        owner=row.owner,
        due=row.due,
        opened_at=row.opened_at,
        verdict_id=row.verdict_id,
        ended_at=row.ended_at,
        ended_by=row.ended_by,
        end=None if row.ending is None else StepEnd(row.ending),
        end_note=row.end_note,
    )


def outcome_values(outcome: Outcome) -> Values:
    """Columns of ``outcomes``."""
    return {
        "id": outcome.id,
        "at": outcome.at,
        "person": outcome.by,
        "method": outcome.method,
        "found_on": outcome.on,
        "diagnosis": outcome.diagnosis,
        "breslow_mm": outcome.breslow_mm,
        "specimen": outcome.specimen,
        "text": outcome.text,
        "months": outcome.months,
        "changed": outcome.changed,
        "source_key": outcome.source_key,
        **outcome_changes(outcome),
    }


def outcome_changes(outcome: Outcome) -> Values:
    """Those columns of ``outcomes`` that are filled in later; what is not there yet is left out."""
    document, withdrawal = outcome.document, outcome.withdrawal
    added: dict[str, Any] = {"document_id": document.id} if document else {}
    if withdrawal is not None:
        added |= {
            "withdrawn_at": withdrawal.at,
            "withdrawn_by": withdrawal.by,
            "withdrawn_reason": withdrawal.reason,
        }
    return added


def outcome_from_row(row: Line, files: Mapping[str, StoredFile]) -> Outcome:
    """Inverse of ``outcome_values``; ``files`` are those of the case by id."""
    return Outcome(
        id=row.id,
        at=row.at,
        by=row.person,
        method=OutcomeMethod(row.method),
        on=row.found_on,
        diagnosis=None if row.diagnosis is None else Pathology(row.diagnosis),
        breslow_mm=row.breslow_mm,
        specimen=row.specimen,
        text=row.text,
        months=row.months,
        changed=row.changed,
        source_key=row.source_key,
        document=None if row.document_id is None else files[row.document_id],
        withdrawal=None
        if row.withdrawn_at is None
        else Withdrawal(row.withdrawn_at, row.withdrawn_by, row.withdrawn_reason),
    )


def letter_values(letter: Letter) -> Values:
    """Columns of ``letters``; they have a number of their own."""
    return {
        "id": letter.id,
        "number": letter.number,
        "issued_at": letter.issued_at,
        "verdict_id": letter.verdict_id,
        "file_id": letter.file.id,
    }


def letter_from_row(row: Line, files: Mapping[str, StoredFile]) -> Letter:
    """Inverse of ``letter_values``."""
    return Letter(row.id, row.number, row.issued_at, row.verdict_id, files[row.file_id])
