"""The life of a case: analysed and stored as a draft, filed, changed, binned, erased."""

import logging
import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from triage_app import __version__
from triage_app.domain.case import (
    Analysis,
    Case,
    CaseDetails,
    CaseFilter,
    CaseState,
    FileKind,
    Order,
    Page,
    StoredFile,
)
from triage_app.domain.errors import (
    FileMissing,
    ImageRejected,
    InvalidInput,
    NotAllowedInState,
    UploadTooLarge,
)
from triage_app.services.assessment import Assessment, Assessor
from triage_app.services.ports import FileStore, UnitOfWorkFactory
from triage_app.services.storing import NewFile, describe_file, remove_unnamed

log = logging.getLogger(__name__)

PAGE_SIZE = 25
LARGEST_PAGE = 200
# Files that show findings: withheld when the image could not be assessed.
FINDING_FILES = frozenset({FileKind.OVERLAY})


def now() -> datetime:
    """Current time in UTC."""
    return datetime.now(UTC)


def new_id() -> str:
    """Random identifier, 32 hex digits; cannot be guessed from another one."""
    return secrets.token_hex(16)


class Cases:
    """Use cases on stored cases; each call is one transaction."""

    def __init__(
        self,
        assessor: Assessor,
        units: UnitOfWorkFactory,
        files: FileStore,
        max_upload_bytes: int,
        clock: Callable[[], datetime] = now,
    ) -> None:
        self._assessor = assessor
        self._units = units
        self._files = files
        self._max_upload_bytes = max_upload_bytes
        self._clock = clock

    def analyse_upload(
        self,
        data: bytes,
        source_name: str = "",
        details: CaseDetails | None = None,
        batch_id: str | None = None,
    ) -> Case:
        """Assess an image and store it, with what was found, as a draft.

        Raises ImageRejected when it cannot be read, StorageUnavailable when it cannot be kept;
        in both cases nothing is stored.
        """
        details = details or CaseDetails()
        if len(data) > self._max_upload_bytes:
            raise UploadTooLarge(self._max_upload_bytes / 1e6)
        try:
            assessment = self._assessor.assess(data, details.context)
        except ImageRejected as error:
            log.info("upload rejected", extra={"code": error.code, "bytes": len(data)})
            raise
        return self.store(data, source_name, details, assessment, batch_id)

    def store(
        self,
        data: bytes,
        source_name: str,
        details: CaseDetails,
        assessment: Assessment,
        batch_id: str | None = None,
    ) -> Case:
        """Store an assessed image as a draft: files first, then rows, so rows never lack files."""
        at = self._clock()
        stored = self._put_all(_files_of(data, source_name, assessment), at)
        case = Case(
            id=new_id(),
            version=1,
            state=CaseState.DRAFT,
            created_at=at,
            updated_at=at,
            details=details,
            analysis=_analysis(assessment, at),
            files={file.kind: file for file in stored},
            batch_id=batch_id,
        )
        try:
            with self._units() as unit:
                unit.cases.add(case)
                unit.commit()
        except Exception:
            remove_unnamed(self._units, self._files, [file.id for file in stored])
            raise
        log.info("draft stored", extra={"case": case.id, "level": case.analysis.decision.level})
        return case

    def get(self, case_id: str) -> Case:
        """The case; raises CaseNotFound."""
        with self._units() as unit:
            return unit.cases.get(case_id)

    def page(
        self,
        wanted: CaseFilter,
        order: Order = Order.NEWEST,
        cursor: str | None = None,
        size: int = PAGE_SIZE,
    ) -> Page:
        """A page of the list; ``size`` from 1 to 200."""
        with self._units() as unit:
            return unit.cases.page(wanted, order, cursor, max(1, min(size, LARGEST_PAGE)))

    def update(self, case_id: str, version: int, details: CaseDetails) -> Case:
        """Store what people typed; decides again, from the stored evidence, with the new context.

        Raises StaleCase when somebody changed the case since ``version``.
        """

        def change(case: Case) -> Case:
            _refuse_in_bin(case)
            if case.state is CaseState.FILED:
                _need_reference(details)
            analysis = case.analysis
            if details.context != case.details.context:
                decision = self._assessor.decide_again(analysis, details.context)
                analysis = replace(analysis, decision=decision)
            return replace(case, details=details, analysis=analysis)

        return self._change(case_id, version, change)

    def file(self, case_id: str, version: int) -> Case:
        """Confirm a draft; raises InvalidInput without a patient reference."""

        def change(case: Case) -> Case:
            _refuse_in_bin(case)
            _need_reference(case.details)
            if case.state is CaseState.FILED:
                return case
            return replace(case, state=CaseState.FILED, filed_at=self._clock())

        return self._change(case_id, version, change)

    def delete(self, case_id: str, version: int) -> Case:
        """Move a case to the bin: out of every list, and restorable."""
        return self._change(case_id, version, lambda c: replace(c, deleted_at=self._clock()))

    def restore(self, case_id: str, version: int) -> Case:
        """Take a case out of the bin."""
        return self._change(case_id, version, lambda c: replace(c, deleted_at=None))

    def erase(self, case_id: str, version: int) -> None:
        """Erase a case from the bin for good: its rows first, then its files."""
        with self._units() as unit:
            case = unit.cases.get(case_id)
            if case.deleted_at is None:
                raise NotAllowedInState("Only a case in the bin can be erased.")
            unit.cases.save(replace(case, version=version))
            files = unit.cases.erase(case_id)
            unit.commit()
        self._files.remove([file.id for file in files])
        log.info("case erased", extra={"case": case_id, "files": len(files)})

    def file_bytes(self, case_id: str, kind: FileKind) -> tuple[StoredFile, bytes]:
        """A stored picture; raises FileMissing when there is none or it may not be shown."""
        case = self.get(case_id)
        file = case.files.get(kind)
        if file is None or (kind in FINDING_FILES and not case.analysis.decision.assessed):
            raise FileMissing("This case has no such picture.")
        return file, self._files.read(file)

    def _change(self, case_id: str, version: int, change: Callable[[Case], Case]) -> Case:
        with self._units() as unit:
            case = change(replace(unit.cases.get(case_id), version=version))
            saved = unit.cases.save(replace(case, updated_at=self._clock()))
            unit.commit()
        return saved

    def _put_all(self, files: list[NewFile], at: datetime) -> list[StoredFile]:
        stored: list[StoredFile] = []
        try:
            for file in files:
                stored.append(describe_file(file, self._files.put(file.data), at))
        except Exception:
            self._files.remove([file.id for file in stored])
            raise
        return stored


