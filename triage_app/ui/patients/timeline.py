"""The findings of a lesion over time, drawn as SVG."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from triage_app.domain.case import Case
from triage_app.domain.change import TimePoint, log_odds
from triage_app.ui.kit.local import day
from triage_app.ui.kit.markup import esc, shape_at
from triage_app.ui.words import lesions as words

# Shares at both ends of the scale, and those that are written beside it.
LOWEST, HIGHEST = 0.002, 0.998
TICKS = (0.002, 0.01, 0.05, 0.2, 0.5, 0.8, 0.95, 0.99, 0.998)
HEIGHT, TOP, LANE = 300, 26, 30
# Where images without a figure stand: below the scale, above the days.
LANE_MIDDLE = HEIGHT - LANE - 12
LEFT, RIGHT = 72, 46
# Images of one day stand beside each other, and days far apart leave room for the rest.
NEAREST, LABEL_WIDTH = 34, 84
WIDTHS = {"narrow": 360, "middle": 520, "wide": 760}


@dataclass(frozen=True)
class Mark:
    """A point with its place across, and what its case says beside it."""

    point: TimePoint
    x: float
    rule_out: float | None
    version: str


def chart(points: Sequence[TimePoint], cases: Sequence[Case]) -> str:
    """Drawings of the same points, of which the page shows the one that fits; oldest first."""
    if not points:
        return ""
    label = words.TIMELINE_ALT.format(
        count=len(points), first=day(points[0].at), last=day(points[-1].at)
    )
    return "".join(
        f'<div class="timeline {name}">{_drawing(_marks(points, cases, width), width, label)}</div>'
        for name, width in WIDTHS.items()
    )


def legend(points: Sequence[TimePoint]) -> str:
    """What the lines and bars mean, as far as they are drawn."""
    if all(point.share is None for point in points):
        return f'<p class="hint">{words.TIMELINE_EMPTY}</p>'
    banded = any(point.band for point in points)
    said = [words.TIMELINE_BAND if banded else words.TIMELINE_NO_BAND, words.TIMELINE_POINT]
    if any(point.series for point in points):
        said.append(words.TIMELINE_BREAK)
    said.append(words.TIMELINE_SCALE)
    return "".join(f'<p class="hint">{line}</p>' for line in said)


def _marks(points: Sequence[TimePoint], cases: Sequence[Case], width: int) -> list[Mark]:
    by_id = {case.id: case for case in cases}
    return [
        Mark(point, x, _rule_out(by_id[point.case_id]), _version(by_id[point.case_id]))
        for point, x in zip(points, _across([point.at for point in points], width), strict=True)
    ]


def _rule_out(case: Case) -> float | None:
    value = case.analysis.operating_points.get("rule_out", {}).get("value")
    return float(value) if value is not None else None


def _version(case: Case) -> str:
    return case.analysis.model.version if case.analysis.model else ""


def _across(times: Sequence[datetime], width: int) -> list[float]:
    """Places in proportion to time, moved apart where marks would cover each other."""
    room = width - LEFT - RIGHT - 30
    span = (times[-1] - times[0]).total_seconds() or 1.0
    least = min(NEAREST, room / max(1, len(times) - 1))
    free = room - least * (len(times) - 1)
    start = LEFT + 20 if len(times) > 1 else LEFT + room / 2
    return [
        start + index * least + free * (time - times[0]).total_seconds() / span
        for index, time in enumerate(times)
    ]


def _height(share: float) -> float:
    low, high = log_odds(LOWEST), log_odds(HIGHEST)
    part = (log_odds(min(max(share, LOWEST), HIGHEST)) - low) / (high - low)
    return TOP + (HEIGHT - TOP - 2 * LANE) * (1 - part)


def _drawing(marks: Sequence[Mark], width: int, label: str) -> str:
    parts = [
        _axis(width, no_figure=any(mark.point.share is None for mark in marks)),
        *(_band(mark) for mark in marks),
        *(_threshold(mark) for mark in marks),
        *_joins(marks, width),
        *(_mark(mark) for mark in marks),
        *_days(marks),
    ]
    return (
        f'<svg viewBox="0 0 {width} {HEIGHT}" role="img" aria-label="{esc(label)}">'
        f"{''.join(parts)}</svg>"
    )


def _axis(width: int, *, no_figure: bool) -> str:
    lines = "".join(
        f'<path class="grid" d="M{LEFT} {_height(share):.1f}H{width - 8}"/>'
        f'<text class="tick" x="{LEFT - 8}" y="{_height(share) + 4:.1f}">{100 * share:g} %</text>'
        for share in TICKS
    )
    if no_figure:
        said = esc(words.TIMELINE_NONE)
        lines += f'<text class="tick" x="{LEFT - 8}" y="{LANE_MIDDLE + 4}">{said}</text>'
    return f'<text class="axis" x="6" y="13">{esc(words.TIMELINE_AXIS)}</text>{lines}'


def _band(mark: Mark) -> str:
    if mark.point.band is None:
        return ""
    low, high = mark.point.band
    top, bottom = _height(high), _height(low)
    return (
        f'<rect class="band" x="{mark.x - 8:.1f}" y="{top:.1f}" width="16" '
        f'height="{bottom - top:.1f}" rx="3"/>'
    )


def _threshold(mark: Mark) -> str:
    if mark.rule_out is None or mark.point.share is None:
        return ""
    return f'<path class="rule-out" d="M{mark.x - 17:.1f} {_height(mark.rule_out):.1f}h34"/>'


def _joins(marks: Sequence[Mark], width: int) -> list[str]:
    """Lines between images of one model, and an upright one where the model changes."""
    drawn = []
    shown = [mark for mark in marks if mark.point.share is not None]
    for before, after in itertools.pairwise(shown):
        if before.point.series == after.point.series:
            start, end = (f"{m.x:.1f} {_height(m.point.share or 0):.1f}" for m in (before, after))
            drawn.append(f'<path class="join" d="M{start}L{end}"/>')
    for before, after in itertools.pairwise(marks):
        if before.point.series != after.point.series:
            drawn.append(_break((before.x + after.x) / 2, after.version, width))
    return drawn


def _break(x: float, version: str, width: int) -> str:
    said = esc(words.TIMELINE_NEW_MODEL.format(version=version))
    turned = x > width - 120
    place = f'x="{x - 4 if turned else x + 4:.1f}" text-anchor="{"end" if turned else "start"}"'
    return (
        f'<path class="break" d="M{x:.1f} {TOP - 8}V{HEIGHT - LANE}"/>'
        f'<text class="model" {place} y="{TOP}">{said}</text>'
    )


def _mark(mark: Mark) -> str:
    point, lane = mark.point, LANE_MIDDLE
    if point.level is None:
        return f'<circle class="hidden" cx="{mark.x:.1f}" cy="{lane}" r="8"/>'
    if point.share is None:
        return shape_at(point.level, mark.x, lane)
    return shape_at(point.level, mark.x, _height(point.share))


def _days(marks: Sequence[Mark]) -> list[str]:
    """The first and the last day, and those between that find room."""
    kept = [marks[-1]]
    for mark in reversed(marks[:-1]):
        first_needs_room = mark is not marks[0] and mark.x - marks[0].x < LABEL_WIDTH
        if kept[-1].x - mark.x >= LABEL_WIDTH and not first_needs_room:
            kept.append(mark)
    return [
        f'<text class="day" x="{mark.x:.1f}" y="{HEIGHT - 8}">{day(mark.point.at)}</text>'
        for mark in kept
    ]
