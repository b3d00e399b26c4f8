"""Header and footer of every page: whose document it is, what it is not, which page."""

from typing import Any

from reportlab.lib.pagesizes import A4

from triage_app.report import words
from triage_app.report.faces import FaceBook
from triage_app.report.lines import Line, break_text
from triage_app.report.styles import INK, MARGIN, RULE, Styles
from triage_app.report.text import Style, draw_lines

PAGE_WIDTH, PAGE_HEIGHT = A4
INNER_WIDTH = PAGE_WIDTH - 2 * MARGIN
_HEADER_TOP = PAGE_HEIGHT - 18
_FOOTER_TOP = 43
_GAP = 10
_MARK_HEIGHT = 15
# Shares of the width that the left texts may take; the right ones need the rest.
_HEADING_SHARE, _NOTICE_SHARE = 0.6, 0.85


class Furniture:
    """What stands around the story of one document.

    The heading, a patient's reference in a report, is never cut: a long one, or one spelled out in
    code points, takes more lines and pushes the story down. ``top`` and ``bottom`` are the edges of
    the story in points. ``synthetic`` marks made-up data across the page, so that no copy of a part
    of it passes for a patient's.
    """

    bottom = _FOOTER_TOP + 10

    def __init__(
        self,
        faces: FaceBook,
        styles: Styles,
        heading: str,
        label: str,
        notice: str,
        *,
        synthetic: bool = False,
    ) -> None:
        self._faces = faces
        self._styles = styles
        self._label = label
        self._notice = notice
        self._heading = self._break(heading, styles.header, _HEADING_SHARE)
        lines = max(len(self._heading), 2)
        self._synthetic = synthetic
        self._below_heading = _HEADER_TOP - lines * styles.header.leading
        self.top = self._below_heading - _GAP - (_MARK_HEIGHT + 2 if synthetic else 0)

    def draw(self, canvas: Any, pages: int) -> None:
        """Draw onto the current page of ``pages``."""
        styles = self._styles
        page = f"Page {canvas.getPageNumber()} of {pages}"
        notice = self._break(self._notice, styles.label, _NOTICE_SHARE)
        with canvas.tags.artefact():
            if self._synthetic:
                self._mark(canvas)
            self._put(canvas, self._heading, styles.header, _HEADER_TOP)
            self._put(canvas, self._break(self._label, styles.page), styles.page, _HEADER_TOP)
            self._put(canvas, notice, styles.label, _FOOTER_TOP)
            self._put(canvas, self._break(page, styles.page), styles.page, _FOOTER_TOP)
            canvas.setStrokeColorRGB(*RULE)
            canvas.setLineWidth(0.6)
            canvas.line(MARGIN, _FOOTER_TOP + 2, PAGE_WIDTH - MARGIN, _FOOTER_TOP + 2)

    def _mark(self, canvas: Any) -> None:
        """A dark band under the header, and a pale word across the page behind the story."""
        bottom = self._below_heading - _MARK_HEIGHT - 2
        canvas.setFillColorRGB(*INK)
        canvas.rect(MARGIN, bottom, INNER_WIDTH, _MARK_HEIGHT, stroke=0, fill=1)
        style = self._styles.mark
        lines = self._break(words.SYNTHETIC, style)
        top = bottom + (_MARK_HEIGHT + style.leading) / 2
        self._put(canvas, lines, style, top)
        canvas.saveState()
        canvas.translate(PAGE_WIDTH / 2, PAGE_HEIGHT / 2)
        canvas.rotate(52)
        across = self._styles.watermark
        lines = break_text(words.SYNTHETIC_SHORT, self._faces, across.bold, 1e6)
        draw_lines(canvas, lines, across, (-PAGE_HEIGHT / 2, across.leading / 2, PAGE_HEIGHT))
        canvas.restoreState()

    def _break(self, text: str, style: Style, share: float = 1.0) -> list[Line]:
        width = 1000 * share * INNER_WIDTH / style.size
        return break_text(text, self._faces, style.bold, width)

    def _put(self, canvas: Any, lines: list[Line], style: Style, top: float) -> None:
        draw_lines(canvas, lines, style, (MARGIN, top, INNER_WIDTH))
