"""Issuing reports: each is drawn once from what is stored, and its bytes are kept."""

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from triage_app.domain.calendar import UTC_ZONE, Zone
from triage_app.domain.case import Case, CaseState, Report
from triage_app.domain.change import Comparison, Repeatability
from triage_app.domain.errors import (
    FileMissing,
    FindingsWithheld,
    NotAllowedInState,
    ReportNotFound,
)
from triage_app.domain.files import FileKind
from triage_app.domain.people import Actor, Permission
from triage_app.domain.trail import Action, Anchor, Entry, Value
from triage_app.ports.adapters import FileStore, ReportRenderer, UnitOfWorkFactory
from triage_app.ports.documents import ReportContent
from triage_app.services.cases.fingerprint import state_of
from triage_app.services.documents.report_content import Surroundings, content_hash, surroundings
from triage_app.services.images.storing import (
    NewFile,
    describe_file,
    facts,
    new_id,
    now,
    remove_unnamed,
)

log = logging.getLogger(__name__)


class Reports:
    """Use cases on issued reports.

    ``repeatability`` is that of the model in service, None when it was not measured; ``synthetic``
    marks every page of a site with made-up data.
    """

    def __init__(
        self,
        units: UnitOfWorkFactory,
        files: FileStore,
        render: ReportRenderer,
        site_name: str,
        clock: Callable[[], datetime] = now,
        *,
        repeatability: Repeatability | None = None,
        synthetic: bool = False,
        zone: Zone = UTC_ZONE,
    ) -> None:
        self._zone = zone
        self._units = units
        self._files = files
        self._render = render
        self._site_name = site_name
        self._clock = clock
        self._repeatability = repeatability
        self._synthetic = synthetic

    def issue(self, actor: Actor, case_id: str) -> Report:
        """The report of the case as it stands.

        If nothing it states changed since the last one, that one is returned; otherwise a new
        number is issued, and the earlier reports stay as they are. Raises NotAllowedInState for a
        draft or a case in the bin, FindingsWithheld before an impression where the site asks for
        one, StaleCase when the case changes meanwhile.
        """
        actor.require(Permission.ISSUE_REPORTS)
        with self._units() as unit:
            case = unit.cases.get(case_id)
            _refuse(case)
            anchor = unit.trail.tip()
            around = surroundings(unit, case, self._repeatability)
        stated = content_hash(case, around, self._site_name, synthetic=self._synthetic)
        if case.reports and case.reports[-1].content_hash == stated:
            return case.reports[-1]
        return self._issue_new(actor, self._content(case, around, stated, anchor))

    def read(self, actor: Actor, report_id: str) -> tuple[Report, bytes, Case]:
        """An issued report with its bytes and its case; raises ReportNotFound, FileMissing."""
        actor.require(Permission.SEE_FINDINGS)
        with self._units() as unit:
            case = unit.cases.get(unit.cases.report_owner(report_id))
        if case.blinded:
            raise FindingsWithheld
        report = next((r for r in case.reports if r.id == report_id), None)
        if report is None:
            raise ReportNotFound
        data = self._files.read(report.file)
        with self._units() as unit:
            entry = Entry(Action.REPORT_READ, actor.id, case.id, {"report": report_id})
            unit.trail.append(entry, self._clock())
            unit.commit()
        return report, data, case

    def _content(
        self, case: Case, around: Surroundings, stated: str, anchor: Anchor
    ) -> ReportContent:
        overlay = case.files.get(FileKind.OVERLAY) if case.analysis.decision.assessed else None
        return ReportContent(
            case=case,
            report_id=new_id(),
            number=len(case.reports) + 1,
            issued_at=self._clock(),
            crop=self._files.read(case.files[FileKind.CROP]),
            overlay=self._files.read(overlay) if overlay else None,
            site_name=self._site_name,
            anchor=anchor,
            content_hash=stated,
            lesion=around.lesion,
            lesion_level=around.lesion_level,
            lesion_images=around.lesion_images,
            previous=around.previous,
            previous_crop=self._crop_before(around.previous),
            names=around.names,
            synthetic=self._synthetic,
            zone=self._zone,
        )

    def _crop_before(self, previous: Comparison | None) -> bytes | None:
        """A damaged picture of another case must not keep a report of this one from a patient."""
        crop = previous.before.files.get(FileKind.CROP) if previous else None
        if crop is None:
            return None
        try:
            return self._files.read(crop)
        except FileMissing:
            log.warning("earlier picture cannot be read", extra={"file": crop.id})
            return None

    def _issue_new(self, actor: Actor, content: ReportContent) -> Report:
        case, at = content.case, content.issued_at
        data = self._render(content)
        new_file = NewFile(FileKind.REPORT, data, "application/pdf")
        stored = describe_file(new_file, self._files.put(data), at)
        report = Report(content.report_id, content.number, at, stored, content.content_hash)
        try:
            with self._units() as unit:
                unit.cases.save(replace(case, reports=(*case.reports, report)))
                state = state_of(unit, case.id)
                unit.trail.append(_issued(actor, case.id, report, state), at)
                unit.commit()
        except Exception:
            remove_unnamed(self._units, self._files, [stored.id])
            raise
        log.info("report issued", extra={"case": case.id, "report": report.id})
        return report


def _refuse(case: Case) -> None:
    if case.state is not CaseState.FILED or case.deleted_at is not None:
        raise NotAllowedInState("A report is issued from a filed case. File the draft first.")
    if case.blinded:
        raise FindingsWithheld


def _issued(actor: Actor, case_id: str, report: Report, state: str) -> Entry:
    details: dict[str, Value] = {
        "report": report.id,
        "number": report.number,
        "files": facts([report.file]),
        "content": report.content_hash,
        "state": state,
    }
    return Entry(Action.REPORT_ISSUED, actor.id, case_id, details)
