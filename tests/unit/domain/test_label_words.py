"""What the name of a lesion says of side and site, against where it is placed."""

import pytest

from triage_app.domain.context import Laterality, Site
from triage_app.domain.label_words import contradiction

L, R, M = Laterality.LEFT, Laterality.RIGHT, Laterality.MIDLINE
ARM, LEG = Site.UPPER_EXTREMITY, Site.LOWER_EXTREMITY

AGREE = [
    ("left forearm 1", ARM, L),
    ("Left Forearm", ARM, L),
    ("L forearm", ARM, L),
    ("(L) arm", ARM, L),
    ("L/arm", ARM, L),
    ("Lt. arm", ARM, L),
    ("rt thigh", LEG, R),
    ("R-calf", LEG, R),
    ("LUE", ARM, L),
    ("RLE 2", LEG, R),
    ("upper extremity, left", Site.HAND, L),
    ("back of left hand", Site.HAND, L),
    ("back of neck", Site.NECK, M),
    ("back of right knee", LEG, R),
    ("upper back", Site.BACK, L),
    ("L4 level, paraspinal", Site.BACK, R),
    ("shoulder blade", Site.BACK, R),
    ("left shoulder", Site.CHEST, L),
    ("between left and right scapula", Site.BACK, R),
    ("left of midline, chest", Site.CHEST, M),
    ("thumbnail", Site.NAIL, L),
    ("sole", Site.PALM_OR_SOLE, L),
    ("heel", Site.FOOT, L),
    ("lip", Site.MUCOSA, M),
    ("arm near elbow", ARM, R),
    ("neck / chest", Site.CHEST, M),
    ("the dark one", Site.BACK, L),
    ("Lesion 3", Site.FACE, R),
    ("naevus A, leftover of biopsy", Site.BACK, R),
    ("", Site.BACK, L),
    ("left arm", None, None),
    ("left arm", ARM, None),
    ("arm2", ARM, R),
]
CONTRADICT = [
    ("left forearm", ARM, R, ["left", "on the right"]),
    ("L forearm", ARM, R, ["“l”", "on the right"]),
    ("(R) cheek", Site.FACE, L, ["“r”", "on the left"]),
    ("Lt arm", ARM, R, ["lt"]),
    ("RT. CALF", LEG, L, ["rt"]),
    ("right-sided flank", Site.ABDOMEN, L, ["rightsided"]),
    ("left chest", Site.CHEST, M, ["left", "in the midline"]),
    ("midline", Site.BACK, R, ["midline", "on the right"]),
    ("left forearm", LEG, R, ["left", "on the right", "forearm", "lower extremity"]),
    ("left forearm", LEG, L, ["forearm", "lower extremity"]),
    ("arm2", LEG, L, ["“arm”"]),
    ("back of hand", Site.BACK, L, ["hand", "back"]),
    ("back", Site.ABDOMEN, M, ["back", "abdomen"]),
    ("upper limb", LEG, L, ["upper limb"]),
    ("lower extremity", ARM, L, ["lower extremity", "upper extremity"]),
    ("RUE", ARM, L, ["rue", "on the left"]),
    ("LLE", ARM, L, ["lle", "upper extremity"]),
    ("toenail", Site.NECK, M, ["toenail", "neck"]),
    ("nose", Site.EAR, R, ["nose", "ear"]),
    ("scalp", None, L, []),
    ("plantar", Site.HAND, L, ["plantar", "hand"]),
]


@pytest.mark.parametrize(("label", "site", "side"), AGREE)
def test_a_name_that_agrees_or_says_nothing_is_not_asked_about(
    label: str, site: Site | None, side: Laterality | None
) -> None:
    assert contradiction(label, site, side) == ""


@pytest.mark.parametrize(("label", "site", "side", "said"), CONTRADICT)
def test_a_name_that_says_another_side_or_site_is_asked_about_in_its_words(
    label: str, site: Site | None, side: Laterality | None, said: list[str]
) -> None:
    sentence = contradiction(label, site, side)
    assert all(word in sentence for word in said)
    assert bool(sentence) == bool(said)


@pytest.mark.parametrize("site", Site)
def test_every_site_is_named_by_a_word_of_its_own_and_contradicted_by_another(site: Site) -> None:
    own = site.value.replace("_", " ").split()[0 if "extremity" not in site.value else slice(None)]
    label = own if isinstance(own, str) else " ".join(own)
    assert contradiction(label, site, None) == ""
    elsewhere = Site.SCALP if site is not Site.SCALP else Site.FOOT
    assert contradiction(label, elsewhere, None)
