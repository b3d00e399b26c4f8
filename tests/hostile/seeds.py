"""Well-formed picture files in the kinds and modes that the decoders read; what is mutated."""

from functools import lru_cache
from typing import Any

import numpy as np
from PIL import Image

from tests.samples import images

SIDE = 96
KINDS = ("JPEG", "PNG", "WEBP", "TIFF", "BMP", "HEIF")

# Each row: format, mode of the picture, options of the encoder.
_WRITTEN: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("JPEG", "RGB", {}),
    ("JPEG", "RGB", {"progressive": True, "subsampling": 0}),
    ("JPEG", "RGB", {"restart_marker_blocks": 3, "quality": 30}),
    ("JPEG", "L", {"progressive": True}),
    ("JPEG", "CMYK", {}),
    ("PNG", "RGB", {}),
    ("PNG", "RGBA", {"compress_level": 0}),
    ("PNG", "LA", {}),
    ("PNG", "1", {}),
    ("PNG", "P", {"transparency": 3}),
    ("PNG", "I;16", {}),
    ("WEBP", "RGB", {}),
    ("WEBP", "RGBA", {"lossless": True}),
    ("WEBP", "RGBA", {"alpha_quality": 40}),
    ("TIFF", "RGB", {}),
    ("TIFF", "RGB", {"compression": "tiff_lzw"}),
    ("TIFF", "RGB", {"compression": "tiff_adobe_deflate"}),
    ("TIFF", "RGB", {"compression": "jpeg"}),
    ("TIFF", "RGB", {"compression": "packbits"}),
    ("TIFF", "RGB", {"big_tiff": True}),
    ("TIFF", "1", {"compression": "group4"}),
    ("TIFF", "CMYK", {}),
    ("TIFF", "I;16", {}),
    ("TIFF", "P", {}),
    ("BMP", "RGB", {}),
    ("BMP", "P", {}),
    ("BMP", "1", {}),
    ("HEIF", "RGB", {}),
    ("HEIF", "RGBA", {}),
    ("HEIF", "L", {}),
)


@lru_cache(maxsize=1)
def wellformed() -> tuple[tuple[str, bytes], ...]:
    """Kind and bytes of each file; every one of them decodes or is refused for what it is."""
    written = [(kind, images.encoded(_picture(mode), kind, **o)) for kind, mode, o in _WRITTEN]
    return (
        *written,
        *((kind, images.rotated_by_exif(6, kind)) for kind in KINDS if kind != "BMP"),
        *((kind, images.animated(kind)) for kind in ("PNG", "WEBP", "TIFF")),
        *((kind, _with_profile(kind)) for kind in ("JPEG", "PNG", "WEBP", "TIFF")),
        ("JPEG", images.phone_mpo()),
        ("PNG", images.sixteen_bit_png(colour=True, side=SIDE)),
        ("BMP", run_length_bmp()),
    )


def run_length_bmp(side: int = SIDE, body: bytes | None = None) -> bytes:
    """A run-length coded BMP: ``body``, or as many rows of one colour each, at most 255."""
    coded = body or b"".join(bytes((side, row, 0, 0)) for row in range(side)) + b"\0\1"
    palette = b"".join(bytes((level, level, level, 0)) for level in range(256))
    at = 14 + 40 + len(palette)
    info = (40, side, side, (1, 2), (8, 2), 1, len(coded), 2835, 2835, 256, 0)
    return b"BM" + _little(at + len(coded), 0, at) + _little(*info) + palette + coded


def _little(*values: int | tuple[int, int]) -> bytes:
    """Numbers of four bytes, or of as many as their tuple says, the low byte first."""
    pairs = (value if isinstance(value, tuple) else (value, 4) for value in values)
    return b"".join(number.to_bytes(size, "little") for number, size in pairs)


def _picture(mode: str) -> Image.Image:
    drawn = Image.fromarray(images.square(SIDE))
    if mode == "I;16":
        return Image.fromarray(np.asarray(drawn.convert("L")).astype(np.uint16) * 257)
    picture = drawn.convert(mode)
    if mode in ("RGBA", "LA"):
        picture.putalpha(drawn.convert("L"))
    return picture


def _with_profile(kind: str) -> bytes:
    return images.encoded(_picture("RGB"), kind, icc_profile=images.linear_rgb_profile())
