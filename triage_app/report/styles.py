"""The stylesheet: sizes in points, colours that keep a contrast of 4.5 to 1 on white."""

from dataclasses import dataclass, replace

from reportlab.lib.units import mm

from triage_app.domain.triage import Level
from triage_app.report.text import Colour, Style

INK: Colour = (0.10, 0.12, 0.15)
GREY: Colour = (0.36, 0.40, 0.45)
RULE: Colour = (0.78, 0.81, 0.84)
TRACK: Colour = (0.93, 0.94, 0.95)
WATERMARK: Colour = (0.94, 0.94, 0.95)
WHITE: Colour = (1.0, 1.0, 1.0)
BAR: Colour = (0.25, 0.33, 0.42)
LEVEL_COLOURS: dict[Level, Colour] = {
    Level.ROUTINE: (0.10, 0.35, 0.55),
    Level.REVIEW: (0.55, 0.33, 0.00),
    Level.URGENT: (0.66, 0.10, 0.14),
    Level.CANNOT_ASSESS: (0.27, 0.29, 0.32),
}

MARGIN = 14 * mm
GAP = 8.0


@dataclass(frozen=True)
class Styles:
    """Every style of the report."""

    body: Style
    typed_spaced: Style
    strong: Style
    label: Style
    label_spaced: Style
    small: Style
    small_right: Style
    small_spaced: Style
    small_after: Style
    small_centred: Style
    number_strong: Style
    heading: Style
    title: Style
    site: Style
    issue: Style
    level: Style
    disposition: Style
    header: Style
    page: Style
    letter: Style
    letter_strong: Style
    mark: Style
    watermark: Style


def stylesheet() -> Styles:
    """The styles, made from a body of 8.5 points."""
    body = Style(size=8.5, leading=11.5, colour=INK)
    label = Style(size=6.8, leading=9, colour=GREY)
    small = Style(size=7.4, leading=10, colour=INK)
    letter = Style(size=12, leading=17, colour=INK, after=5)
    header = Style(size=7.4, leading=9.4, colour=INK, bold=True)
    return Styles(
        body=body,
        typed_spaced=replace(body, align="start", after=4),
        strong=replace(body, bold=True),
        label=label,
        label_spaced=replace(label, before=2, after=5),
        small=small,
        small_right=replace(small, align="right"),
        small_spaced=replace(small, before=3),
        small_after=replace(small, after=3),
        small_centred=replace(small, align="centre"),
        number_strong=replace(body, bold=True, align="right"),
        heading=replace(body, bold=True, size=9.2, leading=12.5, before=9, after=3),
        title=Style(size=15, leading=19, colour=INK, bold=True),
        site=replace(body, colour=GREY),
        issue=replace(small, align="right", colour=GREY),
        level=Style(size=19, leading=24, colour=INK, bold=True),
        disposition=Style(size=12.5, leading=16.5, colour=INK, bold=True),
        header=header,
        page=replace(label, leading=9.4, align="right"),
        letter=letter,
        letter_strong=replace(letter, bold=True),
        mark=replace(header, size=8.5, leading=11, colour=WHITE, align="centre"),
        watermark=Style(size=84, leading=100, colour=WATERMARK, bold=True, align="centre"),
    )
