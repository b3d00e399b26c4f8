"""The markers of a JPEG file: what it is, whether all of it is there, and nothing but the picture.

Marker codes and segment layouts as in ITU-T T.81, annex B.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from triage_app.domain.errors import ImageRejected
from triage_app.imaging.files.rejections import damaged, unsupported

_SOI, _EOI = b"\xff\xd8", b"\xff\xd9"
_BASELINE, _EXTENDED, _PROGRESSIVE = 0xC0, 0xC1, 0xC2
_DHT, _JPG, _DAC = 0xC4, 0xC8, 0xCC
_SOS, _DQT, _DNL, _DRI = 0xDA, 0xDB, 0xDC, 0xDD
_APP0, _APP14, _COM = 0xE0, 0xEE, 0xFE
# The first marker after a stretch of coded data; FF 00 is data, D0 to D7 restart the coder.
_AFTER_DATA = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")
_RESTART = re.compile(rb"\xff([\xd0-\xd7])")
# One JFIF header, for all of them: only that it is one says anything of the colours.
_JFIF = b"\xff\xe0\x00\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0"
_BITS = 64
_PROCESSES: Mapping[int, str] = {
    **dict.fromkeys((0xC3, 0xC7, 0xCB, 0xCF), "a lossless JPEG"),
    **dict.fromkeys((0xC5, 0xC6, 0xCD, 0xCE, 0xDE), "a hierarchical JPEG"),
    **dict.fromkeys((0xC9, 0xCA), "an arithmetic-coded JPEG"),
}


@dataclass(frozen=True)
class Frame:
    """A frame header: size in px, and each component's (across, down) sampling by its id."""

    marker: int
    width: int
    height: int
    sampling: Mapping[int, tuple[int, int]]

    @property
    def progressive(self) -> bool:
        """Whether the picture comes in several passes of growing detail."""
        return self.marker == _PROGRESSIVE

    @property
    def unit(self) -> tuple[int, int]:
        """Width and height in px of a coded unit (MCU) of a scan that holds all components."""
        if len(self.sampling) == 1:
            return 8, 8
        return (
            8 * max(across for across, _ in self.sampling.values()),
            8 * max(down for _, down in self.sampling.values()),
        )

    @property
    def units(self) -> int:
        """Coded units of a scan that holds all components."""
        across, down = self.unit
        return -(-self.width // across) * -(-self.height // down)


@dataclass
class Stream:
    """A JPEG file taken apart.

    ``parts``: the file again, with only what decoding needs. ``scans``: which part each scan's data
    is. ``seen``: for each component and coefficient the lowest bit that has come, None before any.
    """

    parts: list[bytes] = field(default_factory=lambda: [_SOI])
    scans: list[int] = field(default_factory=list)
    frame: Frame | None = None
    interval: int = 0
    seen: dict[int, list[int | None]] = field(default_factory=dict)

    def joined(self) -> bytes:
        """The file, ended by an end marker."""
        return b"".join((*self.parts, _EOI))

    def shortened(self, count: int) -> "Stream":
        """The same without the last ``count`` bytes of its last scan."""
        last = self.scans[-1]
        parts = [*self.parts[:last], self.parts[last][:-count], *self.parts[last + 1 :]]
        return replace(self, parts=parts)


def parsed(data: bytes) -> Stream:
    """Take a JPEG file apart; what stands behind its first end marker plays no part.

    A file whose picture is whole and that only lacks the end marker is taken: some devices leave it
    out, and no pixel hangs on it.

    Raises:
        ImageRejected: unsupported_format for a coding that is not read, else damaged.
    """
    stream = Stream()
    at: int | None = len(_SOI)
    try:
        while at is not None and at < len(data):
            at = _segment(stream, data, at)
    except (IndexError, ValueError) as error:
        raise damaged() from error
    _check_complete(stream)
    return stream


def _segment(stream: Stream, data: bytes, at: int) -> int | None:
    """Read the segment at a place; the next place, None after the end marker."""
    if data[at] != 0xFF:
        raise damaged()
    while data[at] == 0xFF:
        at += 1
    marker = data[at]
    if marker == _EOI[1]:
        return None
    if marker == 0x01:
        return at + 1
    end = at + 1 + int.from_bytes(data[at + 1 : at + 3])
    body = data[at + 3 : end]
    if marker < _BASELINE or 0xD0 <= marker <= 0xD9 or end > len(data) or end < at + 3:
        raise damaged()
    whole = bytes((0xFF, marker)) + data[at + 1 : end]
    if marker == _SOS:
        return _scan(stream, data, body, end)
    _other(stream, marker, body, whole)
    return end


def _other(stream: Stream, marker: int, body: bytes, whole: bytes) -> None:
    if marker in (_DQT, _DHT):
        stream.parts.append(whole)
    elif marker == _DRI:
        stream.interval = int.from_bytes(body[:2])
        stream.parts.append(whole)
    elif marker in _PROCESSES or _BASELINE <= marker <= _PROGRESSIVE:
        _frame(stream, marker, body, whole)
    elif marker == _APP0 and body.startswith(b"JFIF\0"):
        stream.parts.append(_JFIF)
    # Beyond 2 the transform means nothing, and the decoder would stop at it.
    elif marker == _APP14 and body.startswith(b"Adobe") and body[11] <= 2:
        stream.parts.append(whole)
    elif marker < _APP0 and marker not in (_DAC, _DNL, _JPG):
        raise damaged()


def _frame(stream: Stream, marker: int, body: bytes, whole: bytes) -> None:
    if stream.frame is not None:
        raise damaged()
    if marker in _PROCESSES:
        raise _named(_PROCESSES[marker])
    if body[0] != 8:
        raise _named(f"a JPEG of {body[0]} bits a channel") if body[0] in (12, 16) else damaged()
    height, width, count = int.from_bytes(body[1:3]), int.from_bytes(body[3:5]), body[5]
    if not height:
        raise _named("a JPEG that gives its height only at its end")
    rows = [body[at : at + 3] for at in range(6, 6 + 3 * count, 3)]
    sampling = {row[0]: (row[1] >> 4, row[1] & 15) for row in rows}
    if len(body) != 6 + 3 * count or len(sampling) != count or not count or not width:
        raise damaged()
    if not all(1 <= h <= 4 and 1 <= v <= 4 for h, v in sampling.values()):
        raise damaged()
    stream.frame = Frame(marker, width, height, sampling)
    stream.seen = {name: [None] * _BITS for name in sampling}
    stream.parts.append(whole)


def _scan(stream: Stream, data: bytes, body: bytes, at: int) -> int:
    """Read a scan's header and find the end of its data."""
    frame, count = stream.frame, body[0]
    names = [body[1 + 2 * n] for n in range(count)]
    if frame is None or len(body) != 4 + 2 * count or not set(names) <= set(frame.sampling):
        raise damaged()
    first, last, bits = body[-3:]
    if not frame.progressive:
        # What a sequential file writes here means nothing, and some write what they like.
        first, last, bits = 0, _BITS - 1, 0
    header = body[:-3] + bytes((first, last, bits))
    found = _AFTER_DATA.search(data, at)
    end = found.start() if found else len(data)
    stream.parts.append(b"\xff\xda" + (len(header) + 2).to_bytes(2) + header)
    stream.parts.append(data[at:end])
    stream.scans.append(len(stream.parts) - 1)
    for name in names:
        stream.seen[name][first : last + 1] = [bits & 15] * (last + 1 - first)
    if not frame.progressive and count == len(frame.sampling):
        _check_restarts(data[at:end], frame.units, stream.interval)
    return end


def _check_restarts(coded: bytes, units: int, interval: int) -> None:
    """Each restart marker in its turn, and as many as the picture has stretches.

    The decoder takes a stretch too many without a word, and eight that are missing as well.
    """
    if not interval:
        return
    turns = [marker[0] & 7 for marker in _RESTART.findall(coded)]
    expected = -(-units // interval) - 1
    # Some encoders end with one more.
    if len(turns) not in (expected, expected + 1):
        raise damaged()
    if turns != [turn % 8 for turn in range(len(turns))]:
        raise damaged()


def _check_complete(stream: Stream) -> None:
    """Every component, and of a progressive picture every coefficient to its last bit."""
    if stream.frame is None or not stream.scans:
        raise damaged()
    if any(lowest != 0 for bits in stream.seen.values() for lowest in bits):
        raise damaged()


def _named(kind: str) -> ImageRejected:
    return unsupported(f"This is {kind}, which is not read here.")
