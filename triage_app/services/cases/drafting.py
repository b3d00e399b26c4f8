"""An assessed image becomes a draft: files first, then rows, so that rows never lack files."""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from triage_app.domain.case import Case, CaseDetails, CaseState
from triage_app.domain.files import FINDING_FILES, FileKind, StoredFile
from triage_app.domain.trail import Action, Entry, Value
from triage_app.ports.adapters import FileStore, UnitOfWork, UnitOfWorkFactory
from triage_app.services.cases.changing import told_level
from triage_app.services.cases.copies import look_at, note_picture
from triage_app.services.cases.fingerprint import state_of
from triage_app.services.images.assessment import Assessment
from triage_app.services.images.storing import (
    NewFile,
    analysis_of,
    facts,
    new_id,
    put_all,
    remove_unnamed,
)

log = logging.getLogger(__name__)

Check = Callable[[UnitOfWork], object]
"""Runs inside the transaction, with the write lock held, before anything is added; may refuse."""


@dataclass(frozen=True)
class NewDraft:
    """What a draft is made of besides its files.

    ``sent_at`` is when the image reached us: it is the case's time, so that lists stand in the
    order in which images were sent, whatever became of them first.
    """

    person: str
    details: CaseDetails
    assessment: Assessment
    sent_at: datetime
    blinded: bool
    batch_id: str | None = None


def store_draft(
    units: UnitOfWorkFactory,
    files: FileStore,
    draft: NewDraft,
    new: Iterable[NewFile],
    *,
    at: datetime,
    check: Check,
    kept: StoredFile | None = None,
) -> Case:
    """Store a draft with ``new`` files, beside ``kept``, one that the store holds already."""
    stored = put_all(files, new, at)
    try:
        case = _case(draft, [*([kept] if kept else []), *stored], at)
        look = look_at(draft.assessment.decoded.crop, case.files[FileKind.ORIGINAL].sha256)
        with units() as unit:
            unit.lock()
            check(unit)
            _add(unit, case, at)
            note_picture(unit, case, look, at)
            unit.commit()
    except Exception:
        remove_unnamed(units, files, [file.id for file in stored])
        raise
    log.info("draft stored", extra={"case": case.id, "level": told_level(case)})
    return case


def _case(draft: NewDraft, files: Iterable[StoredFile], at: datetime) -> Case:
    return Case(
        id=new_id(),
        version=1,
        state=CaseState.DRAFT,
        created_at=draft.sent_at,
        updated_at=at,
        details=draft.details,
        analysis=analysis_of(draft.assessment, at),
        files={file.kind: file for file in files},
        batch_id=draft.batch_id,
        uploaded_by=draft.person,
        blinded=draft.blinded,
    )


def _add(unit: UnitOfWork, case: Case, at: datetime) -> None:
    model = case.analysis.model
    # What would tell the findings of a withheld case is recorded when it is revealed.
    named = [f for f in case.files.values() if not (case.blinded and f.kind in FINDING_FILES)]
    details: dict[str, Value] = {
        "files": facts(named),
        "model": model.sha256 if model else "",
        "level": told_level(case),
    }
    unit.cases.add(case)
    details["state"] = state_of(unit, case.id)
    unit.trail.append(Entry(Action.CASE_ANALYSED, case.uploaded_by, case.id, details), at)
