"""What PNG, BMP and HEIC files state on their colours beside an ICC profile, read from the bytes.

Pillow leaves these out, or reports them only after it has decoded the picture. Whatever lies beyond
the end of the data reads as absent.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from triage_app.imaging.colour.spaces import D65, Chromaticities, Pair

_PNG_START = 8
_PNG_UNIT = 100_000


@dataclass(frozen=True)
class CodePoints:
    """Codes of ITU-T H.273 for primaries and transfer, and whether values use all of their range
    (or video range)."""

    primaries: int
    transfer: int
    full_range: bool


@dataclass(frozen=True)
class Calibration:
    """Primaries and exponents of the transfer curve, one or three; either may be unstated."""

    primaries: Chromaticities | None
    exponents: tuple[float, ...]


def png_chunks(data: bytes) -> dict[bytes, bytes]:
    """Bodies of the chunks on colour by name, the first of each; PNG (third edition), 11.3.2."""
    wanted = (b"cICP", b"iCCP", b"sRGB", b"gAMA", b"cHRM", b"eXIf")
    found: dict[bytes, bytes] = {}
    at = _PNG_START
    while at + 8 <= len(data):
        length, name = struct.unpack_from(">I4s", data, at)
        if name in wanted:
            found.setdefault(name, data[at + 8 : at + 8 + length])
        at += 12 + length
    return found


def png_code_points(body: bytes) -> CodePoints:
    """Of a cICP chunk: PNG (third edition), 11.3.2.6."""
    primaries, transfer, _, full_range = struct.unpack("4B", body)
    return CodePoints(primaries, transfer, bool(full_range))


def png_calibration(chunks: dict[bytes, bytes]) -> Calibration:
    """Of gAMA and cHRM chunks: PNG (third edition), 11.3.2.1 and 11.3.2.2."""
    primaries: Chromaticities | None = None
    exponents: tuple[float, ...] = ()
    if b"cHRM" in chunks:
        values = [value / _PNG_UNIT for value in struct.unpack(">8I", chunks[b"cHRM"])]
        white, red, green, blue = zip(values[::2], values[1::2], strict=True)
        primaries = (red, green, blue, white)
    if b"gAMA" in chunks:
        exponents = (_PNG_UNIT / struct.unpack(">I", chunks[b"gAMA"])[0],)
    return Calibration(primaries, exponents)


_V4_SIZE, _V5_SIZE = 108, 124
_HEADER_AT = 14


def bmp_colour_kind(data: bytes) -> bytes:
    """The kind of colour space that a version 4 or 5 header names (sRGB, MBED, LINK, four zeros for
    calibrated, or "Win "), empty for older headers. Layout as in BITMAPV5HEADER."""
    if len(data) < _HEADER_AT + _V4_SIZE or _bmp_header_size(data) < _V4_SIZE:
        return b""
    return data[_HEADER_AT + 56 : _HEADER_AT + 60][::-1]


def bmp_profile(data: bytes) -> bytes:
    """The embedded profile of a version 5 header, cut short where the file is."""
    if _bmp_header_size(data) < _V5_SIZE:
        return b""
    start, size = struct.unpack_from("<II", data, _HEADER_AT + 112)
    return data[_HEADER_AT + start : _HEADER_AT + start + size]


def bmp_calibration(data: bytes) -> Calibration:
    """Endpoints and gamma of a version 4 or 5 header; all zero means unstated.

    Endpoints are XYZ whose sum is white, or chromaticities (each then sums to 1, and white is D65):
    Microsoft's description allows both readings, and writers use both.
    """
    raw = struct.unpack_from("<9i3I", data, _HEADER_AT + 60)
    ends = [value / (1 << 30) for value in raw[:9]]
    exponents = [value / (1 << 16) for value in raw[9:]]
    triples = [ends[at : at + 3] for at in (0, 3, 6)]
    # A gamma below one is the reciprocal: no screen brightens its values.
    stated = tuple(1 / value if value < 1 else value for value in exponents if value)
    return Calibration(_primaries_of(triples), stated if len(stated) == len(triples) else ())


def _primaries_of(triples: list[list[float]]) -> Chromaticities | None:
    sums = [sum(triple) for triple in triples]
    if min(sums) <= 0:
        return None
    red, green, blue = (
        (t[0] / total, t[1] / total) for t, total in zip(triples, sums, strict=True)
    )
    if all(abs(total - 1) < 0.01 for total in sums):
        return red, green, blue, D65
    x, y = (sum(triple[axis] for triple in triples) / sum(sums) for axis in (0, 1))
    white: Pair = (x, y)
    return red, green, blue, white


def _bmp_header_size(data: bytes) -> int:
    return int.from_bytes(data[_HEADER_AT : _HEADER_AT + 4], "little")


@dataclass(frozen=True)
class HeicColour:
    """What the colour boxes of the primary picture hold, each None where there is no such box."""

    profile: bytes | None = None
    code_points: CodePoints | None = None


def heic_colour(data: bytes) -> HeicColour:
    """Of the primary picture, or of the tiles that it is put together from.

    Boxes as in ISO/IEC 14496-12 (meta, colr) and 23008-12 (pitm, iprp, iref).
    """
    meta = next((body for name, body in _boxes(data) if name == b"meta"), b"")[4:]
    inside = dict(_boxes(meta))
    properties = dict(_boxes(inside.get(b"iprp", b"")))
    boxes = [None, *_boxes(properties.get(b"ipco", b""))]
    of_item = _associations(properties.get(b"ipma", b""))
    primary = _primary_item(inside.get(b"pitm", b""))
    for item in (primary, *_tiles(inside.get(b"iref", b""), primary)):
        indices = [index for index in of_item.get(item, ()) if index < len(boxes)]
        held = [box[1] for box in map(boxes.__getitem__, indices) if box and box[0] == b"colr"]
        if held:
            return _of_colour_boxes(held)
    return HeicColour()


def _of_colour_boxes(bodies: list[bytes]) -> HeicColour:
    profile, points = None, None
    for body in bodies:
        if body[:4] in (b"prof", b"rICC"):
            profile = body[4:]
        elif body[:4] == b"nclx" and len(body) >= 11:
            primaries, transfer, _, flags = struct.unpack_from(">HHHB", body, 4)
            points = CodePoints(primaries, transfer, bool(flags & 0x80))
    return HeicColour(profile, points)


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at + 8 <= len(data):
        size, name = struct.unpack_from(">I4s", data, at)
        start = at + 8
        if size == 1 and at + 16 <= len(data):
            size, start = struct.unpack_from(">Q", data, at + 8)[0], at + 16
        end = at + size if size else len(data)
        if end < start:
            return
        yield name, data[start:end]
        at = end


def _primary_item(pitm: bytes) -> int:
    wide = pitm[:1] > b"\0"
    return int.from_bytes(pitm[4 : 8 if wide else 6], "big")


def _associations(ipma: bytes) -> dict[int, list[int]]:
    """Which properties, counted from 1, belong to which item."""
    if len(ipma) < 8:
        return {}
    id_size, index_size = (4 if ipma[0] else 2), (2 if ipma[3] & 1 else 1)
    found, at = {}, 8
    for _ in range(int.from_bytes(ipma[4:8], "big")):
        if at + id_size >= len(ipma):
            break
        item, count = int.from_bytes(ipma[at : at + id_size], "big"), ipma[at + id_size]
        start = at + id_size + 1
        at = start + count * index_size
        mask = (1 << (8 * index_size - 1)) - 1
        steps = range(start, min(at, len(ipma)), index_size)
        found[item] = [int.from_bytes(ipma[s : s + index_size], "big") & mask for s in steps]
    return found


def _tiles(iref: bytes, item: int) -> list[int]:
    """Items that this one is derived from."""
    size = 4 if iref[:1] > b"\0" else 2
    for name, body in _boxes(iref[4:]):
        if name == b"dimg" and int.from_bytes(body[:size], "big") == item:
            steps = range(size + 2, len(body), size)
            return [int.from_bytes(body[step : step + size], "big") for step in steps]
    return []
