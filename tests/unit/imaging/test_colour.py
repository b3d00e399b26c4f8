"""The same colours, declared in any way that a format has, give the same picture."""

from collections.abc import Callable
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from tests.samples import colours, images, synthetic
from tests.samples.colours import SPACES, Space
from triage_app.imaging.intake import Decoded, IntakeLimits, decode

LIMITS = IntakeLimits()
SIDE = 192
# Mean of 255: what 8 bits of another space lose, and what the best lossy files lose as well.
LOSSLESS, LOSSY = 0.35, 1.3
Pixels = NDArray[np.unsignedinteger]
Way = Callable[[Pixels, Space], bytes]


@cache
def reference() -> NDArray[np.uint8]:
    """Skin with a lesion, uint8 sRGB."""
    return synthetic.pixels(3, SIDE)


def declared(name: str, way: Way, depth: int = 8) -> Decoded:
    space = SPACES[name]
    return decode(way(colours.written(reference(), space, depth), space), LIMITS)


def off(decoded: Decoded) -> float:
    """Mean difference from the sRGB version, of 255."""
    return float(np.abs(decoded.crop.astype(int) - reference()).mean())


def embedded(kind: str, form: str = "table", **options: object) -> Way:
    return lambda pixels, space: images.encoded(
        pixels, kind, icc_profile=colours.profile(space, form=form), **options
    )


FINE = {"quality": 98, "subsampling": 0}
LOSSLESS_WAYS: dict[str, Way] = {
    "WebP": embedded("WEBP", lossless=True),
    "TIFF": embedded("TIFF"),
    "PNG": embedded("PNG"),
    "PNG with a table of colours": embedded("PNG", "lookup"),
    "BMP": lambda p, s: colours.bmp(p, b"MBED", content=colours.profile(s)),
    "tags of a TIFF": colours.tiff,
}
LOSSY_WAYS: dict[str, Way] = {
    "JPEG": embedded("JPEG", **FINE),
    "HEIC": embedded("HEIF", quality=98, chroma=444),
}
CODED: dict[str, Way] = {
    "cICP": lambda p, s: colours.png(p, colours.cicp(*(s.codes or ()))),
    "nclx": colours.heic,
    "nclx of video range": lambda p, s: colours.heic(p, s, full=0),
}
CALIBRATED: dict[str, Way] = {
    "gamma": embedded("PNG", "gamma"),
    "gAMA and cHRM": lambda p, s: colours.png(p, *colours.gama_chrm(s)),
    "endpoints of a BMP": lambda p, s: colours.bmp(p, bytes(4), space=s),
    "primaries in EXIF data": lambda p, s: images.encoded(
        p, exif=colours.exif(65535, "", s), **FINE
    ),
}


@pytest.mark.parametrize("name", SPACES)
def test_every_container_gives_the_srgb_picture_of_a_space(name: str) -> None:
    space = SPACES[name]
    ways = LOSSLESS_WAYS | LOSSY_WAYS | (CODED if space.codes else {})
    for way, write in (ways | (CALIBRATED if space.exponent else {})).items():
        decoded = declared(name, write)
        assert off(decoded) < (LOSSLESS if way in LOSSLESS_WAYS else LOSSY), (name, way)
        # What was converted is said, and what was not isn't.
        assert bool(decoded.notes) is (name != "sRGB"), (name, way, decoded.notes)


def test_what_isnt_declared_would_be_off_by_much() -> None:
    for name in ("Adobe RGB", "Display P3", "ProPhoto", "BT.2020", "linear", "gamma 1.8"):
        decoded = declared(name, lambda pixels, _: images.encoded(pixels, "PNG"))
        assert off(decoded) > 3, name


@pytest.mark.parametrize(
    "label", ["sRGB", "Linear sRGB", "DCI-P3 D65 Gamut with sRGB Transfer", ""]
)
@pytest.mark.parametrize("name", ["sRGB", "Display P3", "linear"])
def test_a_profile_is_judged_by_what_it_holds_and_never_by_its_name(name: str, label: str) -> None:
    content = colours.profile(SPACES[name], name=label)
    decoded = declared(name, lambda p, _: images.encoded(p, "PNG", icc_profile=content))
    assert off(decoded) < LOSSLESS
    assert bool(decoded.notes) is (name != "sRGB")


EXIF_WAYS: dict[str, Callable[..., bytes]] = {
    "JPEG": lambda p, *said: images.encoded(p, exif=colours.exif(*said), **FINE),
    "WebP": lambda p, *said: images.encoded(p, "WEBP", lossless=True, exif=colours.exif(*said)),
    "PNG": lambda p, *said: colours.png(p, (b"eXIf", colours.exif(*said)[6:])),
    "HEIC": lambda p, *said: colours.heic(p, exif=colours.exif(*said)),
    "TIFF": lambda p, *said: colours.tiff_by_hand(p, exif=said),
}


