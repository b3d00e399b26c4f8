"""Patients' records and lesions: making, changing, and filing images under them."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial

from triage_app.domain.calendar import UTC_ZONE, Zone
from triage_app.domain.case import Case, CaseDetails
from triage_app.domain.change import Repeatability
from triage_app.domain.errors import InvalidInput, StaleRecord
from triage_app.domain.lesion import Lesion, Move
from triage_app.domain.people import Actor, Permission
from triage_app.domain.reading import REASON_LENGTH
from triage_app.domain.site import PatientRecord
from triage_app.domain.trail import Action, Entry, Value
from triage_app.ports.adapters import FileStore, UnitOfWork, UnitOfWorkFactory
from triage_app.services.cases.changing import change_case, refuse_in_bin, told_level
from triage_app.services.cases.label_questions import LabelQuestions, told_kept
from triage_app.services.cases.viewing import shown_to
from triage_app.services.ground.fields import Fields
from triage_app.services.images.assessment import Assessor
from triage_app.services.images.storing import new_id, now
from triage_app.services.patients.forms import (
    Place,
    form_from_patient,
    patient_from_form,
    place_from_form,
)
from triage_app.services.patients.lesion_views import LesionViews
from triage_app.services.patients.patients import known_reference, stored_record

log = logging.getLogger(__name__)


class Lesions(LesionViews):
    """Use cases on patients and lesions; ``repeatability`` is that of the model in service."""

    def __init__(
        self,
        units: UnitOfWorkFactory,
        files: FileStore,
        assessor: Assessor,
        repeatability: Repeatability | None = None,
        clock: Callable[[], datetime] = now,
        *,
        zone: Zone = UTC_ZONE,
    ) -> None:
        super().__init__(units, repeatability, clock)
        self._zone = zone
        self._files = files
        self._assessor = assessor
        self._questions = LabelQuestions()

    def save_patient(
        self, actor: Actor, reference: str, version: int, fields: Mapping[str, object]
    ) -> PatientRecord:
        """Store what is known of a patient; ``version`` is 0 for a new one.

        Raises InvalidInput naming the field, StaleRecord when somebody changed the record since.
        """
        actor.require(Permission.CHANGE_CASES)
        at = self._clock()
        with self._units() as unit:
            unit.lock()
            before = unit.site.patient(known_reference(unit, reference))
            if before.version != version:
                raise StaleRecord
            wanted = patient_from_form(before, fields, self._zone.day_of(at))
            unit.site.save_patient(wanted)
            after = unit.site.patient(before.reference)
            for entry in _changes(actor, before, after):
                unit.trail.append(entry, at)
            unit.commit()
        return after

    def create(self, actor: Actor, reference: str, fields: Mapping[str, object]) -> Lesion:
        """A new lesion of a patient, who gets a record where there was none.

        Without a name it is called "Lesion 1" and so on. Raises InvalidInput naming the field,
        also for a name that another lesion of the patient has, and once, to ask, for a name that
        contradicts the place.
        """
        actor.require(Permission.CHANGE_CASES)
        place, at = place_from_form(fields), self._clock()
        kept = self._ask(actor, place, place.label, at)
        with self._units() as unit:
            unit.lock()
            record = stored_record(unit, known_reference(unit, reference))
            others = {_same(other.label) for other in unit.lesions.of_patient(record.id)}
            lesion = Lesion(
                id=new_id(),
                version=1,
                patient_id=record.id,
                label=place.label or _next_label(others),
                site=place.site,
                laterality=place.laterality,
                point=place.point,
                created_at=at,
                updated_at=at,
            )
            _refuse_taken(lesion.label, others)
            unit.lesions.add(lesion)
            details: dict[str, Value] = {"patient": record.id, **told_kept(kept)}
            unit.trail.append(Entry(Action.LESION_CREATED, actor.id, lesion.id, details), at)
            unit.commit()
        log.info("lesion created", extra={"lesion": lesion.id})
        return lesion

    def change(
        self, actor: Actor, lesion_id: str, version: int, fields: Mapping[str, object]
    ) -> Lesion:
        """Correct name or place of a lesion; its images that had them from it follow.

        Their levels are decided again. Raises StaleRecord, LesionNotFound, InvalidInput.
        """
        actor.require(Permission.CHANGE_CASES)
        place, at = place_from_form(fields), self._clock()
        with self._units() as unit:
            unit.lock()
            before = unit.lesions.get(lesion_id)
            others = unit.lesions.of_patient(before.patient_id)
            label = place.label or before.label
            kept = self._ask(actor, place, label, at)
            _refuse_taken(label, {_same(other.label) for other in others if other.id != lesion_id})
            after = unit.lesions.save(
                replace(
                    before,
                    version=version,
                    label=label,
                    site=place.site,
                    laterality=place.laterality,
                    point=place.point,
                    updated_at=at,
                )
            )
            details: dict[str, Value] = {"version": after.version, **told_kept(kept)}
            unit.trail.append(Entry(Action.LESION_CHANGED, actor.id, lesion_id, details), at)
            self._follow(unit, actor, before, after, at)
            unit.commit()
        return after

    def assign(
        self, actor: Actor, case_id: str, version: int, lesion_id: str, reason: str = ""
    ) -> Case:
        """File an image under a lesion, under another one, or, with an empty id, under none.

        The case takes over name and place of the lesion where it has none, or had those of the
        lesion before; its level is decided again. Where the lesion is another patient's the case
        becomes that patient's, which needs a reason. Raises StaleCase, CaseNotFound,
        LesionNotFound, NotAllowedInState for a case in the bin, or for one that a legal hold keeps
        with its patient.
        """
        actor.require(Permission.CHANGE_CASES)
        reason = Fields({"reason": reason}, {"reason": "Reason"}).line("reason", REASON_LENGTH)
        at = self._clock()
        with self._units() as unit:
            unit.lock()
            case = unit.cases.get(case_id)
            if case.lesion_id == lesion_id:
                return shown_to(actor, case)
            move = Move(at, actor.id, case.lesion_id, lesion_id, reason)
            change = self._moved(unit, case, move)
            saved = change_case(
                unit, actor, case_id, version, Action.CASE_MOVED, change, at, _told_move
            )
            if lesion_id:
                _reopen_last(unit, actor, saved, at)
            unit.commit()
        log.info("image moved", extra={"case": case_id, "lesion": lesion_id})
        return shown_to(actor, saved)

    def _ask(self, actor: Actor, place: Place, label: str, at: datetime) -> bool:
        asked = (label, place.site, place.laterality)
        return self._questions.ask(actor, "label", asked, at)

    def _moved(self, unit: UnitOfWork, case: Case, move: Move) -> Callable[[Case], Case]:
        """How the case changes by this move; looks up both lesions and checks the patient."""
        refuse_in_bin(case)
        old = unit.lesions.get(move.from_lesion) if move.from_lesion else None
        new = unit.lesions.get(move.to_lesion) if move.to_lesion else None
        reference = case.details.patient_reference
        if new is not None:
            reference = _reference_after(unit, case, new, move.reason)

        def change(case: Case) -> Case:
            details = replace(case.details, patient_reference=reference)
            if new is not None:
                details = _taken_over(details, old, new)
            moved = replace(case, lesion_id=move.to_lesion, moves=(*case.moves, move))
            return self._with_details(moved, details)

        return change

    def _follow(
        self, unit: UnitOfWork, actor: Actor, old: Lesion, new: Lesion, at: datetime
    ) -> None:
        for case_id in unit.lesions.cases_of(new.id):
            case = unit.cases.get(case_id)
            details = _taken_over(case.details, old, new)
            if details != case.details:
                change_case(
                    unit,
                    actor,
                    case_id,
                    None,
                    Action.CASE_CHANGED,
                    partial(self._with_details, details=details),
                    at,
                    _told_level,
                )

    def _with_details(self, case: Case, details: CaseDetails) -> Case:
        analysis = case.analysis
        if details.context != case.details.context:
            decision = self._assessor.decide_again(analysis, details.context)
            analysis = replace(analysis, decision=decision)
        return replace(case, details=details, analysis=analysis)


def _told_move(before: Case, after: Case) -> dict[str, Value]:
    return {"from": before.lesion_id, "to": after.lesion_id, **_told_level(before, after)}


def _told_level(_: Case, after: Case) -> dict[str, Value]:
    return {"version": after.version, "level": told_level(after)}


def _changes(actor: Actor, before: PatientRecord, after: PatientRecord) -> list[Entry]:
    old, new = form_from_patient(before), form_from_patient(after)
    details: dict[str, Value] = {
        "version": after.version,
        "fields": [name for name in new if new[name] != old[name]],
    }
    entries = [Entry(Action.PATIENT_CHANGED, actor.id, after.id, details)]
    if (before.consent, before.consent_on) != (after.consent, after.consent_on):
        consent: dict[str, Value] = {"scope": str(new["consent"]), "on": str(new["consent_on"])}
        entries.append(Entry(Action.CONSENT_CHANGED, actor.id, after.id, consent))
    return entries


def _taken_over(details: CaseDetails, old: Lesion | None, new: Lesion) -> CaseDetails:
    """Name and place of the new lesion, where the case had none or those of the old lesion."""
    context = details.context
    if context.site in (None, old.site if old else None):
        context = replace(context, site=new.site)
    if context.laterality in (None, old.laterality if old else None):
        context = replace(context, laterality=new.laterality)
    label = details.lesion_label
    if label in ("", old.label if old else ""):
        label = new.label
    return replace(details, context=context, lesion_label=label)


def _reference_after(unit: UnitOfWork, case: Case, lesion: Lesion, reason: str) -> str:
    """Reference of the case under this lesion; another patient's lesion needs a reason."""
    reference = case.details.patient_reference
    if reference and unit.site.patient(reference).id == lesion.patient_id:
        return reference
    if reference and not reason:
        raise InvalidInput(
            "reason", "This lesion belongs to another patient. Say why the image moves there."
        )
    return unit.site.patient_by_id(lesion.patient_id).reference


def _reopen_last(unit: UnitOfWork, actor: Actor, case: Case, at: datetime) -> None:
    """A new image of a lesion reopens the last case before it: its end was not the end."""
    earlier = [
        other
        for other in map(unit.cases.get, unit.lesions.cases_of(case.lesion_id))
        if other.id != case.id and other.created_at <= case.created_at
    ]
    last = max(earlier, key=lambda other: (other.created_at, other.id), default=None)
    if last is not None and last.closed_at is not None:
        change_case(
            unit,
            actor,
            last.id,
            None,
            Action.CASE_REOPENED,
            lambda c: replace(c, closed_at=None),
            at,
        )


def _same(label: str) -> str:
    return label.casefold()


def _next_label(others: set[str]) -> str:
    number = len(others) + 1
    while _same(f"Lesion {number}") in others:
        number += 1
    return f"Lesion {number}"


def _refuse_taken(label: str, others: set[str]) -> None:
    if _same(label) in others:
        raise InvalidInput("label", "This patient has a lesion of that name. Choose another name.")
