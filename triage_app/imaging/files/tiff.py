"""Whether a TIFF file is of a form that is read, and whether all its strips or tiles are whole."""

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from triage_app.domain.errors import ImageRejected
from triage_app.imaging.files import jpeg
from triage_app.imaging.files.rejections import damaged, unsupported
from triage_app.imaging.files.seams import has_hole
from triage_app.imaging.files.tiff_codes import lzw_length, packbits_length
from triage_app.imaging.files.tiff_directory import Directory, Malformed, directories

_SUBFILE, _WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC = 254, 256, 257, 258, 259, 262
_STRIPS, _SAMPLES, _ROWS, _STRIP_BYTES, _PLANAR = 273, 277, 278, 279, 284
_TILE_WIDTH, _TILE_HEIGHT, _TILES, _TILE_BYTES, _FORMAT, _TABLES = 322, 323, 324, 325, 339, 347
_RAW, _LZW, _JPEG, _PACKBITS, _YCBCR = 1, 5, 7, 32773, 6
_DEFLATE = (8, 32946)
_REDUCED_OR_MASK = 1 | 4
_READ = {_RAW, 2, 3, 4, _LZW, _JPEG, *_DEFLATE, _PACKBITS}
_COMPRESSIONS: Mapping[int, str] = {
    6: "old-style JPEG",
    32809: "ThunderScan",
    34676: "SGI log",
    34677: "SGI log",
    34712: "JPEG 2000",
    33003: "JPEG 2000",
    33005: "JPEG 2000",
    34892: "lossy raw",
    34925: "LZMA",
    50000: "Zstandard",
    50001: "WebP",
    50002: "JPEG XL",
}
_COLOURS: Mapping[int, str] = {
    4: "a transparency mask",
    9: "ICC L*a*b*",
    10: "ITU L*a*b*",
    32803: "unprocessed camera raw",
    32844: "logarithmic luminance",
    32845: "logarithmic colour",
    34892: "linear camera raw",
}


@dataclass(frozen=True)
class _Piece:
    """A strip or tile: its coded bytes, and its size in pixels and bytes when it is unpacked."""

    coded: bytes
    width: int
    height: int
    expected: int


def check_form(data: bytes) -> None:
    """Refuse a form that is not read by its true name.

    Raises ImageRejected: unsupported_format, or damaged where the directory isn't whole.
    """
    page = _pages(data)[0]
    compression, colours = _one(page, _COMPRESSION, 1), _one(page, _PHOTOMETRIC, -1)
    if colours in _COLOURS:
        raise _form(f"holds {_COLOURS[colours]}")
    if compression not in _READ:
        raise _form(f"is compressed with {_COMPRESSIONS.get(compression, f'method {compression}')}")
    if colours == _YCBCR and compression != _JPEG:
        raise _form("stores its colours as YCbCr")
    if _one(page, _FORMAT, 1) == 3:
        raise _form("holds floating-point numbers, which have no defined scale")
    if _one(page, _FORMAT, 1) in (2, 5, 6) or max(page.get(_BITS, (1,))) > 16:
        raise _form("holds numbers other than whole ones of up to 16 bits")


def holds_several_pictures(data: bytes) -> bool:
    """Whether there is more than one page, smaller copies and masks of the first left out."""
    return any(not _one(page, _SUBFILE, 0) & _REDUCED_OR_MASK for page in _pages(data)[1:])


def check(data: bytes) -> None:
    """Unpack every strip or tile for its sums and lengths. Raises ImageRejected: damaged."""
    page = _pages(data)[0]
    compression = _one(page, _COMPRESSION, 1)
    tables = bytes(page.get(_TABLES, ()))
    pieces = list(_pieces(data, page))
    if not all(_is_whole(piece, compression, tables) for piece in pieces):
        raise damaged()
    if compression != _RAW or _TILES in page:
        return
    if has_hole(_stored_rows(pieces, _one(page, _BITS, 1), data[:2] == b"II")):
        raise damaged()


def _stored_rows(pieces: list[_Piece], bits: int, little: bool) -> NDArray[np.uint8]:
    """uint8 (rows, bytes): of 16-bit values the upper halves."""
    wide = pieces[0].expected // pieces[0].height
    stored = b"".join(piece.coded[: piece.expected] for piece in pieces)
    rows = np.frombuffer(stored, np.uint8).reshape(-1, wide)
    if bits != 16:
        return rows
    return np.ascontiguousarray(rows[:, 1::2] if little else rows[:, ::2])


def _is_whole(piece: _Piece, compression: int, tables: bytes) -> bool:
    if compression == _RAW:
        return len(piece.coded) >= piece.expected
    if compression in _DEFLATE:
        return _inflated(piece.coded, piece.expected)
    if compression == _LZW:
        return lzw_length(piece.coded, piece.expected) == piece.expected
    if compression == _PACKBITS:
        return packbits_length(piece.coded) == piece.expected
    if compression == _JPEG:
        jpeg.check(piece.coded, tables)
    return True


def _inflated(coded: bytes, expected: int) -> bool:
    unpacker = zlib.decompressobj()
    try:
        got = len(unpacker.decompress(coded, expected + 1))
        # The sum behind the last row is read only when more is asked for.
        got += len(unpacker.decompress(unpacker.unconsumed_tail, 1))
    except zlib.error:
        return False
    return unpacker.eof and got == expected


def _pieces(data: bytes, page: Directory) -> Iterator[_Piece]:
    width, height = _one(page, _WIDTH, 0), _one(page, _HEIGHT, 0)
    tiled = _TILES in page
    across = _one(page, _TILE_WIDTH, 0) if tiled else width
    down = _one(page, _TILE_HEIGHT, 0) if tiled else min(_one(page, _ROWS, height), height)
    places = page.get(_TILES if tiled else _STRIPS, ())
    sizes = page.get(_TILE_BYTES if tiled else _STRIP_BYTES, ())
    bits = page.get(_BITS, (1,))
    samples = _one(page, _SAMPLES, 1)
    planes = samples if _one(page, _PLANAR, 1) == 2 else 1
    if min(width, height, across, down, samples) < 1:
        raise damaged()
    columns, rows = -(-width // across), -(-height // down)
    if not len(places) == len(sizes) == columns * rows * planes:
        raise damaged()
    pixel_bits = bits[0] * (1 if planes > 1 else samples)
    for number, (at, size) in enumerate(zip(places, sizes, strict=True)):
        if at + size > len(data) or not size:
            raise damaged()
        row = number // columns % rows
        tall = down if tiled else min(down, height - row * down)
        yield _Piece(data[at : at + size], across, tall, tall * -(-across * pixel_bits // 8))


def _pages(data: bytes) -> list[Directory]:
    try:
        pages = directories(data)
    except Malformed as error:
        raise damaged() from error
    if not pages or _WIDTH not in pages[0] or _HEIGHT not in pages[0]:
        raise damaged()
    return pages


def _one(page: Directory, tag: int, otherwise: int) -> int:
    values = page.get(tag)
    return values[0] if values else otherwise


def _form(what: str) -> ImageRejected:
    return unsupported(f"This TIFF file {what}, which is not read here.")
