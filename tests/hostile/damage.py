"""Intact and damaged picture files, each made from its number alone, in all formats."""

import random
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
from PIL import Image

from tests.hostile.containers import Part, joined, parts_of
from tests.samples import images

KINDS = ("JPEG", "PNG", "WEBP", "TIFF", "BMP", "HEIF")
_PICTURES = 12
_CLOSED = {"JPEG": b"\xff\xd9", "PNG": b"\0\0\0\0IEND\xaeB`\x82"}

# What the encoders of cameras, editors and archives choose.
_OPTIONS: dict[str, tuple[dict[str, Any], ...]] = {
    "JPEG": (
        {"quality": 92},
        {"quality": 75, "subsampling": 2, "optimize": True},
        {"quality": 95, "subsampling": 0},
        {"quality": 85, "progressive": True},
        {"quality": 90, "progressive": True, "subsampling": 0},
        {"quality": 80, "restart_marker_blocks": 5},
        {"quality": 90, "restart_marker_rows": 1},
    ),
    "PNG": ({}, {"compress_level": 1}, {"mode": "L"}, {"mode": "P"}, {"mode": "RGBA"}),
    "WEBP": ({}, {"quality": 95}, {"lossless": True}, {"mode": "RGBA"}),
    "TIFF": (
        {"compression": "tiff_lzw"},
        {"compression": "tiff_lzw", "tiffinfo": {278: 16, 317: 2}},
        {"compression": "tiff_adobe_deflate"},
        {"compression": "jpeg"},
        {"compression": "packbits"},
        {},
        {"big_tiff": True},
    ),
    "BMP": ({}, {"mode": "L"}),
    "HEIF": ({"quality": 60}, {"quality": 80, "chroma": 444}, {"mode": "L"}),
}


