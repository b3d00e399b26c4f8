"""Whether a PNG file is whole: its chunks, their sums, and all rows behind them.

Chunk layout, and the checksums, as in the PNG specification (third edition).
"""

import zlib
from collections.abc import Iterator

from triage_app.imaging.files.rejections import damaged

_START = b"\x89PNG\r\n\x1a\n"
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
# Adam7: first column and row of each pass, and the steps between them.
_PASSES = (
    (0, 0, 8, 8),
    (4, 0, 8, 8),
    (0, 4, 4, 8),
    (2, 0, 4, 4),
    (0, 2, 2, 4),
    (1, 0, 2, 2),
    (0, 1, 1, 2),
)
_STEP = 1 << 20
# Some encoders write a few rows too many; nobody reads them.
_MOST_EXTRA = 4 << 20
_MOST_CHUNKS = 100_000


def check(data: bytes) -> None:
    """Refuse a file with a wrong sum, without its end, or without all its rows.

    Raises ImageRejected: damaged.
    """
    header, rows = b"", []
    for name, body in _chunks(data):
        if name == b"IHDR":
            header = body
        elif name == b"IDAT":
            rows.append(body)
    if len(header) != 13 or header[9] not in _CHANNELS or header[12] > 1:
        raise damaged()
    try:
        _check_rows(rows, _expected(header))
    except zlib.error as error:
        raise damaged() from error


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(_START)
    for _ in range(_MOST_CHUNKS):
        size = int.from_bytes(data[at : at + 4])
        name, end = data[at + 4 : at + 8], at + 12 + size
        if end > len(data):
            raise damaged()
        body = data[at + 8 : end - 4]
        # Of every chunk, also those of mere words: a wrong sum says that bytes have changed.
        if zlib.crc32(body, zlib.crc32(name)) != int.from_bytes(data[end - 4 : end]):
            raise damaged()
        yield name, body
        if name == b"IEND":
            return
        at = end
    raise damaged()


def _expected(header: bytes) -> int:
    """Bytes of all rows, each with the byte that names its filter."""
    width, height = int.from_bytes(header[:4]), int.from_bytes(header[4:8])
    bits = header[8] * _CHANNELS[header[9]]
    passes = _PASSES if header[12] else ((0, 0, 1, 1),)
    total = 0
    for left, top, across, down in passes:
        columns, rows = -(-(width - left) // across), -(-(height - top) // down)
        if columns > 0 and rows > 0:
            total += rows * (1 + -(-columns * bits // 8))
    return total


def _check_rows(packed: list[bytes], expected: int) -> None:
    """The stream ends with its own sum, and holds all rows; a little more does no harm."""
    unpacker, total = zlib.decompressobj(), 0
    for part in (*packed, b""):
        rest: bytes | None = part
        while rest is not None and not unpacker.eof:
            got = unpacker.decompress(rest, _STEP)
            total += len(got)
            if total > expected + _MOST_EXTRA:
                raise damaged()
            # What is asked for in steps may still be inside when all input is used up.
            rest = unpacker.unconsumed_tail or (b"" if len(got) == _STEP else None)
    if not unpacker.eof or total < expected:
        raise damaged()
