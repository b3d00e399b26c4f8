"""Text on the page. It is drawn as typed: there is no markup, so nothing has to be escaped."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any, Literal

from reportlab.platypus import Flowable

from triage_app.report.faces import FaceBook
from triage_app.report.lines import Line, break_text
from triage_app.report.tags import Tag

Colour = tuple[float, float, float]
"""Red, green and blue, each from 0 to 1."""

# Half the height of a capital, in parts of the size: centres a line of text in its leading.
_HALF_CAPITAL = 0.35


@dataclass(frozen=True)
class Style:
    """How text looks; lengths in points. "start" sets right-to-left paragraphs from the right."""

    size: float
    leading: float
    colour: Colour
    bold: bool = False
    align: Literal["left", "right", "centre", "start"] = "left"
    before: float = 0
    after: float = 0


PARAGRAPH = Tag("P")


class Text(Flowable):  # type: ignore[misc]  # ReportLab ships no types
    """A block of text that wraps, breaks over pages and keeps its line feeds."""

    def __init__(self, text: str, style: Style, faces: FaceBook, tag: Tag = PARAGRAPH) -> None:
        super().__init__()
        self.text = text
        self.style = style
        self.spaceBefore, self.spaceAfter = style.before, style.after
        self._faces = faces
        self._tag = tag
        self._lines: list[Line] = []
        self._broken_at: float | None = None

    def wrap(self, available_width: float, _available_height: float) -> tuple[float, float]:
        """Width and height in points that the text takes; ReportLab asks before it draws."""
        if self._broken_at != available_width:
            ems = 1000 * available_width / self.style.size
            self._lines = break_text(self.text, self._faces, self.style.bold, ems)
            self._broken_at = available_width
        self.width = available_width
        self.height = len(self._lines) * self.style.leading
        return self.width, self.height

    def split(self, available_width: float, available_height: float) -> list["Text"]:
        """What fits and the rest, or nothing when not even one line fits."""
        self.wrap(available_width, available_height)
        fitting = int(available_height // self.style.leading)
        if fitting <= 0:
            return []
        if fitting >= len(self._lines):
            return [self]
        return [self._part(self._lines[:fitting]), self._part(self._lines[fitting:])]

    def draw(self) -> None:
        """Draw into the box that ``wrap`` announced."""
        top = self.height
        for paragraph in _paragraphs(self._lines):
            with self.canv.tags.piece(replace(self._tag, actual=_reading_order(paragraph))):
                draw_lines(self.canv, paragraph, self.style, (0, top, self.width))
            top -= len(paragraph) * self.style.leading

    def _part(self, lines: list[Line]) -> "Text":
        part = Text(self.text, replace(self.style, before=0), self._faces, self._tag)
        part._lines, part._broken_at = lines, self._broken_at
        return part


def _paragraphs(lines: Sequence[Line]) -> Iterator[list[Line]]:
    paragraph: list[Line] = []
    for line in lines:
        paragraph.append(line)
        if line.ends:
            yield paragraph
            paragraph = []
    if paragraph:
        yield paragraph


def _reading_order(paragraph: Sequence[Line]) -> str:
    """The text where some of it runs from right to left, otherwise nothing."""
    mixed = any(cluster.level % 2 for line in paragraph for cluster in line.clusters)
    return "".join(line.text for line in paragraph) if mixed else ""


def draw_lines(
    canvas: Any, lines: Sequence[Line], style: Style, place: tuple[float, float, float]
) -> None:
    """Draw lines downwards from ``place``: left edge, top edge and width in points."""
    left, top, width = place
    canvas.setFillColorRGB(*style.colour)
    baseline = top - style.leading / 2 - _HALF_CAPITAL * style.size
    for line in lines:
        start = left + _indent(line, style, width)
        _draw_line(canvas, line, style.size, start, baseline)
        baseline -= style.leading


def _indent(line: Line, style: Style, width: float) -> float:
    free = width - line.width * style.size / 1000
    right = style.align == "right" or (style.align == "start" and line.rtl)
    return free if right else free / 2 if style.align == "centre" else 0.0


def _draw_line(canvas: Any, line: Line, size: float, x: float, y: float) -> None:
    canvas.addLiteral("BT")
    for face, group in groupby(line.clusters, key=lambda cluster: cluster.face):
        clusters = list(group)
        font = canvas.fonts[face]
        shown = font.show(clusters, size)
        canvas.addLiteral(f"/{font.resource} {size:g} Tf 1 0 0 1 {x:.3f} {y:.3f} Tm {shown}")
        x += sum(cluster.advance for cluster in clusters) * size / 1000
    canvas.addLiteral("ET")