def intact(number: int) -> tuple[str, bytes]:
    """The kind and the bytes of a whole file, some with what phones and cameras write around it."""
    kind = KINDS[number % len(KINDS)]
    data = _written(kind, number // len(KINDS) % _PICTURES, number // len(KINDS))
    if kind == "JPEG":
        data = _surrounded(random.Random(number), data)
    return kind, data


def damaged(number: int) -> tuple[str, str, bytes, bytes]:
    """Kind, what was done, the damaged file, and the file before."""
    rng = random.Random(number)
    kind = KINDS[number % len(KINDS)]
    whole = _written(kind, number // len(KINDS) % _PICTURES, number // len(KINDS))
    name = rng.choice(tuple(_DAMAGES))
    data = _DAMAGES[name](rng, kind, whole)
    return kind, name, data, whole


@lru_cache(maxsize=256)
def _drawn(picture: int) -> Image.Image:
    """A drawn lesion; every fourth one in a frame as devices and archives put around theirs."""
    rng = np.random.default_rng(picture)
    width, height = 16 * int(rng.integers(12, 30)), int(rng.integers(180, 400))
    pixels = images.dermoscopic(width, height, images.Lesion(seed=picture))
    if picture % 8 == 3:
        y, x = np.mgrid[0:height, 0:width]
        pixels[np.hypot(x - width / 2, y - height / 2) > 0.45 * width] = 0
    elif picture % 8 == 7:
        border = int(rng.integers(9, 40))
        pixels[:border] = pixels[-border:] = (0, 128, 255)[picture % 3]
    return Image.fromarray(pixels)


def _written(kind: str, picture: int, way: int) -> bytes:
    # Few HEIC files: on a machine that does other work too, writing one may take seconds.
    picture = picture % 2 if kind == "HEIF" else picture
    return _encoded(kind, picture, way % len(_OPTIONS[kind]))


@lru_cache(maxsize=512)
def _encoded(kind: str, picture: int, way: int) -> bytes:
    options = dict(_OPTIONS[kind][way])
    drawn, mode = _drawn(picture), options.pop("mode", "RGB")
    if mode == "RGBA":
        drawn = drawn.copy()
        drawn.putalpha(drawn.convert("L").point(lambda level: 255 - level // 4))
    else:
        drawn = drawn.convert(mode)
    return images.encoded(drawn, kind, **options)


def _surrounded(rng: random.Random, data: bytes) -> bytes:
    tail = data[:-2]
    return rng.choice(
        (
            data,
            data,
            data + bytes(500),
            data + rng.randbytes(900),
            data + data,
            tail,
            tail + bytes(20) + data[-2:],
            tail + b"\xff" * 9 + data[-2:],
            tail + b"\x12\x34" + data[-2:],
        )
    )


def _stretch(kind: str, data: bytes) -> tuple[int, int]:
    """Where the coded picture begins and ends."""
    if kind == "JPEG":
        return data.index(b"\xff\xda") + 14, len(data) - 2
    if kind == "PNG":
        return data.index(b"IDAT") + 4, len(data) - 16
    if kind == "WEBP":
        return data.index(b"VP8L" if b"VP8L" in data else b"VP8 ") + 18, len(data)
    if kind == "BMP":
        return int.from_bytes(data[10:14], "little"), len(data)
    # The directories of the TIFF files written here stand before or behind the strips.
    return (data.index(b"mdat") + 12, len(data)) if kind == "HEIF" else (300, len(data) - 300)


def _piece(rng: random.Random, kind: str, data: bytes) -> tuple[int, int]:
    start, end = _stretch(kind, data)
    size = min(rng.choice((64, 256, 1024, 4096, 16_384)), (end - start) // 2)
    at = rng.randrange(start, end - size)
    return at, at + size


def _filled(fill: Callable[[random.Random, int], bytes]) -> "_Damage":
    def hole(rng: random.Random, kind: str, data: bytes) -> bytes:
        at, end = _piece(rng, kind, data)
        return data[:at] + fill(rng, end - at) + data[end:]

    return hole


def _place(rng: random.Random, kind: str, data: bytes) -> int:
    start, end = _stretch(kind, data)
    return rng.randrange(start, end - 16)


def _cut(rng: random.Random, kind: str, data: bytes) -> bytes:
    return data[: _place(rng, kind, data)]


def _cut_and_closed(rng: random.Random, kind: str, data: bytes) -> bytes:
    cut = _cut(rng, kind, data)
    if kind != "WEBP":
        return cut + _CLOSED.get(kind, b"")
    *whole, last = parts_of("WEBP", data)
    return joined("WEBP", [*whole, Part(last.name, last.body[: len(cut) - len(data)])])


def _with_another_tail(rng: random.Random, kind: str, data: bytes) -> bytes:
    at = _place(rng, kind, data)
    other = _written(kind, rng.randrange(_PICTURES), rng.randrange(7))
    start, end = _stretch(kind, other)
    return data[:at] + other[rng.randrange(start, end) :]


def _zeros_to_the_end(rng: random.Random, kind: str, data: bytes) -> bytes:
    at = _place(rng, kind, data)
    return data[:at] + bytes(len(data) - at)


def _repeated(rng: random.Random, kind: str, data: bytes) -> bytes:
    at, end = _piece(rng, kind, data)
    return data[:end] + data[at:]


def _left_out(rng: random.Random, kind: str, data: bytes) -> bytes:
    at, end = _piece(rng, kind, data)
    return data[:at] + data[end:]


def _swapped(rng: random.Random, kind: str, data: bytes) -> bytes:
    at, end = _piece(rng, kind, data)
    middle = (at + end) // 2
    return data[:at] + data[middle:end] + data[at:middle] + data[end:]


def _flipped(rng: random.Random, kind: str, data: bytes) -> bytes:
    changed = bytearray(data)
    for _ in range(rng.choice((1, 1, 8))):
        changed[_place(rng, kind, data)] ^= 1 << rng.randrange(8)
    return bytes(changed)


_Damage = Callable[[random.Random, str, bytes], bytes]
_DAMAGES: dict[str, _Damage] = {
    "a hole of zeros": _filled(lambda _, size: bytes(size)),
    "a hole of ones": _filled(lambda _, size: b"\xff" * size),
    "a hole of other bytes": _filled(random.Random.randbytes),
    "cut": _cut,
    "cut and closed": _cut_and_closed,
    "another picture's tail": _with_another_tail,
    "zeros to the end": _zeros_to_the_end,
    "a piece twice": _repeated,
    "a piece left out": _left_out,
    "pieces swapped": _swapped,
    "bits flipped": _flipped,
}
