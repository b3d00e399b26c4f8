"""Which colour space a file declares, found in the order of precedence of its format.

Only primaries and transfer curve count: names and descriptions say nothing. What cannot be
converted truly is refused, because colours a little off have changed the level of real pictures.
"""

import contextlib
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NoReturn

from PIL import Image

from triage_app.domain.errors import ImageRejected
from triage_app.imaging.colour import chunks
from triage_app.imaging.colour.chunks import Calibration, CodePoints
from triage_app.imaging.colour.icc import (
    GreyCurve,
    HighDynamicRange,
    ProfileUnusable,
    ViaLittleCms,
    read_profile,
)
from triage_app.imaging.colour.spaces import (
    BT709,
    CURVE_OF_CODE,
    HDR_CODES,
    PRIMARIES_OF_CODE,
    VIDEO_CODES,
    Chromaticities,
    ColourSpace,
    Curve,
    narrow,
    of_chromaticities,
    power,
    srgb_linear,
)
from triage_app.imaging.colour.tags import ColoursUnknown, of_exif, of_tags

Space = ColourSpace | ViaLittleCms
_GREY = frozenset({"1", "L", "LA", "La"})
_UNSPECIFIED = 2
_NOTE = "Colours declared by {} converted to sRGB."
_OF_VIDEO = " The code is one of video: if the camera meant sRGB, the picture is now too light."
# Of a transfer curve. PNG's own test pictures go from 0.4 to 2.9.
_LEAST_EXPONENT, _MOST_EXPONENT = 0.3, 3.3


@dataclass(frozen=True)
class Declared:
    """The space to convert from, None for sRGB and for files that declare none; ``note`` says in
    words what is converted or assumed, empty where nothing is."""

    space: Space | None = None
    note: str = ""


def declared_colour(image: Image.Image, data: bytes) -> Declared:
    """What an opened, not yet loaded file declares. ``data``: all its bytes.

    Raises:
        ImageRejected: unsupported_format where the colours cannot be converted truly.
    """
    # CIELAB names colours by itself; a profile can add nothing.
    if image.mode == "LAB":
        return Declared()
    try:
        found = _READERS.get(str(image.format), _profile_or_exif)(image, data)
        if image.mode == "CMYK" and not _is_for_cmyk(found.space):
            _refuse_cmyk()
        if image.mode != "CMYK" and _is_for_cmyk(found.space):
            _refuse_profile()
        return found if found.space is None or not found.space.is_srgb() else Declared()
    except (ProfileUnusable, struct.error, ValueError, TypeError, ZeroDivisionError):
        _refuse_profile()
    except ColoursUnknown:
        _refuse_unknown()
    except HighDynamicRange:
        _refuse_hdr()


def _is_for_cmyk(space: Space | None) -> bool:
    return isinstance(space, ViaLittleCms) and space.mode == "CMYK"


def _profile_or_exif(image: Image.Image, data: bytes) -> Declared:
    del data
    return _profile(image) or _exif(image)


def _png(image: Image.Image, data: bytes) -> Declared:
    """PNG (third edition), 4.3: cICP before iCCP before sRGB before gAMA and cHRM."""
    found = chunks.png_chunks(data)
    coded = _coded(chunks.png_code_points(found[b"cICP"])) if b"cICP" in found else None
    if coded or b"iCCP" in found:
        return coded or _profile(image) or _refuse_profile()
    if b"sRGB" in found:
        return Declared()
    if b"gAMA" in found or b"cHRM" in found:
        return _calibrated(chunks.png_calibration(found), "gAMA and cHRM")
    # Not asked of Pillow, which would decode the picture to look for it.
    return _exif_block(found[b"eXIf"]) if b"eXIf" in found else Declared()


def _heif(image: Image.Image, data: bytes) -> Declared:
    """A profile before the code points (ISO/IEC 23000-22, 7.3.6.4), these before EXIF."""
    found = chunks.heic_colour(data)
    points = found.code_points
    if points and points.transfer in HDR_CODES:
        raise HighDynamicRange
    # The decoder has used range and matrix already, which belong to its own kind of compression.
    coded = _coded(CodePoints(points.primaries, points.transfer, True)) if points else None
    return _profile(image) or (coded and _not_contradicted(coded, image)) or _exif(image)


def _not_contradicted(coded: Declared, image: Image.Image) -> Declared:
    # Encoders that are told nothing write the code points of sRGB, and keep EXIF data as they are.
    is_srgb = coded.space is None or coded.space.is_srgb()
    if is_srgb and _exif(image).space is not None:
        _refuse(
            "The file declares its colours as sRGB in one place and as Adobe RGB in another, so "
            "that they are not known."
        )
    return coded


