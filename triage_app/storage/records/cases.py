"""Between domain objects and rows, without loss in either direction."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from triage_app.domain.case import Analysis, Case, CaseDetails, CaseState, ModelIdentity, Report
from triage_app.domain.context import (
    ClinicalContext,
    Laterality,
    RedFlag,
    Sex,
    Site,
    SkinType,
)
from triage_app.domain.errors import InvalidInput, TriageError
from triage_app.domain.files import FileKind, StoredFile
from triage_app.domain.reading import Reveal, RevealCause
from triage_app.domain.triage import Decision, Level
from triage_app.domain.withholding import is_withheld
from triage_app.storage.records.evidence import (
    evidence_from_json,
    evidence_to_json,
    reason_from_json,
    reason_to_json,
)
from triage_app.storage.records.folding import reference_key, searchable
from triage_app.storage.records.lists import list_values, reading_values
from triage_app.storage.records.loop import Loop, loop_files
from triage_app.storage.schema.base import Values
from triage_app.storage.schema.cases import AnalysisRow, CaseRow, ReportRow, StoredFileRow

IDS_PER_QUERY = 500

_ID = re.compile("[0-9a-f]{32}")


class DamagedRecord(TriageError):
    """What is stored of a case cannot be read; nothing of it is shown rather than a part."""

    def __init__(self) -> None:
        super().__init__(
            "The stored record of this case is damaged, so nothing of it is shown. "
            "Decide on clinical grounds, and have the database restored from a backup."
        )


class DamagedEntry(TriageError):
    """What is stored of an account, a patient or the site cannot be read; none of it is used."""

    def __init__(self) -> None:
        super().__init__(
            "An entry of the database is damaged, so it is not used. "
            "Have the database restored from a backup."
        )


@contextmanager
def reading_records(
    damaged: type[DamagedRecord] | type[DamagedEntry] = DamagedRecord,
) -> Iterator[None]:
    """Turn a value that no program of ours wrote into ``damaged``."""
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError, InvalidInput) as error:
        raise damaged from error


def is_id(text: str) -> bool:
    """Whether the text is 32 lower-case hexadecimal digits, as all ids of stored things are."""
    return _ID.fullmatch(text) is not None


def in_portions(ids: Iterable[str]) -> Iterator[list[str]]:
    """The ids, so many at a time as one query may name."""
    remaining = list(ids)
    for start in range(0, len(remaining), IDS_PER_QUERY):
        yield remaining[start : start + IDS_PER_QUERY]


def case_values(case: Case) -> Values:
    """Columns of ``cases``.

    Raises ValueError for an id that is none, and for a case whose findings were taken out to show
    it to somebody: what was found would be lost.
    """
    if not is_id(case.id):
        raise ValueError("a case id must be 32 hexadecimal digits")
    if is_withheld(case):
        raise ValueError("a case without its findings must not be stored")
    return {
        "id": case.id,
        "version": case.version,
        "state": case.state,
        "created_at": case.created_at,
        "updated_at": case.updated_at,
        "filed_at": case.filed_at,
        "deleted_at": case.deleted_at,
        "batch_id": case.batch_id,
        "uploaded_by": case.uploaded_by,
        **_details_values(case.details),
        **_context_values(case.details.context),
        **reading_values(case),
        **list_values(case),
    }


def analysis_values(analysis: Analysis) -> Values:
    """Columns of ``analyses`` but for the case and the number."""
    model = analysis.model
    return {
        "id": analysis.id,
        "created_at": analysis.created_at,
        "level": analysis.decision.level,
        "findings_level": analysis.decision.findings_level,
        "reasons": [reason_to_json(r) for r in analysis.decision.reasons],
        "evidence": evidence_to_json(analysis.evidence),
        "model_name": model and model.name,
        "model_version": model and model.version,
        "model_sha256": model and model.sha256,
        "operating_points": dict(analysis.operating_points),
        "limits_of_use": list(analysis.limits_of_use),
        "timings": dict(analysis.timings),
        "image_notes": list(analysis.image_notes),
        "app_version": analysis.app_version,
    }


def file_values(file: StoredFile) -> Values:
    """Columns of ``stored_files`` but for the case and the number."""
    return {
        "id": file.id,
        "kind": file.kind,
        "sha256": file.sha256,
        "size": file.size,
        "media_type": file.media_type,
        "source_name": file.source_name,
        "width": file.width,
        "height": file.height,
        "created_at": file.created_at,
    }


def report_values(report: Report) -> Values:
    """Columns of ``reports`` but for the case."""
    return {
        "id": report.id,
        "number": report.number,
        "issued_at": report.issued_at,
        "file_id": report.file.id,
        "content_hash": report.content_hash,
    }


def case_from_rows(
    row: CaseRow,
    analysis: AnalysisRow,
    files: Iterable[StoredFile],
    reports: Sequence[ReportRow],
    loop: Loop,
) -> Case:
    """The case; ``files`` and ``reports`` in ascending order of their numbers."""
    stored = {file.id: file for file in files}
    elsewhere = {r.file_id for r in reports} | {f.id for f in loop_files(loop)}
    return Case(
        id=row.id,
        version=row.version,
        state=CaseState(row.state),
        created_at=row.created_at,
        updated_at=row.updated_at,
        details=_details(row),
        analysis=_analysis(analysis),
        files={file.kind: file for file in stored.values() if file.id not in elsewhere},
        reports=tuple(_report(report, stored) for report in reports),
        filed_at=row.filed_at,
        deleted_at=row.deleted_at,
        batch_id=row.batch_id,
        uploaded_by=row.uploaded_by,
        lesion_id=row.lesion_id or "",
        blinded=row.blinded,
        reveal=_reveal(row),
        taken_by=row.taken_by,
        closed_at=row.closed_at,
        **vars(loop),
    )


def stored_file(row: StoredFileRow) -> StoredFile:
    """The domain's view of a file's row."""
    return StoredFile(
        id=row.id,
        kind=FileKind(row.kind),
        sha256=row.sha256,
        size=row.size,
        media_type=row.media_type,
        created_at=row.created_at,
        width=row.width,
        height=row.height,
        source_name=row.source_name,
    )


def _details_values(details: CaseDetails) -> Values:
    return {
        "patient_reference": details.patient_reference,
        "patient_key": reference_key(details.patient_reference),
        "lesion_label": details.lesion_label,
        "note": details.note,
        "clinical_question": details.clinical_question,
        "search_text": searchable(details.note, details.clinical_question),
    }


def _context_values(context: ClinicalContext) -> Values:
    flags = context.red_flags
    return {
        "age": context.age,
        "sex": context.sex,
        "skin_type": context.skin_type,
        "site": context.site,
        "laterality": context.laterality,
        "red_flags": None if flags is None else sorted(flags),
        "dermoscopic": context.dermoscopic,
    }


def _details(row: CaseRow) -> CaseDetails:
    flags = row.red_flags
    context = ClinicalContext(
        age=row.age,
        sex=None if row.sex is None else Sex(row.sex),
        skin_type=None if row.skin_type is None else SkinType(row.skin_type),
        site=None if row.site is None else Site(row.site),
        laterality=None if row.laterality is None else Laterality(row.laterality),
        red_flags=None if flags is None else frozenset(map(RedFlag, flags)),
        dermoscopic=row.dermoscopic,
    )
    return CaseDetails(
        patient_reference=row.patient_reference,
        lesion_label=row.lesion_label,
        context=context,
        note=row.note,
        clinical_question=row.clinical_question,
    )


def _analysis(row: AnalysisRow) -> Analysis:
    return Analysis(
        id=row.id,
        created_at=row.created_at,
        evidence=evidence_from_json(row.evidence),
        decision=Decision(
            Level(row.level),
            Level(row.findings_level),
            tuple(reason_from_json(r) for r in row.reasons),
        ),
        model=_model(row),
        operating_points=row.operating_points,
        limits_of_use=tuple(row.limits_of_use),
        timings=row.timings,
        app_version=row.app_version,
        image_notes=tuple(row.image_notes),
    )


def _reveal(row: CaseRow) -> Reveal | None:
    if row.reveal_at is None:
        return None
    return Reveal(row.reveal_at, row.reveal_by or "", RevealCause(row.reveal_cause or ""))


def _model(row: AnalysisRow) -> ModelIdentity | None:
    if row.model_name is None or row.model_version is None or row.model_sha256 is None:
        return None
    return ModelIdentity(row.model_name, row.model_version, row.model_sha256)


def _report(row: ReportRow, files: Mapping[str, StoredFile]) -> Report:
    return Report(
        id=row.id,
        number=row.number,
        issued_at=row.issued_at,
        file=files[row.file_id],
        content_hash=row.content_hash,
    )
