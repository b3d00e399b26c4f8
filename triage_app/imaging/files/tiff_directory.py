"""The directories of a TIFF file, read without its pixels (TIFF 6.0; BigTIFF likewise)."""

import struct
from collections.abc import Iterator
from typing import Literal

Directory = dict[int, tuple[int, ...]]

# Of the numbers: struct's letter and size in bytes. Fractions and text say nothing of the pixels.
_NUMBERS = {1: ("B", 1), 3: ("H", 2), 4: ("I", 4), 7: ("B", 1), 13: ("I", 4), 16: ("Q", 8)}
_MOST_PAGES = 16


class Malformed(Exception):
    """A directory or one of its values lies beyond the file."""


def directories(data: bytes) -> list[Directory]:
    """Numbers of each page's directory by tag; of more than sixteen pages, the first sixteen.

    Raises Malformed.
    """
    order: Literal["<", ">"] = "<" if data[:2] == b"II" else ">"
    big = data[2:4] in (b"+\0", b"\0+")
    found: list[Directory] = []
    seen = set[int]()
    try:
        at = struct.unpack_from(order + ("Q" if big else "I"), data, 8 if big else 4)[0]
        while at and len(found) < _MOST_PAGES:
            if at in seen:
                raise Malformed("a page follows itself")
            seen.add(at)
            directory, at = _directory(data, at, order, big)
            found.append(directory)
    except (struct.error, OverflowError) as error:
        raise Malformed("a directory lies beyond the end") from error
    return found


def _directory(data: bytes, at: int, order: str, big: bool) -> tuple[Directory, int]:
    """One page's numbers, and where the next page's directory is (0: there is none)."""
    count, head = struct.unpack_from(order + ("Q" if big else "H"), data, at)[0], 8 if big else 2
    size = 20 if big else 12
    end = at + head + count * size
    if end > len(data):
        raise Malformed("a directory is cut")
    starts = range(at + head, end, size)
    directory = dict(entry for start in starts for entry in _entry(data, start, order, big))
    # A file that ends right behind its only directory has one page.
    link = data[end : end + (8 if big else 4)]
    return directory, int.from_bytes(link, "little" if order == "<" else "big")


def _entry(data: bytes, at: int, order: str, big: bool) -> Iterator[tuple[int, tuple[int, ...]]]:
    tag, kind, count = struct.unpack_from(order + ("HHQ" if big else "HHI"), data, at)
    if kind not in _NUMBERS:
        return
    letter, size = _NUMBERS[kind]
    place = at + (12 if big else 8)
    if count * size > (8 if big else 4):
        place = struct.unpack_from(order + ("Q" if big else "I"), data, place)[0]
    if place + count * size > len(data):
        raise Malformed("a value lies beyond the end")
    yield tag, struct.unpack_from(f"{order}{count}{letter}", data, place)
