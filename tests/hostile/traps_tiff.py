"""TIFF files made by hand to take time, memory or the process."""

import struct
from collections.abc import Callable
from functools import partial

from tests.hostile.containers import FULL, zeros


def _tiff(entries: list[tuple[int, int, int, int]], following: int = 0, tail: bytes = b"") -> bytes:
    """A TIFF of one directory; each entry is tag, type, count and value."""
    rows = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    at = struct.pack("<H", len(entries) & 0xFFFF) + rows + struct.pack("<I", following)
    return b"II*\0" + struct.pack("<I", 8) + at + tail


def _one_strip(side: int, packing: int, strip: bytes, other: dict[int, int] | None = None) -> bytes:
    """An RGB picture in one strip; ``other`` are tags that differ."""
    tags = {256: side, 257: side, 258: 8, 259: packing, 262: 2, 273: 0, 277: 3, 278: side}
    tags |= {279: len(strip)} | (other or {})
    tags[273] = 8 + 2 + 12 * len(tags) + 4
    return _tiff([(tag, 4, 1, value) for tag, value in sorted(tags.items())], tail=strip)


def _tiff_that_goes_round() -> bytes:
    return _tiff([(256, 4, 1, 96), (257, 4, 1, 96)], following=8)


def _tiff_of_many_pages() -> bytes:
    """A chain of 60,000 directories, each with one entry."""
    page = struct.pack("<H", 1) + struct.pack("<HHII", 256, 4, 1, 96)
    chain = (page + struct.pack("<I", 8 + 18 * (number + 1)) for number in range(60_000))
    return b"II*\0" + struct.pack("<I", 8) + b"".join(chain)


def _tiff_with_a_huge_count(tag: int) -> bytes:
    return _tiff([(256, 4, 1, 96), (257, 4, 1, 96), (tag, 4, FULL, 8), (262, 3, 1, 2)])


def _packed_tiff(side: int, megabytes: int) -> bytes:
    return _one_strip(side, 8, zeros(megabytes))


def _fax_tiff() -> bytes:
    return _one_strip(8_000, 4, bytes(1000), {258: 1, 277: 1, 262: 0})


def _tiled_tiff() -> bytes:
    return _one_strip(96, 8, b"x", {322: 0x7FFFFFFF, 323: 0x7FFFFFFF, 324: 8, 325: FULL})


def _big_tiff_beyond_the_end() -> bytes:
    return b"II+\0\x08\0\0\0" + struct.pack("<Q", 2**63) + bytes(64)


TIFF_TRAPS: tuple[tuple[str, Callable[[], bytes]], ...] = (
    ("a directory that follows itself", _tiff_that_goes_round),
    ("sixty thousand pages", _tiff_of_many_pages),
    *(
        (f"four thousand million values of tag {tag}", partial(_tiff_with_a_huge_count, tag))
        for tag in (258, 273, 279, 320, 330, 34675, 34665)
    ),
    ("a strip of 192 MB in 190 kB", partial(_packed_tiff, 8_000, 192)),
    ("a strip that unpacks to more than it should", partial(_packed_tiff, 96, 600)),
    ("a fax of 64 million dots in a thousand zeros", _fax_tiff),
    ("tiles larger than memory", _tiled_tiff),
    ("a directory beyond the end of the disk", _big_tiff_beyond_the_end),
)
