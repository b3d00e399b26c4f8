"""Between domain objects and rows, without loss in either direction."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from triage_app.domain.case import (
    Analysis,
    Case,
    CaseDetails,
    CaseState,
    FileKind,
    ModelIdentity,
    Report,
    StoredFile,
)
from triage_app.domain.context import (
    ClinicalContext,
    Laterality,
    RedFlag,
    Sex,
    Site,
    SkinType,
)
from triage_app.domain.diagnosis import FindingClass
from triage_app.domain.errors import TriageError
from triage_app.domain.triage import RISK_RANK, Decision, Level
from triage_app.storage.evidence import (
    evidence_from_json,
    evidence_to_json,
    reason_from_json,
    reason_to_json,
)
from triage_app.storage.folding import fold, searchable
from triage_app.storage.schema import AnalysisRow, CaseRow, ReportRow, StoredFileRow

Values = dict[str, Any]

IDS_PER_QUERY = 500

_ID = re.compile("[0-9a-f]{32}")
# Worst first, so that of two equal probabilities the worse class leads.
_WORST_FIRST = (FindingClass.MALIGNANT, FindingClass.SUSPICIOUS, FindingClass.BENIGN)


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
    except (KeyError, TypeError, ValueError, AttributeError) as error:
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
    """Columns of ``cases``; raises ValueError for an id that is none."""
    if not is_id(case.id):
        raise ValueError("a case id must be 32 hexadecimal digits")
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
        **_list_values(case.analysis),
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
    files: Iterable[StoredFileRow],
    reports: Sequence[ReportRow],
) -> Case:
    """The case; ``files`` and ``reports`` in ascending order of their numbers."""
    stored = {file.id: stored_file(file) for file in files}
    of_reports = {report.file_id for report in reports}
    return Case(
        id=row.id,
        version=row.version,
        state=CaseState(row.state),
        created_at=row.created_at,
        updated_at=row.updated_at,
        details=_details(row),
        analysis=_analysis(analysis),
        files={file.kind: file for file in stored.values() if file.id not in of_reports},
        reports=tuple(_report(report, stored) for report in reports),
        filed_at=row.filed_at,
        deleted_at=row.deleted_at,
        batch_id=row.batch_id,
        uploaded_by=row.uploaded_by,
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
        "patient_key": fold(details.patient_reference),
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


def _list_values(analysis: Analysis) -> Values:
    """What the list shows and sorts by; no probability for an image that was not assessed."""
    level = analysis.decision.level
    values: Values = {"level": level, "risk_rank": RISK_RANK[level]}
    if not analysis.decision.assessed:
        nothing = dict.fromkeys(("leading_class", "p_benign", "p_suspicious", "p_malignant"))
        return {**values, **nothing, "risk_score": 0.0}
    findings = analysis.evidence.findings
    if findings is None:
        raise ValueError("a level was set without findings")
    classes = findings.by_class()
    return {
        **values,
        "leading_class": max(_WORST_FIRST, key=classes.__getitem__),
        "p_benign": classes[FindingClass.BENIGN],
        "p_suspicious": classes[FindingClass.SUSPICIOUS],
        "p_malignant": classes[FindingClass.MALIGNANT],
        "risk_score": findings.rule_out_score,
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
