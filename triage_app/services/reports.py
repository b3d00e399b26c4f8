"""Issuing reports: each is drawn once from what is stored, and its bytes are kept."""

import json
import logging
from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import datetime

from triage_app.domain.case import Case, CaseState, FileKind, Report
from triage_app.domain.errors import NotAllowedInState, ReportNotFound
from triage_app.services.cases import new_id, now
from triage_app.services.content import ReportContent
from triage_app.services.ports import FileStore, ReportRenderer, UnitOfWorkFactory
from triage_app.services.storing import NewFile, describe_file, remove_unnamed, sha256

log = logging.getLogger(__name__)


class Reports:
    """Use cases on issued reports."""

    def __init__(
        self,
        units: UnitOfWorkFactory,
        files: FileStore,
        render: ReportRenderer,
        site_name: str,
        clock: Callable[[], datetime] = now,
    ) -> None:
        self._units = units
        self._files = files
        self._render = render
        self._site_name = site_name
        self._clock = clock

    def issue(self, case_id: str) -> Report:
        """The report of the case as it stands.

        If nothing it states changed since the last one, that one is returned; otherwise a new
        number is issued, and the earlier reports stay as they are. Raises NotAllowedInState for a
        draft or a case in the bin, StaleCase when the case changes meanwhile.
        """
        with self._units() as unit:
            case = unit.cases.get(case_id)
        if case.state is not CaseState.FILED or case.deleted_at is not None:
            raise NotAllowedInState("A report is issued from a filed case. File the draft first.")
        stated = content_hash(case, self._site_name)
        if case.reports and case.reports[-1].content_hash == stated:
            return case.reports[-1]
        return self._issue_new(case, stated)

    def read(self, report_id: str) -> tuple[Report, bytes, Case]:
        """An issued report with its bytes and its case; raises ReportNotFound, FileMissing."""
        with self._units() as unit:
            case = unit.cases.get(unit.cases.report_owner(report_id))
        for report in case.reports:
            if report.id == report_id:
                return report, self._files.read(report.file), case
        raise ReportNotFound

    def _issue_new(self, case: Case, stated: str) -> Report:
        report_id, at = new_id(), self._clock()
        number = len(case.reports) + 1
        overlay = case.files.get(FileKind.OVERLAY) if case.analysis.decision.assessed else None
        content = ReportContent(
            case=case,
            report_id=report_id,
            number=number,
            issued_at=at,
            crop=self._files.read(case.files[FileKind.CROP]),
            overlay=self._files.read(overlay) if overlay else None,
            site_name=self._site_name,
        )
        data = self._render(content)
        new_file = NewFile(FileKind.REPORT, data, "application/pdf")
        stored = describe_file(new_file, self._files.put(data), at)
        report = Report(report_id, number, at, stored, stated)
        try:
            with self._units() as unit:
                unit.cases.save(replace(case, reports=(*case.reports, report)))
                unit.commit()
        except Exception:
            remove_unnamed(self._units, self._files, [stored.id])
            raise
        log.info("report issued", extra={"case": case.id, "report": report_id})
        return report


def content_hash(case: Case, site_name: str) -> str:
    """SHA-256 over everything that a report states about a case, as hex digits."""
    analysis = case.analysis
    stated = {
        "site": site_name,
        "details": asdict(case.details),
        "analysis": analysis.id,
        "decision": asdict(analysis.decision),
        "files": sorted(f.sha256 for f in case.files.values()),
    }
    return sha256(json.dumps(stated, sort_keys=True, default=_plain).encode())


def _plain(value: object) -> object:
    if isinstance(value, frozenset):
        return sorted(str(item) for item in value)
    raise TypeError(f"cannot state a {type(value).__name__} in a report")
