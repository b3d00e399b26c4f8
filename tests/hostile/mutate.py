"""Mutated picture files, each made from its number alone: the same number gives the same bytes."""

import random
import struct
import zlib
from collections.abc import Callable
from dataclasses import replace

from tests.hostile.containers import Part, joined, parts_of
from tests.hostile.seeds import wellformed

# Numbers at which sizes overflow, turn negative or ask for all memory.
_EDGES = (0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
_TIFF_TYPES = (0, 1, 2, 3, 4, 5, 12, 13, 16, 0xFFFF)
# Where a box of a HEIC file holds sizes, counts, places and references.
_BOXES = (b"meta", b"iloc", b"iinf", b"pitm", b"ispe", b"ipma", b"ipco", b"iref", b"hvcC", b"auxC")
_LONGEST = 4_000_000

Mutation = Callable[[random.Random, str, bytes], bytes]


def mutated(number: int) -> tuple[str, bytes]:
    """The kind that a file was, and its bytes after one to three mutations."""
    rng = random.Random(number)
    kind, data = rng.choice(wellformed())
    whole = data
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        # Only a file that is still whole can be taken apart.
        choices = _ON_BYTES + (_ON_STRUCTURE * 2 if data is whole else ())
        data = rng.choice(choices)(rng, kind, data or b"\0")[:_LONGEST]
    return kind, data


def _flipped(rng: random.Random, _: str, data: bytes) -> bytes:
    changed = bytearray(data)
    # Headers are where decoders read sizes, so most flips go there.
    reach = len(data) if rng.random() < 0.4 else min(len(data), 200)
    for _ in range(rng.randint(1, 24)):
        changed[rng.randrange(reach)] = rng.randrange(256)
    return bytes(changed)


def _cut(rng: random.Random, _: str, data: bytes) -> bytes:
    return data[: rng.randrange(len(data))]


def _without_a_stretch(rng: random.Random, _: str, data: bytes) -> bytes:
    at = rng.randrange(len(data))
    return data[:at] + data[at + rng.randint(1, 64) :]


def _repeated(rng: random.Random, _: str, data: bytes) -> bytes:
    at, length = rng.randrange(len(data)), rng.randint(1, 64)
    return data[:at] + data[at : at + length] * rng.randint(2, 40) + data[at:]


def _edge(rng: random.Random, _: str, data: bytes) -> bytes:
    changed = bytearray(data)
    for _ in range(rng.randint(1, 4)):
        _put_edge(rng, changed, rng.randrange(len(data)))
    return bytes(changed)


def _spliced(rng: random.Random, _: str, data: bytes) -> bytes:
    _, other = rng.choice(wellformed())
    return data[: rng.randrange(len(data))] + other[rng.randrange(len(other)) :]


def _put_edge(rng: random.Random, changed: bytearray, at: int) -> None:
    size, order = rng.choice((1, 2, 4, 4)), rng.choice(("big", "little"))
    value = rng.choice(_EDGES) & (1 << 8 * size) - 1
    changed[at : at + size] = value.to_bytes(size, order)


def _on_parts(rng: random.Random, kind: str, data: bytes) -> bytes:
    if kind == "TIFF":
        return _directory(rng, kind, data)
    if kind == "BMP":
        return _header_field(rng, kind, data)
    parts = parts_of(kind, data)
    rng.choice((_drop, _double, _swap, _change, _change, _change, _borrow))(rng, kind, parts)
    return joined(kind, parts)


def _drop(rng: random.Random, _: str, parts: list[Part]) -> None:
    del parts[rng.randrange(len(parts))]


def _double(rng: random.Random, _: str, parts: list[Part]) -> None:
    parts[rng.randrange(len(parts) + 1) : 0] = [rng.choice(parts)] * rng.choice((1, 2, 300))


def _swap(rng: random.Random, _: str, parts: list[Part]) -> None:
    first, second = rng.randrange(len(parts)), rng.randrange(len(parts))
    parts[first], parts[second] = parts[second], parts[first]


def _change(rng: random.Random, kind: str, parts: list[Part]) -> None:
    at = rng.randrange(len(parts))
    part = parts[at]
    body = part.body or b"\0"
    if part.name == b"IDAT" and rng.random() < 0.7:
        body = _repacked(rng, kind, parts)
        parts[:] = [p for p in parts if p.name != b"IDAT" or p is part]
        at = parts.index(part)
    else:
        body = rng.choice(_ON_BYTES)(rng, kind, body)
    parts[at] = replace(part, body=body)


def _repacked(rng: random.Random, kind: str, parts: list[Part]) -> bytes:
    """The compressed rows, mutated before they are compressed, so that they still unpack."""
    packed = b"".join(part.body for part in parts if part.name == b"IDAT")
    return zlib.compress(rng.choice(_ON_BYTES)(rng, kind, zlib.decompress(packed)), 1)


def _borrow(rng: random.Random, kind: str, parts: list[Part]) -> None:
    same = [data for other, data in wellformed() if other == kind]
    part = rng.choice(parts_of(kind, rng.choice(same)))
    parts.insert(rng.randrange(len(parts) + 1), part)


def _directory(rng: random.Random, _: str, data: bytes) -> bytes:
    """Entries of a TIFF's directory, with another tag, type, count or value."""
    if data[:4] != b"II*\0":
        return _edge(rng, _, data)
    changed = bytearray(data)
    (start,) = struct.unpack_from("<I", data, 4)
    (count,) = struct.unpack_from("<H", data, start)
    for _turn in range(rng.randint(1, 3)):
        entry = start + 2 + 12 * rng.randrange(count)
        part = rng.randrange(4)
        if part == 0:
            struct.pack_into("<H", changed, entry, rng.choice((254, 273, 277, 322, 330, 34665)))
        elif part == 1:
            struct.pack_into("<H", changed, entry + 2, rng.choice(_TIFF_TYPES))
        else:
            struct.pack_into("<I", changed, entry + 4 * (part - 1), rng.choice(_EDGES))
    return bytes(changed)


def _header_field(rng: random.Random, _: str, data: bytes) -> bytes:
    changed = bytearray(data)
    for _turn in range(rng.randint(1, 3)):
        _put_edge(rng, changed, 2 * rng.randrange(1, 27))
    return bytes(changed)


def _near_a_box(rng: random.Random, kind: str, data: bytes) -> bytes:
    places = [data.find(name) for name in _BOXES if name in data]
    if kind != "HEIF" or not places:
        return _edge(rng, kind, data)
    changed = bytearray(data)
    _put_edge(rng, changed, min(rng.choice(places) + rng.randrange(-4, 24), len(data) - 4))
    return bytes(changed)


_ON_BYTES: tuple[Mutation, ...] = (
    _flipped,
    _cut,
    _without_a_stretch,
    _repeated,
    _edge,
    _spliced,
)
_ON_STRUCTURE: tuple[Mutation, ...] = (_on_parts, _on_parts, _near_a_box)
