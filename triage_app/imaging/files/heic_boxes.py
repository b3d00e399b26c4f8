"""Where a HEIC file keeps its photograph: boxes, items and extents.

Box layouts as in ISO/IEC 14496-12 (ISO base media), 23008-12 (HEIF) and 14496-15 (HEVC's own).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

_ALPHA = (b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha", b"urn:mpeg:hevc:2015:auxid:1")
# Pictures that only arrange or turn others.
DERIVED = (b"grid", b"iden", b"iovl")
_MOST_BOXES = 100_000


class Malformed(Exception):
    """A box contradicts another, or points beyond the file."""


@dataclass
class Item:
    """A picture or a part of one: its type, its bytes, and indices of its properties."""

    kind: bytes = b""
    extents: list[tuple[int, int]] = field(default_factory=list)
    in_idat: bool = False
    properties: list[int] = field(default_factory=list)


@dataclass
class Boxes:
    """What the ``meta`` box says, and the whole file it says it of."""

    data: bytes
    primary: int = 0
    items: dict[int, Item] = field(default_factory=dict)
    properties: list[tuple[bytes, bytes]] = field(default_factory=list)
    references: list[tuple[bytes, int, list[int]]] = field(default_factory=list)
    idat: bytes = b""

    def coded(self) -> list[int]:
        """Items that the photograph is coded in: itself or its tiles, and its transparency."""
        found = self._parts(self.primary, 0)
        if not found:
            raise Malformed("nothing is coded")
        alpha = [
            part
            for kind, source, targets in self.references
            if kind == b"auxl" and self.primary in targets and self._is_alpha(source)
            for part in self._parts(source, 0)
        ]
        return list(dict.fromkeys([*found, *alpha]))

    def content(self, item: Item) -> bytes:
        """An item's bytes, all of which must lie in the file."""
        source = self.idat if item.in_idat else self.data
        if not item.extents or any(at + size > len(source) for at, size in item.extents):
            raise Malformed("an extent lies beyond the end")
        return b"".join(source[at : at + size] for at, size in item.extents)

    def property_of(self, item: Item, kind: bytes) -> bytes | None:
        """The body of an item's property."""
        for index in item.properties:
            if 0 < index <= len(self.properties) and self.properties[index - 1][0] == kind:
                return self.properties[index - 1][1]
        return None

    def _parts(self, number: int, depth: int) -> list[int]:
        item = self.items.get(number)
        if item is None or depth > 4:
            raise Malformed("an item is missing")
        if item.kind not in DERIVED:
            return [number]
        targets = [t for k, s, ts in self.references if k == b"dimg" and s == number for t in ts]
        if item.kind == b"grid":
            self._check_grid(item, targets)
        return [part for target in targets for part in self._parts(target, depth + 1)]

    def _check_grid(self, item: Item, tiles: list[int]) -> None:
        body = self.content(item)
        if len(body) < 8 or len(tiles) != (body[2] + 1) * (body[3] + 1):
            raise Malformed("a tile is missing")

    def _is_alpha(self, number: int) -> bool:
        item = self.items.get(number)
        kind = self.property_of(item, b"auxC") if item else None
        return kind is not None and kind[4:].startswith(_ALPHA)


def read(data: bytes) -> Boxes:
    """Read the ``meta`` box. Raises Malformed."""
    boxes = Boxes(data)
    try:
        for kind, start, end in _walk(data, 0, len(data)):
            if kind == b"meta":
                _meta(boxes, start + 4, end)
                return boxes
    except IndexError as error:
        raise Malformed("a box ends early") from error
    raise Malformed("there is no meta box")


def _walk(data: bytes, at: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Type, start and end of the body of each box in a stretch."""
    for _ in range(_MOST_BOXES):
        if at + 8 > end:
            return
        size, head = int.from_bytes(data[at : at + 4]), 8
        if size == 1:
            size, head = int.from_bytes(data[at + 8 : at + 16]), 16
        elif size == 0:
            size = end - at
        if size < head or at + size > end:
            raise Malformed("a box is longer than its place")
        yield data[at + 4 : at + 8], at + head, at + size
        at += size


def _meta(boxes: Boxes, start: int, end: int) -> None:
    data = boxes.data
    for kind, at, until in _walk(data, start, end):
        body = data[at:until]
        if kind == b"pitm":
            boxes.primary = int.from_bytes(body[4:6] if body[0] == 0 else body[4:8])
        elif kind == b"iinf":
            _kinds(boxes, at, until)
        elif kind == b"iloc":
            _places(boxes, _Reader(body))
        elif kind == b"iref":
            _references(boxes, at, until)
        elif kind == b"iprp":
            _properties(boxes, at, until)
        elif kind == b"idat":
            boxes.idat = body


def _item(boxes: Boxes, number: int) -> Item:
    return boxes.items.setdefault(number, Item())


def _kinds(boxes: Boxes, at: int, until: int) -> None:
    count = 2 if boxes.data[at] == 0 else 4
    for kind, start, _ in _walk(boxes.data, at + 4 + count, until):
        version = boxes.data[start]
        if kind == b"infe" and version >= 2:
            wide = 2 if version == 2 else 4
            number = int.from_bytes(boxes.data[start + 4 : start + 4 + wide])
            _item(boxes, number).kind = boxes.data[start + 6 + wide : start + 10 + wide]


class _Reader:
    """Big-endian numbers one after the other."""

    def __init__(self, body: bytes) -> None:
        self._body, self._at = body, 0

    def number(self, size: int) -> int:
        """The next number of ``size`` bytes. Raises Malformed at the end."""
        self._at += size
        if self._at > len(self._body):
            raise Malformed("a table ends early")
        return int.from_bytes(self._body[self._at - size : self._at])


def _places(boxes: Boxes, table: _Reader) -> None:
    version = table.number(4) >> 24
    sizes = table.number(2)
    offset, length, base = sizes >> 12, sizes >> 8 & 15, sizes >> 4 & 15
    index = sizes & 15 if version else 0
    wide = 4 if version == 2 else 2
    for _ in range(table.number(wide)):
        item = _item(boxes, table.number(wide))
        method = table.number(2) & 15 if version else 0
        if method > 1:
            raise Malformed("an item is part of another")
        item.in_idat = method == 1
        table.number(2)
        start = table.number(base)
        for _ in range(table.number(2)):
            table.number(index)
            at, size = start + table.number(offset), table.number(length)
            item.extents.append((at, size or max(0, len(boxes.data) - at)))


def _references(boxes: Boxes, at: int, until: int) -> None:
    wide = 2 if boxes.data[at] == 0 else 4
    for kind, start, end in _walk(boxes.data, at + 4, until):
        table = _Reader(boxes.data[start:end])
        source, count = table.number(wide), table.number(2)
        boxes.references.append((kind, source, [table.number(wide) for _ in range(count)]))


def _properties(boxes: Boxes, at: int, until: int) -> None:
    for kind, start, end in _walk(boxes.data, at, until):
        if kind == b"ipco":
            boxes.properties = [(k, boxes.data[s:e]) for k, s, e in _walk(boxes.data, start, end)]
        elif kind == b"ipma":
            table = _Reader(boxes.data[start:end])
            flags = table.number(4)
            wide, index = 4 if flags >> 24 else 2, 2 if flags & 1 else 1
            for _ in range(table.number(4)):
                item, count = _item(boxes, table.number(wide)), table.number(1)
                mask = 0x7FFF if index == 2 else 0x7F
                item.properties += [table.number(index) & mask for _ in range(count)]
