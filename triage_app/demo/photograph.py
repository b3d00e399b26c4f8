"""A photograph of a drawn lesion: skin, lesion at its age, and what differs between two shots."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from triage_app.demo.canvas import PX_PER_MM, Floats, Sheet, blend, step
from triage_app.demo.looks import LOOKS, Kind, Look
from triage_app.demo.structures import Ground, draw_structures
from triage_app.domain.context import SkinType

WIDTH, HEIGHT = 560, 420
# Large enough for the frame turned by any angle.
SKIN = Sheet(640)
_SKIN: dict[SkinType, tuple[float, float, float]] = {
    SkinType.I: (238, 198, 192),
    SkinType.II: (228, 184, 174),
    SkinType.III: (212, 164, 146),
    SkinType.IV: (184, 136, 112),
    SkinType.V: (138, 96, 74),
    SkinType.VI: (98, 66, 52),
}


@dataclass(frozen=True)
class DrawnLesion:
    """A lesion that can be photographed again: the same seed gives the same lesion.

    ``growth`` in mm of radius a year; ``hairs`` the number in view.
    """

    kind: Kind
    seed: int
    skin: SkinType
    growth: float = 0.0
    hairs: int = 0

    @property
    def radius(self) -> float:
        """Radius at first sight, mm."""
        low, high = LOOKS[self.kind].radius
        return float(np.random.default_rng([self.seed, 1]).uniform(low, high))


@dataclass(frozen=True)
class Shot:
    """A photograph ``years`` after the first sight of the lesion, taken in focus or not.

    ``number`` tells two photographs apart that were taken at one time.
    """

    years: float
    number: int = 0
    blurred: bool = False


def photographs(lesion: DrawnLesion, shots: Iterable[Shot]) -> Iterator[bytes]:
    """A JPEG for each shot. The same arguments give the same pictures."""
    skin = _bare_skin(lesion)
    for shot in shots:
        rng = np.random.default_rng([lesion.seed, 7, shot.number, round(365 * shot.years)])
        picture = _framed(_with_lesion(skin.copy(), lesion, shot.years), rng, lesion, shot.years)
        picture = _hairs(picture, rng, lesion.hairs)
        picture = picture.filter(ImageFilter.GaussianBlur(5 if shot.blurred else 0.6))
        # Cameras smooth away the grain where they find no detail.
        exposed = _exposed(picture, rng, grain=0.03 if shot.blurred else 1.0)
        out = BytesIO()
        Image.fromarray(exposed).save(out, "JPEG", quality=90)
        yield out.getvalue()


def _with_lesion(canvas: Floats, lesion: DrawnLesion, years: float) -> Floats:
    """The skin with the lesion on it; only the part of the skin that it may reach is drawn on."""
    look = _own(LOOKS[lesion.kind], np.random.default_rng([lesion.seed, 2]))
    # The same at every age, so that what was there keeps its place as the lesion grows.
    reach = 1.5 * (lesion.radius + 1.2 * lesion.growth) + 1.5
    sheet = Sheet(min(2 * round(reach * PX_PER_MM), SKIN.side))
    margin = (SKIN.side - sheet.side) // 2
    part = canvas[margin : margin + sheet.side, margin : margin + sheet.side]
    ground = _ground(sheet, lesion, look, years)
    _pigment(part, ground, look, np.random.default_rng([lesion.seed, 4]))
    age = min(0.75 + 0.35 * years * min(lesion.growth, 1.0), 1.2)
    draw_structures(part, ground, look, lesion.seed, age)
    return canvas


def _own(look: Look, rng: np.random.Generator) -> Look:
    """A look with the differences between lesions of one kind: some structures are missing."""
    optional = ("network", "globules", "veil", "regression", "streaks", "nests", "ulcer", "plugs")
    kept = {name: getattr(look, name) * (rng.random() < 0.8) for name in optional}
    shade = float(rng.uniform(0.86, 1.12))
    colours = tuple((r * shade, g * shade, b * shade) for r, g, b in look.colours)
    return replace(look, colours=colours, uneven=look.uneven * rng.uniform(0.7, 1.3), **kept)


def _bare_skin(lesion: DrawnLesion) -> Floats:
    rng = np.random.default_rng([lesion.seed, 3])
    tone = np.array(_SKIN[lesion.skin], np.float32) * np.float32(rng.uniform(0.94, 1.04))
    canvas = np.empty((SKIN.side, SKIN.side, 3), np.float32)
    canvas[:] = tone
    mottle = SKIN.noise(rng, (3, 1.5, 0.8, 0.4, 0.2, 0.1), 1.0)[..., None]
    canvas *= 1 + np.array([0.022, 0.055, 0.048], np.float32) * mottle
    furrows = SKIN.cells(rng, 0.75, 0.9, every=4)[..., None]
    canvas *= 1 - np.array([0.02, 0.03, 0.028], np.float32) * furrows
    flush = step(SKIN.noise(rng, (5, 2, 0.9)) - 1.0, 0.8)
    blend(canvas, flush, (206, 110, 112), 0.14)
    return canvas


def _ground(sheet: Sheet, lesion: DrawnLesion, look: Look, years: float) -> Ground:
    rng = np.random.default_rng([lesion.seed, 5])
    radius, around = lesion.radius + lesion.growth * years, sheet.angles
    edge = np.full((sheet.side, sheet.side), radius, np.float32)
    for order, share in ((1, 0.35), (2, 1.0), (3, 0.7), (5, 0.4), (8, 0.2)):
        swing = look.uneven * share * rng.uniform(0.4, 1.0) * radius
        # A lesion that grows does so to one side more than to the other.
        swing += (order == 1) * 0.5 * lesion.growth * years
        edge += np.float32(swing) * np.cos(order * around + np.float32(rng.uniform(0, 2 * np.pi)))
    edge += np.float32(look.jagged) * sheet.noise(rng, (1.2, 0.6, 0.3))
    fading = np.float32(look.soft) * (1 + np.float32(0.5) * np.cos(around + rng.uniform(0, 6)))
    away = sheet.distances
    ratio = np.asarray(away / np.maximum(edge, np.float32(0.3)), np.float32)
    return Ground(sheet, radius, edge, ratio, step(edge - away, fading), look.disorder)


def _pigment(canvas: Floats, ground: Ground, look: Look, rng: np.random.Generator) -> None:
    """The lesion's own colours: darker towards the middle, and in patches."""
    depth = 0.85 * (1 - np.clip(ground.ratio, 0, 1)) + 0.1
    depth = depth + 0.34 * look.patchy * ground.sheet.noise(rng, (2.4, 1.2, 0.6, 0.3, 0.15), 0.75)
    place = np.clip(depth, 0, 1) * (len(look.colours) - 1)
    paint = np.empty_like(canvas)
    for channel in range(3):
        shades = [colour[channel] for colour in look.colours]
        paint[..., channel] = np.interp(place, range(len(shades)), shades)
    thin = np.clip(0.9 + 0.1 * ground.sheet.noise(rng, (0.8, 0.4, 0.2, 0.1), 1.0), 0, 1)
    blend(canvas, ground.cover * thin, paint, look.opacity)


