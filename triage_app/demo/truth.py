"""The hidden truth: who comes to the made-up clinic, with which lesions, and what they are."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from triage_app.demo.looks import Kind
from triage_app.demo.photograph import DrawnLesion
from triage_app.demo.places import Where, somewhere
from triage_app.domain.context import RedFlag, Sex, Site, SkinType
from triage_app.domain.lesion import RiskFactor
from triage_app.domain.pathology import Pathology

REFERENCE_START = "SYN-"
# What a referral clinic sees, for every hundred lesions.
_MIX: dict[Kind, int] = {
    Kind.NAEVUS: 36,
    Kind.DYSPLASTIC_NAEVUS: 16,
    Kind.SEBORRHOEIC_KERATOSIS: 12,
    Kind.BASAL_CELL_CARCINOMA: 7,
    Kind.MELANOMA: 5,
    Kind.ACTINIC_KERATOSIS: 5,
    Kind.SOLAR_LENTIGO: 5,
    Kind.ANGIOMA: 4,
    Kind.MELANOMA_IN_SITU: 3,
    Kind.DERMATOFIBROMA: 3,
    Kind.BOWEN: 2,
    Kind.SQUAMOUS_CELL_CARCINOMA: 2,
}
# Millimetres of radius in a year, from and to.
_GROWTH: dict[Kind, tuple[float, float]] = {
    Kind.MELANOMA: (1.2, 2.4),
    Kind.MELANOMA_IN_SITU: (0.5, 1.2),
    Kind.SQUAMOUS_CELL_CARCINOMA: (1.5, 2.5),
    Kind.BASAL_CELL_CARCINOMA: (0.3, 0.8),
    Kind.BOWEN: (0.2, 0.5),
    Kind.DYSPLASTIC_NAEVUS: (0.0, 0.15),
}
_OF_THE_SUN = frozenset(
    {
        Kind.BASAL_CELL_CARCINOMA,
        Kind.SQUAMOUS_CELL_CARCINOMA,
        Kind.ACTINIC_KERATOSIS,
        Kind.SOLAR_LENTIGO,
        Kind.BOWEN,
    }
)
_PROVEN: dict[Kind, Pathology] = {
    Kind.NAEVUS: Pathology.NAEVUS,
    Kind.DYSPLASTIC_NAEVUS: Pathology.DYSPLASTIC_LOW,
    Kind.MELANOMA_IN_SITU: Pathology.MELANOMA_IN_SITU,
    Kind.MELANOMA: Pathology.MELANOMA_INVASIVE,
    Kind.BASAL_CELL_CARCINOMA: Pathology.BASAL_CELL_CARCINOMA,
    Kind.SQUAMOUS_CELL_CARCINOMA: Pathology.SQUAMOUS_CELL_CARCINOMA,
    Kind.BOWEN: Pathology.BOWEN,
    Kind.ACTINIC_KERATOSIS: Pathology.ACTINIC_KERATOSIS,
    Kind.SEBORRHOEIC_KERATOSIS: Pathology.SEBORRHOEIC_KERATOSIS,
    Kind.SOLAR_LENTIGO: Pathology.SOLAR_LENTIGO,
    Kind.DERMATOFIBROMA: Pathology.DERMATOFIBROMA,
    Kind.ANGIOMA: Pathology.VASCULAR,
}
_FLAGS: dict[Kind, frozenset[RedFlag]] = {
    Kind.MELANOMA: frozenset({RedFlag.NEW_OR_CHANGING, RedFlag.UGLY_DUCKLING}),
    Kind.MELANOMA_IN_SITU: frozenset({RedFlag.NEW_OR_CHANGING}),
    Kind.SQUAMOUS_CELL_CARCINOMA: frozenset(
        {RedFlag.FIRM_AND_GROWING, RedFlag.BLEEDING_OR_ULCERATED}
    ),
    Kind.BASAL_CELL_CARCINOMA: frozenset({RedFlag.BLEEDING_OR_ULCERATED}),
}


@dataclass(frozen=True)
class TrueLesion:
    """A lesion and what a pathologist would find; ``breslow_mm`` for invasive melanoma only."""

    drawn: DrawnLesion
    where: Where
    pathology: Pathology
    breslow_mm: float | None
    red_flags: frozenset[RedFlag]


@dataclass(frozen=True)
class TruePatient:
    """Somebody made up; ``reference`` says so."""

    reference: str
    birth_year: int
    sex: Sex
    skin: SkinType
    risks: frozenset[RiskFactor]
    lesions: Sequence[TrueLesion]

    @property
    def careful(self) -> bool:
        """Whether clinicians watch this patient more closely."""
        return bool(self.risks & {RiskFactor.ATYPICAL_NAEVI, RiskFactor.PREVIOUS_MELANOMA})


def invent(patients: int, seed: int, year: int) -> list[TruePatient]:
    """As many patients, with two lesions each on average; ``year`` is the current one."""
    rng = np.random.default_rng([seed, 1])
    counts = rng.choice((1, 2, 3, 4), patients, p=(0.35, 0.36, 0.18, 0.11))
    kinds = iter(_kinds(rng, int(counts.sum())))
    return [
        _patient(rng, number, [next(kinds) for _ in range(int(count))], year)
        for number, count in enumerate(counts, start=1)
    ]


def _kinds(rng: np.random.Generator, count: int) -> list[Kind]:
    """``count`` kinds in the proportions of the mix, as nearly as whole lesions allow."""
    exact = {kind: share * count / sum(_MIX.values()) for kind, share in _MIX.items()}
    whole = {kind: int(share) for kind, share in exact.items()}
    by_remainder = sorted(_MIX, key=lambda kind: whole[kind] - exact[kind])
    for kind in by_remainder[: count - sum(whole.values())]:
        whole[kind] += 1
    ordered = [kind for kind, number in whole.items() for _ in range(number)]
    return [ordered[i] for i in rng.permutation(len(ordered))]


def _patient(
    rng: np.random.Generator, number: int, kinds: Sequence[Kind], year: int
) -> TruePatient:
    old = any(kind in _OF_THE_SUN or kind is Kind.SEBORRHOEIC_KERATOSIS for kind in kinds)
    age = int(rng.integers(52, 86)) if old else int(rng.integers(19, 72))
    risks = frozenset(factor for factor in RiskFactor if rng.random() < 0.13)
    skins = (SkinType.I, SkinType.II, SkinType.III, SkinType.IV, SkinType.V)
    skin = skins[int(rng.choice(5, p=(0.17, 0.45, 0.28, 0.08, 0.02)))]
    hairs = int(rng.choice((0, 3, 7, 12)))
    return TruePatient(
        reference=f"{REFERENCE_START}{number:04d}",
        birth_year=year - age,
        sex=Sex.FEMALE if rng.random() < 0.5 else Sex.MALE,
        skin=skin,
        risks=risks,
        lesions=[_lesion(rng, kind, skin, hairs) for kind in kinds],
    )


def _lesion(rng: np.random.Generator, kind: Kind, skin: SkinType, hairs: int) -> TrueLesion:
    low, high = _GROWTH.get(kind, (0.0, 0.0))
    drawn = DrawnLesion(kind, int(rng.integers(2**31)), skin, float(rng.uniform(low, high)), hairs)
    where = somewhere(rng, exposed=rng.random() < (0.7 if kind in _OF_THE_SUN else 0.12))
    pathology = _PROVEN[kind]
    if kind is Kind.DYSPLASTIC_NAEVUS and rng.random() < 0.2:
        pathology = Pathology.DYSPLASTIC_HIGH
    if kind is Kind.MELANOMA_IN_SITU and where.site is Site.FACE:
        pathology = Pathology.LENTIGO_MALIGNA
    invasive = pathology is Pathology.MELANOMA_INVASIVE
    told = _FLAGS.get(kind, frozenset()) if rng.random() < 0.6 else frozenset()
    return TrueLesion(
        drawn=drawn,
        where=where,
        pathology=pathology,
        breslow_mm=round(float(rng.gamma(2.0, 0.4)) + 0.2, 1) if invasive else None,
        red_flags=told,
    )
