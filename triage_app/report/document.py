"""One A4 document: pages with header and footer, and a story between them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from io import BytesIO
from typing import Any

from reportlab import rl_config
from reportlab.lib.pagesizes import A4
from reportlab.platypus import BaseDocTemplate, Flowable, Frame, PageTemplate

from triage_app import __version__
from triage_app.domain.calendar import UTC_ZONE, Zone
from triage_app.report.canvas import ReportCanvas
from triage_app.report.faces import FaceBook
from triage_app.report.furniture import INNER_WIDTH, Furniture
from triage_app.report.layout import Desk
from triage_app.report.styles import MARGIN, Styles

LANGUAGE = "en-GB"


@dataclass(frozen=True)
class Sheet:
    """What is fixed about a document besides its story.

    ``id`` (32 hex digits) becomes the file identifier and ``at`` the creation date. ``heading``
    stands at the top left of each page, ``label`` at the top right, ``notice`` at the bottom.
    ``synthetic`` marks each page as made-up data. ``usual_pages``: how many there mostly are, which
    saves time and changes nothing else. ``zone`` is that of all times in the story.
    """

    id: str
    at: datetime
    title: str
    author: str
    subject: str
    keywords: str
    heading: str
    label: str
    notice: str
    synthetic: bool = False
    usual_pages: int = 1
    creator: str = f"triage_app {__version__}"
    zone: Zone = UTC_ZONE


def draw_document(
    faces: FaceBook, styles: Styles, sheet: Sheet, story: Callable[[Desk], list[Flowable]]
) -> bytes:
    """PDF bytes, the same for the same sheet and story."""
    # ReportLab's printable coding of every stream takes most of the time and a fifth more room.
    rl_config.useA85 = 0
    # "Page x of y" needs the number of pages, which only a drawing tells: mostly it is the usual.
    pages, drawn = _drawn(faces, styles, sheet, story, sheet.usual_pages)
    return drawn if pages == sheet.usual_pages else _drawn(faces, styles, sheet, story, pages)[1]


def _drawn(
    faces: FaceBook,
    styles: Styles,
    sheet: Sheet,
    story: Callable[[Desk], list[Flowable]],
    pages: int,
) -> tuple[int, bytes]:
    out = BytesIO()
    canvas = partial(
        ReportCanvas,
        faces=faces,
        report_id=sheet.id,
        date=f"D:{sheet.at.astimezone(UTC):%Y%m%d%H%M%S}+00'00'",
    )
    furniture = Furniture(
        faces, styles, sheet.heading, sheet.label, sheet.notice, synthetic=sheet.synthetic
    )
    document = _document(out, sheet, furniture, pages)
    document.build(story(Desk(faces, styles, INNER_WIDTH, sheet.zone)), canvasmaker=canvas)
    return document.page, out.getvalue()


def _document(out: BytesIO, sheet: Sheet, furniture: Furniture, pages: int) -> BaseDocTemplate:
    def around(canvas: Any, _: Any) -> None:
        furniture.draw(canvas, pages)

    return BaseDocTemplate(
        out,
        pagesize=A4,
        pageTemplates=[PageTemplate(frames=[_frame(furniture)], onPage=around)],
        title=sheet.title,
        author=sheet.author,
        subject=sheet.subject,
        keywords=sheet.keywords,
        creator=sheet.creator,
        lang=LANGUAGE,
        displayDocTitle=True,
        pageCompression=1,
        invariant=1,
    )


def _frame(furniture: Furniture) -> Frame:
    height = furniture.top - furniture.bottom
    padding = dict.fromkeys(("leftPadding", "rightPadding", "topPadding", "bottomPadding"), 0.0)
    return Frame(MARGIN, furniture.bottom, INNER_WIDTH, height, **padding)
