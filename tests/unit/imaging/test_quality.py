"""Quality measures: a good drawing passes, each fault is named and graded by its degree."""

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from tests.samples import images
from triage_app.domain.quality import GRADE_ORDER, Grade, QualityFinding
from triage_app.imaging.quality import measure

GOOD, BORDERLINE, POOR = Grade.GOOD, Grade.BORDERLINE, Grade.POOR
# Of a drawn lesion with a white patch, by the formulas as they were first written.
VALUES = {
    "sharpness": 0.86457,
    "brightness": 183.62039,
    "glare": 0.0096,
    "contrast": 142.0352,
    "colour": 0.48993,
    "framing": 0.01018,
    "resolution": 300.0,
}


def finding(crop: NDArray[np.uint8], code: str) -> QualityFinding:
    return next(f for f in measure(crop).findings if f.code == code)


def blurred(sigma: float) -> NDArray[np.uint8]:
    picture = Image.fromarray(images.square(256))
    return np.asarray(picture.filter(ImageFilter.GaussianBlur(sigma)))


def faded(share: float) -> NDArray[np.uint8]:
    return (images.square(256) * (1 - share) + 180 * share).astype(np.uint8)


def with_glare(radius: float) -> NDArray[np.uint8]:
    crop = images.square(256)
    y, x = (np.mgrid[0:256, 0:256] + 0.5) / 256
    crop[np.hypot(x - 0.45, y - 0.55) < radius] = 255
    return crop


def off_centre(x: float) -> NDArray[np.uint8]:
    return images.square(256, images.Lesion(x=x, radius=0.15))


@pytest.mark.parametrize("side", [256, 450, 1024])
def test_a_sharp_well_lit_centred_lesion_is_good_at_any_size(side: int) -> None:
    quality = measure(images.square(side))
    assert quality.grade is GOOD
    assert all(f.advice == "" for f in quality.findings)


def test_every_measure_is_named_once_with_a_limit_on_its_side() -> None:
    codes = [f.code for f in measure(images.square(256)).findings]
    assert len(codes) == len(set(codes)) == 7


@pytest.mark.parametrize(
    ("code", "grades"),
    [
        ("sharpness", [GOOD, POOR, POOR]),
        ("brightness", [GOOD, BORDERLINE, POOR]),
        ("contrast", [GOOD, BORDERLINE, POOR]),
        ("glare", [GOOD, BORDERLINE, POOR]),
        ("framing", [GOOD, BORDERLINE, POOR]),
        ("resolution", [GOOD, BORDERLINE, POOR]),
    ],
)
def test_each_fault_lowers_the_grade_as_it_grows(code: str, grades: list[Grade]) -> None:
    series = {
        "sharpness": [blurred(0.3), blurred(2), blurred(4)],
        "brightness": [(images.square(256) * g).astype(np.uint8) for g in (1, 0.5, 0.2)],
        "contrast": [faded(0.3), faded(0.93), faded(0.98)],
        "glare": [with_glare(0.02), with_glare(0.08), with_glare(0.25)],
        "framing": [off_centre(0.4), off_centre(0.16), off_centre(0.06)],
        "resolution": [images.square(side) for side in (300, 200, 100)],
    }[code]
    found = [finding(crop, code) for crop in series]
    assert [f.grade for f in found] == grades
    assert all(f.advice.endswith(".") for f in found[1:])


def test_the_values_are_those_that_the_limits_were_set_on() -> None:
    crop = images.square(300)
    crop[100:120, 140:170] = 250
    assert {f.code: f.value for f in measure(crop).findings} == pytest.approx(VALUES, abs=1e-4)


def test_heavier_blur_never_looks_sharper() -> None:
    values = [finding(blurred(s), "sharpness").value for s in (0.3, 0.5, 1, 1.5, 2, 3)]
    assert values == sorted(values, reverse=True)


def test_a_grey_picture_is_poor_in_colour() -> None:
    grey = np.asarray(Image.fromarray(images.square(256)).convert("L").convert("RGB"))
    assert finding(grey, "colour").grade is POOR


@pytest.mark.parametrize("colour", [(226, 178, 158), (0, 0, 0), (255, 255, 255), (90, 60, 50)])
def test_a_plain_field_is_poor(colour: tuple[int, int, int]) -> None:
    assert measure(np.full((300, 300, 3), colour, np.uint8)).grade is POOR


def test_plain_skin_with_camera_noise_is_poor() -> None:
    noise = np.random.default_rng(0).normal(0, 3, (300, 300, 3))
    skin = np.clip(np.array([226, 178, 158]) + noise, 0, 255).astype(np.uint8)
    assert finding(skin, "contrast").grade is POOR


def test_dark_corners_of_a_round_view_do_not_count() -> None:
    crop = images.square(256)
    y, x = (np.mgrid[0:256, 0:256] + 0.5) / 256 - 0.5
    crop[np.hypot(x, y) > 0.5] = 0
    assert measure(crop).grade is GOOD


def test_the_stated_limit_is_the_one_that_decided() -> None:
    for crop in (images.square(256), images.square(200), images.square(100)):
        resolution = finding(crop, "resolution")
        below = resolution.value < resolution.limit
        assert below is (resolution.grade is not GOOD)


def test_the_worst_measure_is_the_grade() -> None:
    quality = measure(blurred(4))
    worst = max((f.grade for f in quality.findings), key=GRADE_ORDER.index)
    assert quality.grade is worst is POOR


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((10, 12, 3), np.uint8),
        np.zeros((10, 10), np.uint8),
        np.zeros((10, 10, 4), np.uint8),
        np.zeros((10, 10, 3), np.float32),
        np.zeros((0, 0, 3), np.uint8),
    ],
)
def test_anything_but_a_square_rgb_crop_is_a_value_error(array: NDArray[np.uint8]) -> None:
    with pytest.raises(ValueError, match="crop"):
        measure(array)


def test_the_smallest_accepted_crop_is_graded_without_failing() -> None:
    assert measure(images.square(64)).grade is POOR
