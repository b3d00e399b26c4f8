"""The shape of a picture: the same for its copies, another for every other picture."""

import itertools

import numpy as np
import pytest

from tests.samples.pictures import COPIES, Pixels, drawn, encoded
from triage_app.imaging.likeness import (
    ALIKE,
    BAND_BITS,
    BANDS,
    Shape,
    Sought,
    compared,
    pixels_of,
)

SEEDS = range(3)


def _crop(pixels: Pixels) -> Pixels:
    side = min(pixels.shape[:2])
    top, left = (pixels.shape[0] - side) // 2, (pixels.shape[1] - side) // 2
    return np.ascontiguousarray(pixels[top : top + side, left : left + side])


def _both(pixels: Pixels) -> tuple[Shape, Sought]:
    found = compared(_crop(pixels))
    assert found is not None
    return found


def _shape(pixels: Pixels) -> Shape:
    return _both(pixels)[0]


def _finds(pixels: Pixels, shape: Shape) -> bool:
    """Whether a search with this picture meets the shape by a key, and takes it for a copy."""
    asked = _both(pixels)[1]
    met = any(key in values for key, values in zip(shape.keys, asked.keys, strict=True))
    return met and asked.distance(shape.signs) <= ALIKE


@pytest.mark.parametrize("how", COPIES)
def test_a_copy_is_found_by_the_original_and_the_original_by_its_copy(how: str) -> None:
    for seed in SEEDS:
        original = drawn(seed)
        copy = COPIES[how](original)
        assert _finds(copy, _shape(original)), seed
        assert _finds(original, _shape(copy)), seed


def test_no_two_different_pictures_are_taken_for_copies() -> None:
    both = [_both(drawn(seed)) for seed in range(12)]
    for (_, asked), (shape, _) in itertools.permutations(both, 2):
        assert asked.distance(shape.signs) > ALIKE


def test_a_shape_is_small_and_its_keys_are_parts_of_it() -> None:
    shape, asked = _both(drawn(1))
    assert len(shape.signs) == 27
    assert len(shape.keys) == BANDS and all(0 <= key < 2**BAND_BITS for key in shape.keys)
    assert asked.distance(shape.signs) == 0
    assert asked.distance(shape.signs[:-1]) > ALIKE


@pytest.mark.parametrize("level", [0, 127, 255])
def test_a_picture_without_structure_has_no_shape_and_is_a_copy_of_nothing(level: int) -> None:
    flat = np.full((200, 200, 3), level, np.uint8)
    assert compared(flat) is None


def test_a_crop_is_read_back_as_it_was_stored_and_anything_else_is_refused() -> None:
    assert pixels_of(encoded(drawn(1))).shape == (300, 400, 3)
    for other in (b"", b"no picture", encoded(drawn(1))[:40], encoded(drawn(1), "PNG")):
        with pytest.raises(ValueError, match="no JPEG"):
            pixels_of(other)
