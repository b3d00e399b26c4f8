"""What published tables call a diagnosis, as the codes of HAM10000.

Sources: the challenges of the ISIC (2017 to 2020 and 2024) and MILK10k, and the ISIC Archive's
hierarchy of diagnoses (diagnosis_1, the broadest, to diagnosis_5).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

BENIGNCODES = frozenset({"nv", "bkl", "df", "vasc"})
MALIGNANTCODES = frozenset({"mel", "bcc", "scc"})
CODES = BENIGNCODES | MALIGNANTCODES | {"akiec"}
ONE_HOT: dict[str, str] = {
    **{code: code for code in sorted(CODES)},
    "ak": "akiec",
    "sccka": "scc",
    "unk": "unknown",
    "inf": "inflammatory",
    "ben_oth": "other benign",
    "mal_oth": "other malignant",
}
"""Columns of one-hot ground truth, and the diagnosis that a 1 in them states."""
# Beginnings of names, the narrower before the wider: a metastasis is no primary melanoma, and
# carcinoma in situ (Bowen) belongs to akiec as in HAM10000.
_BEGINNINGS: tuple[tuple[str, str], ...] = (
    ("melanoma metastasis", ""),
    ("melanoma", "mel"),
    ("lentigo maligna", "mel"),
    ("malignant melanocytic proliferations (melanoma)", "mel"),
    ("basal cell carcinoma", "bcc"),
    ("squamous cell carcinoma in situ", "akiec"),
    ("bowen", "akiec"),
    ("bowens", "akiec"),
    ("squamous cell carcinoma", "scc"),
    ("keratoacanthoma", "scc"),
    ("actinic keratosis", "akiec"),
    ("solar or actinic keratosis", "akiec"),
    ("pigmented actinic keratosis", "akiec"),
    ("seborrheic keratosis", "bkl"),
    ("seborrhoeic keratosis", "bkl"),
    ("solar lentigo", "bkl"),
    ("lichenoid keratosis", "bkl"),
    ("lichen planus like keratosis", "bkl"),
    ("pigmented benign keratosis", "bkl"),
    ("benign keratosis", "bkl"),
    ("dermatofibroma", "df"),
    ("benign soft tissue proliferations vascular", "vasc"),
    ("vascular lesion", "vasc"),
    ("hemangioma", "vasc"),
    ("haemangioma", "vasc"),
    ("angioma", "vasc"),
    ("angiokeratoma", "vasc"),
    ("pyogenic granuloma", "vasc"),
    ("lymphangioma", "vasc"),
)
_NAEVUS = re.compile(r"\bna?ev(us|i)\b")
# Malformations of the skin's other parts are called naevi too, and a collision is neither.
_NO_NAEVUS = re.compile(
    r"sebac|epiderm|organoid|comedo|depigment|ana?emic|lipomat|flamme|connective|becker"
    r"|melanoma|carcinoma|collision"
)


def plain_name(text: str) -> str:
    """A name in lower case with single spaces; punctuation that says nothing is left out."""
    return re.sub(r"[\s_-]+", " ", text.strip().casefold()).replace(" ,", ",").strip()


def code_of(name: str) -> str:
    """The code of a diagnosis by its code or name in English; empty where it has none here."""
    plain = plain_name(name)
    if plain in ONE_HOT or plain.replace(" ", "_") in ONE_HOT:
        code = ONE_HOT[plain.replace(" ", "_")]
        return code if code in CODES else ""
    for beginning, code in _BEGINNINGS:
        if re.match(rf"{re.escape(beginning)}(?!\w)", plain):
            return code
    if _NAEVUS.search(plain) and not _NO_NAEVUS.search(plain):
        return "nv"
    return ""


def of_hierarchy(levels: Sequence[str]) -> str:
    """The diagnosis that levels from the broadest on state; an unknown one by its plain name.

    The narrowest level with a code decides: "Nevus" under "Benign melanocytic proliferations".
    """
    for level in reversed(levels):
        if code := code_of(level):
            return code
    named = [plain_name(level) for level in levels[:3] if plain_name(level)]
    return named[-1] if named else ""


def contradicts(code: str, nature: str) -> bool:
    """Whether a table calls a diagnosis benign that is malignant, or the other way round."""
    plain = plain_name(nature)
    return (code in MALIGNANTCODES and plain == "benign") or (
        code in BENIGNCODES and plain == "malignant"
    )
