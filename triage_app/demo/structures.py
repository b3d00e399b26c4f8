"""Dermoscopic structures, drawn onto a lesion one after another."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from triage_app.demo.canvas import PX_PER_MM, Floats, Place, Rng, Sheet, blend, darken, step
from triage_app.demo.looks import Look


@dataclass(frozen=True)
class Ground:
    """Where a lesion lies: ``cover`` in [0, 1], ``ratio`` 0 in its middle and 1 on its rim.

    ``radius`` is its mean radius in mm, ``edge`` that in the direction of every pixel. ``disorder``
    0 to 1 says how irregular its structures are.
    """

    sheet: Sheet
    radius: float
    edge: Floats
    ratio: Floats
    cover: Floats
    disorder: float


Draw = Callable[[Floats, Ground, Rng, float], None]


def draw_structures(canvas: Floats, ground: Ground, look: Look, seed: int, age: float) -> None:
    """Draw every structure of the look; ``age`` 0 to 1 says how far the lesion has developed.

    Each structure has random numbers of its own, so that a lesion that has grown keeps its others.
    """
    for number, (name, draw) in enumerate(_STRUCTURES):
        strength = getattr(look, name)
        if strength:
            rng = np.random.default_rng([seed, 100 + number])
            draw(canvas, ground, rng, strength * rng.uniform(0.75, 1.15) * age)


def _scattered(
    rng: Rng, ground: Ground, count: int, reach: float = 0.9, inner: float = 0.0
) -> Iterator[Place]:
    """Places within a lesion, thinner towards the rim."""
    for _ in range(count):
        angle, away = rng.uniform(0, 2 * np.pi), rng.uniform(inner**1.5, reach**1.5) ** (2 / 3)
        yield ground.radius * away * np.cos(angle), ground.radius * away * np.sin(angle)


def _network(canvas: Floats, ground: Ground, rng: Rng, strength: float) -> None:
    lines = ground.sheet.cells(rng, rng.uniform(0.3, 0.42), ground.disorder)
    uneven = np.clip(0.75 + 0.5 * ground.disorder * ground.sheet.noise(rng, (1.6, 0.8)), 0, 1.4)
    darken(canvas, lines**2 * uneven * ground.cover, 0.55 * strength)


def _globules(canvas: Floats, ground: Ground, rng: Rng, strength: float) -> None:
    biggest = 0.07 + 0.08 * ground.disorder
    spots = [
        (place, rng.uniform(0.05, biggest))
        for place in _scattered(rng, ground, int(90 * strength), 1.0)
    ]
    darken(canvas, ground.sheet.discs(spots) * ground.cover, 0.6)


def _blotches(canvas: Floats, ground: Ground, rng: Rng, strength: float) -> None:
    dark = step(ground.sheet.noise(rng, (2.6, 1.3, 0.6)) - 0.9, 0.35) * ground.cover
    blend(canvas, dark, (34, 26, 30), 0.85 * strength)


def _streaks(canvas: Floats, ground: Ground, rng: Rng, strength: float) -> None:
    side, lines = rng.uniform(0, 2 * np.pi), []
    for _ in range(int(30 * strength)):
        angle = side + rng.normal(0, 0.6)
        middle = ground.sheet.side / 2 + ground.radius * PX_PER_MM * np.array(
            [np.sin(angle), np.cos(angle)]
        )
        rim = float(ground.edge[tuple(middle.astype(int))])
        # Thinner step by step, so that each ends in a point.
        for part in range(4):
            ends = [
                ((rim + r) * np.cos(angle), (rim + r) * np.sin(angle))
                for r in (0.2 * part - 0.5, 0.2 * part - 0.2)
            ]
            lines.append((ends, 0.2 - 0.04 * part))
    blend(canvas, ground.sheet.strokes(lines, 0.06), (66, 42, 37), 0.75)


def _veil(canvas: Floats, ground: Ground, rng: Rng, strength: float) -> None:
    x, y = next(_scattered(rng, ground, 1, 0.45))
    patch = ground.sheet.discs([((x, y), ground.radius * rng.uniform(0.38, 0.55))], 0.7)
    cloudy = (
        np.clip(patch * (0.9 + 0.25 * ground.sheet.noise(rng, (1.2, 0.6))), 0, 1) * ground.cover
    )
    blend(canvas, cloudy, (112, 122, 150), 0.8 * strength)


def _regression(canvas: Floats, ground: Ground, rng: Rng, strength: float) -> None:
    x, y = next(_scattered(rng, ground, 1, 0.8, 0.4))
    patch = ground.sheet.discs([((x, y), ground.radius * rng.uniform(0.3, 0.45))], 0.4)
    pale = np.clip(patch * (0.9 + 0.3 * ground.sheet.noise(rng, (0.8, 0.4))), 0, 1) * ground.cover
    blend(canvas, pale, (222, 196, 194), 0.75 * strength)
    grains = [
        ((x + rng.normal(0, 0.6), y + rng.normal(0, 0.6)), rng.uniform(0.02, 0.045))
        for _ in range(int(60 * strength))
    ]
    blend(canvas, ground.sheet.discs(grains, 0.02) * ground.cover, (112, 108, 124), 0.7)


def _redness(canvas: Floats, ground: Ground, rng: Rng, strength: float) -> None:
    flush = np.clip(0.55 + 0.4 * ground.sheet.noise(rng, (2.0, 1.0, 0.5)), 0, 1)
    halo = step(1.15 - ground.ratio, 0.5)
    blend(canvas, flush * halo, (212, 92, 96), 0.38 * strength)


def _vessels(canvas: Floats, ground: Ground, rng: Rng, strength: float) -> None:
    lines: list[tuple[list[Place], float]] = []
    for start in _scattered(rng, ground, int(5 + 5 * strength), 0.95, 0.3):
        inward = np.arctan2(-start[1], -start[0]) + rng.normal(0, 0.7)
        _branch(rng, lines, start, inward, width=0.11, length=0.75 * ground.radius)
    blend(canvas, ground.sheet.strokes(lines, 0.03), (176, 40, 56), 0.8 * strength)


def _branch(
    rng: Rng,
    lines: list[tuple[list[Place], float]],
    start: Place,
    heading: float,
    *,
    width: float,
    length: float,
) -> None:
    """A winding vessel that forks into thinner ones, as a tree does."""
    places = [start]
    while len(places) * 0.22 < length:
        heading += rng.normal(0, 0.28)
        x, y = places[-1]
        places.append((x + 0.22 * np.cos(heading), y + 0.22 * np.sin(heading)))
        if width > 0.05 and rng.random() < 0.25:
            turned = heading + rng.choice((-1, 1)) * rng.uniform(0.4, 0.9)
            _branch(rng, lines, places[-1], turned, width=0.6 * width, length=0.5 * length)
    lines.append((places, width))


def _dotted_vessels(canvas: Floats, ground: Ground, rng: Rng, strength: float) -> None:
    spots = []
    for x, y in _scattered(rng, ground, int(16 * strength)):
        cluster = rng.normal(0, 0.28, (7, 2))
        spots += [((x + dx, y + dy), rng.uniform(0.035, 0.075)) for dx, dy in cluster]
    blend(canvas, ground.sheet.discs(spots, 0.025) * ground.cover, (172, 36, 52), 0.8)


def _nests(canvas: Floats, ground: Ground, rng: Rng, strength: float) -> None:
    for place in _scattered(rng, ground, int(2 + 7 * strength)):
        nest = ground.sheet.discs([(place, rng.uniform(0.15, 0.45))], 0.08)
        blend(canvas, nest * ground.cover, (92, 92, 116), rng.uniform(0.6, 0.9))


def _ulcer(canvas: Floats, ground: Ground, rng: Rng, strength: float) -> None:
    for place in _scattered(rng, ground, 1 + int(2 * strength), 0.5):
        raw = ground.sheet.discs([(place, rng.uniform(0.3, 0.7) * strength + 0.1)], 0.12)
        crust = np.clip(raw * (1 + 0.4 * ground.sheet.noise(rng, (0.5, 0.25))), 0, 1)
        blend(canvas, crust, (170, 62, 40), 0.85)
        blend(canvas, crust**3, (108, 40, 30), 0.5)


def _milia(canvas: Floats, ground: Ground, rng: Rng, strength: float) -> None:
    spots = [(p, rng.uniform(0.06, 0.15)) for p in _scattered(rng, ground, int(26 * strength))]
    blend(canvas, ground.sheet.discs(spots, 0.05) * ground.cover, (236, 222, 196), 0.75)


def _plugs(canvas: Floats, ground: Ground, rng: Rng, strength: float) -> None:
    spots = [(p, rng.uniform(0.08, 0.2)) for p in _scattered(rng, ground, int(22 * strength))]
    blend(canvas, ground.sheet.discs(spots, 0.04) * ground.cover, (64, 42, 34), 0.8)


def _scale(canvas: Floats, ground: Ground, rng: Rng, strength: float) -> None:
    flakes = step(ground.sheet.noise(rng, (1.1, 0.5, 0.22, 0.1), 0.85) - 0.9, 0.25)
    blend(canvas, flakes * ground.cover, (240, 226, 206), 0.75 * strength)


def _keratin(canvas: Floats, ground: Ground, rng: Rng, strength: float) -> None:
    middle = step(0.55 - ground.ratio + 0.12 * ground.sheet.noise(rng, (1.0, 0.5)), 0.15)
    shade = np.clip(0.85 + 0.15 * ground.sheet.noise(rng, (0.5, 0.2)), 0, 1)
    blend(canvas, middle * shade, (232, 208, 164), 0.85 * strength)


def _scar(canvas: Floats, ground: Ground, rng: Rng, strength: float) -> None:
    middle = step(0.5 - ground.ratio + 0.1 * ground.sheet.noise(rng, (1.0, 0.5)), 0.25)
    threads = 0.6 + 0.5 * ground.sheet.cells(rng, 0.8, 1.0)
    blend(canvas, np.clip(middle * threads, 0, 1), (238, 212, 210), 0.7 * strength)


def _lacunae(canvas: Floats, ground: Ground, rng: Rng, strength: float) -> None:
    spots = [
        (p, ground.radius * rng.uniform(0.12, 0.24))
        for p in _scattered(rng, ground, int(14 * strength), 0.8)
    ]
    blend(canvas, ground.sheet.discs(spots, 0.07) * ground.cover, (150, 22, 48), 0.75)


# In the order in which they lie over each other, the deepest first.
_STRUCTURES: tuple[tuple[str, Draw], ...] = (
    ("redness", _redness),
    ("network", _network),
    ("globules", _globules),
    ("streaks", _streaks),
    ("blotches", _blotches),
    ("nests", _nests),
    ("regression", _regression),
    ("veil", _veil),
    ("vessels", _vessels),
    ("dotted_vessels", _dotted_vessels),
    ("lacunae", _lacunae),
    ("scar", _scar),
    ("milia", _milia),
    ("plugs", _plugs),
    ("ulcer", _ulcer),
    ("keratin", _keratin),
    ("scale", _scale),
)
