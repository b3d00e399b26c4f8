"""The overlay shows the heat and nothing else, and reads without colour vision."""

from io import BytesIO

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from tests.samples import images
from triage_app.imaging import overlay


def opened(data: bytes) -> Image.Image:
    return Image.open(BytesIO(data))


def as_rgba(data: bytes) -> Image.Image:
    """As a browser draws it."""
    return opened(data).convert("RGBA")


def heat(*hot: tuple[int, int]) -> NDArray[np.float32]:
    cells = np.zeros((7, 7), np.float32)
    for row, column in hot:
        cells[row, column] = 1
    return cells


def test_no_heat_is_fully_transparent() -> None:
    drawing = np.asarray(as_rgba(overlay.render_overlay(heat(), 200)))
    assert drawing.shape == (200, 200, 4)
    assert (drawing[..., 3] == 0).all()


def test_full_heat_is_fully_opaque() -> None:
    drawing = np.asarray(as_rgba(overlay.render_overlay(np.ones((7, 7), np.float32), 64)))
    assert (drawing[..., 3] == 255).all()


def test_opacity_follows_the_heat() -> None:
    ramp = np.tile(np.linspace(0, 1, 7, dtype=np.float32), (7, 1))
    alpha = np.asarray(as_rgba(overlay.render_overlay(ramp, 210)))[105, :, 3].astype(int)
    assert (np.diff(alpha) >= 0).all()
    assert abs(alpha[105] - 128) <= 2


def test_a_hot_cell_is_drawn_where_it_lies_in_the_crop() -> None:
    alpha = np.asarray(as_rgba(overlay.render_overlay(heat((1, 5)), 280)))[..., 3].astype(float)
    rows, columns = np.mgrid[0:280, 0:280]
    assert abs((alpha * rows).sum() / alpha.sum() - 60) < 3
    assert abs((alpha * columns).sum() / alpha.sum() - 220) < 3


def test_lightness_of_the_scale_rises_without_a_break() -> None:
    ramp = np.tile(np.linspace(0, 1, 256, dtype=np.float32), (256, 1))
    colours = np.asarray(as_rgba(overlay.render_overlay(ramp, 256)))[0, :, :3]
    luma = colours @ np.array([0.2126, 0.7152, 0.0722])
    assert (np.diff(luma) > -1).all()
    assert luma[-1] - luma[0] > 120


def test_blending_at_zero_opacity_leaves_the_crop() -> None:
    crop = images.square(160)
    drawn = overlay.blend(crop, overlay.render_overlay(heat((3, 3)), 160), 0.0)
    assert (np.asarray(drawn) == crop).all()


def test_blending_changes_only_where_there_is_heat() -> None:
    crop = images.square(210)
    drawn = np.asarray(overlay.blend(crop, overlay.render_overlay(heat((3, 3)), 210), 0.6))
    assert (drawn[:30] == crop[:30]).all()
    assert np.abs(drawn[105, 105].astype(int) - crop[105, 105]).max() > 30


def test_blending_fits_an_overlay_of_another_size() -> None:
    drawn = overlay.blend(images.square(300), overlay.render_overlay(heat((0, 0)), 64), 0.5)
    assert drawn.size == (300, 300)


def test_a_small_drawing_shows_on_a_large_crop_what_a_large_drawing_shows() -> None:
    warm = np.random.default_rng(3).random((7, 7), np.float32)
    crop = images.square(900)
    small, large = (
        np.asarray(overlay.blend(crop, overlay.render_overlay(warm, side), 0.6)).astype(int)
        for side in (overlay.OVERLAY_SIDE, 900)
    )
    assert np.abs(small - large).max() <= 12
    assert np.abs(small - large).mean() < 0.5


@pytest.mark.parametrize("opacity", [-0.1, 1.1, float("nan")])
def test_an_opacity_out_of_range_is_a_value_error(opacity: float) -> None:
    with pytest.raises(ValueError, match="opacity"):
        overlay.blend(images.square(64), overlay.render_overlay(heat(), 64), opacity)


def test_a_stored_crop_keeps_its_pixels_and_has_no_metadata() -> None:
    crop = images.square(300)
    picture = opened(overlay.encode_jpeg(crop))
    assert (picture.format, picture.size, len(picture.getexif())) == ("JPEG", (300, 300), 0)
    assert "icc_profile" not in picture.info
    assert np.abs(np.asarray(picture).astype(int) - crop).mean() < 2.5


def test_a_thumbnail_is_small_and_never_enlarged() -> None:
    assert opened(overlay.thumbnail(images.square(500))).size == (160, 160)
    assert opened(overlay.thumbnail(images.square(100))).size == (100, 100)
    assert len(overlay.thumbnail(images.square(500))) < 12_000
