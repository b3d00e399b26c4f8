"""Conversion of any still picture that the decoders return to 8-bit sRGB."""

import math
from io import BytesIO

import numpy as np
from PIL import Image, ImageCms

from triage_app.domain.errors import ImageRejected

_ALPHA_MODES = frozenset({"LA", "La", "PA", "RGBA", "RGBa"})
_NOTE_OF_MODE = {
    "RGB": "",
    "RGBX": "",
    "P": "Palette colours converted to RGB.",
    "CMYK": "CMYK converted to RGB.",
    "YCbCr": "YCbCr converted to RGB.",
    "LAB": "CIELAB converted to RGB.",
}
# Shrinking averages whole blocks first, down to this many times the wanted side at least.
_REDUCING_GAP = 2.0
# A large picture is converted strip by strip: a converted copy of all of it takes as much memory
# as the picture itself, and decoding has little to spare.
_STRIP_PIXELS = 1_000_000


def has_sixteen_bits(source: Image.Image) -> bool:
    """Whether an opened, not yet loaded file holds more than 8 bits a channel."""
    return (
        source.mode.startswith("I")
        or int(source.info.get("bit_depth", 8)) > 8
        or any(";16" in str(tile.args) for tile in getattr(source, "tile", ()))
    )


def to_srgb(
    source: Image.Image,
    corner: tuple[int, int],
    side: int,
    wanted: int,
    *,
    sixteen_bit: bool,
    halved: bool,
) -> tuple[Image.Image, tuple[str, ...]]:
    """Convert and resize a square part of a picture.

    Args:
        source: loaded picture of any mode.
        corner: left and top of the square in px; ``side``: its side in px.
        wanted: side of the result in px, at most ``side``.
        sixteen_bit: what ``has_sixteen_bits`` said, for the note.
        halved: whether the decoder has halved the picture, once or more.

    Returns:
        RGB picture with the wanted side, and notes in words on what was converted.

    Raises:
        ImageRejected: unsupported_format for pixels without a defined scale (floating point).
    """
    notes = ["16-bit values reduced to 8 bits."] if sixteen_bit else []
    factor = int(side / wanted / _REDUCING_GAP) or 1
    if halved and factor == 1 and source.mode == "RGB":
        plain = _resized_in_place(source, corner, side, wanted)
    else:
        plain = _reduced(source, corner, side, factor, notes)
        if side != wanted:
            exact = (0, 0, side / factor, side / factor)
            plain = plain.resize((wanted, wanted), Image.Resampling.LANCZOS, box=exact)
    return _profile_to_srgb(plain, source.info.get("icc_profile"), notes), tuple(notes)


def _resized_in_place(
    source: Image.Image, corner: tuple[int, int], side: int, wanted: int
) -> Image.Image:
    """The square without a copy of it before. The decoder's halving has filtered the picture in
    the frequency domain already, so that a window of half the width does for the rest."""
    left, top = corner
    box = (left, top, left + side, top + side)
    return source.resize((wanted, wanted), Image.Resampling.HAMMING, box=box)


def _reduced(
    source: Image.Image, corner: tuple[int, int], side: int, factor: int, notes: list[str]
) -> Image.Image:
    """The square in a mode that colour profiles are written for, ``factor`` times smaller."""
    (left, top), rows = corner, max(1, _STRIP_PIXELS // side // factor) * factor
    if factor == 1 and source.mode == "RGB" and "transparency" not in source.info:
        return source.crop((left, top, left + side, top + side))
    reduced: Image.Image | None = None
    for start in range(0, side, rows):
        end = min(start + rows, side)
        strip = source.crop((left, top + start, left + side, top + end))
        plain = _plain(strip, "transparency" in source.info, notes if start == 0 else [])
        small = plain.reduce(factor)
        if reduced is None:
            reduced = Image.new(small.mode, (small.width, math.ceil(side / factor)))
        reduced.paste(small, (0, start // factor))
    assert reduced is not None
    return reduced


def _plain(square: Image.Image, transparent: bool, notes: list[str]) -> Image.Image:
    """To L, RGB or CMYK: the modes that colour profiles are written for."""
    mode = square.mode
    if mode in ("1", "L", "LA", "La") or mode.startswith("I"):
        notes.append("Grey image: it holds no colour.")
    if mode.startswith("I"):
        return _sixteen_to_eight(square)
    if transparent or mode in _ALPHA_MODES:
        notes.append("Transparency flattened on white.")
        return _flatten(square)
    if mode in ("1", "L"):
        return square.convert("L")
    if mode not in _NOTE_OF_MODE:
        raise _no_scale()
    if _NOTE_OF_MODE[mode]:
        notes.append(_NOTE_OF_MODE[mode])
    return square if mode == "CMYK" else square.convert("RGB")


def _flatten(square: Image.Image) -> Image.Image:
    rgba = square.convert("RGBA")
    white = Image.new("RGBA", rgba.size, "white")
    return Image.alpha_composite(white, rgba).convert("RGB")


def _sixteen_to_eight(square: Image.Image) -> Image.Image:
    values = np.asarray(square)
    if values.min() < 0 or values.max() > 0xFFFF:
        raise _no_scale()
    return Image.fromarray(np.round(values / np.float32(257)).astype(np.uint8))


def _profile_to_srgb(plain: Image.Image, profile: object, notes: list[str]) -> Image.Image:
    if not isinstance(profile, bytes) or not profile:
        return plain if plain.mode == "RGB" else plain.convert("RGB")
    try:
        embedded = ImageCms.ImageCmsProfile(BytesIO(profile))
        if "srgb" in ImageCms.getProfileDescription(embedded).lower():
            return plain.convert("RGB")
        srgb = ImageCms.createProfile("sRGB")
        converted = ImageCms.profileToProfile(plain, embedded, srgb, outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        notes.append("The embedded colour profile could not be used; colours are taken as sRGB.")
        return plain.convert("RGB")
    assert converted is not None
    notes.append("Embedded colour profile converted to sRGB.")
    return converted


def _no_scale() -> ImageRejected:
    return ImageRejected(
        "unsupported_format",
        "The pixel values of this file have no defined scale. Export the image as JPEG or PNG.",
    )
