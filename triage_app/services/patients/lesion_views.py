"""Showing a patient's lesions: all of them, one over time, two images of it beside each other."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from triage_app.domain.case import Case, CaseFilter, Order
from triage_app.domain.change import Comparison, Repeatability, TimePoint, compare, timeline
from triage_app.domain.errors import CaseNotFound, InvalidInput, PatientNotFound
from triage_app.domain.lesion import Lesion, Move, lesion_level
from triage_app.domain.people import Actor, Permission
from triage_app.domain.references import clean
from triage_app.domain.site import PatientRecord
from triage_app.domain.trail import Action, Entry, Value
from triage_app.domain.triage import Level
from triage_app.domain.withholding import is_withheld
from triage_app.ports.adapters import UnitOfWork, UnitOfWorkFactory
from triage_app.services.cases.viewing import shown_to
from triage_app.services.images.storing import now
from triage_app.services.patients.patients import (
    is_known,
    known_reference,
    stored_record,
)

FOUND_AT_MOST = 50


@dataclass(frozen=True)
class LesionLine:
    """A lesion among those of its patient.

    ``level`` is the worst of its images, None without images or while findings of one of them are
    withheld, which ``withheld`` tells apart. ``last`` is the newest image, with its thumbnail.
    """

    lesion: Lesion
    level: Level | None
    images: int
    last: Case | None
    withheld: bool


@dataclass(frozen=True)
class PatientView:
    """A patient with the lesions, oldest first, and the images of no lesion, newest first."""

    record: PatientRecord
    lesions: tuple[LesionLine, ...]
    loose: tuple[Case, ...]


@dataclass(frozen=True)
class LesionMove:
    """An image that was filed under a lesion or taken away from it."""

    case_id: str
    move: Move


@dataclass(frozen=True)
class LesionView:
    """A lesion over time; ``cases`` as the person may see them, newest first.

    ``points`` are the same images, oldest first. ``moves`` are those of this patient's images,
    newest first.
    """

    lesion: Lesion
    record: PatientRecord
    cases: tuple[Case, ...]
    level: Level | None
    points: tuple[TimePoint, ...]
    moves: tuple[LesionMove, ...]


class LesionViews:
    """Reading use cases on patients and lesions; what was shown is recorded before."""

    def __init__(
        self,
        units: UnitOfWorkFactory,
        repeatability: Repeatability | None,
        clock: Callable[[], datetime] = now,
    ) -> None:
        self._units = units
        self._repeatability = repeatability
        self._clock = clock

    def patient(self, actor: Actor, reference: str) -> PatientView:
        """The patient with this reference; raises PatientNotFound where nothing is stored."""
        actor.require(Permission.SEE_FINDINGS)
        with self._units() as unit:
            reference = known_reference(unit, reference)
            if not is_known(unit, reference):
                raise PatientNotFound
            return self._shown(unit, actor, stored_record(unit, reference))

    def patient_by_id(self, actor: Actor, patient_id: str) -> PatientView:
        """The patient with this internal id; raises PatientNotFound."""
        actor.require(Permission.SEE_FINDINGS)
        with self._units() as unit:
            return self._shown(unit, actor, unit.site.patient_by_id(patient_id))

    def find(self, actor: Actor, beginning: str) -> Sequence[PatientRecord]:
        """Patients whose reference begins so, by reference, fifty at most.

        One who has images but no record yet is among them, with an empty id.
        """
        actor.require(Permission.SEE_FINDINGS)
        beginning = clean(beginning)
        with self._units() as unit:
            found = list(unit.site.find_patients(beginning, FOUND_AT_MOST))
            found += _without_record(unit, beginning)
            found = found[:FOUND_AT_MOST]
            details: dict[str, Value] = {"patients": [record.id for record in found]}
            unit.trail.append(Entry(Action.LIST_VIEWED, actor.id, "", details), self._clock())
            unit.commit()
        return found

    def lesion(self, actor: Actor, lesion_id: str) -> LesionView:
        """A lesion with all its images outside the bin; raises LesionNotFound."""
        actor.require(Permission.SEE_FINDINGS)
        with self._units() as unit:
            lesion = unit.lesions.get(lesion_id)
            record = unit.site.patient_by_id(lesion.patient_id)
            stored = [unit.cases.get(case_id) for case_id in unit.lesions.cases_of(lesion_id)]
            moves = _moves(_patients_cases(unit, record, stored), lesion_id)
            self._record(unit, Action.LESION_VIEWED, actor, lesion_id, stored)
        cases = _newest_first(shown_to(actor, case) for case in stored)
        withheld = frozenset(case.id for case in cases if is_withheld(case))
        return LesionView(
            lesion=lesion,
            record=record,
            cases=cases,
            level=lesion_level(_level(case) for case in cases),
            points=timeline(cases, withheld, self._repeatability),
            moves=moves,
        )

    def compare(self, actor: Actor, lesion_id: str, before_id: str, after_id: str) -> Comparison:
        """Two images of a lesion, the earlier first, whichever was named first.

        Raises LesionNotFound, CaseNotFound for an image of another lesion or in the bin, and
        InvalidInput for one image compared with itself.
        """
        actor.require(Permission.SEE_FINDINGS)
        if before_id == after_id:
            raise InvalidInput("after", "Choose two different images.")
        with self._units() as unit:
            unit.lesions.get(lesion_id)
            filed = unit.lesions.cases_of(lesion_id)
            if before_id not in filed or after_id not in filed:
                raise CaseNotFound
            stored = [unit.cases.get(case_id) for case_id in (before_id, after_id)]
            self._record(unit, Action.LESION_VIEWED, actor, lesion_id, stored)
        after, before = _newest_first(shown_to(actor, case) for case in stored)
        withheld = is_withheld(before) or is_withheld(after)
        return compare(before, after, self._repeatability, withheld=withheld)

    def _shown(self, unit: UnitOfWork, actor: Actor, record: PatientRecord) -> PatientView:
        lesions = unit.lesions.of_patient(record.id)
        filed = [case_id for lesion in lesions for case_id in unit.lesions.cases_of(lesion.id)]
        stored = _patients_cases(unit, record, [unit.cases.get(case_id) for case_id in filed])
        current = [case for case in stored if case.deleted_at is None]
        self._record(unit, Action.PATIENT_VIEWED, actor, record.id, current)
        cases = _newest_first(shown_to(actor, case) for case in current)
        return PatientView(
            record=record,
            lesions=tuple(_line(lesion, cases) for lesion in lesions),
            loose=tuple(case for case in cases if not case.lesion_id),
        )

    def _record(
        self, unit: UnitOfWork, action: Action, actor: Actor, subject: str, cases: Sequence[Case]
    ) -> None:
        details: dict[str, Value] = {"cases": [case.id for case in cases]}
        unit.trail.append(Entry(action, actor.id, subject, details), self._clock())
        unit.commit()


def _level(shown: Case) -> Level | None:
    return None if is_withheld(shown) else shown.analysis.decision.level


def _line(lesion: Lesion, cases: Sequence[Case]) -> LesionLine:
    own = [case for case in cases if case.lesion_id == lesion.id]
    return LesionLine(
        lesion=lesion,
        level=lesion_level(_level(case) for case in own),
        images=len(own),
        last=own[0] if own else None,
        withheld=any(is_withheld(case) for case in own),
    )


def _newest_first(cases: Iterable[Case]) -> tuple[Case, ...]:
    return tuple(sorted(cases, key=lambda case: (case.created_at, case.id), reverse=True))


def _patients_cases(unit: UnitOfWork, record: PatientRecord, read: Sequence[Case]) -> list[Case]:
    """All cases of the patient, those that were read already included, the bin too."""
    known = {case.id: case for case in read}
    for case_id in unit.site.cases_of_patient(record.reference):
        if case_id not in known:
            known[case_id] = unit.cases.get(case_id)
    return list(known.values())


def _moves(cases: Iterable[Case], lesion_id: str) -> tuple[LesionMove, ...]:
    moves = [
        LesionMove(case.id, move)
        for case in cases
        for move in case.moves
        if lesion_id in (move.from_lesion, move.to_lesion)
    ]
    moves.sort(key=lambda moved: moved.move.at)
    return tuple(reversed(moves))


def _without_record(unit: UnitOfWork, beginning: str) -> list[PatientRecord]:
    """Patients known by their images alone; an older version stored no record of them."""
    wanted = CaseFilter(patient_reference=beginning)
    page = unit.cases.page(wanted, Order.NEWEST, None, FOUND_AT_MOST)
    names = {line.patient_reference for line in page.items if line.patient_reference}
    records = [unit.site.patient(name) for name in sorted(names)]
    return [record for record in records if not record.id]
