"""Each way in which a file can be damaged, and each form that is intact and isn't read."""

import struct
import zlib
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.hostile.containers import PNG_START, Part, box, joined, parts_of, png_chunk
from tests.samples import images
from triage_app.config import PROJECT_ROOT
from triage_app.domain.errors import ImageRejected
from triage_app.imaging.intake import IntakeLimits, decode

LIMITS = IntakeLimits()
DATA = PROJECT_ROOT / "tests" / "samples" / "data"
PIXELS = images.dermoscopic(320, 240)


def refusal(data: bytes) -> ImageRejected:
    with pytest.raises(ImageRejected) as caught:
        decode(data, LIMITS)
    return caught.value


def written(kind: str = "JPEG", **options: Any) -> bytes:
    return images.encoded(PIXELS, kind, **options)


def test_the_sentence_says_damaged_and_what_to_do() -> None:
    error = refusal(written()[:-3000])
    assert error.code == "damaged"
    assert "damaged" in str(error) and "Copy it again" in str(error)


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"restart_marker_rows": 1}])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.85, 0.99])
def test_a_jpeg_that_is_cut_and_closed_again_is_damaged(options: dict, share: float) -> None:
    whole = written(quality=92, **options)
    assert refusal(whole[: int(share * len(whole))] + b"\xff\xd9").code == "damaged"


def test_a_progressive_jpeg_without_its_last_scan_is_damaged() -> None:
    whole = written(progressive=True)
    last = whole.rindex(b"\xff\xda")
    assert refusal(whole[:last] + b"\xff\xd9").code == "damaged"


@pytest.mark.parametrize("turn", [0, 3])
def test_a_jpeg_with_a_restart_marker_out_of_turn_is_damaged(turn: int) -> None:
    whole = bytearray(written(restart_marker_rows=1))
    at = whole.index(bytes((0xFF, 0xD0 + turn)), whole.index(b"\xff\xda"))
    whole[at + 1] ^= 1
    assert refusal(bytes(whole)).code == "damaged"


def test_eight_stretches_left_out_between_restart_markers_are_damage() -> None:
    whole = written(restart_marker_blocks=5)
    scan = whole.index(b"\xff\xda")
    first = whole.index(b"\xff\xd0", scan)
    ninth = whole.index(b"\xff\xd0", first + 2)
    assert refusal(whole[:first] + whole[ninth:]).code == "damaged"


@pytest.mark.parametrize(
    "end",
    [
        b"\xff\xd9" + bytes(4000),
        b"\xff\xd9" + b"SEFH" + bytes(range(256)) * 9,
        b"\xff\xd9" + images.jpeg(seed=3),
        b"",
        bytes(30) + b"\xff\xd9",
        b"\xff" * 30 + b"\xff\xd9",
        b"\x12\x34" + b"\xff\xd9",
    ],
    ids=["zeros", "trailer", "picture", "no end", "padding", "fill", "strays"],
)
@pytest.mark.parametrize("progressive", [False, True])
def test_what_devices_write_at_the_end_of_a_jpeg_is_no_damage(
    end: bytes, progressive: bool
) -> None:
    whole = written(progressive=progressive)
    expected = decode(whole, LIMITS).crop
    assert (decode(whole[:-2] + end, LIMITS).crop == expected).all()


@pytest.mark.parametrize("subsampling", [0, 2])
@pytest.mark.parametrize("optimize", [False, True])
def test_zeros_behind_a_jpeg_are_no_damage_also_where_its_own_codes_end_in_zeros(
    subsampling: int, optimize: bool
) -> None:
    for plain in range(40, 64):
        pixels = images.dermoscopic(160, 120)
        # The usual code of two colours that stay as they were is a byte of zeros.
        pixels[-plain:] = 128
        whole = images.encoded(pixels, quality=95, subsampling=subsampling, optimize=optimize)
        padded = whole[:-2] + bytes(16) + whole[-2:]
        assert (decode(padded, LIMITS).crop == decode(whole, LIMITS).crop).all()


