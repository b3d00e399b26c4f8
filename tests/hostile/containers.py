"""Taking picture files apart and putting them together again with lengths and sums that fit.

A decoder gives up at the first wrong sum. To get at the code behind it, a mutated part has to come
in a container that is well formed.
"""

import struct
import zlib
from dataclasses import dataclass

PNG_START = b"\x89PNG\r\n\x1a\n"
FULL = 0xFFFFFFFF
MEGABYTE = 1 << 20


@dataclass(frozen=True)
class Part:
    """A named stretch of a file: a chunk, a segment or a box; ``name`` is empty for loose data."""

    name: bytes
    body: bytes


def parts_of(kind: str, data: bytes) -> list[Part]:
    """The parts of a well-formed file; a kind without parts is one loose stretch."""
    splitters = {"PNG": _png, "JPEG": _jpeg, "WEBP": _riff, "HEIF": _boxes}
    return splitters[kind](data) if kind in splitters else [Part(b"", data)]


def joined(kind: str, parts: list[Part]) -> bytes:
    """The file of these parts."""
    if kind == "PNG":
        return PNG_START + b"".join(png_chunk(part) for part in parts)
    if kind == "JPEG":
        return b"\xff\xd8" + b"".join(_segment(part) for part in parts)
    if kind == "WEBP":
        body = b"WEBP" + b"".join(_riff_chunk(part) for part in parts)
        return b"RIFF" + struct.pack("<I", len(body)) + body
    return b"".join(box(part) for part in parts) if kind == "HEIF" else parts[0].body


def png_chunk(part: Part) -> bytes:
    """A chunk with its length and checksum."""
    checksum = zlib.crc32(part.name + part.body)
    return struct.pack(">I", len(part.body)) + part.name + part.body + struct.pack(">I", checksum)


def zeros(megabytes: int) -> bytes:
    """Compressed zeros, a thousandth of their size."""
    squeezer = zlib.compressobj(9)
    packed = [squeezer.compress(bytes(MEGABYTE)) for _ in range(megabytes)]
    return b"".join([*packed, squeezer.flush()])


def box(part: Part) -> bytes:
    """A box of an ISO media file."""
    return struct.pack(">I", 8 + len(part.body)) + part.name + part.body if part.name else part.body


def _segment(part: Part) -> bytes:
    if not part.name:
        return part.body
    return part.name + struct.pack(">H", (len(part.body) + 2) & 0xFFFF) + part.body


def _riff_chunk(part: Part) -> bytes:
    return part.name + struct.pack("<I", len(part.body)) + part.body + bytes(len(part.body) % 2)


def _png(data: bytes) -> list[Part]:
    found, at = [], len(PNG_START)
    while at < len(data):
        (length,) = struct.unpack_from(">I", data, at)
        found.append(Part(data[at + 4 : at + 8], data[at + 8 : at + 8 + length]))
        at += 12 + length
    return found


def _jpeg(data: bytes) -> list[Part]:
    """Segments up to the first scan; the scan and what follows is loose."""
    found, at = [], 2
    while data[at + 1] != 0xDA:
        (length,) = struct.unpack_from(">H", data, at + 2)
        found.append(Part(data[at : at + 2], data[at + 4 : at + 2 + length]))
        at += 2 + length
    return [*found, Part(b"", data[at:])]


def _riff(data: bytes) -> list[Part]:
    found, at = [], 12
    while at < len(data):
        (length,) = struct.unpack_from("<I", data, at + 4)
        found.append(Part(data[at : at + 4], data[at + 8 : at + 8 + length]))
        at += 8 + length + length % 2
    return found


def _boxes(data: bytes) -> list[Part]:
    found, at = [], 0
    while at < len(data):
        (length,) = struct.unpack_from(">I", data, at)
        found.append(Part(data[at + 4 : at + 8], data[at + 8 : at + length]))
        at += length
    return found
