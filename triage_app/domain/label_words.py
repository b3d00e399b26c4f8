"""Sides and sites that the name of a lesion says in words, against where the lesion is placed.

Words of English notes with their usual abbreviations. A word may fit several sites: a contradiction
is only told where none of the words fits.
"""

import re

from triage_app.domain.context import SITE_LABELS, Laterality, Site

_LEFT, _RIGHT, _MIDLINE = Laterality.LEFT, Laterality.RIGHT, Laterality.MIDLINE
_SIDES: dict[Laterality, str] = {
    _LEFT: "l lt lft left leftsided lhs sinister sinistra lue lle",
    _RIGHT: "r rt rgt right rightsided rhs dexter dextra rue rle",
    _MIDLINE: "midline median",
}
_TRUNK = (Site.CHEST, Site.ABDOMEN, Site.BACK, Site.BUTTOCK)
_HAND = (Site.HAND, Site.PALM_OR_SOLE, Site.NAIL)
_FOOT = (Site.FOOT, Site.PALM_OR_SOLE, Site.NAIL)
_ARM, _LEG = (Site.UPPER_EXTREMITY,), (Site.LOWER_EXTREMITY,)
_SITES: tuple[tuple[tuple[Site, ...], str], ...] = (
    ((Site.SCALP,), "scalp vertex occiput occipital parietal"),
    ((Site.SCALP, Site.FACE), "temple temporal hairline"),
    ((Site.SCALP, Site.FACE, Site.EAR), "head"),
    (
        (Site.FACE,),
        "face facial cheek nose nasal nostril forehead brow eyebrow eyelid lid periorbital canthus"
        " chin jaw jawline mandible glabella nasolabial malar zygoma perioral",
    ),
    ((Site.FACE, Site.MUCOSA), "lip lips mouth buccal"),
    ((Site.FACE, Site.EAR), "preauricular"),
    ((Site.EAR,), "ear earlobe auricle auricular pinna helix antihelix tragus concha"),
    ((Site.EAR, Site.NECK, Site.SCALP), "postauricular retroauricular mastoid"),
    ((Site.NECK,), "neck nape throat cervical"),
    ((Site.NECK, Site.CHEST), "clavicle clavicular supraclavicular collarbone"),
    ((Site.CHEST,), "chest breast sternum sternal presternal pectoral nipple areola"),
    ((Site.CHEST, Site.BACK), "thorax thoracic"),
    ((Site.CHEST, Site.UPPER_EXTREMITY), "axilla axillary armpit"),
    ((Site.CHEST, Site.BACK, Site.ABDOMEN), "rib ribs"),
    (_TRUNK, "trunk torso truncal"),
    (
        (Site.ABDOMEN,),
        "abdomen abdominal abdo abd belly stomach tummy navel umbilicus umbilical periumbilical"
        " epigastric epigastrium",
    ),
    ((Site.ABDOMEN, Site.BACK), "flank waist loin"),
    ((Site.ABDOMEN, Site.LOWER_EXTREMITY, Site.GENITAL), "groin inguinal"),
    ((Site.BACK,), "back scapula scapular infrascapular interscapular lumbar spine paraspinal"),
    ((Site.BACK, Site.BUTTOCK), "sacrum sacral lumbosacral"),
    ((Site.BUTTOCK,), "buttock buttocks gluteal bottom"),
    ((Site.BUTTOCK, Site.LOWER_EXTREMITY, Site.ABDOMEN), "hip"),
    ((Site.BUTTOCK, Site.GENITAL, Site.MUCOSA), "perianal anal anus perineum"),
    (
        _ARM,
        "arm forearm upperarm elbow antecubital cubital deltoid biceps triceps humerus ue lue rue",
    ),
    ((Site.UPPER_EXTREMITY, Site.BACK, Site.CHEST), "shoulder"),
    ((Site.UPPER_EXTREMITY, *_HAND), "wrist"),
    (_HAND, "hand hands finger fingers thumb knuckle fingertip"),
    ((Site.PALM_OR_SOLE, Site.HAND), "palm palmar thenar hypothenar"),
    ((Site.NAIL, Site.HAND), "fingernail thumbnail"),
    (_LEG, "leg thigh knee calf shin tibia tibial pretibial popliteal hamstring lle rle"),
    ((Site.LOWER_EXTREMITY, *_FOOT), "ankle malleolus"),
    (_FOOT, "foot feet toe toes hallux instep"),
    ((Site.PALM_OR_SOLE, Site.FOOT), "sole plantar heel"),
    ((Site.NAIL, Site.FOOT), "toenail"),
    ((Site.NAIL, Site.HAND, Site.FOOT), "nail nailbed ungual subungual periungual"),
    ((*_HAND, *_FOOT), "digit acral"),
    ((Site.GENITAL,), "genital genitals penis penile glans scrotum scrotal vulva vulvar labia"),
    ((Site.GENITAL, Site.ABDOMEN), "pubic pubis"),
    ((Site.MUCOSA,), "mucosa mucosal oral tongue palate gingiva gum conjunctiva"),
)
_SIDE_OF = {word: side for side, words in _SIDES.items() for word in words.split()}
_SITES_OF = {word: frozenset(sites) for sites, words in _SITES for word in words.split()}
_LIMBS = frozenset({"extremity", "limb", "ext", "extremities", "limbs"})
_LIMB_OF = {"upper": frozenset(_ARM + _HAND), "lower": frozenset(_LEG + _FOOT)}


def contradiction(label: str, site: Site | None, side: Laterality | None) -> str:
    """What the name says that the place does not, as a sentence; empty where they agree.

    Empty too where the name says nothing of it, or where site or side is not given.
    """
    words = _words(label)
    return " ".join(filter(None, (_of_side(words, side), _of_site(words, site))))


def _of_side(words: list[str], side: Laterality | None) -> str:
    named = {word: _SIDE_OF[word] for word in words if word in _SIDE_OF}
    if side is None or not named or side in named.values():
        return ""
    placed = "in the midline" if side is _MIDLINE else f"on the {side.value}"
    return f"The name says “{next(iter(named))}”, but the lesion is placed {placed}."


def _of_site(words: list[str], site: Site | None) -> str:
    named = dict(_sites_named(words))
    if site is None or not named or any(site in sites for sites in named.values()):
        return ""
    return f"The name says “{next(iter(named))}”, but the body site is {SITE_LABELS[site].lower()}."


def _sites_named(words: list[str]) -> list[tuple[str, frozenset[Site]]]:
    named = []
    for word, following in zip(words, [*words[1:], ""], strict=False):
        if word in _LIMB_OF and following in _LIMBS:
            named.append((f"{word} {following}", _LIMB_OF[word]))
        # The "back of" a hand or a knee is no back.
        elif word in _SITES_OF and not (word == "back" and following == "of"):
            named.append((word, _SITES_OF[word]))
    return named


def _words(label: str) -> list[str]:
    """In small letters, without a number at their end: "Arm2" is an arm, "L4" is no side."""
    found = re.findall(r"[^\W_]+", label.casefold().replace("-sided", "sided"))
    return [re.sub(r"(?<=\w\w)\d+$", "", word) for word in found]