def test_a_jpeg_whose_brightness_steps_within_a_row_and_stays_is_damaged() -> None:
    """Every block is legal: a wrong step of brightness goes on to the end of the picture."""
    pixels = PIXELS.astype(int)
    pixels[128:] += 30
    pixels[112:128, 144:] += 30
    stepped = images.encoded(np.clip(pixels, 0, 255).astype(np.uint8), quality=95)
    assert refusal(stepped).code == "damaged"


def test_a_border_around_the_picture_is_no_damage() -> None:
    framed = PIXELS.copy()
    framed[:32] = framed[-48:] = 255
    framed[:, :16] = 0
    for kind in ("JPEG", "BMP", "TIFF"):
        assert decode(images.encoded(framed, kind), LIMITS).crop.shape == (240, 240, 3)


def test_a_png_with_one_wrong_byte_anywhere_is_damaged() -> None:
    whole = written("PNG")
    for at in (20, 60, len(whole) // 2, len(whole) - 20):
        changed = bytearray(whole)
        changed[at] ^= 4
        assert refusal(bytes(changed)).code == "damaged"


def test_a_png_whose_rows_end_early_with_sums_that_fit_is_damaged() -> None:
    header, *_ = parts_of("PNG", written("PNG"))
    rows = zlib.compress(bytes(239 * (1 + 3 * 320)))
    parts = (header, Part(b"IDAT", rows), Part(b"IEND", b""))
    assert refusal(PNG_START + b"".join(map(png_chunk, parts))).code == "damaged"


def test_a_png_with_a_piece_of_its_stream_left_out_is_damaged() -> None:
    parts = parts_of("PNG", images.encoded(images.dermoscopic(400, 400), "PNG"))
    rows = [part for part in parts if part.name == b"IDAT"]
    assert len(rows) > 2
    parts.remove(rows[1])
    assert refusal(joined("PNG", parts)).code == "damaged"


@pytest.mark.parametrize("options", [{}, {"lossless": True}, {"quality": 95}])
@pytest.mark.parametrize("share", [0.5, 0.9])
def test_a_webp_whose_last_part_is_zeros_is_damaged(options: dict, share: float) -> None:
    whole = written("WEBP", **options)
    keep = int(share * len(whole))
    assert refusal(whole[:keep] + bytes(len(whole) - keep)).code == "damaged"


def test_a_webp_with_damaged_transparency_is_damaged() -> None:
    drawn = Image.fromarray(PIXELS)
    drawn.putalpha(drawn.convert("L"))
    whole = images.encoded(drawn, "WEBP", quality=90)
    changed = [
        Part(part.name, part.body[:40] + bytes(len(part.body) - 40))
        if part.name == b"ALPH"
        else part
        for part in parts_of("WEBP", whole)
    ]
    decode(whole, LIMITS)
    assert refusal(joined("WEBP", changed)).code == "damaged"


@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA"])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
def test_a_heic_whose_last_part_is_zeros_is_damaged(mode: str, share: float) -> None:
    whole = images.encoded(Image.fromarray(PIXELS).convert(mode), "HEIF")
    start = whole.index(b"mdat") + 4
    keep = start + int(share * (len(whole) - start))
    decode(whole, LIMITS)
    assert refusal(whole[:keep] + bytes(len(whole) - keep)).code == "damaged"


def test_a_heic_with_a_hole_in_one_of_its_tiles_is_damaged() -> None:
    whole = images.encoded(images.square(300), "HEIF", tile_size=160)
    decode(whole, LIMITS)
    at = whole.index(b"mdat") + 4 + (len(whole) - whole.index(b"mdat")) // 2
    assert refusal(whole[:at] + bytes(64) + whole[at + 64 :]).code == "damaged"


@pytest.mark.parametrize(
    "options",
    [{"compression": "tiff_lzw"}, {"compression": "tiff_adobe_deflate"}, {"compression": "jpeg"}],
)
def test_a_tiff_with_a_hole_in_a_strip_is_damaged(options: dict) -> None:
    whole = written("TIFF", **options)
    decode(whole, LIMITS)
    at = len(whole) // 2
    assert refusal(whole[:at] + bytes(400) + whole[at + 400 :]).code == "damaged"


@pytest.mark.parametrize("kind", ["BMP", "TIFF"])
@pytest.mark.parametrize("fill", [0, 255])
def test_rows_of_uncoded_pixels_that_were_written_over_are_damage(kind: str, fill: int) -> None:
    whole = written(kind)
    at = len(whole) // 2 + 301
    assert refusal(whole[:at] + bytes([fill]) * 5000 + whole[at + 5000 :]).code == "damaged"


def test_an_arithmetic_coded_jpeg_is_named() -> None:
    error = refusal((DATA / "intact_arithmetic.jpg").read_bytes())
    assert error.code == "unsupported_format" and "arithmetic-coded JPEG" in str(error)


@pytest.mark.parametrize(
    ("marker", "bits", "name"),
    [
        (0xC3, 8, "lossless"),
        (0xC9, 8, "arithmetic-coded"),
        (0xC5, 8, "hierarchical"),
        (0xC1, 12, "12 bits"),
    ],
)
def test_a_jpeg_of_another_process_is_named(marker: int, bits: int, name: str) -> None:
    whole = bytearray(written())
    at = whole.index(b"\xff\xc0")
    whole[at + 1], whole[at + 4] = marker, bits
    error = refusal(bytes(whole))
    assert error.code == "unsupported_format" and name in str(error)


def _with_tag(tag: int, value: int) -> bytes:
    """An uncoded TIFF, one number of whose directory is another."""
    whole = bytearray(written("TIFF"))
    (start,) = struct.unpack_from("<I", whole, 4)
    for entry in range(struct.unpack_from("<H", whole, start)[0]):
        at = start + 2 + 12 * entry
        if struct.unpack_from("<H", whole, at)[0] == tag:
            struct.pack_into("<I", whole, at + 8, value)
    return bytes(whole)


@pytest.mark.parametrize(
    ("tag", "value", "name"),
    [
        (262, 6, "YCbCr"),
        (262, 32803, "camera raw"),
        (259, 34712, "JPEG 2000"),
        (259, 50000, "Zstandard"),
        (259, 6, "old-style JPEG"),
    ],
)
def test_a_tiff_of_a_form_that_is_not_read_is_named(tag: int, value: int, name: str) -> None:
    error = refusal(_with_tag(tag, value))
    assert error.code == "unsupported_format" and name in str(error)


def test_floating_point_numbers_in_a_tiff_are_named() -> None:
    pixels = Image.fromarray(np.ones((100, 100), np.float32))
    error = refusal(images.encoded(pixels, "TIFF"))
    assert error.code == "unsupported_format" and "floating-point" in str(error)


@pytest.mark.parametrize(
    ("codec", "name"), [(b"avc1", "H.264"), (b"av01", "AV1"), (b"jpeg", "JPEG")]
)
def test_another_codec_in_a_heif_file_is_named(codec: bytes, name: str) -> None:
    whole = written("HEIF")
    at = whole.index(b"hvc1", whole.index(b"infe"))
    error = refusal(whole[:at] + codec + whole[at + 4 :])
    assert error.code == "unsupported_format" and name in str(error)


def test_a_smaller_copy_behind_the_photograph_in_a_tiff_is_no_second_picture() -> None:
    decoded = decode((DATA / "photo_and_reduced_resolution_thumbnail.tif").read_bytes(), LIMITS)
    assert (decoded.width, decoded.height) == (240, 240)


def test_a_heic_whose_picture_lies_beyond_its_end_is_damaged() -> None:
    whole = written("HEIF")
    parts = [part for part in parts_of("HEIF", whole) if part.name != b"mdat"]
    assert refusal(b"".join(map(box, parts))).code == "damaged"
