"""Conversion of any still picture that the decoders return to 8-bit sRGB."""

import math
from dataclasses import dataclass

import numpy as np
from PIL import Image

from triage_app.imaging.colour.declared import Declared, declared_colour
from triage_app.imaging.colour.fine import fine_square, low_bytes
from triage_app.imaging.colour.modes import Part, has_sixteen_bits, plain
from triage_app.imaging.colour.spaces import ColourSpace

# Shrinking averages whole blocks first, down to this many times the wanted side at least.
_REDUCING_GAP = 2.0
# A large picture is converted strip by strip: a converted copy of all of it takes as much memory
# as the picture itself, and decoding has little to spare.
_STRIP_PIXELS = 1_000_000


@dataclass(frozen=True)
class AsWritten:
    """How an opened, not yet loaded file writes its values; loading makes Pillow forget it.

    ``low``: for linear RGB of 16 bits, the same file opened for the lower bytes, else None.
    """

    sixteen_bit: bool
    declared: Declared
    low: Image.Image | None

    @classmethod
    def of(cls, image: Image.Image, data: bytes) -> "AsWritten":
        """Read it. ``data``: all bytes of the file. Raises ImageRejected for unusable colours."""
        sixteen_bit, declared = has_sixteen_bits(image), declared_colour(image, data)
        low = low_bytes(image, data) if sixteen_bit and _is_steep(declared) else None
        return cls(sixteen_bit, declared, low)


def _is_steep(declared: Declared) -> bool:
    return isinstance(declared.space, ColourSpace) and declared.space.is_steep()


def to_srgb(
    source: Image.Image,
    corner: tuple[int, int],
    side: int,
    wanted: int,
    written: AsWritten,
    *,
    halved: bool,
) -> tuple[Image.Image, tuple[str, ...]]:
    """Convert and resize a square part of a picture.

    Args:
        source: loaded picture of any mode.
        corner: left and top of the square in px; ``side``: its side in px.
        wanted: side of the result in px, at most ``side``.
        written: what the file said before it was loaded.
        halved: whether the decoder has halved the picture, once or more.

    Returns:
        RGB picture with the wanted side, and notes in words on what was converted.

    Raises:
        ImageRejected: unsupported_format for pixels without a defined scale (floating point).
    """
    notes = ["16-bit values reduced to 8 bits."] if written.sixteen_bit else []
    part = Part(*corner, side, wanted, int(side / wanted / _REDUCING_GAP) or 1)
    space = written.declared.space
    if isinstance(space, ColourSpace) and space.is_steep():
        values = fine_square(source, written.low, part, _strip_rows(part), notes)
        converted = Image.fromarray(space.to_srgb(values))
    else:
        converted = _converted(_resized(source, part, notes, halved=halved), written.declared)
    return converted, tuple(filter(None, (*notes, written.declared.note)))


def _converted(square: Image.Image, declared: Declared) -> Image.Image:
    if declared.space is None:
        return square.convert("RGB")
    if isinstance(declared.space, ColourSpace):
        return Image.fromarray(declared.space.to_srgb(np.asarray(square.convert("RGB"))))
    return declared.space.to_srgb(square.convert(declared.space.mode))


def _resized(source: Image.Image, part: Part, notes: list[str], *, halved: bool) -> Image.Image:
    """The part in its wanted size, as L, RGB or CMYK."""
    if halved and part.factor == 1 and source.mode == "RGB":
        return _resized_in_place(source, part)
    square = _reduced(source, part, notes)
    if part.side == part.wanted:
        return square
    size = (part.wanted, part.wanted)
    return square.resize(size, Image.Resampling.LANCZOS, box=part.exact)


def _resized_in_place(source: Image.Image, part: Part) -> Image.Image:
    """The square without a copy of it before. The decoder's halving has filtered the picture in
    the frequency domain already, so that a window of half the width does for the rest."""
    box = part.strip(0, part.side)
    return source.resize((part.wanted, part.wanted), Image.Resampling.HAMMING, box=box)


def _reduced(source: Image.Image, part: Part, notes: list[str]) -> Image.Image:
    """The square in a mode that colours are converted from, ``factor`` times smaller."""
    factor, rows, transparent = part.factor, _strip_rows(part), "transparency" in source.info
    if factor == 1 and source.mode == "RGB" and not transparent:
        return source.crop(part.strip(0, part.side))
    reduced: Image.Image | None = None
    for start in range(0, part.side, rows):
        strip = source.crop(part.strip(start, rows))
        small = plain(strip, transparent, notes if start == 0 else []).reduce(factor)
        if reduced is None:
            reduced = Image.new(small.mode, (small.width, math.ceil(part.side / factor)))
        reduced.paste(small, (0, start // factor))
    assert reduced is not None
    return reduced


def _strip_rows(part: Part) -> int:
    return max(1, _STRIP_PIXELS // part.side // part.factor) * part.factor