def _framed(
    canvas: Floats, rng: np.random.Generator, lesion: DrawnLesion, years: float
) -> Image.Image:
    """The part that the camera saw: turned a little, shifted, nearer or farther."""
    seen = Image.fromarray(np.clip(canvas, 0, 255).astype(np.uint8))
    # Whoever takes the picture fills the frame as far as the lesion allows.
    wanted = (lesion.radius + lesion.growth * years) * PX_PER_MM / (0.30 * HEIGHT)
    zoom = float(np.clip(wanted, 0.6, 1.15) * rng.uniform(0.96, 1.05))
    zoom = min(zoom, 0.93 * SKIN.side / np.hypot(WIDTH, HEIGHT))
    turn = rng.normal(0, 0.15)
    a, b = zoom * np.cos(turn), zoom * np.sin(turn)
    x, y = (SKIN.side / 2 + rng.normal(0, 6) for _ in range(2))
    corner = (x - a * WIDTH / 2 + b * HEIGHT / 2, y - b * WIDTH / 2 - a * HEIGHT / 2)
    matrix = (a, -b, corner[0], b, a, corner[1])
    return seen.transform((WIDTH, HEIGHT), Image.Transform.AFFINE, matrix, Image.Resampling.BICUBIC)


def _hairs(picture: Image.Image, rng: np.random.Generator, count: int) -> Image.Image:
    layer = Image.new("L", (2 * WIDTH, 2 * HEIGHT), 0)
    pen = ImageDraw.Draw(layer)
    along = rng.uniform(0, np.pi)
    for _ in range(count):
        angle, bend = along + rng.normal(0, 0.35), rng.normal(0, 0.004)
        x, y = rng.uniform(0, 2 * WIDTH), rng.uniform(0, 2 * HEIGHT)
        places = []
        for _ in range(int(rng.uniform(12, 40))):
            places.append((x, y))
            angle += bend * 12
            x, y = x + 16 * np.cos(angle), y + 16 * np.sin(angle)
        pen.line(places, int(rng.uniform(150, 230)), int(rng.integers(3, 6)), "curve")
    mask = layer.resize((WIDTH, HEIGHT), Image.Resampling.BILINEAR)
    picture.paste(Image.new("RGB", picture.size, (58, 44, 40)), mask=mask)
    return picture


def _exposed(picture: Image.Image, rng: np.random.Generator, grain: float) -> NDArray[np.uint8]:
    """Light that falls off to the rim, the camera's colours, and its grain."""
    values = np.asarray(picture, np.float32)
    y, x = np.mgrid[-1 : 1 : HEIGHT * 1j, -1 : 1 : WIDTH * 1j].astype(np.float32)
    light = 1 - np.float32(rng.uniform(0.08, 0.2)) * (0.8 * x**2 + 0.55 * y**2)
    cast = rng.normal(1, 0.02, 3) * rng.uniform(0.92, 1.04)
    values = values * light[..., None] * cast.astype(np.float32)
    values += 2.2 * grain * rng.standard_normal((HEIGHT, WIDTH, 1), np.float32)
    values += 1.2 * grain * rng.standard_normal((HEIGHT, WIDTH, 3), np.float32)
    exposed: NDArray[np.uint8] = np.clip(values, 0, 255).astype(np.uint8)
    return exposed
