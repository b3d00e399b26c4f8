"""Large pictures in little memory: converted in strips, and refused where that does not help."""

import struct

import numpy as np
import pytest
from PIL import Image

from tests.samples import images
from tests.samples.colours import cmyk_profile
from triage_app.domain.errors import ImageRejected
from triage_app.imaging.colour import conversion as colour
from triage_app.imaging.intake import IntakeLimits, decode

LIMITS = IntakeLimits()


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "LA", "L", "1", "P", "CMYK", "I;16"])
@pytest.mark.parametrize("size", [(330, 257), (500, 731)])
@pytest.mark.parametrize("side", [64, 100, 1024])
def test_strips_give_the_picture_that_one_piece_gives(
    monkeypatch: pytest.MonkeyPatch, mode: str, size: tuple[int, int], side: int
) -> None:
    inks = {"icc_profile": cmyk_profile()} if mode == "CMYK" else {}
    data = images.encoded(_noise(size, mode), "TIFF" if inks else "PNG", **inks)
    limits = IntakeLimits(crop_side=side)
    monkeypatch.setattr(colour, "_STRIP_PIXELS", 10**9)
    whole = decode(data, limits)
    for pixels in (1, 5_000, 77_777):
        monkeypatch.setattr(colour, "_STRIP_PIXELS", pixels)
        strips = decode(data, limits)
        assert (strips.crop == whole.crop).all()
        assert strips.notes == whole.notes


def test_reducing_in_strips_is_pillows_own_resizing() -> None:
    picture = _noise((911, 911), "RGB")
    crop = decode(images.encoded(picture, "PNG"), IntakeLimits(crop_side=100)).crop
    resized = picture.resize((100, 100), Image.Resampling.LANCZOS, reducing_gap=2.0)
    assert (crop == np.asarray(resized)).all()


@pytest.mark.parametrize(
    ("width", "height", "refused"), [(8_000, 6_000, False), (8_000, 6_300, True)]
)
def test_a_heic_of_more_than_48_megapixels_is_too_many_pixels(
    width: int, height: int, refused: bool
) -> None:
    whole = images.encoded(images.square(96), "HEIF")
    at = whole.index(b"ispe") + 8
    data = whole[:at] + struct.pack(">II", width, height) + whole[at + 8 :]
    # The smaller one gets as far as its pixels, which are not there.
    assert _code(data) == ("too_many_pixels" if refused else "damaged")


@pytest.mark.parametrize(("height", "refused"), [(4_600, False), (4_800, True)])
def test_a_webp_of_more_than_23_megapixels_is_refused_before_it_is_opened(
    height: int, refused: bool
) -> None:
    size = struct.pack("<I", 4_999)[:3] + struct.pack("<I", height - 1)[:3]
    data = b"RIFF\x60\0\0\0WEBPVP8X\x0a\0\0\0" + bytes(4) + size + bytes(60)
    assert _code(data) == ("too_many_pixels" if refused else "damaged")


@pytest.mark.parametrize(
    ("options", "height", "refused"),
    [
        ({"progressive": True, "subsampling": 0}, 6_800, True),
        ({"progressive": True, "subsampling": 2}, 6_800, False),
        ({"subsampling": 0}, 6_800, False),
    ],
)
def test_a_large_progressive_jpeg_with_all_its_colour_is_too_many_pixels(
    options: dict[str, object], height: int, refused: bool
) -> None:
    whole = images.encoded(images.square(96), **options)
    at = max(whole.find(b"\xff\xc0"), whole.find(b"\xff\xc2")) + 5
    data = whole[:at] + struct.pack(">HH", height, 10_000) + whole[at + 4 :]
    if refused:
        with pytest.raises(ImageRejected, match=r"66 million pixels.*progressive JPEG"):
            decode(data, LIMITS)
    else:
        # It gets as far as its pixels, most of which are not there.
        assert _code(data) == "damaged"


def test_a_jpeg_whose_sampling_is_zero_is_refused_like_any_damaged_file() -> None:
    whole = images.encoded(images.square(96), progressive=True)
    at = whole.index(b"\xff\xc2") + 10
    data = bytearray(whole)
    for component in range(3):
        data[at + 3 * component + 1] = 0
    assert _code(bytes(data)) == "damaged"


def _noise(size: tuple[int, int], mode: str) -> Image.Image:
    rng = np.random.default_rng(5)
    values = rng.integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    picture = Image.fromarray(values)
    if mode == "I;16":
        return Image.fromarray(values[..., 0].astype(np.uint16) * 257)
    return picture.convert(mode)


def _code(data: bytes) -> str:
    with pytest.raises(ImageRejected) as caught:
        decode(data, LIMITS)
    return caught.value.code
