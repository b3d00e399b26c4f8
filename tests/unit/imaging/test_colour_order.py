"""Of several statements on colour the right one counts, and what can't be converted is refused."""

import struct
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from tests.samples import colours, images, synthetic
from tests.samples.colours import SPACES, cicp, exif, iccp, png, profile
from triage_app.domain.errors import ImageRejected
from triage_app.imaging.colour.chunks import CodePoints, HeicColour, heic_colour
from triage_app.imaging.colour.tags import ColoursUnknown, of_exif
from triage_app.imaging.intake import IntakeLimits, decode

LIMITS = IntakeLimits()
REFERENCE = synthetic.pixels(3, 96)
P3 = colours.written(REFERENCE, SPACES["Display P3"])
LINEAR = profile(SPACES["linear"])
OF_P3 = profile(SPACES["Display P3"])
GAMMA = (b"gAMA", struct.pack(">I", 100_000))
SRGB = (b"sRGB", b"\0")
FINE = {"quality": 98, "subsampling": 0}


def off(data: bytes) -> float:
    """Mean difference of the decoded picture from the sRGB version, of 255."""
    return float(np.abs(decode(data, LIMITS).crop.astype(int) - REFERENCE).mean())


def refusal(data: bytes) -> str:
    with pytest.raises(ImageRejected) as caught:
        decode(data, LIMITS)
    assert caught.value.code == "unsupported_format"
    return str(caught.value)


@pytest.mark.parametrize(
    "data",
    [
        png(P3, GAMMA, SRGB, iccp(LINEAR), cicp(12, 13)),
        png(P3, cicp(12, 13), SRGB, GAMMA),
        png(P3, GAMMA, SRGB, iccp(OF_P3)),
        png(P3, iccp(OF_P3), (b"eXIf", exif(65535, "R03")[6:])),
        png(P3, cicp(2, 2), iccp(OF_P3)),
        images.encoded(P3, exif=exif(1), icc_profile=OF_P3, **FINE),
        images.encoded(P3, exif=exif(65535, "R03"), icc_profile=OF_P3, **FINE),
        images.encoded(P3, "WEBP", lossless=True, exif=exif(65535), icc_profile=OF_P3),
        images.encoded(
            P3, "TIFF", icc_profile=OF_P3, tiffinfo={0x012D: tuple(range(0, 65536, 256))}
        ),
        colours.heic(P3, SPACES["Display P3"], exif=exif(1)),
        colours.heic(P3, SPACES["Display P3"], exif=exif(65535)),
        colours.heic_with_both(P3, OF_P3, (1, 13)),
        colours.heic_with_both(P3, OF_P3, (1, 8)),
        colours.bmp(P3, b"MBED", space=SPACES["linear"], content=OF_P3),
    ],
)
def test_the_statement_that_comes_first_in_the_standards_counts(data: bytes) -> None:
    assert off(data) < 1.3


@pytest.mark.parametrize(
    "data",
    [
        png(REFERENCE, SRGB, GAMMA),
        png(REFERENCE, cicp(1, 13), iccp(LINEAR)),
        png(REFERENCE, SRGB, (b"eXIf", exif(65535, "R03")[6:])),
        images.encoded(REFERENCE, "BMP"),
        colours.bmp(REFERENCE, b"sRGB"),
        colours.bmp(REFERENCE, b"Win "),
        colours.bmp(REFERENCE, bytes(4)),
        colours.heic(REFERENCE),
        images.encoded(REFERENCE, "TIFF", tiffinfo=colours.primaries(SPACES["sRGB"])),
    ],
)
def test_what_is_srgb_or_says_nothing_is_left_as_it_is(data: bytes) -> None:
    assert off(data) < 0.7
    assert decode(data, LIMITS).notes == ()


def _coded_profile(transfer: int) -> bytes:
    tag = b"cicp" + bytes(4) + bytes((9, transfer, 0, 1))
    return colours.profile(SPACES["BT.2020"], more={b"cicp": tag})


