"""Telling whether a report on paper, or a file, is what was issued or stored here.

The trail is asked, not the rows alone: it is chained, and it still knows what was issued about
cases that were erased since.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from triage_app.domain.calendar import UTC_ZONE, Zone
from triage_app.domain.case import Case, Report
from triage_app.domain.errors import (
    DocumentNotFound,
    FileMissing,
    InvalidInput,
    ReportNotFound,
    TriageError,
)
from triage_app.domain.files import FileKind
from triage_app.domain.people import Actor, Permission
from triage_app.domain.report_code import ReportCode, parse_report_code
from triage_app.domain.site import Certificate
from triage_app.domain.trail import Action, Event, FileFact, TrailFilter, file_facts, hash_of
from triage_app.ports.adapters import FileStore, UnitOfWork, UnitOfWorkFactory
from triage_app.services.images.storing import sha256
from triage_app.services.trail.verification import STORING

_PORTION = 500
# Every PDF of this program names its document here, twice.
_PDF_ID = re.compile(rb"/ID\s*\[\s*<([0-9a-f]{32})>\s*<\1>\s*\]")
_UNKNOWN_CODE = "No report with this id was issued here: it comes from another site, or is made up."
_OTHER_CODE = (
    "A report with this id was issued here, but with another number or other contents: the code "
    "was altered."
)
_BENT = "The row of the trail that tells of it was changed after it was written."
_OTHER_ROW = "What is stored of this report is not what the trail recorded when it was issued."
_GONE = "Its case is no longer stored here; that it was issued is all that is left to tell."
_NEWEST = "It is the newest report of its case."
_ALTERED = (
    "It names a document that was issued here, but it is not, byte for byte, the one that was "
    "issued: it was altered."
)
_OTHER_CERTIFICATE = (
    "It names a certificate of erasure that was issued here, but differs from it. It was altered, "
    "or drawn by another version of this program or under another name of the site; compare the "
    "row of the trail that it prints."
)
# Keys are values of FileKind, as the trail writes them.
_KINDS: dict[str, str] = {
    FileKind.ORIGINAL: "original image",
    FileKind.CROP: "analysed crop",
    FileKind.THUMBNAIL: "small picture",
    FileKind.PATHOLOGY: "pathologist's report",
}
_UNKNOWN_FILE = "No file with these bytes was issued or stored here."


@dataclass(frozen=True)
class Answer:
    """Whether it is what was issued or stored, and sentences that say so; ``case`` is its internal
    id, empty where it is not known."""

    genuine: bool
    sentences: tuple[str, ...]
    case: str = ""


class Issued:
    """Looks codes and files up; ``draw`` is how a certificate of erasure is drawn here."""

    def __init__(
        self,
        units: UnitOfWorkFactory,
        files: FileStore,
        draw: Callable[[Certificate], bytes],
        *,
        zone: Zone = UTC_ZONE,
    ) -> None:
        self._zone = zone
        self._units = units
        self._files = files
        self._draw = draw

    def check_code(self, actor: Actor, text: str) -> Answer:
        """Whether a report with the QR code of this text was issued here.

        Raises InvalidInput("report", ...) for a text that is none of ours.
        """
        actor.require(Permission.READ_TRAIL)
        try:
            code = parse_report_code(text)
        except ValueError as error:
            raise InvalidInput("report", str(error)) from None
        with self._units() as unit:
            event = _issuing(unit, code.report_id)
            if event is None:
                return Answer(False, (_UNKNOWN_CODE,))
            if hash_of(event) != event.hash:
                return Answer(False, (_BENT,), event.subject)
            if _code_of(event) != code:
                return Answer(False, (_OTHER_CODE,), event.subject)
            return self._as_stored(unit, event, code)

    def check_file(self, actor: Actor, data: bytes) -> Answer:
        """Whether a file is, byte for byte, one that was issued or stored here."""
        actor.require(Permission.READ_TRAIL)
        digest, named = sha256(data), _named(data)
        with self._units() as unit:
            for event in _near_first(unit, named):
                for fact in _facts(event):
                    if fact.sha256 == digest:
                        return _stored(unit, event, fact, self._zone)
            certificate = unit.site.certificate(named) if named else None
            if certificate is not None:
                return self._certificate(certificate, data)
            owner = _owner(unit, named)
        return Answer(False, (_ALTERED if owner else _UNKNOWN_FILE,), owner)

    def _as_stored(self, unit: UnitOfWork, event: Event, code: ReportCode) -> Answer:
        issued = _issued_sentence(event, code.number, self._zone)
        found = _report(unit, code.report_id)
        if found is None:
            return Answer(True, (issued, _GONE), event.subject)
        case, report = found
        row = ReportCode(report.id, report.number, report.content_hash)
        if row != code or [fact.sha256 for fact in _facts(event)] != [report.file.sha256]:
            return Answer(False, (issued, _OTHER_ROW), case.id)
        try:
            self._files.read(report.file)
        except FileMissing as error:
            return Answer(False, (issued, f"Its file: {error}"), case.id)
        return Answer(True, (issued, _age(case, report, self._zone)), case.id)

    def _certificate(self, certificate: Certificate, data: bytes) -> Answer:
        if self._draw(certificate) != data:
            return Answer(False, (_OTHER_CERTIFICATE,))
        at = self._zone.said(certificate.erased_at)
        return Answer(True, (f"The certificate of an erasure on {at}, byte for byte.",))


def _issuing(unit: UnitOfWork, report_id: str) -> Event | None:
    """The event that tells of the issue of this report."""
    case_id = _owner(unit, report_id)
    wanted = TrailFilter(actions=frozenset({Action.REPORT_ISSUED}), subject=case_id)
    return next((e for e in _events(unit, wanted) if _detail(e, "report") == report_id), None)


def _near_first(unit: UnitOfWork, named: str) -> Iterator[Event]:
    """Events that name files: of the case of the document that a PDF names, then of all."""
    case_id = _owner(unit, named)
    if case_id:
        yield from _events(unit, TrailFilter(actions=STORING, subject=case_id))
    yield from _events(unit, TrailFilter(actions=STORING))


def _events(unit: UnitOfWork, wanted: TrailFilter) -> Iterator[Event]:
    before: int | None = None
    while found := unit.trail.page(wanted, before, _PORTION):
        yield from found
        before = found[-1].number


def _stored(unit: UnitOfWork, event: Event, fact: FileFact, zone: Zone) -> Answer:
    if hash_of(event) != event.hash:
        return Answer(False, (_BENT,), event.subject)
    at = zone.said(event.at)
    kind = _KINDS.get(fact.kind, fact.kind)
    said = f"The {kind} of case {event.subject}, byte for byte as it was stored on {at}."
    report_id = str(_detail(event, "report"))
    found = _report(unit, report_id) if event.action == Action.REPORT_ISSUED else None
    if found is not None:
        return Answer(True, (said, _age(*found, zone)), event.subject)
    return Answer(True, (said,) if _owned(unit, event) else (said, _GONE), event.subject)


def _owned(unit: UnitOfWork, event: Event) -> bool:
    try:
        unit.cases.get(event.subject)
    except TriageError:
        return False
    return True


def _report(unit: UnitOfWork, report_id: str) -> tuple[Case, Report] | None:
    try:
        case = unit.cases.get(unit.cases.report_owner(report_id))
    except TriageError:
        return None
    return next(((case, report) for report in case.reports if report.id == report_id), None)


def _owner(unit: UnitOfWork, document_id: str) -> str:
    """Case of a report or letter; empty for none."""
    if not document_id:
        return ""
    try:
        return unit.cases.report_owner(document_id)
    except ReportNotFound:
        pass
    try:
        return unit.work.document_owner(document_id)
    except DocumentNotFound:
        return ""


def _age(case: Case, report: Report, zone: Zone) -> str:
    newest = case.reports[-1]
    if newest.number == report.number:
        return _NEWEST
    return (
        f"Report no. {newest.number} of {zone.said(newest.issued_at)} replaced it; it no "
        "longer says how things stand."
    )


def _issued_sentence(event: Event, number: int, zone: Zone) -> str:
    return (
        f"Report no. {number} of case {event.subject} was issued here on "
        f"{zone.said(event.at)}, and states what this code says."
    )


def _code_of(event: Event) -> ReportCode:
    number = _detail(event, "number")
    return ReportCode(
        str(_detail(event, "report")),
        number if isinstance(number, int) else 0,
        str(_detail(event, "content")),
    )


def _detail(event: Event, name: str) -> object:
    try:
        return json.loads(event.details).get(name, "")
    except (ValueError, AttributeError):  # the chain tells that this row was changed
        return ""


def _facts(event: Event) -> list[FileFact]:
    try:
        return file_facts(event)
    except ValueError:
        return []


def _named(data: bytes) -> str:
    """The id that a PDF of this program gives itself; empty for other files."""
    found = _PDF_ID.findall(data)
    return found[-1].decode("ascii") if found else ""
