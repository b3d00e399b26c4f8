"""The report of a case, the letter and the certificate of an erasure, with the shipped fonts."""

from functools import cache, partial
from pathlib import Path

from reportlab.platypus import Flowable

import triage_app
from triage_app.domain.site import Certificate
from triage_app.ports.documents import LetterContent, ReportContent
from triage_app.report import (
    certificate,
    clinical,
    comparison,
    evidence,
    findings,
    identity,
    letter,
    provenance,
    reading,
    words,
)
from triage_app.report.document import Sheet, draw_document
from triage_app.report.faces import FaceBook
from triage_app.report.layout import Desk
from triage_app.report.styles import stylesheet

FONTS = Path(triage_app.__file__).resolve().parents[1] / "assets" / "fonts"


class PdfReport:
    """Draws a report from a stored case; the same content gives the same bytes.

    One instance serves all threads of a process.
    """

    def __init__(self, fonts_folder: Path) -> None:
        """Raises ReportFontsMissing when a font is not in the folder."""
        self._faces = FaceBook(fonts_folder)
        self._styles = stylesheet()

    def __call__(self, content: ReportContent) -> bytes:
        """PDF bytes. Raises ReportImageUnusable when crop or overlay cannot be decoded."""
        return draw_document(
            self._faces, self._styles, _sheet(content), partial(story, content=content)
        )

    def certificate(self, erased: Certificate, site_name: str) -> bytes:
        """PDF bytes of a certificate of erasure, the same for the same certificate."""
        sheet = certificate.sheet(erased, site_name)
        parts = partial(certificate.story, erased=erased, site_name=site_name)
        return draw_document(self._faces, self._styles, sheet, parts)

    def letter(self, content: LetterContent) -> bytes:
        """PDF bytes of a letter to the patient, the same for the same content."""
        parts = partial(letter.story, content=content)
        return draw_document(self._faces, self._styles, letter.sheet(content), parts)


@cache
def _shipped() -> PdfReport:
    return PdfReport(FONTS)


def render(content: ReportContent) -> bytes:
    """PDF bytes with the shipped fonts; loads them at the first call.

    Raises ReportFontsMissing, ReportImageUnusable.
    """
    return _shipped()(content)


def render_certificate(erased: Certificate, site_name: str) -> bytes:
    """PDF bytes of a certificate with the shipped fonts; raises ReportFontsMissing."""
    return _shipped().certificate(erased, site_name)


def render_letter(content: LetterContent) -> bytes:
    """PDF bytes of a letter with the shipped fonts; raises ReportFontsMissing."""
    return _shipped().letter(content)


def story(desk: Desk, content: ReportContent) -> list[Flowable]:
    """All parts in the order in which a clinician reads them: the decision first."""
    case = content.case
    return [
        *identity.title(desk, content),
        *identity.decision(desk, case),
        *identity.verdict(desk, case, content.names),
        *findings.pictures(desk, content),
        *findings.probabilities(desk, case),
        *clinical.context(desk, case.details),
        *_read(desk, content),
        *evidence.operating_points(desk, case.analysis),
        *evidence.quality(desk, case.analysis),
        *evidence.limits(desk, case.analysis),
        *provenance.provenance(desk, content),
    ]


def _read(desk: Desk, content: ReportContent) -> list[Flowable]:
    """The comparison before what was concluded from it; lines to write on come first instead, so
    that they stay on the first page where there is room."""
    compared = comparison.comparison(desk, content)
    recorded = reading.reading(desk, content.case, content.names)
    return [*compared, *recorded] if content.case.verdicts else [*recorded, *compared]


def _sheet(content: ReportContent) -> Sheet:
    return Sheet(
        id=content.report_id,
        at=content.issued_at,
        title=f"{words.TITLE} {content.report_id}",
        author=content.site_name,
        subject=_subject(content),
        keywords=f"trail anchor {content.anchor}",
        heading=content.case.details.patient_reference or words.NOT_GIVEN,
        label=f"Report {content.report_id}, no. {content.number}",
        notice=f"{words.RESEARCH}\n{words.short_anchor(content.anchor)}",
        synthetic=content.synthetic,
        usual_pages=2,
        creator=f"triage_app {content.case.analysis.app_version}",
        zone=content.zone,
    )


def _subject(content: ReportContent) -> str:
    subject = f"Report no. {content.number}"
    return f"{words.SYNTHETIC_SHORT}: {subject}" if content.synthetic else subject
