"""Every kind of upload becomes an upright sRGB square, or is refused with its cause."""

from io import BytesIO

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from tests.samples import images
from tests.samples.colours import cmyk_profile
from triage_app.domain.errors import ImageRejected
from triage_app.imaging.files.formats import declared_webp_size
from triage_app.imaging.intake import IntakeLimits, decode

LIMITS = IntakeLimits()


def rejection(data: bytes, limits: IntakeLimits = LIMITS) -> ImageRejected:
    with pytest.raises(ImageRejected) as caught:
        decode(data, limits)
    assert str(caught.value).endswith(".")
    return caught.value


def colour_at(crop: np.ndarray, x: float, y: float) -> str:
    side = crop.shape[0]
    pixel = crop[int(y * side), int(x * side)]
    return ("red", "green", "blue")[int(pixel.argmax())]


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "BMP", "HEIF"])
def test_each_accepted_format_gives_the_central_square(kind: str) -> None:
    pixels = images.dermoscopic(400, 300)
    decoded = decode(
        images.encoded(pixels, kind, **({"quality": 95} if kind != "BMP" else {})), LIMITS
    )
    assert (decoded.format, decoded.width, decoded.height) == (kind, 400, 300)
    assert decoded.media_type.startswith("image/")
    assert decoded.crop.shape == (300, 300, 3) and decoded.crop.dtype == np.uint8
    difference = decoded.crop.astype(int) - pixels[:, 50:350]
    assert np.abs(difference).mean() < 4
    assert decoded.notes == ()


def test_a_large_picture_is_reduced_to_the_crop_side_and_keeps_its_original_size() -> None:
    decoded = decode(images.jpeg(width=1900, height=1400), IntakeLimits(crop_side=512))
    assert decoded.crop.shape == (512, 512, 3)
    assert (decoded.width, decoded.height) == (1900, 1400)


def test_reducing_while_decoding_gives_the_picture_that_full_decoding_gives() -> None:
    pixels = images.dermoscopic(1400, 1400)
    quick = decode(images.encoded(pixels, quality=95), IntakeLimits(crop_side=512)).crop
    full = decode(images.encoded(pixels, "PNG"), IntakeLimits(crop_side=512)).crop
    assert np.abs(quick.astype(int) - full).mean() < 1.5


def test_a_small_picture_is_not_enlarged() -> None:
    assert decode(images.jpeg(width=90, height=70), LIMITS).crop.shape == (70, 70, 3)


def test_no_bytes_are_empty() -> None:
    assert rejection(b"").code == "empty"


@pytest.mark.parametrize(
    "data", [b"hello, this is a note", b"\0" * 5000, bytes(range(256)) * 40, b"\xff", b"PK\x03\x04"]
)
def test_bytes_that_are_no_picture_are_not_an_image(data: bytes) -> None:
    assert rejection(data).code == "not_an_image"


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"%PDF-1.7\n" + b"x" * 300, "PDF"),
        (bytes(128) + b"DICM" + bytes(500), "DICOM"),
        (b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'/>", "SVG"),
        (b"\0\0\0\x20ftypavif" + bytes(200), "AVIF"),
        (b"\0\0\0\x20ftypisom" + bytes(200), "video"),
    ],
)
def test_a_known_other_format_is_named(data: bytes, name: str) -> None:
    error = rejection(data)
    assert error.code == "unsupported_format"
    assert name in str(error)


def test_a_still_gif_is_unsupported() -> None:
    gif = images.encoded(Image.fromarray(images.square(96)).convert("P"), "GIF")
    assert rejection(gif).code == "unsupported_format"


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP", "TIFF"])
def test_animations_and_pages_are_multi_frame(kind: str) -> None:
    assert rejection(images.animated(kind)).code == "multi_frame"


def test_a_phone_picture_with_a_second_picture_behind_is_its_first() -> None:
    decoded = decode(images.phone_mpo(), LIMITS)
    first = images.dermoscopic(320, 240, images.Lesion(seed=1))[:, 40:280]
    assert (decoded.format, decoded.media_type) == ("JPEG", "image/jpeg")
    assert np.abs(decoded.crop.astype(int) - first).mean() < 4


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "BMP", "HEIF"])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_a_file_cut_short_is_truncated(kind: str, share: float) -> None:
    whole = images.encoded(images.dermoscopic(400, 300), kind)
    assert rejection(whole[: int(share * len(whole))]).code == "damaged"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "BMP"])