def _refuse_in_bin(case: Case) -> None:
    if case.deleted_at is not None:
        raise NotAllowedInState("This case is in the bin. Restore it before you change it.")


def _need_reference(details: CaseDetails) -> None:
    if not details.patient_reference:
        raise InvalidInput("patient_reference", "Enter a patient reference to file this case.")


def _files_of(data: bytes, source_name: str, assessment: Assessment) -> list[NewFile]:
    decoded = assessment.decoded
    side = decoded.crop.shape[0]
    files = [
        NewFile(
            FileKind.ORIGINAL,
            data,
            decoded.media_type,
            decoded.width,
            decoded.height,
            source_name,
        ),
        NewFile(FileKind.CROP, assessment.crop_jpeg, "image/jpeg", side, side),
        NewFile(FileKind.THUMBNAIL, assessment.thumbnail_jpeg, "image/jpeg"),
    ]
    if assessment.overlay_png is not None:
        files.append(NewFile(FileKind.OVERLAY, assessment.overlay_png, "image/png", side, side))
    return files


def _analysis(assessment: Assessment, at: datetime) -> Analysis:
    return Analysis(
        id=new_id(),
        created_at=at,
        evidence=assessment.evidence,
        decision=assessment.decision,
        model=assessment.model,
        operating_points=assessment.operating_points,
        limits_of_use=assessment.limits_of_use,
        timings=assessment.timings,
        app_version=__version__,
        image_notes=assessment.decoded.notes,
    )
