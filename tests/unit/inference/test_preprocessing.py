"""What the network sees of a crop."""

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from tests.samples import images
from triage_app.inference.preprocessing import ORIENTATIONS, check_views, model_input, scale


def quadrants(side: int = 64) -> NDArray[np.uint8]:
    """Top left red, top right green, bottom left blue, bottom right white."""
    crop = np.zeros((side, side, 3), np.uint8)
    half = side // 2
    crop[:half, :half, 0] = 255
    crop[:half, half:, 1] = 255
    crop[half:, :half, 2] = 255
    crop[half:, half:] = 255
    return crop


def layout(image: NDArray[np.float32]) -> str:
    """Names of the corners, from the top left, row by row."""
    names = {(1, -1, -1): "r", (-1, 1, -1): "g", (-1, -1, 1): "b", (1, 1, 1): "w"}
    near, far = len(image) // 8, len(image) - 1 - len(image) // 8
    corners = (image[y, x].round().astype(int) for y in (near, far) for x in (near, far))
    return "".join(names[tuple(corner.tolist())] for corner in corners)


def test_values_run_from_minus_one_to_one() -> None:
    assert scale(np.array([0, 255, 127], np.uint8)).tolist() == pytest.approx(
        [-1, 1, -0.003922], abs=1e-6
    )
    batch = model_input(quadrants(), 64)
    assert batch.shape == (1, 64, 64, 3) and batch.dtype == np.float32
    assert (batch.min(), batch.max()) == (-1, 1)


def test_a_crop_of_the_right_size_is_not_resampled() -> None:
    crop = images.square(224)
    assert (model_input(crop, 224)[0] == scale(crop)).all()


@pytest.mark.parametrize("side", [100, 256, 450, 1024])
def test_resizing_is_bicubic_with_antialiasing(side: int) -> None:
    crop = images.square(side)
    exact = Image.fromarray(crop).resize((224, 224), Image.Resampling.BICUBIC)
    difference = (model_input(crop, 224)[0] + 1) * 127.5 - np.asarray(exact)
    assert np.abs(difference).mean() < 1.0
    assert np.abs(difference).max() < 40


@pytest.mark.parametrize(
    ("view", "expected"),
    [
        ("identity", "rgbw"),
        ("flip_horizontal", "grwb"),
        ("flip_vertical", "bwrg"),
        ("rotate_180", "wbgr"),
        ("rotate_90", "gwrb"),
        ("rotate_270", "brwg"),
        ("transpose", "rbgw"),
        ("transverse", "wgbr"),
    ],
)
def test_each_view_turns_the_picture_as_its_name_says(view: str, expected: str) -> None:
    assert (
        layout(model_input(quadrants(), 64, ["identity", view][view == "identity" :])[-1])
        == expected
    )


def test_the_orientations_are_the_eight_of_a_square() -> None:
    batch = model_input(quadrants(), 64, ORIENTATIONS)
    assert len({layout(image) for image in batch}) == len(batch) == 8


def test_a_central_crop_shows_the_middle_larger() -> None:
    crop = np.zeros((200, 200, 3), np.uint8)
    crop[50:150, 50:150] = 255
    whole, middle = model_input(crop, 100, ["identity", "identity@0.5"])
    assert (whole > 0).mean() == pytest.approx(0.25, abs=0.02)
    assert (middle > 0).mean() > 0.99


@pytest.mark.parametrize(
    "views", [[], ["flip_vertical"], ["identity", "x"], ["identity", "identity@"], ["identity@0.9"]]
)
def test_views_that_cannot_be_are_refused(views: list[str]) -> None:
    with pytest.raises(ValueError, match="view"):
        check_views(views)


@pytest.mark.parametrize(
    "array",
    [np.zeros((9, 8, 3), np.uint8), np.zeros((8, 8, 3), np.float32), np.zeros((8, 8), np.uint8)],
)
def test_anything_but_a_square_rgb_crop_is_a_value_error(array: NDArray[np.uint8]) -> None:
    with pytest.raises(ValueError, match="crop"):
        model_input(array, 224)
