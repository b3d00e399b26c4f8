"""Pictures whose colours are written in other spaces than sRGB, declared in every way there is.

The matrices are published ones (Bruce Lindbloom's, adapted to D50; Display P3 and Rec. 2020 from
their common profiles), so that nothing here shares arithmetic with what it tests.
"""

import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tests.samples import images

Pixels = NDArray[np.uint8]
_SRGB = np.array(
    (
        (0.4360747, 0.3850649, 0.1430804),
        (0.2225045, 0.7168786, 0.0606169),
        (0.0139322, 0.0971045, 0.7141733),
    )
)
_ADOBE = np.array(
    (
        (0.6097559, 0.2052401, 0.1492240),
        (0.3111242, 0.6256560, 0.0632197),
        (0.0194811, 0.0608902, 0.7448387),
    )
)
_P3 = np.array(
    ((0.51512, 0.29198, 0.15710), (0.24120, 0.69225, 0.06657), (-0.00105, 0.04189, 0.78407))
)
_PROPHOTO = np.array(
    (
        (0.7976749, 0.1351917, 0.0313534),
        (0.2880402, 0.7118741, 0.0000857),
        (0.0000000, 0.0000000, 0.8252100),
    )
)
_REC2020 = np.array(
    ((0.67348, 0.16567, 0.12505), (0.27904, 0.67535, 0.04561), (-0.00193, 0.02998, 0.79688))
)
_D65, _D50 = (0.3127, 0.3290), (0.3457, 0.3585)


@dataclass(frozen=True)
class Space:
    """``encode`` makes values of light, both 0 to 1; ``exponent`` of a plain power curve, else 0;
    ``codes``: primaries and transfer of H.273, where there are such."""

    to_d50: NDArray[np.float64]
    primaries: tuple[float, ...]
    white: tuple[float, float]
    encode: Callable[[NDArray[np.float64]], NDArray[np.float64]]
    exponent: float = 0
    codes: tuple[int, int] | None = None


def _srgb(light: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(light < 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)


def _rec709(light: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(light < 0.018, 4.5 * light, 1.099 * light**0.45 - 0.099)


def _root(exponent: float) -> Callable[[NDArray[np.float64]], NDArray[np.float64]]:
    return lambda light: light ** (1 / exponent)


_OF_SRGB = (0.64, 0.33, 0.30, 0.60, 0.15, 0.06)
_OF_P3 = (0.68, 0.32, 0.265, 0.69, 0.15, 0.06)
_OF_PROPHOTO = (0.7347, 0.2653, 0.1596, 0.8404, 0.0366, 0.0001)
_OF_REC2020 = (0.708, 0.292, 0.170, 0.797, 0.131, 0.046)
SPACES = {
    "sRGB": Space(_SRGB, _OF_SRGB, _D65, _srgb, 0, (1, 13)),
    "Adobe RGB": Space(
        _ADOBE, (0.64, 0.33, 0.21, 0.71, 0.15, 0.06), _D65, _root(563 / 256), 563 / 256
    ),
    "Display P3": Space(_P3, _OF_P3, _D65, _srgb, 0, (12, 13)),
    "ProPhoto": Space(_PROPHOTO, _OF_PROPHOTO, _D50, _root(1.8), 1.8),
    "BT.2020": Space(_REC2020, _OF_REC2020, _D65, _rec709, 0, (9, 14)),
    "BT.709": Space(_SRGB, _OF_SRGB, _D65, _rec709, 0, (1, 1)),
    "linear": Space(_SRGB, _OF_SRGB, _D65, _root(1), 1.0, (1, 8)),
    "gamma 1.8": Space(_SRGB, _OF_SRGB, _D65, _root(1.8), 1.8),
    "gamma 2.2": Space(_SRGB, _OF_SRGB, _D65, _root(2.2), 2.2, (1, 4)),
}


def written(pixels: Pixels, space: Space, depth: int = 8) -> NDArray[np.unsignedinteger]:
    """The values of the same colours in a space: uint8 or, with a ``depth`` of 16, uint16."""
    values = pixels / 255
    light = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    there = light @ (np.linalg.inv(space.to_d50) @ _SRGB).T
    top = 2**depth - 1
    whole = np.round(space.encode(np.clip(there, 0, 1)) * top)
    return whole.astype(np.uint8 if depth == 8 else np.uint16)


def profile(
    space: Space, *, name: str = "test", form: str = "table", more: dict[bytes, bytes] | None = None
) -> bytes:
    """An ICC profile of the space. ``form``: table or gamma, or lookup for a table of colours."""
    columns = zip((b"rXYZ", b"gXYZ", b"bXYZ"), space.to_d50.T, strict=True)
    tags = {tag: b"XYZ " + bytes(4) + images.fixed(*column) for tag, column in columns}
    tags |= {b"wtpt": b"XYZ " + bytes(4) + images.fixed(0.9642, 1.0, 0.8249)}
    tags |= dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), _curve(space, form))
    if form == "lookup":
        tags = {b"wtpt": tags[b"wtpt"], b"A2B0": _lookup(space)}
    text = name.encode() + b"\0"
    tags[b"desc"] = b"desc" + bytes(4) + struct.pack(">I", len(text)) + text + bytes(79)
    tags[b"cprt"] = b"text" + bytes(4) + b"none\0"
    return images.icc_file(tags | (more or {}), connection=b"Lab " if form == "lookup" else b"XYZ ")


