"""What an outcome proves: the pathologist's word, or a year without change, and nothing less."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import pytest

from triage_app.domain.errors import InvalidInput
from triage_app.domain.outcome import (
    OUTCOME_METHOD_LABELS,
    Outcome,
    OutcomeMethod,
    check_day,
    check_histopathology,
    current_outcome,
    paired_months,
    proof_of_follow_up,
)
from triage_app.domain.pathology import (
    PATHOLOGY_LABELS,
    PROOF_LABELS,
    PROOF_OF,
    WITH_BRESLOW,
    Pathology,
    Proof,
)

TODAY = date(2026, 11, 20)
NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)

PROOFS = {
    "melanoma_invasive": "malignant",
    "melanoma_in_situ": "malignant",
    "lentigo_maligna": "malignant",
    "lentigo_maligna_melanoma": "malignant",
    "basal_cell_carcinoma": "malignant",
    "squamous_cell_carcinoma": "malignant",
    "keratoacanthoma": "malignant",
    "merkel_cell_carcinoma": "malignant",
    "metastasis": "malignant",
    "other_malignant": "malignant",
    "bowen": "suspicious",
    "actinic_keratosis": "suspicious",
    "dysplastic_high": "suspicious",
    "dysplastic_low": "benign",
    "naevus": "benign",
    "blue_naevus": "benign",
    "spitz_naevus": "benign",
    "seborrhoeic_keratosis": "benign",
    "solar_lentigo": "benign",
    "lichenoid_keratosis": "benign",
    "dermatofibroma": "benign",
    "vascular": "benign",
    "other_benign": "benign",
    "uncertain": "unproven",
    "not_diagnostic": "unproven",
}


def tissue(diagnosis: Pathology | None, day: int = 0) -> Outcome:
    """A pathologist's report that was entered on ``day``."""
    at = NOON + timedelta(days=day)
    return Outcome(f"t{day}", at, "c", OutcomeMethod.HISTOPATHOLOGY, at.date(), diagnosis)


def watched(months: int, day: int = 0, *, changed: bool = False) -> Outcome:
    """A follow-up that was entered on ``day``."""
    at = NOON + timedelta(days=day)
    return Outcome(
        f"w{day}", at, "c", OutcomeMethod.FOLLOW_UP, at.date(), months=months, changed=changed
    )


def test_the_map_from_diagnosis_to_proof_is_this_table() -> None:
    assert {d.value: proof.value for d, proof in PROOF_OF.items()} == PROOFS


def test_every_diagnosis_proof_and_method_has_its_own_words() -> None:
    for labels, members in (
        (PATHOLOGY_LABELS, Pathology),
        (PROOF_LABELS, Proof),
        (OUTCOME_METHOD_LABELS, OutcomeMethod),
    ):
        assert set(labels) == set(members)
        assert len(set(labels.values())) == len(members)


def test_a_melanoma_in_situ_is_not_told_as_merely_suspicious() -> None:
    assert PROOF_OF[Pathology.MELANOMA_IN_SITU] is Proof.MALIGNANT
    assert "in situ" not in PROOF_LABELS[Proof.SUSPICIOUS]


def test_breslow_belongs_to_the_two_invasive_melanomas() -> None:
    assert {
        Pathology.MELANOMA_INVASIVE,
        Pathology.LENTIGO_MALIGNA_MELANOMA,
    } == WITH_BRESLOW


@pytest.mark.parametrize("diagnosis", Pathology)
@pytest.mark.parametrize(
    ("breslow", "possible"),
    [(None, True), (0.1, True), (100.0, True), (0.0, False), (-1.0, False), (100.1, False)],
)
def test_a_breslow_thickness_is_a_positive_number_of_millimetres_of_an_invasive_melanoma(
    diagnosis: Pathology, breslow: float | None, possible: bool
) -> None:
    if breslow is None or (possible and diagnosis in WITH_BRESLOW):
        check_histopathology(diagnosis, breslow, TODAY, TODAY)
        return
    with pytest.raises(InvalidInput) as caught:
        check_histopathology(diagnosis, breslow, TODAY, TODAY)
    assert caught.value.field == "breslow_mm"


@pytest.mark.parametrize("breslow", [float("nan"), float("inf")])
def test_a_thickness_that_is_no_number_is_refused(breslow: float) -> None:
    with pytest.raises(InvalidInput):
        check_histopathology(Pathology.MELANOMA_INVASIVE, breslow, TODAY, TODAY)


def test_histopathology_without_a_diagnosis_is_refused() -> None:
    with pytest.raises(InvalidInput) as caught:
        check_histopathology(None, None, TODAY, TODAY)
    assert caught.value.field == "diagnosis"


