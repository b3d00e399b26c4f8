"""Where drawn patients have their lesions: body site, side, and a place on the body map."""

from dataclasses import dataclass

import numpy as np

from triage_app.domain.context import Laterality, Site
from triage_app.domain.lesion import BodyView, MapPoint

# Width and height of each drawing of the body map, in its own units.
_SIZES: dict[BodyView, tuple[float, float]] = {
    BodyView.FRONT: (230, 450),
    BodyView.BACK: (230, 450),
    BodyView.HEAD: (340, 404),
    BodyView.HANDS: (340, 412),
    BodyView.FEET: (340, 412),
}
_LEFT, _RIGHT, _MIDLINE = Laterality.LEFT, Laterality.RIGHT, Laterality.MIDLINE
Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Spot:
    """A part of a drawing (left, top, right, bottom) that lies within one site and side."""

    site: Site
    side: Laterality
    view: BodyView
    box: Box


@dataclass(frozen=True)
class Where:
    """The place of one lesion."""

    site: Site
    side: Laterality
    point: MapPoint


_SPOTS: tuple[Spot, ...] = (
    Spot(Site.CHEST, _RIGHT, BodyView.FRONT, (80, 100, 104, 140)),
    Spot(Site.CHEST, _LEFT, BodyView.FRONT, (126, 100, 150, 140)),
    Spot(Site.ABDOMEN, _RIGHT, BodyView.FRONT, (80, 168, 104, 200)),
    Spot(Site.ABDOMEN, _LEFT, BodyView.FRONT, (126, 168, 150, 200)),
    Spot(Site.UPPER_EXTREMITY, _RIGHT, BodyView.FRONT, (58, 108, 64, 128)),
    Spot(Site.UPPER_EXTREMITY, _LEFT, BodyView.FRONT, (166, 108, 172, 128)),
    Spot(Site.LOWER_EXTREMITY, _RIGHT, BodyView.FRONT, (80, 245, 98, 300)),
    Spot(Site.LOWER_EXTREMITY, _LEFT, BodyView.FRONT, (132, 245, 150, 300)),
    Spot(Site.BACK, _LEFT, BodyView.BACK, (80, 100, 106, 190)),
    Spot(Site.BACK, _RIGHT, BodyView.BACK, (124, 100, 150, 190)),
    Spot(Site.BACK, _MIDLINE, BodyView.BACK, (112, 95, 118, 190)),
    Spot(Site.BUTTOCK, _LEFT, BodyView.BACK, (80, 212, 104, 230)),
    Spot(Site.LOWER_EXTREMITY, _RIGHT, BodyView.BACK, (134, 340, 146, 390)),
    Spot(Site.FACE, _RIGHT, BodyView.HEAD, (46, 110, 60, 122)),
    Spot(Site.FACE, _LEFT, BodyView.HEAD, (110, 110, 124, 122)),
    Spot(Site.FACE, _MIDLINE, BodyView.HEAD, (80, 95, 90, 112)),
    Spot(Site.SCALP, _MIDLINE, BodyView.HEAD, (252, 20, 258, 28)),
    Spot(Site.NECK, _LEFT, BodyView.HEAD, (100, 180, 106, 186)),
    Spot(Site.HAND, _RIGHT, BodyView.HANDS, (84, 124, 100, 140)),
    Spot(Site.PALM_OR_SOLE, _LEFT, BodyView.FEET, (254, 294, 264, 306)),
)
# Where sun and age leave their marks; everything else comes on trunk and limbs.
_EXPOSED = frozenset({Site.FACE, Site.SCALP, Site.NECK, Site.HAND})


def somewhere(rng: np.random.Generator, *, exposed: bool) -> Where:
    """A place on skin that sees much sun, or on the rest."""
    fitting = [spot for spot in _SPOTS if (spot.site in _EXPOSED) is exposed]
    return _within(rng, fitting[int(rng.integers(len(fitting)))])


def _within(rng: np.random.Generator, spot: Spot) -> Where:
    left, top, right, bottom = spot.box
    width, height = _SIZES[spot.view]
    x, y = rng.uniform(left, right) / width, rng.uniform(top, bottom) / height
    return Where(spot.site, spot.side, MapPoint(spot.view, round(x, 4), round(y, 4)))
