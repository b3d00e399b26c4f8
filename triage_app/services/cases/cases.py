"""The life of a case: analysed and stored as a draft, filed, changed, binned, erased.

Each use case is given who asks, checks that this person may, and appends to the trail in the
transaction that does it: without the trail nothing is done and nothing is shown.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime

from triage_app.domain.calendar import UTC_ZONE, Zone
from triage_app.domain.case import Case, CaseDetails, CaseState
from triage_app.domain.errors import (
    ImageRejected,
    LegalHold,
    NotAllowedInState,
    UploadTooLarge,
)
from triage_app.domain.label_words import contradiction
from triage_app.domain.people import Actor, Permission
from triage_app.domain.trail import Action, Value
from triage_app.ports.adapters import FileStore, UnitOfWork, UnitOfWorkFactory
from triage_app.services.cases.changing import change_case, refuse_in_bin
from triage_app.services.cases.copies import keep_copies
from triage_app.services.cases.details import need_reference, told_fields, with_details
from triage_app.services.cases.drafting import NewDraft, store_draft
from triage_app.services.cases.erasure import erase_case, is_held
from triage_app.services.cases.label_questions import LabelQuestions, place_of, told_kept
from triage_app.services.cases.quota import UPLOADS_PER_DAY, refuse_too_many
from triage_app.services.cases.viewing import shown_to
from triage_app.services.cases.views import CaseViews
from triage_app.services.images.assessment import Assessment, Assessor
from triage_app.services.images.storing import files_of, now

log = logging.getLogger(__name__)


class Cases(CaseViews):
    """Use cases on stored cases; each call is one transaction.

    ``uploads_per_day`` limits what one person stores within 24 hours. With ``impression_first``
    the findings of what is stored from now on are withheld until a clinician's impression.
    """

    def __init__(
        self,
        assessor: Assessor,
        units: UnitOfWorkFactory,
        files: FileStore,
        max_upload_bytes: int,
        *,
        uploads_per_day: int = UPLOADS_PER_DAY,
        impression_first: bool = False,
        clock: Callable[[], datetime] = now,
        zone: Zone = UTC_ZONE,
    ) -> None:
        super().__init__(units, files, clock, zone=zone)
        self._impression_first = impression_first
        self._assessor = assessor
        self._max_upload_bytes = max_upload_bytes
        self._uploads_per_day = uploads_per_day
        self._questions = LabelQuestions()

    def analyse_upload(
        self,
        actor: Actor,
        data: bytes,
        source_name: str = "",
        details: CaseDetails | None = None,
        batch_id: str | None = None,
    ) -> Case:
        """Assess an image and store it, with what was found, as a draft.

        Raises ImageRejected when it cannot be read, StorageUnavailable when it cannot be kept,
        TooManyRequests when the person's limit is reached; nothing is stored then.
        """
        actor.require(Permission.UPLOAD)
        details = details or CaseDetails()
        if len(data) > self._max_upload_bytes:
            raise UploadTooLarge(self._max_upload_bytes / 1e6)
        with self._units() as unit:
            self._refuse_too_many(unit, actor, self._clock())
        try:
            assessment = self._assessor.assess(data, details.context)
        except ImageRejected as error:
            log.info("upload rejected", extra={"code": error.code, "bytes": len(data)})
            raise
        return self.store(actor, data, source_name, details, assessment, batch_id=batch_id)

    def store(
        self,
        actor: Actor,
        data: bytes,
        source_name: str,
        details: CaseDetails,
        assessment: Assessment,
        *,
        batch_id: str | None = None,
    ) -> Case:
        """Store an assessed image as a draft: files first, then rows, so rows never lack files."""
        actor.require(Permission.UPLOAD)
        at = self._clock()
        draft = NewDraft(actor.id, details, assessment, at, self._impression_first, batch_id)
        new = files_of(data, source_name, assessment)
        case = store_draft(
            self._units,
            self._files,
            draft,
            new,
            at=at,
            check=lambda unit: self._refuse_too_many(unit, actor, at),
        )
        self._sightings.note(actor, [case.id], at)
        return shown_to(actor, case)

    def update(self, actor: Actor, case_id: str, version: int, details: CaseDetails) -> Case:
        """Store what people typed; decides again, from the stored evidence, with the new context.

        Raises StaleCase when somebody changed the case since ``version``. A person who may upload
        but not change cases may change the own draft.
        """
        if not actor.may(Permission.CHANGE_CASES):
            actor.require(Permission.UPLOAD)

        def change(case: Case) -> Case:
            return with_details(self._assessor, actor, case, details)

        return self._change(actor, case_id, version, Action.CASE_CHANGED, change)

    def file(self, actor: Actor, case_id: str, version: int, *, asked: bool = False) -> Case:
        """Confirm a draft; raises InvalidInput without a patient reference, and once, to ask, for
        a lesion whose name contradicts its place, unless that was ``asked`` before.

        Whoever files a copy of another image keeps it as a second one, which is recorded.
        """
        actor.require(Permission.CHANGE_CASES)
        kept = False

        def change(case: Case) -> Case:
            nonlocal kept
            refuse_in_bin(case)
            need_reference(case.details)
            if case.state is CaseState.FILED:
                return case
            place = place_of(case.details)
            kept = bool(contradiction(*place))
            if not asked:
                self._questions.ask(actor, "lesion_label", place, self._clock())
            return replace(case, state=CaseState.FILED, filed_at=self._clock())

        def told(before: Case, after: Case) -> Mapping[str, Value]:
            return {**told_fields(before, after), **told_kept(kept)}

        return self._change(actor, case_id, version, Action.CASE_FILED, change, told)

    def delete(self, actor: Actor, case_id: str, version: int) -> Case:
        """Move a case to the bin: out of every list, and restorable."""
        actor.require(Permission.CHANGE_CASES)
        at = self._clock()
        return self._change(
            actor, case_id, version, Action.CASE_BINNED, lambda c: replace(c, deleted_at=at)
        )

    def restore(self, actor: Actor, case_id: str, version: int) -> Case:
        """Take a case out of the bin."""
        actor.require(Permission.CHANGE_CASES)
        return self._change(
            actor, case_id, version, Action.CASE_RESTORED, lambda c: replace(c, deleted_at=None)
        )

    def erase(self, actor: Actor, case_id: str, version: int) -> None:
        """Erase a case from the bin for good: its rows first, then its files.

        Raises LegalHold while a hold is set for the patient.
        """
        actor.require(Permission.CHANGE_CASES)
        with self._units() as unit:
            unit.lock()
            case = unit.cases.get(case_id)
            if case.deleted_at is None:
                raise NotAllowedInState("Only a case in the bin can be erased.")
            if is_held(unit, case.details.patient_reference):
                raise LegalHold
            unit.cases.save(replace(case, version=version))
            files = erase_case(unit, actor, case_id, self._clock())
            unit.commit()
        self._files.remove([file.id for file in files])
        log.info("case erased", extra={"case": case_id, "files": len(files)})

    def _change(  # noqa: PLR0917 - as ``change_case``
        self,
        actor: Actor,
        case_id: str,
        version: int,
        action: Action,
        change: Callable[[Case], Case],
        told: Callable[[Case, Case], Mapping[str, Value]] = told_fields,
    ) -> Case:
        at = self._clock()
        with self._units() as unit:
            saved = change_case(unit, actor, case_id, version, action, change, at, told)
            if action is Action.CASE_FILED:
                keep_copies(unit, actor, case_id, at)
            unit.commit()
        self._sightings.note(actor, [case_id], at)
        return shown_to(actor, saved)

    def _refuse_too_many(self, unit: UnitOfWork, actor: Actor, at: datetime) -> None:
        refuse_too_many(unit, actor, at, self._uploads_per_day)