def grey_profile(space: Space) -> bytes:
    """A grey ICC profile with the curve of a space."""
    tags = {b"wtpt": b"XYZ " + bytes(4) + images.fixed(0.9642, 1.0, 0.8249)}
    return images.icc_file(tags | {b"kTRC": _curve(space, "table")}, colours=b"GRAY")


def _light(space: Space, count: int) -> NDArray[np.float64]:
    """Light of ``count`` equally spaced values."""
    fine = np.linspace(0, 1, 200_001)
    return np.interp(np.linspace(0, 1, count), space.encode(fine), fine)


def _curve(space: Space, form: str) -> bytes:
    if form == "gamma":
        return b"curv" + bytes(4) + struct.pack(">IH", 1, round(space.exponent * 256))
    samples = np.round(_light(space, 4096) * 65535).astype(">u2")
    return b"curv" + bytes(4) + struct.pack(">I", len(samples)) + samples.tobytes()


def _lookup(space: Space, points: int = 33) -> bytes:
    """An mft2 table from the space to CIELAB; ICC.1:2022, 10.10."""
    light = _light(space, points)
    grid = np.stack(np.meshgrid(light, light, light, indexing="ij"), -1).reshape(-1, 3)
    return _mft2(3, points, _lab(grid @ space.to_d50.T))


def cmyk_profile() -> bytes:
    """An ICC profile of ideal inks: light is (1 - ink)(1 - black), of power 2.2 in sRGB."""
    inks = np.stack(np.meshgrid(*[np.linspace(0, 1, 9)] * 4, indexing="ij"), -1).reshape(-1, 4)
    light = ((1 - inks[:, :3]) * (1 - inks[:, 3:])) ** 2.2
    tags = {b"wtpt": b"XYZ " + bytes(4) + images.fixed(0.9642, 1.0, 0.8249)}
    tags[b"A2B0"] = _mft2(4, 9, _lab(light @ _SRGB.T))
    return images.icc_file(tags, colours=b"CMYK", connection=b"Lab ", kind=b"prtr")


def _lab(xyz: NDArray[np.float64]) -> NDArray[np.float64]:
    ratio = np.clip(xyz / (0.9642, 1.0, 0.8249), 0, None)
    f = np.where(ratio > 0.008856, np.cbrt(ratio), 7.787 * ratio + 16 / 116)
    x, y, z = f.T
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=1)


def _mft2(inputs: int, points: int, lab: NDArray[np.float64]) -> bytes:
    scaled = np.stack([lab[:, 0] / 100, (lab[:, 1] + 128) / 255, (lab[:, 2] + 128) / 255], axis=1)
    table = np.round(np.clip(scaled, 0, 1) * 65280).astype(">u2").tobytes()
    ramp = struct.pack(">2H", 0, 65535)
    unit = images.fixed(1, 0, 0, 0, 1, 0, 0, 0, 1)
    head = struct.pack("4B", inputs, 3, points, 0) + unit + struct.pack(">2H", 2, 2)
    return b"mft2" + bytes(4) + head + ramp * inputs + table + ramp * 3


def png(values: NDArray[np.unsignedinteger], *chunks: tuple[bytes, bytes]) -> bytes:
    """A PNG of grey, RGB or RGBA values of 8 or 16 bits, with these chunks after its header."""
    height, width = values.shape[:2]
    channels = values.shape[2] if values.ndim == 3 else 1
    big = values.astype(values.dtype.newbyteorder(">"))
    raw = b"".join(b"\0" + row.tobytes() for row in big)
    kind = {1: 0, 2: 4, 3: 2, 4: 6}[channels]
    whole = images.png_file(width, height, raw, depth=8 * values.itemsize, colour_type=kind)
    return with_chunks(whole, *chunks)


