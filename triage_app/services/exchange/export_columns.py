"""The columns of the CSV of cases, and what stands in them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from triage_app.domain.calendar import UTC_ZONE, Zone
from triage_app.domain.case import Case, ModelIdentity
from triage_app.domain.context import ClinicalContext
from triage_app.domain.diagnosis import Diagnosis, FindingClass
from triage_app.domain.lesion import Lesion
from triage_app.domain.outcome import Outcome, current_outcome
from triage_app.domain.reading import Impression, NextStep, Reveal, Verdict
from triage_app.domain.site import PatientRecord
from triage_app.domain.withholding import is_withheld

WITHHELD = "withheld"


@dataclass(frozen=True)
class ExportLine:
    """A case as the person may see it, with its patient and lesion, and the zone of its times."""

    case: Case
    record: PatientRecord
    lesion: Lesion | None
    synthetic: bool
    zone: Zone = UTC_ZONE


@dataclass(frozen=True)
class Column:
    """A column: its name, and the text of its cell; ``finding`` stands only where shown."""

    name: str
    cell: Callable[[ExportLine], object]
    finding: bool = False

    def of(self, line: ExportLine) -> str:
        """Text of the cell, empty where nothing is known."""
        return (
            WITHHELD
            if self.finding and is_withheld(line.case)
            else _text(self.cell(line), line.zone)
        )


def _text(value: object, zone: Zone) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return zone.written(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        return f"{value:.6g}"
    return str(value)


def _of_case(read: Callable[[Case], object]) -> Callable[[ExportLine], object]:
    return lambda line: read(line.case)


def _of_context(read: Callable[[ClinicalContext], object]) -> Callable[[ExportLine], object]:
    return lambda line: read(line.case.details.context)


def _of_impression(read: Callable[[Impression], object]) -> Callable[[ExportLine], object]:
    """The first one: later ones were made by somebody who could see the findings."""
    return lambda line: read(line.case.impressions[0]) if line.case.impressions else None


def _of_verdict(read: Callable[[Verdict], object]) -> Callable[[ExportLine], object]:
    return lambda line: read(line.case.verdict) if line.case.verdict else None


def _of_outcome(read: Callable[[Outcome], object]) -> Callable[[ExportLine], object]:
    def cell(line: ExportLine) -> object:
        outcome = current_outcome(line.case.outcomes)
        return read(outcome) if outcome else None

    return cell


def _of_step(read: Callable[[NextStep], object]) -> Callable[[ExportLine], object]:
    def cell(line: ExportLine) -> object:
        step = next((step for step in line.case.next_steps if step.is_open), None)
        return read(step) if step else None

    return cell


def _of_model(read: Callable[[ModelIdentity], object]) -> Callable[[ExportLine], object]:
    return lambda line: read(model) if (model := line.case.analysis.model) else None


def _of_reveal(read: Callable[[Reveal], object]) -> Callable[[ExportLine], object]:
    return lambda line: read(reveal) if (reveal := line.case.reveal) else None


def _share(diagnosis: Diagnosis) -> Callable[[ExportLine], object]:
    def cell(line: ExportLine) -> object:
        findings = line.case.analysis.shown_findings
        known = findings is not None and diagnosis in findings.probabilities
        return float(findings.probabilities[diagnosis]) if findings and known else None

    return cell


def _class_share(finding_class: FindingClass) -> Callable[[ExportLine], object]:
    def cell(line: ExportLine) -> object:
        findings = line.case.analysis.shown_findings
        return float(findings.by_class()[finding_class]) if findings else None

    return cell


def _lesion_label(line: ExportLine) -> str:
    return line.lesion.label if line.lesion else line.case.details.lesion_label


def _flags(context: ClinicalContext) -> str | None:
    if context.red_flags is None:
        return None
    return " ".join(sorted(context.red_flags)) or "none"


def _grade(case: Case) -> object:
    quality = case.analysis.evidence.quality
    return quality.grade if quality else None


COLUMNS: tuple[Column, ...] = (
    Column("case_id", _of_case(lambda case: case.id)),
    Column("synthetic", lambda line: line.synthetic),
    Column("created_at", _of_case(lambda case: case.created_at)),
    Column("state", _of_case(lambda case: case.state)),
    Column("patient_reference", _of_case(lambda case: case.details.patient_reference)),
    Column("consent", lambda line: line.record.consent),
    Column("birth_year", lambda line: line.record.birth_year),
    Column("lesion_id", _of_case(lambda case: case.lesion_id)),
    Column("lesion", _lesion_label),
    Column("site", _of_context(lambda context: context.site)),
    Column("laterality", _of_context(lambda context: context.laterality)),
    Column("age", _of_context(lambda context: context.age)),
    Column("sex", _of_context(lambda context: context.sex)),
    Column("skin_type", _of_context(lambda context: context.skin_type)),
    Column("red_flags", _of_context(_flags)),
    Column("dermoscopic", _of_context(lambda context: context.dermoscopic)),
    Column("clinical_question", _of_case(lambda case: case.details.clinical_question)),
    Column("note", _of_case(lambda case: case.details.note)),
    Column("image_quality", _of_case(_grade)),
    Column("level", _of_case(lambda case: case.analysis.decision.level), finding=True),
    Column(
        "findings_level", _of_case(lambda case: case.analysis.decision.findings_level), finding=True
    ),
    *(Column(f"p_{c.value}", _class_share(c), finding=True) for c in FindingClass),
    *(Column(f"p_{d.value}", _share(d), finding=True) for d in Diagnosis),
    Column("model", _of_model(lambda model: model.name), finding=True),
    Column("model_version", _of_model(lambda model: model.version), finding=True),
    Column("reveal", _of_reveal(lambda reveal: reveal.cause), finding=True),
    Column("impression_diagnosis", _of_impression(lambda i: i.diagnosis), finding=True),
    Column("impression_level", _of_impression(lambda i: i.level), finding=True),
    Column("impression_confidence", _of_impression(lambda i: i.confidence), finding=True),
    Column("impression_blinded", _of_impression(lambda i: i.blinded), finding=True),
    Column("verdict_at", _of_verdict(lambda v: v.at), finding=True),
    Column("verdict_by", _of_verdict(lambda v: v.by), finding=True),
    Column("verdict_agrees", _of_verdict(lambda v: v.agrees), finding=True),
    Column("verdict_level", _of_verdict(lambda v: v.level), finding=True),
    Column("verdict_reason", _of_verdict(lambda v: v.reason), finding=True),
    Column("disposition", _of_verdict(lambda v: v.disposition), finding=True),
    Column("verdict_note", _of_verdict(lambda v: v.note), finding=True),
    Column("next_step", _of_step(lambda step: step.kind), finding=True),
    Column("next_step_due", _of_step(lambda step: step.due), finding=True),
    Column("outcome_method", _of_outcome(lambda o: o.method), finding=True),
    Column("outcome_on", _of_outcome(lambda o: o.on), finding=True),
    Column("outcome_diagnosis", _of_outcome(lambda o: o.diagnosis), finding=True),
    Column("outcome_proof", _of_outcome(lambda o: o.proof), finding=True),
    Column("outcome_breslow_mm", _of_outcome(lambda o: o.breslow_mm), finding=True),
    Column("outcome_specimen", _of_outcome(lambda o: o.specimen), finding=True),
    Column("outcome_months", _of_outcome(lambda o: o.months or None), finding=True),
    Column("closed_at", _of_case(lambda case: case.closed_at)),
)
