"""Lesions over time: the worst level stands, and noise of the model is not taken for change."""

import math

import pytest

from tests.samples.loop_cases import MODEL, NEXT_MODEL, case
from triage_app.domain.change import Repeatability, compare, log_odds, timeline
from triage_app.domain.errors import InvalidInput
from triage_app.domain.lesion import (
    BODY_VIEW_LABELS,
    RISK_FACTOR_LABELS,
    BodyView,
    MapPoint,
    RiskFactor,
    lesion_level,
)
from triage_app.domain.triage import Level

ROUTINE, REVIEW, URGENT, CANNOT = (
    Level.ROUTINE,
    Level.REVIEW,
    Level.URGENT,
    Level.CANNOT_ASSESS,
)
NOISE = Repeatability(0.5, 0.4, 0.6, 100, 250, "drawn images", MODEL)
HALF = 1.96 * math.sqrt(2) * 0.5


@pytest.mark.parametrize(
    ("levels", "level"),
    [
        ([], None),
        ([ROUTINE], ROUTINE),
        ([URGENT, ROUTINE, ROUTINE], URGENT),
        ([ROUTINE, REVIEW], REVIEW),
        ([REVIEW, CANNOT], CANNOT),
        ([CANNOT, URGENT], URGENT),
        ([None], None),
        ([URGENT, None], None),
        ([None, ROUTINE, ROUTINE], None),
    ],
)
def test_a_lesion_has_the_worst_level_of_its_images_and_none_while_one_is_withheld(
    levels: list[Level | None], level: Level | None
) -> None:
    assert lesion_level(levels) is level
    assert lesion_level(reversed(levels)) is level
    assert lesion_level(iter(levels)) is level


@pytest.mark.parametrize("view", BodyView)
@pytest.mark.parametrize(
    ("x", "y", "inside"),
    [
        (0.0, 0.0, True),
        (1.0, 1.0, True),
        (0.5, -0.001, False),
        (1.001, 0.5, False),
        (float("nan"), 0.5, False),
        (0.5, float("inf"), False),
    ],
)
def test_a_place_lies_on_its_drawing(view: BodyView, x: float, y: float, inside: bool) -> None:
    if inside:
        assert MapPoint(view, x, y).view is view
        return
    with pytest.raises(InvalidInput) as caught:
        MapPoint(view, x, y)
    assert caught.value.field == "point"


def test_every_drawing_and_risk_factor_has_its_own_words() -> None:
    assert set(BODY_VIEW_LABELS) == set(BodyView)
    assert set(RISK_FACTOR_LABELS) == set(RiskFactor)
    assert len(set(RISK_FACTOR_LABELS.values())) == len(RiskFactor)


@pytest.mark.parametrize(
    ("share", "odds"),
    [(0.5, 0.0), (0.75, math.log(3)), (0.0, math.log(1e-6 / (1 - 1e-6)))],
)
def test_log_odds_stay_finite(share: float, odds: float) -> None:
    assert log_odds(share) == pytest.approx(odds)
    assert log_odds(1 - share) == pytest.approx(-odds)


@pytest.mark.parametrize("share", [0.0, 0.001, 0.03, 0.5, 0.97, 1.0])
def test_the_band_holds_the_share_and_is_as_wide_as_95_percent_of_repeated_photographs(
    share: float,
) -> None:
    low, high = NOISE.band(share)
    assert 0 <= low <= share <= high <= 1
    if 0 < share < 1:
        assert log_odds(high) - log_odds(low) == pytest.approx(2 * HALF)


@pytest.mark.parametrize(
    ("before", "odds_apart", "larger"),
    [
        (0.03, 0.0, False),
        (0.03, HALF - 0.01, False),
        (0.03, HALF + 0.01, True),
        (0.5, -HALF + 0.01, False),
        (0.5, -HALF - 0.01, True),
    ],
)
def test_a_difference_counts_when_it_leaves_the_band(
    before: float, odds_apart: float, larger: bool
) -> None:
    after = 1 / (1 + math.exp(-log_odds(before) - odds_apart))
    assert NOISE.exceeds(before, after) is larger
    assert NOISE.exceeds(after, before) is larger
    low, high = NOISE.band(before)
    assert (not low <= after <= high) is larger


def test_a_timeline_runs_from_the_oldest_image_with_its_share_and_band() -> None:
    points = timeline([case("b", 90, 0.2), case("a", 0, 0.02)], frozenset(), NOISE)
    assert [p.case_id for p in points] == ["a", "b"]
    assert [p.share for p in points] == [0.02, 0.2]
    assert [p.melanoma for p in points] == [0.02, 0.2]
    assert [p.level for p in points] == [ROUTINE, REVIEW]
    assert [p.band for p in points] == [NOISE.band(0.02), NOISE.band(0.2)]
    assert {p.series for p in points} == {0}


