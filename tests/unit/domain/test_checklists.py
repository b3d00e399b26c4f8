"""The two published checklists give the scores that their authors published."""

from itertools import product

import pytest

from triage_app.domain.checklists import (
    ABCD_LABELS,
    ABCD_NAME,
    SEVEN_POINT_LABELS,
    SEVEN_POINT_NAME,
    SevenPoint,
    SevenPointChecklist,
    StolzAbcd,
)
from triage_app.domain.errors import InvalidInput

LIMITS = {"asymmetry": (0, 2), "border": (0, 8), "colours": (1, 6), "structures": (1, 5)}
LEAST = {name: low for name, (low, _) in LIMITS.items()}


@pytest.mark.parametrize(
    ("counts", "score"),
    [
        ((0, 0, 1, 1), 1.0),
        ((2, 8, 6, 5), 8.9),
        ((1, 0, 1, 1), 2.3),
        ((0, 1, 1, 1), 1.1),
        ((0, 0, 2, 1), 1.5),
        ((0, 0, 1, 2), 1.5),
        ((2, 3, 3, 3), 5.9),
        ((1, 4, 3, 3), 4.7),
        ((1, 5, 3, 3), 4.8),
    ],
)
def test_the_abcd_score_weighs_asymmetry_border_colours_and_structures(
    counts: tuple[int, int, int, int], score: float
) -> None:
    assert StolzAbcd(*counts).score == score


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ((1, 4, 3, 3), "below 4.75: benign"),
        ((1, 5, 3, 3), "4.75 to 5.45: suspicious"),
        ((2, 3, 2, 3), "4.75 to 5.45: suspicious"),
        ((2, 4, 2, 3), "above 5.45: highly suspicious"),
    ],
)
def test_the_abcd_score_is_told_with_the_authors_thresholds(
    counts: tuple[int, int, int, int], said: str
) -> None:
    assert StolzAbcd(*counts).meaning.startswith(said)


def test_every_possible_abcd_score_lies_from_1_to_8_9() -> None:
    ranges = [range(low, high + 1) for low, high in LIMITS.values()]
    scores = [StolzAbcd(*counts).score for counts in product(*ranges)]
    assert (min(scores), max(scores)) == (1.0, 8.9)


@pytest.mark.parametrize("name", LIMITS)
def test_a_count_outside_its_limits_names_its_field(name: str) -> None:
    low, high = LIMITS[name]
    for inside in (low, high):
        StolzAbcd(**{**LEAST, name: inside})
    for outside in (low - 1, high + 1):
        with pytest.raises(InvalidInput, match=f"counts from {low} to {high}") as caught:
            StolzAbcd(**{**LEAST, name: outside})
        assert caught.value.field == name
        assert f"({low} to {high})" in ABCD_LABELS[name] or f"{low} to {high})" in ABCD_LABELS[name]


POINTS = {
    "atypical_network": 2,
    "blue_whitish_veil": 2,
    "atypical_vascular": 2,
    "irregular_streaks": 1,
    "irregular_dots_globules": 1,
    "irregular_blotches": 1,
    "regression": 1,
}


@pytest.mark.parametrize("criterion", SevenPoint)
def test_each_of_the_seven_points_counts_as_published_and_as_its_label_says(
    criterion: SevenPoint,
) -> None:
    assert SevenPointChecklist(frozenset({criterion})).score == POINTS[criterion.value]
    assert SEVEN_POINT_LABELS[criterion].endswith(f"({POINTS[criterion.value]})")


@pytest.mark.parametrize(
    ("seen", "score", "said"),
    [
        (set(), 0, "below 3: not suggestive"),
        ({SevenPoint.ATYPICAL_NETWORK}, 2, "below 3: not suggestive"),
        ({SevenPoint.IRREGULAR_STREAKS, SevenPoint.REGRESSION}, 2, "below 3: not suggestive"),
        ({SevenPoint.ATYPICAL_NETWORK, SevenPoint.REGRESSION}, 3, "3 or more: suggestive"),
        (set(SevenPoint), 10, "3 or more: suggestive"),
    ],
)
def test_the_seven_point_score_is_told_with_its_threshold(
    seen: set[SevenPoint], score: int, said: str
) -> None:
    checklist = SevenPointChecklist(frozenset(seen))
    assert checklist.score == score
    assert checklist.meaning.startswith(said)


def test_both_checklists_are_named_with_author_and_year() -> None:
    assert "Stolz 1994" in ABCD_NAME
    assert "Argenziano 1998" in SEVEN_POINT_NAME
