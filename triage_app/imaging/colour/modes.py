"""Pictures of every mode that decoders return, in the few modes that colours are converted from."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from triage_app.domain.errors import ImageRejected


@dataclass(frozen=True)
class Part:
    """A square part of a picture and the size that is wanted of it, in px.

    ``factor``: by how much whole blocks are averaged before the rest is resampled.
    """

    left: int
    top: int
    side: int
    wanted: int
    factor: int

    @property
    def exact(self) -> tuple[float, float, float, float]:
        """The square in the averaged picture, whose last blocks may reach beyond it."""
        return 0, 0, self.side / self.factor, self.side / self.factor

    def strip(self, start: int, rows: int) -> tuple[int, int, int, int]:
        """Where ``rows`` rows of the square lie, from its row ``start`` on: a box of Pillow."""
        end = min(start + rows, self.side)
        return self.left, self.top + start, self.left + self.side, self.top + end


_ALPHA_MODES = frozenset({"LA", "La", "PA", "RGBA", "RGBa"})
_NOTE_OF_MODE = {
    "RGB": "",
    "RGBX": "",
    "P": "Palette colours converted to RGB.",
    "CMYK": "CMYK converted to RGB.",
    "YCbCr": "YCbCr converted to RGB.",
    "LAB": "CIELAB converted to RGB.",
}


def has_sixteen_bits(source: Image.Image) -> bool:
    """Whether an opened, not yet loaded file holds more than 8 bits a channel."""
    return (
        source.mode.startswith("I")
        or int(source.info.get("bit_depth", 8)) > 8
        or any(";16" in str(tile.args) for tile in getattr(source, "tile", ()))
    )


def plain(square: Image.Image, transparent: bool, notes: list[str]) -> Image.Image:
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
    check_scale(values)
    return Image.fromarray(np.round(values / np.float32(257)).astype(np.uint8))


def check_scale(values: NDArray[np.integer]) -> None:
    """Raise ImageRejected where whole numbers leave the range of 16 bits."""
    if values.min() < 0 or values.max() > 0xFFFF:
        raise _no_scale()


def _no_scale() -> ImageRejected:
    return ImageRejected(
        "unsupported_format",
        "The pixel values of this file have no defined scale. Export the image as JPEG or PNG.",
    )
