"""Issuing reports: each is drawn once from what is stored, and its bytes are kept."""

import json
import logging
from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import datetime

from triage_app.domain.case import Case, CaseState, FileKind, Report
from triage_app.domain.errors import NotAllowedInState, ReportNotFound
from triage_app.domain.people import Actor, Permission
from triage_app.domain.trail import Action, Anchor, Entry, Value
from triage_app.services.content import ReportContent
from triage_app.services.fingerprint import state_of
from triage_app.services.ports import FileStore, ReportRenderer, UnitOfWorkFactory
from triage_app.services.storing import (
    NewFile,
    describe_file,
    facts,
    new_id,
    now,
    remove_unnamed,
    sha256,
)

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

    def issue(self, actor: Actor, case_id: str) -> Report:
        """The report of the case as it stands.

        If nothing it states changed since the last one, that one is returned; otherwise a new
        number is issued, and the earlier reports stay as they are. Raises NotAllowedInState for a
        draft or a case in the bin, StaleCase when the case changes meanwhile.
        """
        actor.require(Permission.ISSUE_REPORTS)
        with self._units() as unit:
            case = unit.cases.get(case_id)
            anchor = unit.trail.tip()
        if case.state is not CaseState.FILED or case.deleted_at is not None:
            raise NotAllowedInState("A report is issued from a filed case. File the draft first.")
        stated = content_hash(case, self._site_name)
        if case.reports and case.reports[-1].content_hash == stated:
            return case.reports[-1]
        return self._issue_new(actor, case, stated, anchor)

    def read(self, actor: Actor, report_id: str) -> tuple[Report, bytes, Case]:
        """An issued report with its bytes and its case; raises ReportNotFound, FileMissing."""
        actor.require(Permission.SEE_FINDINGS)
        with self._units() as unit:
            case = unit.cases.get(unit.cases.report_owner(report_id))
        report = next((r for r in case.reports if r.id == report_id), None)
        if report is None:
            raise ReportNotFound
        data = self._files.read(report.file)
        with self._units() as unit:
            entry = Entry(Action.REPORT_READ, actor.id, case.id, {"report": report_id})
            unit.trail.append(entry, self._clock())
            unit.commit()
        return report, data, case

    def _issue_new(self, actor: Actor, case: Case, stated: str, anchor: Anchor) -> Report:
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
            anchor=anchor,
        )
        data = self._render(content)
        new_file = NewFile(FileKind.REPORT, data, "application/pdf")
        stored = describe_file(new_file, self._files.put(data), at)
        report = Report(report_id, number, at, stored, stated)
        try:
            with self._units() as unit:
                unit.cases.save(replace(case, reports=(*case.reports, report)))
                state = state_of(unit, case.id)
                unit.trail.append(_issued(actor, case.id, report, state), at)
                unit.commit()
        except Exception:
            remove_unnamed(self._units, self._files, [stored.id])
            raise
        log.info("report issued", extra={"case": case.id, "report": report_id})
        return report


def _issued(actor: Actor, case_id: str, report: Report, state: str) -> Entry:
    details: dict[str, Value] = {
        "report": report.id,
        "number": report.number,
        "files": facts([report.file]),
        "content": report.content_hash,
        "state": state,
    }
    return Entry(Action.REPORT_ISSUED, actor.id, case_id, details)


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