def test_a_file_of_only_its_first_bytes_is_truncated(kind: str) -> None:
    whole = images.encoded(images.dermoscopic(400, 300), kind)
    assert rejection(whole[:16]).code == "damaged"


def test_a_picture_of_one_pixel_is_too_small() -> None:
    assert rejection(images.encoded(Image.new("RGB", (1, 1)), "PNG")).code == "too_small"


def test_the_shorter_side_decides_what_is_too_small() -> None:
    strip = images.encoded(Image.new("RGB", (4000, 63)), "PNG")
    assert rejection(strip).code == "too_small"
    assert decode(images.encoded(Image.new("RGB", (4000, 64)), "PNG"), LIMITS).crop.shape[0] == 64


def test_a_hundred_megapixels_are_too_many_before_any_is_decoded() -> None:
    header_only = images.png_file(10_000, 10_000, b"")
    assert rejection(header_only).code == "too_many_pixels"


def test_sizes_beyond_pillows_own_limit_are_too_many_pixels() -> None:
    assert rejection(images.png_file(60_000, 60_000, b"")).code == "too_many_pixels"


def test_a_side_of_more_than_twenty_thousand_is_too_many_pixels() -> None:
    assert rejection(images.png_file(20_001, 100, b"")).code == "too_many_pixels"


def test_a_decompression_bomb_is_too_many_pixels() -> None:
    bomb = images.decompression_bomb()
    assert len(bomb) < 200_000
    assert rejection(bomb).code == "too_many_pixels"


@pytest.mark.parametrize("options", [{}, {"lossless": True}, {"exif": b"Exif\0\0II*\0"}])
def test_the_size_that_a_webp_declares_is_read_in_each_of_its_layouts(options: dict) -> None:
    data = images.encoded(images.dermoscopic(310, 170), "WEBP", **options)
    assert declared_webp_size(data) == (310, 170)


def test_a_webp_that_declares_too_many_pixels_is_refused_before_it_is_opened() -> None:
    huge = b"RIFF\x60\0\0\0WEBPVP8X\x0a\0\0\0" + bytes(4) + b"\xff\x3f\0\xff\x3f\0" + bytes(60)
    assert declared_webp_size(huge) == (16384, 16384)
    assert rejection(huge).code == "too_many_pixels"


def test_more_bytes_than_allowed_are_too_large() -> None:
    data = images.jpeg()
    error = rejection(data, IntakeLimits(max_bytes=len(data) - 1))
    assert error.code == "too_large"
    decode(data, IntakeLimits(max_bytes=len(data)))


def test_cmyk_keeps_its_colours() -> None:
    data = images.encoded(Image.open(BytesIO(images.cmyk_jpeg())), icc_profile=cmyk_profile())
    decoded = decode(data, LIMITS)
    expected = images.dermoscopic()[:, 75:525]
    assert "CMYK converted to RGB." in decoded.notes
    assert np.abs(decoded.crop.astype(int) - expected).mean() < 6


def assert_end_of_ramp(row: NDArray[np.uint8]) -> None:
    """A row from black to white; its dark side counts as unlit and may be left out."""
    whole = np.linspace(0, 255, 128)
    assert 96 < len(row) <= 128
    assert np.abs(row.astype(int) - whole[-len(row) :]).max() <= 1


@pytest.mark.parametrize("colour", [True, False])
def test_sixteen_bit_values_keep_their_range(colour: bool) -> None:
    decoded = decode(images.sixteen_bit_png(colour), LIMITS)
    assert "16-bit values reduced to 8 bits." in decoded.notes
    assert ("Grey image: it holds no colour." in decoded.notes) is not colour
    assert_end_of_ramp(decoded.crop[64, :, 0])


def test_sixteen_bit_tiff_is_read_at_full_range() -> None:
    values = np.linspace(0, 65535, 128).astype(np.uint16)
    tiff = images.encoded(Image.fromarray(np.broadcast_to(values, (128, 128)).copy()), "TIFF")
    assert_end_of_ramp(decode(tiff, LIMITS).crop[64, :, 1])


