"""The page surface: embedded fonts, structure tags, and nothing that differs between two runs."""

from typing import Any

from reportlab.pdfgen.canvas import Canvas

from triage_app.report.embedding import DocumentFonts
from triage_app.report.faces import FaceBook
from triage_app.report.tags import TagTree

PDF_VERSION = (1, 7)


class ReportCanvas(Canvas):  # type: ignore[misc]  # ReportLab ships no types
    """A canvas whose text is drawn with ``faces`` and tagged.

    ``report_id`` (32 hex digits) becomes the file identifier and ``date`` (PDF syntax) the
    creation date; otherwise ReportLab would derive both from clock and environment.
    """

    def __init__(
        self, *args: Any, faces: FaceBook, report_id: str, date: str, **keywords: Any
    ) -> None:
        super().__init__(*args, pdfVersion=PDF_VERSION, **keywords)
        self.faces = faces
        self.fonts = DocumentFonts(self._doc)
        self.tags = TagTree(self)
        self.setDateFormatter(lambda *_: date)
        self._doc._ID = f"\n[<{report_id}><{report_id}>]\n".encode("ascii")

    def _make_preamble(self) -> None:
        # The inherited one selects Helvetica, which is not embedded and not used.
        self._preamble = "1 0 0 1 0 0 cm"

    def setFont(self, *_: Any, **__: Any) -> None:
        """Ignored: a table selects Helvetica before each cell, and all text here names its face."""

    def save(self) -> None:
        """Finish the document; call once."""
        if self._code:
            self.showPage()
        self.tags.write(self._doc)
        super().save()
