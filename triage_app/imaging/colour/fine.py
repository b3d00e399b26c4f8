"""A square of a picture at more than 8 bits, for linear values, whose dark tones need them."""

import sys
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from triage_app.imaging.colour.modes import Part, check_scale, plain

_SWAPPED = {"B": "L", "L": "B", "N": "B" if sys.byteorder == "little" else "L"}
_Arguments = tuple[Any, ...] | str | None
Floats32 = NDArray[np.float32]
_WITH_LOW_BYTES = ("RGB;16", "RGBX;16", "RGBA;16")


def low_bytes(image: Image.Image, data: bytes) -> Image.Image | None:
    """The file of an opened RGB picture of 16 bits, opened to be read for its lower bytes.

    Pillow holds 8 bits a channel and keeps the upper byte. Told that the bytes lie the other way
    round, it keeps the lower one. None where the file cannot be read so.
    """
    tiles = getattr(image, "tile", None) or []
    modes = {_raw_mode(tile.args) for tile in tiles}
    if not modes or not all(m[:-1] in _WITH_LOW_BYTES and m[-1] in _SWAPPED for m in modes):
        return None
    low = Image.open(BytesIO(data), formats=[str(image.format)])
    low.tile = [tile._replace(args=_swapped(tile.args)) for tile in low.tile]
    return low


def _raw_mode(arguments: _Arguments) -> str:
    first = arguments[0] if isinstance(arguments, tuple) and arguments else arguments
    return str(first)


def _swapped(arguments: _Arguments) -> _Arguments:
    mode = _raw_mode(arguments)
    other = mode[:-1] + _SWAPPED[mode[-1]]
    return (other, *arguments[1:]) if isinstance(arguments, tuple) else other


def fine_square(
    source: Image.Image, low: Image.Image | None, part: Part, rows: int, notes: list[str]
) -> Floats32:
    """A part of a picture in its wanted size, float32 (wanted, wanted, 3) from 0 to 1.

    Args:
        source: loaded picture; ``low``: what ``low_bytes`` gave for its file.
        part: which.
        rows: rows of a strip, a multiple of the part's factor.
        notes: what is converted is added in words.
    """
    blocks = -(-part.side // part.factor)
    reduced = np.empty((blocks, blocks, 3), np.float32)
    for start in range(0, part.side, rows):
        values = _values(source, low, part.strip(start, rows), notes if start == 0 else [])
        averaged = _block_means(values, part.factor)
        first = start // part.factor
        reduced[first : first + len(averaged)] = averaged
    if part.side == part.wanted:
        return reduced
    resized = [_resized(np.ascontiguousarray(reduced[..., at]), part) for at in range(3)]
    return np.clip(np.stack(resized, axis=-1), 0, 1)


def _resized(channel: Floats32, part: Part) -> Floats32:
    size = (part.wanted, part.wanted)
    return np.asarray(
        Image.fromarray(channel).resize(size, Image.Resampling.LANCZOS, box=part.exact), np.float32
    )


def _values(
    source: Image.Image, low: Image.Image | None, box: tuple[int, int, int, int], notes: list[str]
) -> Floats32:
    strip, transparent = source.crop(box), "transparency" in source.info
    flat = plain(strip, transparent, notes)
    if source.mode.startswith("I"):
        values = np.asarray(strip)
        check_scale(values)
        grey = np.asarray(values / 65535, np.float32)
        return np.repeat(grey[..., None], 3, axis=2)
    if low is None or transparent:
        return np.asarray(flat.convert("RGB"), np.float32) / np.float32(255)
    whole = np.asarray(strip, np.float32) * 256 + np.asarray(low.crop(box), np.float32)
    return _on_white(whole / np.float32(65535))


def _on_white(values: Floats32) -> Floats32:
    colours, cover = values[..., :3], values[..., 3:]
    return colours * cover + (1 - cover) if cover.size else colours


def _block_means(values: Floats32, factor: int) -> Floats32:
    """Means over blocks; those at the right and lower edge hold what is left."""
    for axis in (0, 1):
        starts = np.arange(0, values.shape[axis], factor)
        counts = np.diff(np.append(starts, values.shape[axis])).astype(np.float32)
        sums = np.add.reduceat(values, starts, axis=axis)
        values = np.divide(sums, counts.reshape((-1, 1, 1) if axis == 0 else (1, -1, 1)))
    return values
