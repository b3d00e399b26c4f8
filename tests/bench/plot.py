"""A line chart as SVG, with nothing but text."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 760, 320
LEFT, RIGHT, TOP, BOTTOM = 62, 20, 56, 46
POINTS = 400
COLOURS = ("#0b5c7d", "#8a4b08")
STEPS = 5


@dataclass(frozen=True)
class Line:
    """A named series; the first value belongs to 1."""

    name: str
    values: Sequence[float]
    dashed: bool = False


def svg(title: str, below: str, lines: Sequence[Line], unit: str, counted: str) -> str:
    """The chart; the vertical axis begins at zero."""
    most = _round_up(max(max(line.values) for line in lines))
    longest = max(len(line.values) for line in lines)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="{escape(title)}" font-family="sans-serif" font-size="12" fill="#14212e">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        f'<text x="{LEFT}" y="20" font-size="15">{escape(title)}</text>',
        f'<text x="{LEFT}" y="38" fill="#48576a">{escape(below)}</text>',
        *_axes(most, longest, unit, counted),
        *(_drawn(line, COLOURS[i % len(COLOURS)], most, longest) for i, line in enumerate(lines)),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _round_up(value: float) -> int:
    return int(-(-value // 100) * 100)


def _x(number: float, longest: int) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * number / longest


def _y(value: float, most: float) -> float:
    return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * value / most


def _axes(most: int, longest: int, unit: str, counted: str) -> list[str]:
    drawn, below = [], HEIGHT - BOTTOM + 18
    for step in range(STEPS + 1):
        value, number = most * step / STEPS, longest * step / STEPS
        y, x = _y(value, most), _x(number, longest)
        drawn += [
            f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="#d5dbe2"/>',
            f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{value:.0f}</text>',
            f'<text x="{x:.1f}" y="{below}" text-anchor="middle">{number:,.0f}</text>',
        ]
    return [
        *drawn,
        f'<text x="{LEFT - 6}" y="{TOP - 4}" text-anchor="end">{escape(unit)}</text>',
        f'<text x="{WIDTH - RIGHT}" y="{HEIGHT - 8}" text-anchor="end">{escape(counted)}</text>',
    ]


def _drawn(line: Line, colour: str, most: float, longest: int) -> str:
    every = max(1, len(line.values) // POINTS)
    chosen = [(i + 1, line.values[i]) for i in range(0, len(line.values), every)]
    points = " ".join(f"{_x(i, longest):.1f},{_y(v, most):.1f}" for i, v in chosen)
    dashes = ' stroke-dasharray="6 4"' if line.dashed else ""
    last = _y(line.values[-1], most)
    return (
        f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"{dashes}/>'
        f'<text x="{WIDTH - RIGHT - 4}" y="{last - 8:.1f}" text-anchor="end" fill="{colour}">'
        f"{escape(line.name)}: {line.values[-1]:.0f}</text>"
    )
