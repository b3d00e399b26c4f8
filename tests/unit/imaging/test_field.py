"""The lit field of the dermatoscope: found in frames of every shape, and nowhere else."""

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.samples import images
from triage_app.imaging.field import Square, analysed_square, lit_part

SIDE = 320
Pixels = NDArray[np.uint8]


def lesion(seed: int = 0, side: int = SIDE) -> Pixels:
    return images.square(side, images.Lesion(seed=seed))


def round_frame(pixels: Pixels, radius: float, shift: tuple[float, float] = (0, 0)) -> Pixels:
    """Unlit outside a circle; radius and shift in shares of the side."""
    side = pixels.shape[0]
    rows, columns = (np.mgrid[0:side, 0:side] + 0.5) / side - 0.5
    lit = np.hypot(rows - shift[0], columns - shift[1]) < radius
    return np.where(lit[..., None], pixels, 6).astype(np.uint8)


def unlit_share(pixels: Pixels, part: Square) -> float:
    inside = pixels[part.top : part.top + part.side, part.left : part.left + part.side]
    return float((inside.max(axis=2) < 20).mean())


@pytest.mark.parametrize("seed", range(6))
def test_a_picture_without_a_frame_is_analysed_whole(seed: int) -> None:
    assert analysed_square(lesion(seed)) == Square(0, 0, SIDE)


@pytest.mark.parametrize("radius", [0.35, 0.42, 0.5, 0.58, 0.65])
@pytest.mark.parametrize("shift", [(0.0, 0.0), (0.06, -0.04)])
def test_of_a_round_field_the_largest_square_inside_is_taken(
    radius: float, shift: tuple[float, float]
) -> None:
    framed = round_frame(lesion(), radius, shift)
    part = analysed_square(framed)
    assert unlit_share(framed, part) <= 0.03
    assert part.side < SIDE
    if shift == (0.0, 0.0):
        # A square inside a circle has the circle's diameter as its diagonal; its own corners may be
        # cut a little.
        inside = min(1, radius * 2**0.5)
        assert inside - 0.02 <= part.side / SIDE <= inside + 0.1
        assert part.left == pytest.approx(part.top, abs=4)


def test_bars_and_masks_that_are_cut_are_left_out() -> None:
    barred = lesion()
    barred[:40], barred[-52:] = 3, 3
    part = analysed_square(barred)
    assert part.top >= 38
    assert part.top + part.side <= SIDE - 50
    cut = round_frame(lesion(), 0.6)
    cut[:, :24] = 2
    assert unlit_share(cut, analysed_square(cut)) <= 0.03


@pytest.mark.parametrize("place", ["left", "top", "corner"])
def test_a_black_lesion_that_reaches_the_border_is_no_frame(place: str) -> None:
    pixels = lesion()
    rows, columns = np.mgrid[0:SIDE, 0:SIDE] / SIDE
    centre = {"left": (0.5, 0.0), "top": (0.0, 0.5), "corner": (0.0, 0.0)}[place]
    dark = np.hypot(rows - centre[0], columns - centre[1]) < 0.3
    pixels = np.where(dark[..., None], 12, pixels).astype(np.uint8)
    assert analysed_square(pixels) == Square(0, 0, SIDE)


@pytest.mark.parametrize("size", [(240, 400), (400, 240), (64, 64), (65, 1000)])
def test_any_shape_gives_a_square_inside_it(size: tuple[int, int]) -> None:
    rng = np.random.default_rng(1)
    for level in (0, 30, 200):
        pixels = rng.integers(0, level + 50, (*size, 3), dtype=np.uint8)
        part = analysed_square(pixels)
        assert part.side > 0
        assert 0 <= part.top <= size[0] - part.side
        assert 0 <= part.left <= size[1] - part.side


def test_a_dark_picture_is_not_taken_for_a_frame() -> None:
    assert analysed_square(np.full((SIDE, SIDE, 3), 9, np.uint8)).side == SIDE


def test_of_a_framed_crop_the_lit_part_is_left_and_of_any_other_all() -> None:
    framed = round_frame(lesion(), 0.5)
    part = lit_part(framed)
    assert part.shape[0] == part.shape[1] < SIDE
    assert unlit_share(part, Square(0, 0, part.shape[0])) < 0.02
    assert lit_part(lesion()) is not framed and lit_part(lesion()).shape == (SIDE, SIDE, 3)


def test_a_lit_part_too_small_to_judge_is_not_believed() -> None:
    tiny = round_frame(lesion(side=80), 0.5)
    assert lit_part(tiny).shape == tiny.shape