def with_chunks(whole: bytes, *chunks: tuple[bytes, bytes]) -> bytes:
    """A PNG with more chunks after its header."""
    return whole[:33] + b"".join(images.chunk(name, body) for name, body in chunks) + whole[33:]


def iccp(content: bytes) -> tuple[bytes, bytes]:
    """A chunk that holds a profile."""
    return b"iCCP", b"profile\0\0" + zlib.compress(content)


def cicp(primaries: int, transfer: int, full_range: int = 1) -> tuple[bytes, bytes]:
    """A chunk that holds code points."""
    return b"cICP", bytes((primaries, transfer, 0, full_range))


def gama_chrm(space: Space) -> tuple[tuple[bytes, bytes], tuple[bytes, bytes]]:
    """Chunks that hold gamma and primaries."""
    places = [round(100_000 * value) for value in (*space.white, *space.primaries)]
    gamma = struct.pack(">I", round(100_000 / space.exponent))
    return (b"gAMA", gamma), (b"cHRM", struct.pack(">8I", *places))


def tiff(pixels: Pixels, space: Space) -> bytes:
    """A TIFF whose tags hold white point, primaries and transfer function."""
    table = np.round(_light(space, 256) * 65535).astype(int)
    curves = {0x012D: tuple(int(sample) for sample in np.tile(table, 3))}
    return images.encoded(pixels, "TIFF", tiffinfo=primaries(space) | curves)


def primaries(space: Space) -> dict[int, tuple[float, ...]]:
    """The tags of a TIFF for white point and primaries."""
    return {0x013E: space.white, 0x013F: space.primaries}


def bmp(
    pixels: Pixels,
    kind: bytes,
    *,
    space: Space | None = None,
    content: bytes = b"",
    unit: bool = False,
) -> bytes:
    """A BMP with a version 5 header: its kind of colour space, endpoints and gamma, a profile.

    ``unit``: write the endpoints as chromaticities, as many writers do, not as XYZ.
    """
    height, width = pixels.shape[:2]
    rows = pixels[::-1, :, ::-1]
    body = b"".join(row.tobytes() + bytes(-len(row.tobytes()) % 4) for row in rows)
    ends = _endpoints(space, unit=unit) if space else bytes(36)
    gamma = struct.pack("<I", round((space.exponent if space else 0) * 65536)) * 3
    header = struct.pack("<IiiHHIIiiII", 124, width, height, 1, 24, 0, len(body), 2835, 2835, 0, 0)
    header += bytes(16) + kind[::-1] + ends + gamma
    header += struct.pack("<IIII", 4, 124 + len(body), len(content), 0)
    size = 14 + 124 + len(body) + len(content)
    return b"BM" + struct.pack("<IHHI", size, 0, 0, 14 + 124) + header + body + content


def _endpoints(space: Space, *, unit: bool) -> bytes:
    places = np.array([(x, y, 1 - x - y) for x, y in np.reshape(space.primaries, (3, 2))])
    if not unit:
        x, y = space.white
        places *= np.linalg.solve(places.T, (x / y, 1, (1 - x - y) / y))[:, None]
    return struct.pack("<9i", *(round(value * 2**30) for value in places.ravel()))


def heic(pixels: Pixels, space: Space | None = None, *, full: int = 1, **options: object) -> bytes:
    """A HEIC whose only statement on colour is a box with the codes of a space."""
    codes: dict[str, object] = {"save_nclx_profile": False}
    if space and space.codes:
        names = ("color_primaries", "transfer_characteristics")
        codes = dict(zip(names, space.codes, strict=True))
        codes |= {"matrix_coefficients": 9 if space.codes[0] == 9 else 1, "full_range_flag": full}
    return images.encoded(pixels, "HEIF", quality=98, chroma=444, **codes, **options)


def heic_with_both(pixels: Pixels, content: bytes, codes: tuple[int, int]) -> bytes:
    """A HEIC with a profile and a box of codes beside it.

    The second box takes room that the profile gives, so that nothing else moves, and the place of
    the box for bit depths, which decoders don't need, in the list of what belongs to the picture.
    """
    box = struct.pack(">I8sHHHB", 19, b"colrnclx", *codes, 6, 128)
    options = {"quality": 98, "chroma": 444, "save_nclx_profile": False}
    data = bytearray(images.encoded(pixels, "HEIF", icc_profile=content + bytes(19), **options))
    start = data.index(b"colrprof") - 4
    size = int.from_bytes(data[start : start + 4], "big")
    data[start : start + 4] = (size - 19).to_bytes(4, "big")
    data[start + size - 19 : start + size] = box
    names = _property_names(data)
    profile_at, depths_at = names.index(b"colr") + 1, names.index(b"pixi")
    at = data.index(b"ipma") + 15
    for place in range(at, at + data[at - 1]):
        essential, index = data[place] & 0x80, data[place] & 0x7F
        moved = profile_at + 1 if index == depths_at else index + (index > profile_at)
        data[place] = essential | moved
    return bytes(data)


