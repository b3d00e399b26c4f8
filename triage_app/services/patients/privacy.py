"""What a patient may ask for, and what a site owes: consent, hold, erasure, export, retention."""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime

from triage_app.domain.calendar import UTC_ZONE, Zone
from triage_app.domain.errors import CertificateNotFound, InvalidInput, LegalHold, NotPermitted
from triage_app.domain.people import Actor, Permission
from triage_app.domain.site import ERASURE_REASONS, Certificate, ConsentScope, PatientRecord
from triage_app.domain.text import clean_line
from triage_app.domain.trail import Action, Entry, Value
from triage_app.ports.adapters import (
    CertificateRenderer,
    FileStore,
    UnitOfWorkFactory,
)
from triage_app.services.cases.erasure import erase_patient_rows, is_held
from triage_app.services.images.storing import now
from triage_app.services.patients.export import export_stream, gather
from triage_app.services.patients.patients import is_known, known_reference, stored_record
from triage_app.services.patients.retention import apply_retention

log = logging.getLogger(__name__)

REASON_LENGTH = 500
_NOTHING = "Nothing is stored under this patient reference. Check how it is spelled."


class Privacy:
    """Use cases on a patient as a whole; a patient is known by the reference on the cases."""

    def __init__(
        self,
        units: UnitOfWorkFactory,
        files: FileStore,
        render_certificate: CertificateRenderer,
        site_name: str,
        clock: Callable[[], datetime] = now,
        *,
        zone: Zone = UTC_ZONE,
    ) -> None:
        self._zone = zone
        self._units = units
        self._files = files
        self._render = render_certificate
        self._site_name = site_name
        self._clock = clock

    def record(self, actor: Actor, reference: str) -> PatientRecord:
        """Consent and hold of the patient; an empty record where none was ever stored."""
        _require_any(actor, Permission.ERASE, Permission.EXPORT_PATIENT, Permission.CHANGE_CASES)
        with self._units() as unit:
            record = unit.site.patient(known_reference(unit, reference))
            if record.id:
                unit.trail.append(Entry(Action.PATIENT_VIEWED, actor.id, record.id), self._clock())
                unit.commit()
        return record

    def cases_of(self, actor: Actor, reference: str) -> Sequence[str]:
        """Ids of all cases of the patient, the bin included, oldest first."""
        _require_any(actor, Permission.ERASE, Permission.EXPORT_PATIENT)
        with self._units() as unit:
            return unit.site.cases_of_patient(known_reference(unit, reference))

    def set_consent(
        self, actor: Actor, reference: str, scope: ConsentScope, on: date
    ) -> PatientRecord:
        """Store what the patient agreed to and when; raises InvalidInput for a date to come."""
        _require_any(actor, Permission.CHANGE_CASES, Permission.ERASE)
        if on > self._zone.day_of(self._clock()):
            raise InvalidInput("consent_on", "The date of the consent lies in the future.")
        details: dict[str, Value] = {"scope": scope.value, "on": on.isoformat()}
        return self._save(
            actor,
            reference,
            Action.CONSENT_CHANGED,
            details,
            lambda record: replace(record, consent=scope, consent_on=on),
        )

    def set_hold(self, actor: Actor, reference: str, reason: str) -> PatientRecord:
        """Forbid erasing while ``reason`` is not empty; an empty one lifts the hold."""
        actor.require(Permission.ERASE)
        reason = clean_line(reason, "Reason", REASON_LENGTH)
        return self._save(
            actor,
            reference,
            Action.HOLD_CHANGED,
            {"held": bool(reason)},
            lambda record: replace(record, hold_reason=reason),
        )

    def erase_patient(self, actor: Actor, reference: str, reason: str) -> Certificate:
        """Erase every case and the record of a patient: rows and trail at once, then the files.

        ``reason`` is a key of ``ERASURE_REASONS``. Raises LegalHold, InvalidInput when nothing is
        stored under the reference, StorageUnavailable when files could not be removed; those go at
        the next start, because no row names them any more.
        """
        actor.require(Permission.ERASE)
        if reason not in ERASURE_REASONS:
            raise InvalidInput("reason", "Choose one of the listed reasons.")
        with self._units() as unit:
            unit.lock()
            reference = known_reference(unit, reference)
            if is_held(unit, reference):
                raise LegalHold
            if not is_known(unit, reference):
                raise InvalidInput("patient_reference", _NOTHING)
            certificate, files = erase_patient_rows(unit, actor, reference, reason, self._clock())
            unit.commit()
        self._files.remove([file.id for file in files])
        log.info("patient erased", extra={"certificate": certificate.id, "files": len(files)})
        return certificate

    def certificate_pdf(self, actor: Actor, certificate_id: str) -> bytes:
        """The certificate as PDF; raises CertificateNotFound."""
        actor.require(Permission.ERASE)
        with self._units() as unit:
            certificate = unit.site.certificate(certificate_id)
        if certificate is None:
            raise CertificateNotFound
        return self._render(certificate, self._site_name)

    def export_patient(self, actor: Actor, reference: str) -> Iterator[bytes]:
        """Everything that is stored about a patient, as the bytes of a ZIP file in portions.

        Recorded before the first portion. Nothing is written to the disk, and no more than one
        stored file is in memory. A file that is missing or damaged is named in ``patient.json``.
        Raises InvalidInput when nothing is stored under the reference.
        """
        actor.require(Permission.EXPORT_PATIENT)
        at = self._clock()
        with self._units() as unit:
            unit.lock()
            reference = known_reference(unit, reference)
            if not is_known(unit, reference):
                raise InvalidInput("patient_reference", _NOTHING)
            record = stored_record(unit, reference)
            ids = list(unit.site.cases_of_patient(reference))
            entry = Entry(Action.PATIENT_EXPORTED, actor.id, record.id, {"cases": ids})
            unit.trail.append(entry, at)
            unit.commit()
        with self._units() as unit:
            export = gather(unit, record, ids, at)
        return export_stream(export, self._files)

    def apply_retention(self, months: int) -> int:
        """Erase what was left unchanged for so many months; returns how many cases."""
        return apply_retention(self._units, self._files, months, self._clock(), self._zone)

    def _save(
        self,
        actor: Actor,
        reference: str,
        action: Action,
        details: dict[str, Value],
        change: Callable[[PatientRecord], PatientRecord],
    ) -> PatientRecord:
        with self._units() as unit:
            unit.lock()
            record = change(stored_record(unit, known_reference(unit, reference)))
            unit.site.save_patient(record)
            record = unit.site.patient(record.reference)
            unit.trail.append(Entry(action, actor.id, record.id, details), self._clock())
            unit.commit()
        return record


def _require_any(actor: Actor, *permissions: Permission) -> None:
    if not any(actor.may(permission) for permission in permissions):
        raise NotPermitted
