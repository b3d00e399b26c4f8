"""Colour in TIFF tags and EXIF data: TIFF 6.0, section 20, and Exif 3.0 with DCF 2.0."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from PIL import Image

from triage_app.imaging.colour.spaces import (
    ADOBE_1998,
    BT709,
    Chromaticities,
    ColourSpace,
    Curve,
    of_chromaticities,
    of_samples,
    power,
    srgb_linear,
)

_TRANSFER_FUNCTION, _WHITE_POINT, _PRIMARIES = 0x012D, 0x013E, 0x013F
_EXIF_IFD, _INTEROP_IFD = 0x8769, 0xA005
_COLOUR_SPACE, _GAMMA, _INTEROP_INDEX = 0xA001, 0xA500, 0x0001
# Exif knows 1 and 65535; 2 is a common extension for Adobe RGB.
_SRGB, _ADOBE, _UNCALIBRATED = 1, 2, 0xFFFF
# Adobe RGB (1998) colour image encoding, 4.3.1.2.
_ADOBE_EXPONENT = 2 + 51 / 256
# TIFF 6.0, section 20: the curve where no table is given.
_USUAL_EXPONENT = 2.2


class ColoursUnknown(Exception):
    """The file says that its colours are not sRGB, or contradicts itself, without saying more."""


def of_tags(tags: Mapping[int, Any], exponent: float | None = None) -> ColourSpace | None:
    """The space of a file's colorimetric tags, None where there are neither primaries nor a curve.

    ``exponent``: of the curve, where stated elsewhere.

    Raises:
        ColoursUnknown, ValueError or TypeError for tags that hold no such thing.
    """
    primaries, samples = _chromaticities(tags), tags.get(_TRANSFER_FUNCTION)
    if primaries is None and not samples:
        return None
    if samples:
        curves = _tables(samples)
    elif primaries == BT709 and exponent is None:
        # Writers that name sRGB's primaries and no curve mean sRGB's.
        curves = (srgb_linear,)
    else:
        curves = (power(exponent or _USUAL_EXPONENT),)
    space = of_chromaticities(primaries or BT709, *curves)
    if space is None:
        raise ColoursUnknown
    return space


def of_exif(exif: Image.Exif) -> ColourSpace | None:
    """The space that EXIF data state, None for sRGB and where they state none.

    Raises:
        ColoursUnknown.
    """
    stated = None
    try:
        inner = exif.get_ifd(_EXIF_IFD)
        stated = inner.get(_COLOUR_SPACE)
        index = str(exif.get_ifd(_INTEROP_IFD).get(_INTEROP_INDEX, ""))
        exponent = float(inner.get(_GAMMA) or 0) or None
        by_tags = of_tags(exif, exponent) if stated == _UNCALIBRATED else None
    except ColoursUnknown:
        raise
    except Exception:
        # Damaged EXIF data state nothing, and Pillow answers them with almost any exception. But
        # what still says "not sRGB" must not be taken for sRGB because the rest is lost.
        if stated in (_UNCALIBRATED, _ADOBE):
            raise ColoursUnknown from None
        return None
    is_adobe = index.startswith("R03")
    if stated == _SRGB and is_adobe:
        raise ColoursUnknown
    if stated == _ADOBE or is_adobe:
        return of_chromaticities(ADOBE_1998, power(_ADOBE_EXPONENT))
    # R98 marks files that follow DCF's basic form, which is sRGB.
    if stated == _UNCALIBRATED and by_tags is None and not index.startswith("R98"):
        raise ColoursUnknown
    return by_tags


def _chromaticities(tags: Mapping[int, Any]) -> Chromaticities | None:
    white, primaries = tags.get(_WHITE_POINT), tags.get(_PRIMARIES)
    if not white or not primaries:
        return None
    values = [round(float(value), 4) for value in (*primaries, *white)]
    red, green, blue, neutral = zip(values[::2], values[1::2], strict=True)
    return red, green, blue, neutral


def _tables(samples: Any) -> tuple[Curve, ...]:
    """One table for all channels, or one each: of 2 to the power of the bits, never a triple."""
    light = np.array([float(value) for value in samples]) / 65535
    parts = np.split(light, 3) if len(light) % 3 == 0 else [light]
    return tuple(map(of_samples, parts))