def _bmp(image: Image.Image, data: bytes) -> Declared:
    kind = chunks.bmp_colour_kind(data)
    if kind == b"MBED":
        return _of_profile(image, chunks.bmp_profile(data))
    if kind == b"LINK":
        _refuse("The colour profile of this image lies in another file.")
    if kind == bytes(4):
        return _calibrated(chunks.bmp_calibration(data), "the file's header")
    return Declared()


def _tiff(image: Image.Image, data: bytes) -> Declared:
    del data
    return _profile(image) or _by_tags(image) or _exif(image)


def _by_tags(image: Image.Image) -> Declared | None:
    space = of_tags(getattr(image, "tag_v2", {}))
    return Declared(space, _NOTE.format("the file's colour tags")) if space else None


_READERS: Mapping[str, Callable[[Image.Image, bytes], Declared]] = {
    "PNG": _png,
    "HEIF": _heif,
    "BMP": _bmp,
    "TIFF": _tiff,
}


def _profile(image: Image.Image) -> Declared | None:
    if "icc_profile" not in image.info:
        return None
    # Pillow puts None where the parts of a profile don't fit together.
    return _of_profile(image, image.info["icc_profile"] or b"")


def _of_profile(image: Image.Image, profile: bytes) -> Declared:
    space = read_profile(profile)
    note = "Embedded colour profile converted to sRGB."
    if not isinstance(space, GreyCurve):
        return Declared(space, note)
    if not _is_grey(image):
        raise ProfileUnusable
    return Declared(of_chromaticities(BT709, space.curve), note)


def _is_grey(image: Image.Image) -> bool:
    # Pillow opens grey with alpha of 16 bits as RGBA.
    as_written = getattr(image, "tile", None) or [""]
    return image.mode in _GREY or image.mode.startswith("I") or "LA;16B" in str(as_written[0])


def _coded(points: CodePoints) -> Declared | None:
    """None where the codes say "unspecified"."""
    if points.transfer in HDR_CODES:
        raise HighDynamicRange
    if _UNSPECIFIED in (points.primaries, points.transfer):
        if points.primaries == points.transfer:
            return None
        _refuse_codes(points)
    curve = CURVE_OF_CODE.get(points.transfer)
    primaries = PRIMARIES_OF_CODE.get(points.primaries)
    if curve is None or primaries is None:
        _refuse_codes(points)
    space = of_chromaticities(primaries, curve if points.full_range else narrow(curve))
    note = _NOTE.format(f"code ({points.primaries}/{points.transfer})")
    return Declared(space, note + (_OF_VIDEO if points.transfer in VIDEO_CODES else ""))


def _calibrated(stated: Calibration, where: str) -> Declared:
    """Of primaries and exponents; what is unstated is as in sRGB."""
    if not all(_LEAST_EXPONENT <= e <= _MOST_EXPONENT for e in stated.exponents):
        raise ProfileUnusable
    curves = tuple(map(power, stated.exponents)) or (srgb_linear,)
    return _of_primaries(stated.primaries or BT709, curves, where)


def _of_primaries(primaries: Chromaticities, curves: tuple[Curve, ...], where: str) -> Declared:
    space = of_chromaticities(primaries, *curves)
    if space is None:
        raise ProfileUnusable
    return Declared(space, _NOTE.format(where))


def _exif(image: Image.Image) -> Declared:
    # Of TIFF files the tags are in the file itself; elsewhere EXIF data come as a block.
    return _of_exif(image.getexif())


def _exif_block(block: bytes) -> Declared:
    exif = Image.Exif()
    with contextlib.suppress(Exception):
        exif.load(b"Exif\0\0" + block)
    return _of_exif(exif)


def _of_exif(exif: Image.Exif) -> Declared:
    space = of_exif(exif)
    return Declared(space, _NOTE.format("EXIF data") if space else "")


def _refuse(first: str) -> NoReturn:
    raise ImageRejected(
        "unsupported_format", f"{first} Export the original photograph again, with sRGB colours."
    )


def _refuse_profile() -> NoReturn:
    _refuse(
        "The colours of this image are not known: what the file states about them is damaged, or "
        "doesn't fit the picture."
    )


def _refuse_unknown() -> NoReturn:
    _refuse("The file says that its colours are not sRGB, without saying which they are.")


def _refuse_codes(points: CodePoints) -> NoReturn:
    _refuse(
        "The colours of this image are declared by a code that is not known here "
        f"({points.primaries}/{points.transfer})."
    )


def _refuse_hdr() -> NoReturn:
    raise ImageRejected(
        "unsupported_format",
        "This image is in high dynamic range (HLG or PQ), whose colours have no true counterpart "
        "in the standard range. Switch HDR off in the camera and take the photograph again, or "
        "export it as an sRGB JPEG.",
    )


def _refuse_cmyk() -> NoReturn:
    _refuse(
        "This image is in CMYK, a form for printing, and holds no profile that tells its colours."
    )
