"""What lesions of each kind look like under the dermatoscope, as strengths of drawn features."""

from dataclasses import dataclass
from enum import StrEnum

Colours = tuple[tuple[float, float, float], ...]


class Kind(StrEnum):
    """What a drawn lesion truly is."""

    NAEVUS = "naevus"
    DYSPLASTIC_NAEVUS = "dysplastic_naevus"
    MELANOMA_IN_SITU = "melanoma_in_situ"
    MELANOMA = "melanoma"
    BASAL_CELL_CARCINOMA = "basal_cell_carcinoma"
    SQUAMOUS_CELL_CARCINOMA = "squamous_cell_carcinoma"
    BOWEN = "bowen"
    ACTINIC_KERATOSIS = "actinic_keratosis"
    SEBORRHOEIC_KERATOSIS = "seborrhoeic_keratosis"
    SOLAR_LENTIGO = "solar_lentigo"
    DERMATOFIBROMA = "dermatofibroma"
    ANGIOMA = "angioma"


@dataclass(frozen=True)
class Look:
    """Features of a kind. Sizes in mm; strengths 0 (absent) to 1.

    ``radius`` from and to; ``uneven`` is the waviness of the outline as a share of the radius;
    ``soft`` the width of its fading; ``patchy`` how strongly ``colours`` lie side by side;
    ``opacity`` how much of the skin they hide.
    """

    radius: tuple[float, float]
    colours: Colours
    opacity: float
    uneven: float = 0.06
    jagged: float = 0.05
    soft: float = 0.5
    patchy: float = 0.5
    network: float = 0.0
    disorder: float = 0.5
    globules: float = 0.0
    streaks: float = 0.0
    blotches: float = 0.0
    veil: float = 0.0
    regression: float = 0.0
    redness: float = 0.0
    vessels: float = 0.0
    dotted_vessels: float = 0.0
    nests: float = 0.0
    ulcer: float = 0.0
    milia: float = 0.0
    plugs: float = 0.0
    scale: float = 0.0
    keratin: float = 0.0
    scar: float = 0.0
    lacunae: float = 0.0


_BROWNS: Colours = ((176, 126, 98), (138, 90, 66), (96, 58, 44))

LOOKS: dict[Kind, Look] = {
    Kind.NAEVUS: Look(
        (1.7, 3.2), _BROWNS, 0.85, uneven=0.07, soft=0.7, patchy=0.35, network=0.15, globules=0.12
    ),
    Kind.DYSPLASTIC_NAEVUS: Look(
        (2.6, 4.0),
        ((182, 128, 104), (138, 86, 62), (84, 50, 40)),
        0.85,
        uneven=0.16,
        jagged=0.12,
        soft=0.8,
        patchy=0.8,
        network=0.7,
        disorder=0.8,
        globules=0.4,
        redness=0.25,
    ),
    Kind.MELANOMA_IN_SITU: Look(
        (3.0, 4.6),
        ((168, 114, 88), (112, 68, 50), (62, 38, 34)),
        0.9,
        uneven=0.24,
        jagged=0.2,
        soft=0.35,
        patchy=1.0,
        network=0.8,
        disorder=1.0,
        globules=0.5,
        streaks=0.5,
        blotches=0.6,
        veil=0.4,
        regression=0.5,
        redness=0.3,
    ),
    Kind.MELANOMA: Look(
        (3.6, 5.6),
        ((150, 92, 72), (90, 54, 44), (42, 30, 32)),
        0.95,
        uneven=0.3,
        jagged=0.25,
        soft=0.25,
        patchy=1.0,
        network=0.5,
        disorder=1.0,
        globules=0.8,
        streaks=0.8,
        blotches=1.0,
        veil=0.9,
        regression=0.7,
        redness=0.5,
    ),
    Kind.BASAL_CELL_CARCINOMA: Look(
        (2.2, 4.2),
        ((226, 158, 156), (214, 140, 142), (202, 150, 150)),
        0.55,
        uneven=0.14,
        jagged=0.1,
        soft=0.8,
        redness=0.5,
        vessels=1.0,
        nests=0.7,
        ulcer=0.5,
    ),
    Kind.SQUAMOUS_CELL_CARCINOMA: Look(
        (3.0, 5.0),
        ((220, 130, 124), (204, 110, 106)),
        0.75,
        uneven=0.14,
        soft=0.6,
        redness=0.9,
        dotted_vessels=0.6,
        ulcer=0.7,
        scale=0.5,
        keratin=0.9,
    ),
    Kind.BOWEN: Look(
        (3.0, 5.2),
        ((220, 140, 134), (206, 124, 112)),
        0.6,
        uneven=0.16,
        jagged=0.1,
        soft=0.6,
        redness=0.8,
        dotted_vessels=1.0,
        scale=0.35,
    ),
    Kind.ACTINIC_KERATOSIS: Look(
        (2.4, 4.5),
        ((196, 142, 126), (164, 104, 92)),
        0.65,
        uneven=0.18,
        jagged=0.15,
        soft=1.0,
        redness=0.7,
        network=0.45,
        disorder=0.9,
        scale=0.4,
    ),
    Kind.SEBORRHOEIC_KERATOSIS: Look(
        (2.6, 5.0),
        ((184, 134, 102), (146, 98, 72), (104, 68, 54)),
        0.85,
        uneven=0.08,
        jagged=0.08,
        soft=0.15,
        patchy=0.7,
        milia=0.9,
        plugs=0.8,
    ),
    Kind.SOLAR_LENTIGO: Look(
        (2.6, 4.8),
        ((206, 156, 124), (176, 120, 88), (150, 98, 72)),
        0.7,
        uneven=0.16,
        jagged=0.35,
        soft=0.25,
        patchy=1.0,
        network=0.35,
        disorder=0.9,
    ),
    Kind.DERMATOFIBROMA: Look(
        (2.4, 3.6),
        ((196, 136, 112), (160, 100, 80)),
        0.75,
        uneven=0.05,
        soft=1.3,
        network=0.5,
        redness=0.3,
        scar=1.0,
    ),
    Kind.ANGIOMA: Look(
        (1.4, 2.8),
        ((206, 60, 74), (184, 40, 62)),
        0.85,
        uneven=0.08,
        soft=0.2,
        patchy=0.3,
        lacunae=1.0,
    ),
}