def _pq(light: NDArray[np.float64]) -> NDArray[np.float64]:
    """SMPTE ST 2084, of light relative to its peak."""
    power = light**0.1593017578125
    return ((0.8359375 + 18.8515625 * power) / (1 + 18.6875 * power)) ** 78.84375


def _hlg(light: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rec. ITU-R BT.2100, table 5."""
    upper = 0.17883277 * np.log(np.maximum(12 * light - 0.28466892, 1e-9)) + 0.55991073
    return np.where(light <= 1 / 12, np.sqrt(3 * light), upper)


@pytest.mark.parametrize("transfer", [16, 18])
def test_high_dynamic_range_is_refused_however_it_is_declared(transfer: int) -> None:
    curve = _pq if transfer == 16 else _hlg
    rec2020 = SPACES["BT.2020"]
    bright = colours.Space(
        rec2020.to_d50, rec2020.primaries, rec2020.white, curve, 0, (9, transfer)
    )
    for data in (
        png(P3, cicp(9, transfer)),
        png(P3, cicp(9, transfer), iccp(OF_P3)),
        colours.heic(P3, bright),
        colours.heic(P3, bright, full=0),
        colours.heic_with_both(P3, OF_P3, (9, transfer)),
        images.encoded(P3, icc_profile=_coded_profile(transfer)),
        images.encoded(P3, icc_profile=profile(bright)),
        images.encoded(P3, "WEBP", icc_profile=profile(bright, form="lookup")),
    ):
        assert "high dynamic range (HLG or PQ)" in refusal(data)


def _damaged_profiles() -> list[bytes]:
    no_curve = OF_P3.replace(b"gTRC", b"xTRC")
    singular = OF_P3.replace(
        OF_P3[_at(b"gXYZ") : _at(b"gXYZ") + 20], OF_P3[_at(b"rXYZ") : _at(b"rXYZ") + 20]
    )
    return [b"not a profile" * 20, OF_P3[:100], OF_P3[: len(OF_P3) // 2], no_curve, singular]


def _at(tag: bytes) -> int:
    """Where the body of a tag of the P3 profile lies."""
    return int(struct.unpack_from(">I", OF_P3, OF_P3.index(tag) + 4)[0])


@pytest.mark.parametrize("content", _damaged_profiles())
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "HEIF"])
def test_a_damaged_profile_leaves_the_colours_unknown(kind: str, content: bytes) -> None:
    said = refusal(images.encoded(P3, kind, icc_profile=content))
    assert "colours of this image are not known" in said


def test_a_profile_that_is_for_other_pictures_is_refused() -> None:
    grey, ink = colours.grey_profile(SPACES["gamma 1.8"]), colours.cmyk_profile()
    inks = Image.fromarray(REFERENCE).convert("CMYK")
    for data in (
        images.encoded(P3, icc_profile=grey),
        images.encoded(P3, icc_profile=ink),
        images.encoded(P3, icc_profile=images.icc_file({}, kind=b"link")),
    ):
        assert "not known" in refusal(data)
    for data in (images.encoded(inks), images.encoded(inks, icc_profile=OF_P3)):
        assert "CMYK" in refusal(data)


def test_a_jpeg_that_lacks_a_part_of_its_profile_is_refused() -> None:
    long = profile(SPACES["Display P3"], form="lookup")
    data = images.encoded(P3, icc_profile=long, **FINE)
    second = data.index(b"ICC_PROFILE\0\x02") - 4
    length = int.from_bytes(data[second + 2 : second + 4], "big")
    assert "not known" in refusal(data[:second] + data[second + 2 + length :])


@pytest.mark.parametrize(
    "data",
    [
        png(P3, (b"iCCP", b"profile\0\0not deflated")),
        png(P3, (b"cICP", b"\x0c\x0d")),
        png(P3, (b"gAMA", bytes(4))),
        png(P3, (b"gAMA", struct.pack(">I", 4_000_000))),
        png(P3, (b"cHRM", struct.pack(">8I", *[33_333] * 8))),
        png(P3, cicp(3, 13)),
        png(P3, cicp(12, 9)),
        png(P3, cicp(12, 2)),
        colours.bmp(P3, b"LINK", content=b"c:\\profile.icc\0"),
        colours.bmp(P3, b"MBED", content=OF_P3[:150]),
        images.encoded(P3, "TIFF", tiffinfo={0x013E: (0.3, 0.3), 0x013F: (0.3,) * 6}),
    ],
)
def test_a_statement_that_makes_no_sense_is_refused(data: bytes) -> None:
    assert "Export the original photograph again, with sRGB colours." in refusal(data)


WRITERS: dict[str, Callable[..., bytes]] = {
    "JPEG": lambda *said: images.encoded(P3, exif=exif(*said)),
    "WebP": lambda *said: images.encoded(P3, "WEBP", exif=exif(*said)),
    "PNG": lambda *said: png(P3, (b"eXIf", exif(*said)[6:])),
    "HEIC": lambda *said: colours.heic(P3, exif=exif(*said)),
    "TIFF": lambda *said: colours.tiff_by_hand(P3, exif=said),
}


@pytest.mark.parametrize("kind", WRITERS)
@pytest.mark.parametrize("said", [(65535, ""), (65535, "THM"), (1, "R03")])
def test_exif_data_that_say_not_srgb_and_no_more_leave_the_colours_unknown(
    kind: str, said: tuple[int, str]
) -> None:
    assert "colours" in refusal(WRITERS[kind](*said))


def test_a_heic_that_is_srgb_by_its_box_and_adobe_rgb_by_its_exif_data_is_refused() -> None:
    data = colours.heic(P3, SPACES["sRGB"], exif=exif(65535, "R03"))
    assert "in one place" in refusal(data)


def _box(name: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I4s", 8 + len(body), name) + body


@pytest.mark.parametrize("wide", [False, True])
def test_colours_of_a_tiled_heic_are_those_of_its_primary_picture_or_of_its_tiles(
    wide: bool,
) -> None:
    nclx = [_box(b"colr", b"nclx", struct.pack(">HHHB", p, 13, 6, 128)) for p in (9, 12)]
    form, grid = (">I", 300) if wide else (">H", 3)
    links = {1: [1], 2: [2], grid: []}

    def number(item: int) -> bytes:
        return struct.pack(form, item)

    ipma = b"".join(
        number(item) + bytes([len(of)]) + b"".join(struct.pack(">H", 0x8000 | i) for i in of)
        for item, of in links.items()
    )
    flags = bytes((int(wide), 0, 0, 1))
    meta = bytes(4) + _box(b"pitm", bytes([int(wide)]), bytes(3), number(grid))
    meta += _box(
        b"iref", bytes([int(wide)]), bytes(3), _box(b"dimg", number(grid), b"\0\1", number(2))
    )
    meta += _box(b"iprp", _box(b"ipco", *nclx), _box(b"ipma", flags, struct.pack(">I", 3), ipma))
    data = _box(b"ftyp", b"heic") + _box(b"meta", meta)
    assert heic_colour(data) == HeicColour(None, CodePoints(12, 13, True))
    for end in range(len(data)):
        heic_colour(data[:end])


class HalfLost(dict[int, dict[int, int]]):
    """EXIF data of which only the first directory can still be read."""

    def get_ifd(self, tag: int) -> dict[int, int]:
        if tag not in self:
            raise ValueError("cannot be read")
        return self[tag]


@pytest.mark.parametrize("stated", [65535, 2])
def test_exif_that_says_not_srgb_and_lost_the_rest_is_not_taken_for_srgb(stated: int) -> None:
    with pytest.raises(ColoursUnknown):
        of_exif(HalfLost({0x8769: {0xA001: stated}}))  # type: ignore[arg-type]


def test_exif_that_lost_its_rest_and_said_srgb_or_nothing_is_srgb() -> None:
    assert of_exif(HalfLost({0x8769: {0xA001: 1}})) is None  # type: ignore[arg-type]
    assert of_exif(HalfLost({})) is None  # type: ignore[arg-type]
