"""Helpers that every section uses: text in a style, headings, grids."""

from collections.abc import Sequence
from typing import Any, TypeAlias

from reportlab.platypus import Flowable, HRFlowable, KeepTogether, Table

from triage_app.domain.calendar import UTC_ZONE, Zone
from triage_app.report.faces import FaceBook
from triage_app.report.styles import GAP, RULE, Styles
from triage_app.report.tags import Tag
from triage_app.report.text import PARAGRAPH, Style, Text

Cell: TypeAlias = Any  # a flowable or a list of flowables; ReportLab ships no types


class Rule(HRFlowable):  # type: ignore[misc]  # ReportLab ships no types
    """A hairline across the page; decoration, so a screen reader skips it."""

    def __init__(self) -> None:
        super().__init__("100%", 0.6, color=RULE, spaceBefore=7, spaceAfter=0, lineCap="butt")

    def draw(self) -> None:
        """Draw the line as an artefact."""
        with self.canv.tags.artefact():
            super().draw()


class Grid(Table):  # type: ignore[misc]  # ReportLab ships no types
    """A table of flowables; its lines are decoration."""

    def _drawLines(self) -> None:
        with self.canv.tags.artefact():
            super()._drawLines()


class Desk:
    """Makes the parts of one report: fonts, styles and the width of the page at hand.

    Times are drawn as the clocks of ``zone`` show them.
    """

    def __init__(
        self, faces: FaceBook, styles: Styles, width: float, zone: Zone = UTC_ZONE
    ) -> None:
        self.zone = zone
        self.faces = faces
        self.styles = styles
        self.width = width

    def text(self, text: str, style: Style | None = None, tag: Tag = PARAGRAPH) -> Text:
        """Text in the body style or another one."""
        return Text(text, style or self.styles.body, self.faces, tag)

    def section(self, heading: str, parts: Sequence[Flowable]) -> list[Flowable]:
        """A heading that stays with the first part below it."""
        title = self.text(heading, self.styles.heading, Tag("H2"))
        first, *rest = parts
        return [KeepTogether([Rule(), title, first]), *rest]

    def field(self, label: str, value: str, style: Style | None = None) -> list[Flowable]:
        """A small label above its value."""
        return [self.text(label, self.styles.label), self.text(value, style)]

    def fields(self, pairs: Sequence[tuple[str, str]], columns: int) -> Grid:
        """Labels and values side by side, in equal columns."""
        cells: list[Cell] = [self.field(label, value) for label, value in pairs]
        cells += [[] for _ in range(-len(cells) % columns)]
        rows = [cells[i : i + columns] for i in range(0, len(cells), columns)]
        return self.grid(rows, [self.width / columns] * columns)

    def grid(
        self,
        rows: Sequence[Sequence[Cell]],
        widths: Sequence[float],
        gap: float = GAP,
        below: float = 3,
        extra: Sequence[tuple[Any, ...]] = (),
    ) -> Grid:
        """Rows of cells without frames; ``gap`` points between columns, ``below`` under a row."""
        return Grid(
            [list(row) for row in rows],
            colWidths=list(widths),
            style=[
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("LEFTPADDING", (0, 0), (-1, -1), 0),
                ("RIGHTPADDING", (0, 0), (-2, -1), gap),
                ("RIGHTPADDING", (-1, 0), (-1, -1), 0),
                ("TOPPADDING", (0, 0), (-1, -1), 0),
                ("BOTTOMPADDING", (0, 0), (-1, -1), below),
                *extra,
            ],
            hAlign="LEFT",
        )

    def listing(
        self, name: str, header: Sequence[str], rows: Sequence[Sequence[str]], widths: list[float]
    ) -> Grid:
        """A table of short texts with a header row and hairlines between the rows."""
        styles = self.styles
        head = [self.text(word, styles.label, Tag("TH", table=name)) for word in header]
        body = [
            [self.text(word, styles.small, Tag("TD", table=name, row=n)) for word in row]
            for n, row in enumerate(rows, start=1)
        ]
        return Grid(
            [head, *body],
            colWidths=widths,
            repeatRows=1,
            style=[
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("LEFTPADDING", (0, 0), (-1, -1), 0),
                ("RIGHTPADDING", (0, 0), (-1, -1), GAP),
                ("TOPPADDING", (0, 0), (-1, -1), 1),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 1.5),
                ("LINEBELOW", (0, 0), (-1, -2), 0.4, RULE),
            ],
            hAlign="LEFT",
        )
