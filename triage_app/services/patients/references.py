"""References that may be mistaken: pointed out where one is typed, and put right by a person."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from triage_app.domain.case import Case
from triage_app.domain.errors import InvalidInput, NotPermitted
from triage_app.domain.people import Actor, Permission
from triage_app.domain.references import (
    FIELD,
    HOW_KNOWN,
    KnownReference,
    clean,
    likeness,
    normalise,
)
from triage_app.domain.site import PatientRecord
from triage_app.domain.trail import Action, Entry, Value
from triage_app.ports.adapters import UnitOfWork, UnitOfWorkFactory
from triage_app.services.cases.changing import change_case, told_level
from triage_app.services.cases.viewing import shown_to
from triage_app.services.images.storing import now
from triage_app.services.patients.merging import merge_records
from triage_app.services.patients.patients import is_known, stored_record

SHOWN_OF_EACH = 4


@dataclass(frozen=True)
class Side:
    """One of two patients whose references look the same, with the newest images."""

    record: PatientRecord
    spelled: tuple[KnownReference, ...]
    images: int
    lesions: int
    newest: tuple[Case, ...]


@dataclass(frozen=True)
class LookAlike:
    """Two patients whose references look the same: ``waiting`` was stored apart from ``other``.

    ``other`` is None where nothing of the reference can be seen at all. ``number`` of ``count``
    such pairs, from 1.
    """

    waiting: Side
    other: Side | None
    number: int
    count: int


class References:
    """Use cases on references of patients."""

    def __init__(self, units: UnitOfWorkFactory, clock: Callable[[], datetime] = now) -> None:
        self._units = units
        self._clock = clock

    def alike(self, actor: Actor, reference: str, case_id: str = "") -> Sequence[KnownReference]:
        """References that may be mistaken for a typed one; ``case_id`` names the case it is for.

        Somebody who may not see findings is told the references alone, without how many images
        there are. Raises InvalidInput for one that cannot be stored.
        """
        _require_any(actor, Permission.UPLOAD, Permission.SEE_FINDINGS, Permission.ERASE)
        with self._units() as unit:
            found = unit.references.alike(clean(reference), case_id)
        if actor.may(Permission.SEE_FINDINGS) or actor.may(Permission.ERASE):
            return found
        return [KnownReference(known.reference) for known in found]

    def spellings(self, actor: Actor, reference: str) -> Sequence[KnownReference]:
        """Every way in which the reference of one patient is spelled."""
        _require_any(actor, Permission.SEE_FINDINGS, Permission.ERASE, Permission.EXPORT_PATIENT)
        with self._units() as unit:
            return unit.references.spellings(
                unit.references.waiting_spelling(reference) or clean(reference)
            )

    def still_stored(
        self, actor: Actor, found: Sequence[KnownReference]
    ) -> Sequence[KnownReference]:
        """Those of references found earlier under which something is stored now."""
        return [
            known
            for known in found
            if known.reference in [s.reference for s in self.spellings(actor, known.reference)]
        ]

    def count(self, actor: Actor) -> int:
        """How many patients wait to be merged with another or kept apart."""
        actor.require(Permission.SEE_FINDINGS)
        with self._units() as unit:
            return len(unit.references.waiting())

    def waiting(self, actor: Actor, number: int = 1) -> LookAlike | None:
        """The pair of this number, or the last one below it; None where none waits."""
        actor.require(Permission.SEE_FINDINGS)
        with self._units() as unit:
            unit.lock()
            found = unit.references.waiting()
            if not found:
                return None
            at = max(1, min(number, len(found)))
            waiting, plain = found[at - 1], normalise(found[at - 1])
            pair = LookAlike(
                _side(unit, actor, waiting),
                _side(unit, actor, plain) if plain else None,
                at,
                len(found),
            )
            self._record_sight(unit, actor, pair)
            unit.commit()
        return pair

    def merge(self, actor: Actor, waiting_id: str, how: str) -> PatientRecord:
        """Make one patient of the waiting one and the one with the plain reference.

        Cases, lesions, consent and hold go over; what was issued stays as it was. ``how`` is a key
        of HOW_KNOWN. Raises InvalidInput where what is known of both contradicts itself.
        """
        actor.require(Permission.CHANGE_CASES)
        _check_how(how)
        at = self._clock()
        with self._units() as unit:
            unit.lock()
            source = _waiting_record(unit, waiting_id)
            plain = normalise(source.reference)
            if not plain:
                raise InvalidInput(FIELD, "Nothing of this reference can be seen. Give it another.")
            target = stored_record(unit, plain)
            ids = list(unit.site.cases_of_patient(source.reference))
            lesions = [lesion.id for lesion in unit.lesions.of_patient(source.id)]
            labels = merge_records(unit, actor, source, target, at)
            _give_reference(unit, actor, ids, plain, labels, at)
            details: dict[str, Value] = {
                "from": source.id,
                "cases": ids,
                "lesions": lesions,
                "how": how,
            }
            unit.trail.append(Entry(Action.PATIENTS_MERGED, actor.id, target.id, details), at)
            merged = unit.site.patient(plain)
            unit.commit()
        return merged

    def keep_apart(self, actor: Actor, waiting_id: str, reference: str, how: str) -> PatientRecord:
        """Give the waiting patient a reference that can be told from the other one's.

        Raises InvalidInput for one that is taken, or that may be mistaken again.
        """
        actor.require(Permission.CHANGE_CASES)
        _check_how(how)
        wanted, at = clean(reference), self._clock()
        if not wanted:
            raise InvalidInput(FIELD, "Enter another reference for this patient.")
        with self._units() as unit:
            unit.lock()
            record = _waiting_record(unit, waiting_id)
            _refuse_alike(unit, wanted, record.reference)
            ids = list(unit.site.cases_of_patient(record.reference))
            unit.references.rename(record.id, wanted)
            _give_reference(unit, actor, ids, wanted, {}, at)
            details: dict[str, Value] = {"cases": ids, "how": how}
            unit.trail.append(Entry(Action.PATIENT_RENAMED, actor.id, record.id, details), at)
            kept = unit.site.patient(wanted)
            unit.commit()
        return kept

    def _record_sight(self, unit: UnitOfWork, actor: Actor, pair: LookAlike) -> None:
        for side in filter(None, (pair.waiting, pair.other)):
            details: dict[str, Value] = {"cases": [case.id for case in side.newest]}
            entry = Entry(Action.PATIENT_VIEWED, actor.id, side.record.id, details)
            unit.trail.append(entry, self._clock())


def _side(unit: UnitOfWork, actor: Actor, reference: str) -> Side:
    record = stored_record(unit, reference)
    ids = unit.site.cases_of_patient(reference)
    cases = [unit.cases.get(case_id) for case_id in reversed(ids[-SHOWN_OF_EACH:])]
    return Side(
        record=record,
        spelled=tuple(unit.references.spellings(reference)),
        images=len(ids),
        lesions=len(unit.lesions.of_patient(record.id)),
        newest=tuple(shown_to(actor, case) for case in cases),
    )


def _waiting_record(unit: UnitOfWork, waiting_id: str) -> PatientRecord:
    record = unit.site.patient_by_id(waiting_id)
    if not unit.references.waiting_spelling(record.reference):
        raise InvalidInput(FIELD, "Somebody has decided about this reference already.")
    return record


def _refuse_alike(unit: UnitOfWork, wanted: str, before: str) -> None:
    if is_known(unit, wanted):
        raise InvalidInput(FIELD, "There is a patient with this reference already.")
    if set(likeness(wanted)) & set(likeness(before)):
        raise InvalidInput(
            FIELD,
            "This reference could still be mistaken for the other one: it differs by case, zeros "
            "or separators alone. Choose one that nobody confuses.",
        )


def _give_reference(  # noqa: PLR0917 - whose, which, and when
    unit: UnitOfWork,
    actor: Actor,
    case_ids: Sequence[str],
    reference: str,
    labels: dict[str, tuple[str, str]],
    at: datetime,
) -> None:
    """Write the reference on each case, and the new name of a lesion that was renamed."""

    def change(case: Case) -> Case:
        old, new = labels.get(case.lesion_id, ("", ""))
        label = case.details.lesion_label
        details = replace(
            case.details,
            patient_reference=reference,
            lesion_label=new if new and label == old else label,
        )
        return replace(case, details=details)

    for case_id in case_ids:
        change_case(unit, actor, case_id, None, Action.CASE_CHANGED, change, at, _told)


def _told(_: Case, after: Case) -> dict[str, Value]:
    return {"version": after.version, "level": told_level(after), "fields": [FIELD]}


def _check_how(how: str) -> None:
    if how not in HOW_KNOWN:
        raise InvalidInput("how", "Choose how it is known.")


def _require_any(actor: Actor, *permissions: Permission) -> None:
    if not any(actor.may(permission) for permission in permissions):
        raise NotPermitted
