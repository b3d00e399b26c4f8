"""Everything that is stored about one patient, as a ZIP file that is made while it is sent."""

import json
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from triage_app.domain.case import Case
from triage_app.domain.errors import CaseNotFound, TriageError
from triage_app.domain.files import StoredFile
from triage_app.domain.lesion import Lesion
from triage_app.domain.references import KnownReference
from triage_app.domain.site import PatientRecord, SafetyProblem
from triage_app.domain.trail import Event, TrailFilter
from triage_app.domain.withholding import IMPRESSION_FIRST, without_findings
from triage_app.ports.adapters import FileStore, UnitOfWork
from triage_app.services.ground.plain import plain

README = """Everything that this site's dermoscopy workstation stores about one patient.

patient.json  all data: what is known of the patient, every spelling of the reference, consent,
              legal hold, lesions, cases with what was typed, findings, triage levels with their
              reasons, model and image facts, impressions, verdicts, next steps and outcomes (with
              who withdrew one, when and why), issued reports and letters, reported problems, and
              the events of the trail about all of these. Times are UTC. "path" names a file
              of this archive, "sha256" is the hash that was stored with it. A file that could not
              be read has no path, and "missing" says why.
cases/        one folder for each case, oldest first: the photograph as it was uploaded, the
              analysed crop, the overlay and the thumbnail, each issued report and letter and each
              pathologist's report as PDF.

Where a clinician has still to record an impression of an image ("blinded" is true), its findings
are withheld from everybody until then, and so they are here.

People who worked on the cases appear by internal ids. Events that record the showing of lists are
left out, because they name the cases of other patients too. A copy of this archive is as
confidential as the patient's record: keep it so, and delete it when it is no longer needed.

Research software. Not CE- or UKCA-marked, not cleared by the FDA. Decision support for
clinicians, not a diagnosis.
"""
EVENTS_AT_ONCE = 500
SUFFIXES: Mapping[str, str] = {
    "application/pdf": ".pdf",
    "image/bmp": ".bmp",
    "image/heic": ".heic",
    "image/heif": ".heif",
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/tiff": ".tif",
    "image/webp": ".webp",
}


@dataclass(frozen=True)
class PatientExport:
    """What the database holds about a patient; files are read later, one at a time."""

    exported_at: datetime
    record: PatientRecord
    spellings: Sequence[KnownReference]
    lesions: Sequence[Lesion]
    cases: Sequence[Case]
    problems: Sequence[SafetyProblem]
    events: Sequence[Event]


class _Outbox:
    """Takes what the archive writes until it is sent; not seekable, so nothing is revisited."""

    def __init__(self) -> None:
        self._waiting: list[bytes] = []

    def write(self, data: bytes) -> int:
        """Keep a copy until ``take``."""
        self._waiting.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing to do: there is no disk below."""

    def close(self) -> None:
        """Nothing to close."""

    def take(self) -> bytes:
        """What was written since the last time."""
        taken = b"".join(self._waiting)
        self._waiting.clear()
        return taken


def gather(
    unit: UnitOfWork, record: PatientRecord, case_ids: Sequence[str], at: datetime
) -> PatientExport:
    """Read all rows about these cases; one that was erased meanwhile is left out."""
    cases = []
    for case_id in case_ids:
        try:
            cases.append(_shown(unit.cases.get(case_id)))
        except CaseNotFound:
            continue
    lesions = unit.lesions.of_patient(record.id) if record.id else ()
    subjects = (record.id, *(lesion.id for lesion in lesions), *case_ids)
    events = [event for subject in subjects for event in _events(unit, subject)]
    return PatientExport(
        exported_at=at,
        record=record,
        spellings=unit.references.spellings(record.reference),
        lesions=lesions,
        cases=cases,
        problems=unit.site.problems_of(case_ids),
        events=sorted(events, key=lambda event: event.number),
    )


def export_stream(export: PatientExport, files: FileStore) -> Iterator[bytes]:
    """The ZIP file in portions of about one stored file."""
    outbox = _Outbox()
    stated = plain(export)
    with zipfile.ZipFile(outbox, "w") as archive:
        _add(archive, "README.txt", README.encode(), export.exported_at)
        for number, (case, said) in enumerate(zip(export.cases, stated["cases"], strict=True), 1):
            for file, name, entry in _files_of(case, said):
                path = f"cases/{number:03d}-{case.id}/{name}"
                try:
                    _add(archive, path, files.read(file), file.created_at)
                    entry["path"] = path
                except TriageError as error:
                    entry["missing"] = str(error)
                yield outbox.take()
        text = json.dumps(stated, indent=2, ensure_ascii=False, allow_nan=False)
        _add(archive, "patient.json", text.encode(), export.exported_at)
    yield outbox.take()


def _shown(case: Case) -> Case:
    return without_findings(case, IMPRESSION_FIRST) if case.blinded else case


def _events(unit: UnitOfWork, subject: str) -> Iterator[Event]:
    before: int | None = None
    while subject:
        page = unit.trail.page(TrailFilter(subject=subject), before, EVENTS_AT_ONCE)
        yield from page
        if len(page) < EVENTS_AT_ONCE:
            return
        before = page[-1].number


def _files_of(case: Case, said: dict[str, Any]) -> Iterator[tuple[StoredFile, str, dict[str, Any]]]:
    """Each file with its name in the archive and the entry that describes it."""
    for kind, file in case.files.items():
        yield file, kind.value + SUFFIXES.get(file.media_type, ".bin"), said["files"][kind.value]
    for report, entry in zip(case.reports, said["reports"], strict=True):
        yield report.file, f"report-{report.number}.pdf", entry["file"]
    for letter, entry in zip(case.letters, said["letters"], strict=True):
        yield letter.file, f"letter-{letter.number}.pdf", entry["file"]
    for number, (outcome, entry) in enumerate(zip(case.outcomes, said["outcomes"], strict=True), 1):
        if outcome.document is not None:
            yield outcome.document, f"pathology-{number}.pdf", entry["document"]


def _add(archive: zipfile.ZipFile, path: str, data: bytes, at: datetime) -> None:
    entry = zipfile.ZipInfo(path, at.timetuple()[:6])
    entry.external_attr = 0o600 << 16
    # Pictures and PDFs are compressed already.
    text = path.endswith((".txt", ".json"))
    archive.writestr(entry, data, zipfile.ZIP_DEFLATED if text else zipfile.ZIP_STORED)
