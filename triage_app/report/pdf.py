"""The report of a case, and the certificate of an erasure, with the shipped fonts."""

from functools import cache, partial
from pathlib import Path

from reportlab.platypus import Flowable

from triage_app.domain.site import Certificate
from triage_app.report import certificate, clinical, evidence, findings, identity, words
from triage_app.report.document import Sheet, draw_document
from triage_app.report.faces import FaceBook
from triage_app.report.layout import Desk
from triage_app.report.styles import stylesheet
from triage_app.services.content import ReportContent

FONTS = Path(__file__).parents[2] / "assets" / "fonts"


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


def story(desk: Desk, content: ReportContent) -> list[Flowable]:
    """All parts in the order in which a clinician reads them: the decision first."""
    case = content.case
    return [
        *identity.title(desk, content),
        *identity.decision(desk, case),
        *findings.pictures(desk, content),
        *findings.probabilities(desk, case),
        *clinical.context(desk, case.details),
        *clinical.verdict(desk),
        *evidence.operating_points(desk, case.analysis),
        *evidence.quality(desk, case.analysis),
        *evidence.provenance(desk, content),
        *evidence.limits(desk, case.analysis),
    ]


def _sheet(content: ReportContent) -> Sheet:
    return Sheet(
        id=content.report_id,
        at=content.issued_at,
        title=f"{words.TITLE} {content.report_id}",
        author=content.site_name,
        subject=f"Report no. {content.number}",
        keywords=f"trail anchor {content.anchor}",
        heading=content.case.details.patient_reference or words.NOT_GIVEN,
        label=f"Report {content.report_id}, no. {content.number}",
        notice=f"{words.RESEARCH}\n{words.short_anchor(content.anchor)}",
        creator=f"triage_app {content.case.analysis.app_version}",
    )