@pytest.mark.parametrize(
    ("models", "series"),
    [
        ([MODEL, MODEL, MODEL], [0, 0, 0]),
        ([MODEL, NEXT_MODEL, NEXT_MODEL], [0, 1, 1]),
        ([MODEL, NEXT_MODEL, MODEL], [0, 1, 2]),
        ([None, MODEL, NEXT_MODEL], [0, 0, 1]),
        ([MODEL, None, MODEL], [0, 0, 0]),
        ([MODEL, None, NEXT_MODEL], [0, 0, 1]),
    ],
)
def test_a_timeline_breaks_where_the_model_changes(models: list[object], series: list[int]) -> None:
    images = [
        case(f"c{i}", i, 0.1 if model else None, model)  # type: ignore[arg-type]
        for i, model in enumerate(models)
    ]
    assert [p.series for p in timeline(images, frozenset(), None)] == series


def test_a_timeline_breaks_where_only_the_version_of_a_model_changes() -> None:
    from dataclasses import replace

    calibrated = replace(MODEL, version="1.0.1")
    points = timeline([case("a", 0), case("b", 1, model=calibrated)], frozenset(), NOISE)
    assert [p.series for p in points] == [0, 1]
    assert points[1].band is None


def test_a_band_is_drawn_only_for_images_that_the_measured_model_judged() -> None:
    points = timeline([case("a", 0), case("b", 1, model=NEXT_MODEL)], frozenset(), NOISE)
    assert [p.band is not None for p in points] == [True, False]
    assert timeline([case("a", 0)], frozenset(), None)[0].band is None


def test_an_image_that_could_not_be_assessed_has_a_level_and_no_share() -> None:
    (point,) = timeline([case("a", 0, None)], frozenset(), NOISE)
    assert (point.level, point.share, point.melanoma, point.band) == (CANNOT, None, None, None)


def test_a_withheld_image_shows_its_day_and_nothing_else() -> None:
    same = timeline([case("a", 0, 0.9)], frozenset({"a"}), NOISE)
    other = timeline([case("a", 0, 0.01, NEXT_MODEL)], frozenset({"a"}), NOISE)
    assert same == other
    assert same[0].level is None
    between = timeline(
        [case("a", 0), case("b", 1, model=NEXT_MODEL), case("c", 2)], frozenset({"b"}), NOISE
    )
    assert [p.series for p in between] == [0, 0, 0]


def sentences(
    before: float | None, after: float | None, noise: Repeatability | None = NOISE
) -> str:
    images = case("a", 0, before), case("b", 90, after)
    return " ".join(compare(*images, noise, withheld=False).sentences)


def test_a_comparison_tells_levels_and_figures_of_both_images() -> None:
    said = sentences(0.02, 0.55)
    assert "Triage level: routine, then urgent." in said
    assert "P(malignant or suspicious): 2.00 %, then 55.00 %." in said
    assert "P(melanoma): 2.00 %, then 55.00 %." in said
    assert "larger than between repeated photographs" in said


def test_a_comparison_within_the_noise_is_no_evidence_of_change() -> None:
    said = sentences(0.02, 0.025)
    assert "Triage level: routine in both." in said
    assert "no evidence of change" in said


@pytest.mark.parametrize(
    ("before", "after", "warned"), [(0.3, 0.05, True), (0.05, 0.3, False), (0.1, 0.1, False)]
)
def test_a_fall_of_probability_is_said_to_lower_nothing(
    before: float, after: float, warned: bool
) -> None:
    assert ("does not lower the level" in sentences(before, after)) is warned


def test_without_a_measured_repeatability_nothing_is_said_about_noise() -> None:
    assert "repeated photographs" not in sentences(0.02, 0.6, None)


def test_the_noise_of_another_model_says_nothing() -> None:
    images = case("a", 0, 0.02, NEXT_MODEL), case("b", 1, 0.6, NEXT_MODEL)
    said = " ".join(compare(*images, NOISE, withheld=False).sentences)
    assert "P(melanoma)" in said
    assert "repeated photographs" not in said


@pytest.mark.parametrize(("before", "after"), [(None, 0.2), (0.2, None), (None, None)])
def test_an_image_without_findings_is_not_compared_in_figures(
    before: float | None, after: float | None
) -> None:
    said = sentences(before, after)
    assert "could not be assessed" in said
    assert "P(" not in said


def test_images_that_two_models_judged_are_not_compared_in_figures() -> None:
    found = compare(case("a", 0), case("b", 1, 0.9, NEXT_MODEL), NOISE, withheld=False)
    assert not found.comparable
    assert "Different models" in " ".join(found.sentences)
    assert "P(" not in " ".join(found.sentences)


def test_nothing_is_said_while_findings_are_withheld() -> None:
    found = compare(case("a", 0, 0.9), case("b", 1, 0.01), NOISE, withheld=True)
    assert found.sentences == ()


def test_the_earlier_image_comes_first_whichever_was_chosen_first() -> None:
    first, second = case("a", 0, 0.02), case("b", 90, 0.55)
    assert compare(second, first, NOISE, withheld=False) == compare(
        first, second, NOISE, withheld=False
    )
    assert compare(second, first, NOISE, withheld=False).before is first