def test_floating_point_pixels_are_unsupported() -> None:
    tiff = images.encoded(Image.fromarray(np.ones((100, 100), np.float32)), "TIFF")
    assert rejection(tiff).code == "unsupported_format"


@pytest.mark.parametrize("mode", ["L", "1", "LA"])
def test_grey_becomes_rgb_with_a_note(mode: str) -> None:
    grey = images.encoded(Image.fromarray(images.square(128)).convert(mode), "PNG")
    decoded = decode(grey, LIMITS)
    assert "Grey image: it holds no colour." in decoded.notes
    assert (decoded.crop[..., 0] == decoded.crop[..., 2]).all()


def test_alpha_is_flattened_on_white() -> None:
    decoded = decode(images.transparent_png(), LIMITS)
    assert "Transparency flattened on white." in decoded.notes
    assert tuple(decoded.crop[64, 20]) == (90, 50, 40)
    assert tuple(decoded.crop[64, 110]) == (255, 255, 255)


def test_a_palette_becomes_its_colours() -> None:
    palette = images.marked().convert("P", palette=Image.Palette.ADAPTIVE)
    decoded = decode(images.encoded(palette, "PNG"), LIMITS)
    assert "Palette colours converted to RGB." in decoded.notes
    assert colour_at(decoded.crop, 0.1, 0.5) == "red"


def test_an_embedded_colour_profile_is_applied() -> None:
    linear = np.full((100, 100, 3), 55, np.uint8)
    data = images.encoded(linear, "PNG", icc_profile=images.linear_rgb_profile())
    decoded = decode(data, LIMITS)
    assert decoded.notes == ("Embedded colour profile converted to sRGB.",)
    assert np.abs(decoded.crop.astype(int) - 128).max() <= 2


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "HEIF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied_once_in_each_format(kind: str, orientation: int) -> None:
    decoded = decode(images.rotated_by_exif(orientation, kind), LIMITS)
    sideways = orientation >= 5
    assert (decoded.width, decoded.height) == ((200, 300) if sideways else (300, 200))
    # Red was at the left of the stored picture; in the crop it is a band of a quarter of the side.
    band = {
        1: "left",
        2: "right",
        3: "right",
        4: "left",
        5: "top",
        6: "top",
        7: "bottom",
        8: "bottom",
    }
    place = {"left": (0.1, 0.5), "right": (0.9, 0.5), "top": (0.5, 0.1), "bottom": (0.5, 0.9)}
    assert colour_at(decoded.crop, *place[band[orientation]]) == "red"
    # Blue was at the top right of the stored picture.
    blue = {1: (0.9, 0.2), 2: (0.1, 0.2), 3: (0.1, 0.8), 4: (0.9, 0.8)}
    blue |= {5: (0.2, 0.9), 6: (0.8, 0.9), 7: (0.8, 0.1), 8: (0.2, 0.1)}
    assert colour_at(decoded.crop, *blue[orientation]) == "blue"
    turned = "Turned upright as its EXIF orientation says." in decoded.notes
    assert turned is (orientation != 1)


def test_damaged_exif_does_not_reject_the_picture() -> None:
    broken = b"Exif\0\0MM\0*\0\0\0\x08\xff\xff" + b"\xff" * 40
    data = images.encoded(images.square(200), exif=broken)
    assert decode(data, LIMITS).crop.shape == (200, 200, 3)


def test_hundreds_of_damaged_files_give_a_picture_or_a_rejection_and_nothing_else() -> None:
    rng = np.random.default_rng(7)
    originals = [
        images.encoded(images.square(80), kind)
        for kind in ("JPEG", "PNG", "WEBP", "TIFF", "BMP", "HEIF")
    ]
    for turn in range(600):
        damaged = bytearray(originals[turn % len(originals)])
        for position in rng.integers(0, min(len(damaged), 600), 6):
            damaged[position] = rng.integers(0, 256)
        try:
            assert decode(bytes(damaged), LIMITS).crop.ndim == 3
        except ImageRejected as error:
            assert error.code
