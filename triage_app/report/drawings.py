"""Drawn parts: the shape of a level, bars, pictures, and places to tick and to write on."""

from collections.abc import Sequence
from io import BytesIO
from typing import Any

from reportlab.lib.utils import ImageReader
from reportlab.platypus import Flowable

from triage_app.domain.triage import Level
from triage_app.report.faces import FaceBook
from triage_app.report.lines import break_text
from triage_app.report.styles import BAR, GREY, INK, LEVEL_COLOURS, RULE, TRACK
from triage_app.report.tags import Tag
from triage_app.report.text import Style, draw_lines

# Corners in a square of side 1; a circle has none.
_CORNERS: dict[Level, Sequence[tuple[float, float]]] = {
    Level.ROUTINE: (),
    Level.REVIEW: ((0.5, 0), (1, 0.5), (0.5, 1), (0, 0.5)),
    Level.URGENT: ((0, 0.06), (1, 0.06), (0.5, 0.94)),
    Level.CANNOT_ASSESS: ((0.08, 0.08), (0.92, 0.08), (0.92, 0.92), (0.08, 0.92)),
}
SHAPE_NAMES: dict[Level, str] = {
    Level.ROUTINE: "circle",
    Level.REVIEW: "diamond",
    Level.URGENT: "triangle",
    Level.CANNOT_ASSESS: "square",
}


class Drawing(Flowable):  # type: ignore[misc]  # ReportLab ships no types
    """A box of fixed size in points."""

    def __init__(self, width: float, height: float) -> None:
        super().__init__()
        self.width, self.height = width, height

    def wrap(self, _available_width: float, _available_height: float) -> tuple[float, float]:
        """The size of the box."""
        return self.width, self.height


class LevelShape(Drawing):
    """The outline that stands for a triage level beside its word."""

    def __init__(self, level: Level, side: float) -> None:
        super().__init__(side, side)
        self._level = level

    def draw(self) -> None:
        """Draw the outline."""
        canvas = self.canv
        with canvas.tags.piece(Tag("Figure", f"Shape of the level: {SHAPE_NAMES[self._level]}")):
            canvas.setStrokeColorRGB(*LEVEL_COLOURS[self._level])
            canvas.setLineWidth(self.width / 10)
            canvas.setLineJoin(1)
            corners = _CORNERS[self._level]
            if not corners:
                canvas.circle(self.width / 2, self.height / 2, 0.44 * self.width)
                return
            path = canvas.beginPath()
            path.moveTo(self.width * corners[0][0], self.height * corners[0][1])
            for x, y in corners[1:]:
                path.lineTo(self.width * x, self.height * y)
            path.close()
            canvas.drawPath(path)


class Bar(Drawing):
    """A share in [0, 1] as a horizontal bar; its number stands beside it as text."""

    def __init__(self, share: float, width: float, height: float) -> None:
        super().__init__(width, height)
        self._share = min(max(share, 0.0), 1.0)

    def draw(self) -> None:
        """Draw the track and the bar in it."""
        canvas = self.canv
        with canvas.tags.artefact():
            canvas.setFillColorRGB(*TRACK)
            canvas.rect(0, 0, self.width, self.height, stroke=0, fill=1)
            canvas.setFillColorRGB(*BAR)
            canvas.rect(0, 0, self.width * self._share, self.height, stroke=0, fill=1)


class Picture(Drawing):
    """A JPEG in a square box, never stretched, with words for those who cannot see it."""

    def __init__(self, jpeg: bytes, side: float, alternative: str) -> None:
        super().__init__(side, side)
        self._jpeg = jpeg
        self._alternative = alternative

    def draw(self) -> None:
        """Draw the picture, centred in the box."""
        with self.canv.tags.piece(Tag("Figure", self._alternative)):
            self.canv.drawImage(
                ImageReader(BytesIO(self._jpeg)),
                *(0, 0, self.width, self.height),
                preserveAspectRatio=True,
            )


class Placeholder(Drawing):
    """A frame with words where there is no picture."""

    def __init__(self, words: str, side: float, style: Style, faces: FaceBook) -> None:
        super().__init__(side, side)
        self._words = words
        self._style = style
        self._faces = faces

    def draw(self) -> None:
        """Draw the frame and the words in its middle."""
        inner = 0.8 * self.width
        lines = break_text(self._words, self._faces, False, 1000 * inner / self._style.size)
        top = (self.height + len(lines) * self._style.leading) / 2
        with self.canv.tags.artefact():
            _pen(self.canv, RULE)
            self.canv.rect(0, 0, self.width, self.height)
        with self.canv.tags.piece(Tag("P")):
            draw_lines(self.canv, lines, self._style, (0.1 * self.width, top, inner))


class WritingLine(Drawing):
    """A label and a line to write on by hand, optionally after a box to tick."""

    def __init__(
        self, label: str, width: float, style: Style, faces: FaceBook, *, box: bool, line: bool
    ) -> None:
        super().__init__(width, 19)
        self._label = label
        self._style = style
        self._faces = faces
        self._box = box
        self._line = line

    def draw(self) -> None:
        """Draw box, label and line on one baseline."""
        left = 0.0
        with self.canv.tags.artefact():
            if self._box:
                _pen(self.canv, INK)
                self.canv.rect(0.5, 3.5, 8, 8)
                left = 13
        lines = break_text(self._label, self._faces, self._style.bold, 1e6)
        with self.canv.tags.piece(Tag("P")):
            place = (left, 7.5 + self._style.leading / 2, self.width)
            draw_lines(self.canv, lines, self._style, place)
        if self._line:
            start = left + lines[0].width * self._style.size / 1000 + 5
            with self.canv.tags.artefact():
                _pen(self.canv, GREY)
                self.canv.line(start, 3, self.width - 6, 3)


def _pen(canvas: Any, colour: tuple[float, float, float]) -> None:
    canvas.setStrokeColorRGB(*colour)
    canvas.setLineWidth(0.6)