def _property_names(data: bytearray) -> list[bytes]:
    """Names of the boxes that hold the properties of pictures, in their order."""
    at, names = data.index(b"ipco") + 4, []
    end = at - 8 + int.from_bytes(data[at - 8 : at - 4], "big")
    while at < end:
        names.append(bytes(data[at + 4 : at + 8]))
        at += int.from_bytes(data[at : at + 4], "big")
    return names


def exif(colour_space: int | None, index: str = "", space: Space | None = None) -> bytes:
    """EXIF data with ColorSpace, InteropIndex, and white point, primaries and gamma of a space."""
    return b"Exif\0\0II*\0\x08\0\0\0" + _directories(*_exif(colour_space, index, space), place=8)


def _exif(
    colour_space: int | None, index: str, space: Space | None = None
) -> tuple["Entries", "Entries", "Entries"]:
    outer: Entries = {}
    inner: Entries = {} if colour_space is None else {0xA001: (3, struct.pack("<H", colour_space))}
    if space:
        inner[0xA500] = (5, _rationals((space.exponent,)))
        outer = {0x013E: (5, _rationals(space.white)), 0x013F: (5, _rationals(space.primaries))}
    return outer, inner, {1: (2, index.encode() + b"\0")} if index else {}


def _rationals(values: tuple[float, ...]) -> bytes:
    return b"".join(struct.pack("<II", round(value * 10_000), 10_000) for value in values)


Entries = dict[int, tuple[int, bytes]]


def _directories(outer: Entries, inner: Entries, interop: Entries, *, place: int) -> bytes:
    """Three directories, each pointing to the next; Exif 3.0, 4.5 and 4.6."""
    last = [(interop, 0), (inner, 0xA005), (outer, 0x8769)]
    # Lengths don't hang on the places that are pointed to.
    lengths = [len(_directory(e | ({p: (4, bytes(4))} if p else {}), 0)) for e, p in last]
    places = [place + lengths[2] + lengths[1], place + lengths[2], place]
    parts = []
    for at, (entries, pointer) in enumerate(last):
        link: Entries = {pointer: (4, struct.pack("<I", places[at - 1]))} if pointer else {}
        parts.append(_directory(entries | link, places[at]))
    return b"".join(reversed(parts))


def _directory(entries: Entries, place: int) -> bytes:
    table, bodies = struct.pack("<H", len(entries)), b""
    after = place + 2 + 12 * len(entries) + 4
    for tag, (kind, body) in sorted(entries.items()):
        size = {2: 1, 3: 2, 4: 4, 5: 8, 7: 1}[kind]
        field = body.ljust(4, b"\0")
        if len(body) > 4:
            field, bodies = struct.pack("<I", after + len(bodies)), bodies + body
        table += struct.pack("<HHI", tag, kind, len(body) // size) + field
    return table + bytes(4) + bodies + bytes(len(bodies) % 2)


def tiff_by_hand(
    values: NDArray[np.unsignedinteger],
    *,
    content: bytes = b"",
    exif: tuple[int | None, str] | None = None,
) -> bytes:
    """What Pillow doesn't write: a TIFF of 8 or 16 bits a channel with a profile, or with EXIF data
    that hold ColorSpace and InteropIndex."""
    height, width = values.shape[:2]
    depth = 8 * values.itemsize
    body = values.astype(values.dtype.newbyteorder("<")).tobytes()
    entries: Entries = {
        256: (4, struct.pack("<I", width)),
        257: (4, struct.pack("<I", height)),
        258: (3, struct.pack("<3H", depth, depth, depth)),
        259: (3, struct.pack("<H", 1)),
        262: (3, struct.pack("<H", 2)),
        273: (4, struct.pack("<I", 8)),
        277: (3, struct.pack("<H", 3)),
        278: (4, struct.pack("<I", height)),
        279: (4, struct.pack("<I", len(body))),
    }
    entries |= {34675: (7, content)} if content else {}
    place = 8 + len(body)
    _, inner, interop = _exif(*exif) if exif else ({}, {}, {})
    return (
        b"II*\0"
        + struct.pack("<I", place)
        + body
        + _directories(entries, inner, interop, place=place)
    )
