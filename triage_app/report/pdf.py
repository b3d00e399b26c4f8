"""The finished document: A4 pages with header and footer, the story between them."""

from datetime import UTC
from functools import cache, partial
from io import BytesIO
from pathlib import Path
from typing import Any

from reportlab import rl_config
from reportlab.lib.pagesizes import A4
from reportlab.platypus import BaseDocTemplate, Flowable, Frame, PageTemplate

from triage_app.report import clinical, evidence, findings, identity, words
from triage_app.report.canvas import ReportCanvas
from triage_app.report.faces import FaceBook
from triage_app.report.furniture import INNER_WIDTH, Furniture
from triage_app.report.layout import Desk
from triage_app.report.styles import MARGIN, stylesheet
from triage_app.services.content import ReportContent

LANGUAGE = "en-GB"
FONTS = Path(__file__).parents[2] / "assets" / "fonts"


class PdfReport:
    """Draws a report from a stored case; the same content gives the same bytes.

    One instance serves all threads of a process.
    """

    def __init__(self, fonts_folder: Path) -> None:
        """Raises ReportFontsMissing when a font is not in the folder."""
        self._faces = FaceBook(fonts_folder)
        self._styles = stylesheet()
        # ReportLab's printable coding of every stream takes most of the time and a fifth more room.
        rl_config.useA85 = 0

    def __call__(self, content: ReportContent) -> bytes:
        """PDF bytes. Raises ReportImageUnusable when crop or overlay cannot be decoded."""
        # "Page x of y" needs the number of pages, which only a first drawing tells.
        pages, _ = self._draw(content, 0)
        return self._draw(content, pages)[1]

    def _draw(self, content: ReportContent, pages: int) -> tuple[int, bytes]:
        out = BytesIO()
        canvas = partial(
            ReportCanvas,
            faces=self._faces,
            report_id=content.report_id,
            date=f"D:{content.issued_at.astimezone(UTC):%Y%m%d%H%M%S}+00'00'",
        )
        furniture = Furniture(self._faces, self._styles, content)
        document = _document(out, content, furniture, pages)
        desk = Desk(self._faces, self._styles, INNER_WIDTH)
        document.build(story(desk, content), canvasmaker=canvas)
        return document.page, out.getvalue()


@cache
def _shipped() -> PdfReport:
    return PdfReport(FONTS)


def render(content: ReportContent) -> bytes:
    """PDF bytes with the shipped fonts; loads them at the first call.

    Raises ReportFontsMissing, ReportImageUnusable.
    """
    return _shipped()(content)


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
        *evidence.provenance(desk, case),
        *evidence.limits(desk, case.analysis),
    ]


def _document(
    out: BytesIO, content: ReportContent, furniture: Furniture, pages: int
) -> BaseDocTemplate:
    def around(canvas: Any, _: Any) -> None:
        furniture.draw(canvas, pages)

    return BaseDocTemplate(
        out,
        pagesize=A4,
        pageTemplates=[PageTemplate(frames=[_frame(furniture)], onPage=around)],
        title=f"{words.TITLE} {content.report_id}",
        author=content.site_name,
        subject=f"Report no. {content.number}",
        creator=f"triage_app {content.case.analysis.app_version}",
        lang=LANGUAGE,
        displayDocTitle=True,
        pageCompression=1,
        invariant=1,
    )


def _frame(furniture: Furniture) -> Frame:
    height = furniture.top - furniture.bottom
    padding = dict.fromkeys(("leftPadding", "rightPadding", "topPadding", "bottomPadding"), 0.0)
    return Frame(MARGIN, furniture.bottom, INNER_WIDTH, height, **padding)
