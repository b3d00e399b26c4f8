"""The QR code by which a printed report can be checked against what was issued."""

import segno

from triage_app.domain.report_code import ReportCode
from triage_app.report.drawings import Drawing
from triage_app.report.tags import Tag

# Modules of white around the code that a reader needs (ISO/IEC 18004).
_QUIET = 4


class QrCode(Drawing):
    """A code of ``side`` points, its white margin included."""

    def __init__(self, code: ReportCode, side: float) -> None:
        super().__init__(side, side)
        self._text = str(code)

    def draw(self) -> None:
        """Draw each run of dark modules as one bar, so that no hairline shows between them."""
        matrix = segno.make_qr(self._text, error="m").matrix
        module = self.width / (len(matrix) + 2 * _QUIET)
        with self.canv.tags.piece(Tag("Figure", f"QR code with the text: {self._text}")):
            self.canv.setFillColorRGB(0, 0, 0)
            path = self.canv.beginPath()
            for number, row in enumerate(matrix):
                bottom = self.height - (_QUIET + number + 1) * module
                for start, length in _runs(row):
                    path.rect((_QUIET + start) * module, bottom, length * module, module)
            self.canv.drawPath(path, stroke=0, fill=1)


def _runs(row: bytearray) -> list[tuple[int, int]]:
    """Start and length of each run of dark modules in a row."""
    found: list[tuple[int, int]] = []
    start: int | None = None
    for position, dark in enumerate([*row, 0]):
        if dark and start is None:
            start = position
        elif not dark and start is not None:
            found.append((start, position - start))
            start = None
    return found