@pytest.mark.parametrize(
    ("on", "possible"),
    [
        (TODAY, True),
        (TODAY + timedelta(days=1), False),
        (date(1900, 1, 1), True),
        (date(1899, 12, 31), False),
    ],
)
def test_an_outcome_lies_in_the_past_of_somebody_alive(on: date, possible: bool) -> None:
    if possible:
        check_day(on, TODAY)
        check_histopathology(Pathology.NAEVUS, None, on, TODAY)
        return
    for refused in (
        lambda: check_day(on, TODAY),
        lambda: check_histopathology(Pathology.NAEVUS, None, on, TODAY),
    ):
        with pytest.raises(InvalidInput) as caught:
            refused()
        assert caught.value.field == "on"


@pytest.mark.parametrize(
    ("months", "changed", "proof"),
    [
        (0, False, Proof.UNPROVEN),
        (11, False, Proof.UNPROVEN),
        (12, False, Proof.BENIGN),
        (40, False, Proof.BENIGN),
        (12, True, Proof.UNPROVEN),
        (40, True, Proof.UNPROVEN),
    ],
)
def test_a_follow_up_proves_benign_after_twelve_months_without_change_and_nothing_else(
    months: int, changed: bool, proof: Proof
) -> None:
    assert proof_of_follow_up(months, changed=changed) is proof
    assert watched(months, changed=changed).proof is proof


def test_histopathology_proves_what_its_diagnosis_says_and_nothing_without_one() -> None:
    assert tissue(Pathology.BOWEN).proof is Proof.SUSPICIOUS
    assert tissue(None).proof is Proof.UNPROVEN


@pytest.mark.parametrize(
    ("days", "months"),
    [
        ([], 0),
        ([date(2025, 3, 1)], 0),
        ([date(2025, 3, 1), date(2025, 3, 1)], 0),
        ([date(2025, 3, 15), date(2026, 3, 14)], 11),
        ([date(2025, 3, 15), date(2026, 3, 15)], 12),
        ([date(2026, 3, 15), date(2025, 6, 1), date(2025, 3, 15)], 12),
        ([date(2025, 1, 31), date(2025, 2, 28)], 0),
        ([date(2024, 2, 29), date(2025, 2, 28)], 11),
        ([date(2024, 2, 29), date(2025, 3, 1)], 12),
        ([date(2024, 12, 31), date(2025, 1, 1)], 0),
    ],
)
def test_months_between_paired_images_are_whole_and_never_rounded_up(
    days: Sequence[date], months: int
) -> None:
    assert paired_months(days) == months


def test_without_outcomes_none_counts() -> None:
    assert current_outcome([]) is None


@pytest.mark.parametrize(
    ("outcomes", "counts"),
    [
        pytest.param([watched(12), tissue(Pathology.NAEVUS, 1)], 1, id="tissue before watching"),
        pytest.param([tissue(Pathology.NAEVUS), watched(12, 1)], 0, id="tissue stays"),
        pytest.param(
            [tissue(Pathology.MELANOMA_INVASIVE), tissue(Pathology.NAEVUS, 9)],
            0,
            id="a clean re-excision does not undo a melanoma",
        ),
        pytest.param(
            [tissue(Pathology.ACTINIC_KERATOSIS), tissue(Pathology.SQUAMOUS_CELL_CARCINOMA, 9)],
            1,
            id="the worse of two specimens",
        ),
        pytest.param(
            [tissue(Pathology.NAEVUS), tissue(Pathology.BLUE_NAEVUS, 9)], 1, id="the later"
        ),
        pytest.param(
            [tissue(Pathology.NAEVUS), tissue(Pathology.NOT_DIAGNOSTIC, 9)],
            0,
            id="an empty specimen takes nothing back",
        ),
        pytest.param(
            [tissue(Pathology.NOT_DIAGNOSTIC), watched(13, 9)],
            1,
            id="an empty specimen leaves the word to watching",
        ),
        pytest.param(
            [tissue(Pathology.UNCERTAIN), watched(13, 9)],
            0,
            id="uncertain tissue is not made benign by watching",
        ),
        pytest.param([watched(6), watched(12, 9)], 1, id="the longer watching, entered later"),
        pytest.param(
            [watched(12), watched(18, 9, changed=True)],
            1,
            id="a later change undoes the year before",
        ),
        pytest.param([watched(12, 9), watched(6)], 0, id="by the time of entry, in any order"),
    ],
)
def test_the_outcome_that_counts(outcomes: Sequence[Outcome], counts: int) -> None:
    assert current_outcome(outcomes) is outcomes[counts]
    assert current_outcome(outcomes[::-1]) is outcomes[counts]