@pytest.mark.parametrize("kind", EXIF_WAYS)
@pytest.mark.parametrize(("stated", "index"), [(65535, "R03"), (2, ""), (None, "R03")])
def test_adobe_rgb_declared_by_exif_alone_is_converted(
    kind: str, stated: int | None, index: str
) -> None:
    decoded = declared("Adobe RGB", lambda p, _: EXIF_WAYS[kind](p, stated, index))
    assert off(decoded) < LOSSY
    assert decoded.notes == ("Colours declared by EXIF data converted to sRGB.",)


@pytest.mark.parametrize("kind", EXIF_WAYS)
@pytest.mark.parametrize(("stated", "index"), [(1, "R98"), (1, ""), (65535, "R98"), (None, "THM")])
def test_srgb_declared_by_exif_is_left_as_it_is(kind: str, stated: int | None, index: str) -> None:
    decoded = declared("sRGB", lambda p, _: EXIF_WAYS[kind](p, stated, index))
    assert off(decoded) < LOSSY
    assert decoded.notes == ()


@pytest.mark.parametrize("name", ["linear", "ProPhoto", "Display P3"])
@pytest.mark.parametrize("kind", ["PNG", "PNG with alpha", "TIFF"])
def test_sixteen_bits_lose_nothing_in_dark_tones(name: str, kind: str) -> None:
    def write(pixels: Pixels, space: Space) -> bytes:
        chunk = colours.iccp(colours.profile(space))
        if kind == "PNG with alpha":
            opaque = np.full((*pixels.shape[:2], 1), 65535, np.uint16)
            return colours.png(np.concatenate([pixels, opaque], axis=2), chunk)
        return (
            colours.png(pixels, chunk)
            if kind == "PNG"
            else colours.tiff_by_hand(pixels, content=colours.profile(space))
        )

    dark = (reference() // 4).astype(np.uint8)
    space = SPACES[name]
    decoded = decode(write(colours.written(dark, space, 16), space), LIMITS)
    assert np.abs(decoded.crop.astype(int) - dark).mean() < (0.3 if name == "linear" else 1.3)
    assert "16-bit values reduced to 8 bits." in decoded.notes


def test_a_large_linear_picture_is_reduced_to_the_picture_that_srgb_gives() -> None:
    pixels = synthetic.pixels(5, 700)
    limits = IntakeLimits(crop_side=128)
    plain = decode(images.encoded(pixels, "PNG"), limits).crop.astype(int)
    for depth in (8, 16):
        data = colours.png(colours.written(pixels, SPACES["linear"], depth), colours.cicp(1, 8))
        assert np.abs(decode(data, limits).crop - plain).mean() < 1


def test_palettes_grey_and_alpha_are_converted_too() -> None:
    linear = SPACES["linear"]
    values = colours.written(reference(), linear)
    chunks = colours.gama_chrm(linear)
    grey = np.asarray(Image.fromarray(reference()).convert("L"))
    light = colours.written(np.repeat(grey[..., None], 3, axis=2), linear)[..., 0]
    assert (
        np.abs(
            decode(colours.png(light, *chunks), LIMITS).crop - grey[..., None].astype(int)
        ).mean()
        < 0.5
    )
    opaque = np.full((SIDE, SIDE, 1), 255, np.uint8)
    alpha = decode(colours.png(np.concatenate([values, opaque], axis=2), *chunks), LIMITS)
    assert off(alpha) < LOSSLESS and "Transparency flattened on white." in alpha.notes
    palette = Image.fromarray(values).quantize(256)
    same = images.encoded(palette.convert("RGB"), "PNG")
    few = images.encoded(palette, "PNG")
    assert (
        decode(colours.with_chunks(few, *chunks), LIMITS).crop
        == decode(colours.with_chunks(same, *chunks), LIMITS).crop
    ).all()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF"])
def test_a_grey_profile_is_used_on_grey_pictures(kind: str) -> None:
    content = colours.grey_profile(SPACES["gamma 1.8"])
    options = {"quality": 98} if kind == "JPEG" else {}
    grey = np.asarray(Image.fromarray(reference()).convert("L"))
    stored = colours.written(np.repeat(grey[..., None], 3, axis=2), SPACES["gamma 1.8"])[..., 0]
    decoded = decode(images.encoded(stored, kind, icc_profile=content, **options), LIMITS)
    assert np.abs(decoded.crop - grey[..., None].astype(int)).mean() < LOSSY


def test_a_cmyk_picture_is_converted_by_its_profile() -> None:
    inks = Image.fromarray(reference()).convert("CMYK")
    data = images.encoded(inks, "TIFF", icc_profile=colours.cmyk_profile())
    decoded = decode(data, LIMITS)
    assert off(decoded) < 3
    assert "Embedded colour profile converted to sRGB." in decoded.notes


def test_a_jpeg_of_rgb_components_keeps_its_colours() -> None:
    decoded = declared("Display P3", embedded("JPEG", keep_rgb=True, **FINE))
    assert off(decoded) < LOSSY


def test_a_profile_in_many_segments_of_a_jpeg_is_put_together() -> None:
    space = SPACES["Display P3"]
    long = colours.profile(space, form="lookup")
    assert len(long) > 3 * 65_519
    decoded = declared("Display P3", lambda p, _: images.encoded(p, icc_profile=long, **FINE))
    assert off(decoded) < LOSSY
