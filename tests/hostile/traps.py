"""Files made by hand to take time, memory or the process, each named by what it does."""

import struct
import zlib
from collections.abc import Callable, Iterable
from functools import partial

from tests.hostile import seeds
from tests.hostile.containers import (
    FULL,
    MEGABYTE,
    PNG_START,
    Part,
    box,
    joined,
    parts_of,
    png_chunk,
    zeros,
)
from tests.hostile.traps_tiff import TIFF_TRAPS
from tests.samples import images


def traps() -> Iterable[tuple[str, Callable[[], bytes]]]:
    """Name and maker of each file."""
    return (*_PNG, *_JPEG, *TIFF_TRAPS, *_OTHERS)


def _header(width: int, height: int, depth: int = 8, colour: int = 2, laced: int = 0) -> Part:
    fields = struct.pack(">IIBBBBB", width & FULL, height & FULL, depth, colour, 0, 0, laced)
    return Part(b"IHDR", fields)


def _png(*parts: Part) -> bytes:
    return PNG_START + b"".join(map(png_chunk, parts)) + png_chunk(Part(b"IEND", b""))


def _rows_that_never_end() -> bytes:
    return _png(_header(96, 96), Part(b"IDAT", zeros(600)))


def _text_that_unpacks_to_much() -> bytes:
    text = Part(b"zTXt", b"Comment\0\0" + zeros(600))
    international = Part(b"iTXt", b"Comment\0\1\0\0\0" + zeros(200))
    return _png(_header(96, 96), text, international, Part(b"IDAT", zlib.compress(bytes(96 * 289))))


def _profile_that_unpacks_to_much() -> bytes:
    profile = Part(b"iCCP", b"p\0\0" + zeros(600))
    return _png(_header(96, 96), profile, Part(b"IDAT", zlib.compress(bytes(96 * 289))))


def _many_chunks() -> bytes:
    return PNG_START + png_chunk(_header(96, 96)) + png_chunk(Part(b"tEXt", b"a\0b")) * 200_000


def _sized_png(width: int, height: int, depth: int = 8, colour: int = 2, laced: int = 0) -> bytes:
    return _png(_header(width, height, depth, colour, laced), Part(b"IDAT", zlib.compress(b"\0")))


def _black_png(width: int, height: int, laced: int = 0) -> bytes:
    """As many bytes as the header asks for, all zero."""
    megabytes = 3 * width * height // MEGABYTE + 2
    return _png(_header(width, height, laced=laced), Part(b"IDAT", zeros(megabytes)))


def _animated_png(frames: int) -> bytes:
    control = Part(b"acTL", struct.pack(">II", frames & FULL, 0))
    frame = struct.pack(">IIIIIHHBB", 0, 96, 96, FULL, FULL, 0, 0, 9, 9)
    rows = Part(b"IDAT", zlib.compress(bytes(96 * 289)))
    return _png(_header(96, 96), control, *[Part(b"fcTL", frame)] * 50, rows)


_PNG: tuple[tuple[str, Callable[[], bytes]], ...] = (
    ("a small file of 169 million pixels", images.decompression_bomb),
    ("rows of 96 pixels that unpack to 600 MB", _rows_that_never_end),
    ("a comment that unpacks to 600 MB", _text_that_unpacks_to_much),
    ("a colour profile that unpacks to 600 MB", _profile_that_unpacks_to_much),
    ("two hundred thousand chunks", _many_chunks),
    ("no width", partial(_sized_png, 0, 96)),
    ("a height of minus one", partial(_sized_png, 96, -1)),
    ("as many pixels as a number can count", partial(_sized_png, FULL, FULL)),
    ("a depth of 64 bits", partial(_sized_png, 96, 96, 64)),
    ("a colour type that does not exist", partial(_sized_png, 96, 96, 8, 5)),
    ("79 million pixels announced, one byte there", partial(_sized_png, 10_000, 7_900)),
    ("64 million black pixels in 190 kB", partial(_black_png, 8_000, 8_000)),
    ("25 million interlaced black pixels", partial(_black_png, 5_000, 5_000, 1)),
    ("an animation of four thousand million frames", partial(_animated_png, FULL)),
    ("an animation of no frames", partial(_animated_png, 0)),
)


def _jpeg_of_size(width: int, height: int) -> bytes:
    """A whole file whose frame header announces another size."""
    changed = [
        Part(part.name, part.body[:1] + struct.pack(">HH", height, width) + part.body[5:])
        if part.name in (b"\xff\xc0", b"\xff\xc2")
        else part
        for part in parts_of("JPEG", images.jpeg(width=128, height=128))
    ]
    return joined("JPEG", changed)


def _many_scans() -> bytes:
    """A progressive file that sends the same scan again and again, over a large picture."""
    whole = images.encoded(images.square(96), progressive=True)
    *head, scan = parts_of("JPEG", whole)
    tall = [
        Part(part.name, part.body[:1] + struct.pack(">HH", 6_000, 6_000) + part.body[5:])
        if part.name == b"\xff\xc2"
        else part
        for part in head
    ]
    first = scan.body[: scan.body.index(b"\xff\xda", 2)]
    return joined("JPEG", [*tall, Part(b"", first * 20_000 + b"\xff\xd9")])


def _many_segments() -> bytes:
    head, *rest = parts_of("JPEG", images.jpeg(width=128, height=128))
    return joined("JPEG", [head, *[Part(b"\xff\xe1", b"Exif\0\0" + bytes(60_000))] * 200, *rest])


def _exif_that_points_at_itself() -> bytes:
    entry = struct.pack("<HHII", 0x8769, 4, 1, 8)
    loop = b"Exif\0\0II*\0" + struct.pack("<I", 8) + struct.pack("<H", 40) + entry * 40
    return images.encoded(images.square(96), exif=loop + struct.pack("<I", 8))


def _marker_bytes() -> bytes:
    return b"\xff\xd8" + b"\xff" * 4_000_000


def _other_process(marker: int) -> bytes:
    """The same file under a frame type that other coders use (lossless, arithmetic, hierarchic)."""
    return images.jpeg(width=128, height=128).replace(b"\xff\xc0", bytes((0xFF, marker)), 1)


_JPEG: tuple[tuple[str, Callable[[], bytes]], ...] = (
    ("a small JPEG that announces 4,295 million pixels", partial(_jpeg_of_size, 65_535, 65_535)),
    ("a small JPEG that announces 79 million pixels", partial(_jpeg_of_size, 10_000, 7_900)),
    ("a JPEG without height", partial(_jpeg_of_size, 128, 0)),
    ("twenty thousand scans over a large picture", _many_scans),
    ("two hundred blocks of EXIF", _many_segments),
    ("EXIF that points at itself", _exif_that_points_at_itself),
    ("four million marker bytes", _marker_bytes),
    ("a lossless JPEG", partial(_other_process, 0xC3)),
    ("an arithmetic JPEG", partial(_other_process, 0xC9)),
    ("a hierarchic JPEG", partial(_other_process, 0xDE)),
)


def _bmp(width: int, height: int, bits: int = 24, packing: int = 0, colours: int = 0) -> bytes:
    info = struct.pack("<IiiHHIIiiII", 40, width, height, 1, bits, packing, 0, 0, 0, colours, 0)
    return b"BM" + struct.pack("<IHHI", 54, 0, 0, 54) + info + bytes(1000)


def _endless_bmp() -> bytes:
    return seeds.run_length_bmp(8_000, b"\0\0" * 2_000_000)


def _short_runs_bmp() -> bytes:
    return seeds.run_length_bmp(6_000, b"\1\x55" * 2_000_000)


def _jumping_bmp() -> bytes:
    return seeds.run_length_bmp(8_000, b"\0\2\xff\xff" * 500_000)


def _webp_chunks(name: bytes, count: int) -> bytes:
    head = Part(b"VP8X", b"\2\0\0\0" + struct.pack("<I", 95)[:3] + struct.pack("<I", 95)[:3])
    return joined("WEBP", [head, *[Part(name, bytes(16))] * count])


def _webp_announcing(size: int) -> bytes:
    whole = images.encoded(images.square(96), "WEBP")
    return whole[:4] + struct.pack("<I", size) + whole[8:16] + struct.pack("<I", size) + whole[20:]


def _heic_of_size(width: int, height: int) -> bytes:
    whole = images.encoded(images.square(96), "HEIF")
    at = whole.index(b"ispe") + 8
    return whole[:at] + struct.pack(">II", width, height) + whole[at + 8 :]


def _nested_boxes() -> bytes:
    nest = b""
    for _ in range(20_000):
        nest = box(Part(b"meta", bytes(4) + nest))[:400_000]
    return images.encoded(images.square(96), "HEIF")[:24] + nest


def _many_items() -> bytes:
    start = images.encoded(images.square(96), "HEIF")[:24]
    entry = box(Part(b"infe", b"\2\0\0\0\0\1\0\0hvc1\0"))
    items = box(Part(b"iinf", b"\0\0\0\0\xff\xff" + entry * 65_535))
    return start + box(Part(b"meta", bytes(4) + items))


def _boxes_of_no_length() -> bytes:
    return images.encoded(images.square(96), "HEIF")[:24] + b"\0\0\0\1meta" + b"\xff" * 4_000


def _beginning(start: bytes, rest: bytes) -> bytes:
    return start + rest


def _before_a_jpeg(start: bytes) -> bytes:
    return start + images.jpeg(width=96, height=96)


def _before_a_web_page() -> bytes:
    return images.jpeg() + b"<script>" * 999


_STARTS = {
    "JPEG": b"\xff\xd8\xff\xe0",
    "PNG": PNG_START,
    "WebP": b"RIFF\x60\0\0\0WEBPVP8 ",
    "TIFF": b"II*\0\x08\0\0\0",
    "BMP": b"BM",
    "HEIC": b"\0\0\0\x18ftypheic\0\0\0\0mif1heic",
    "GIF": b"GIF89a\xff\xff\xff\xff",
    # Formats that the library could open, and that must never be tried.
    "PostScript": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 99999 99999\n",
    "Photoshop": b"8BPS\0\1" + bytes(6) + b"\0\3\0\0\xff\xff\0\0\xff\xff\0\x08\0\3",
    "FITS": b"SIMPLE  =                    T",
    "JPEG 2000": b"\0\0\0\x0cjP  \r\n\x87\n",
    "zip": b"PK\3\4",
    "program": b"\x7fELF\2\1\1",
    "web page": b"<!doctype html><script>alert(1)</script>",
}

_OTHERS: tuple[tuple[str, Callable[[], bytes]], ...] = (
    *(
        (f"a BMP of {width} x {height}", partial(_bmp, width, height))
        for width, height in ((-96, 96), (96, -0x80000000), (0x7FFFFFFF, 96), (0, 0))
    ),
    ("a BMP with four thousand million colours", partial(_bmp, 96, 96, 8, 0, FULL)),
    ("a BMP packed as no BMP is", partial(_bmp, 96, 96, 24, 77)),
    ("a BMP of two million empty lines", _endless_bmp),
    ("a BMP of two million runs of one pixel", _short_runs_bmp),
    ("a BMP that jumps beyond its end", _jumping_bmp),
    ("a WebP of a hundred thousand frames", partial(_webp_chunks, b"ANMF", 100_000)),
    ("a WebP of a hundred thousand unknown chunks", partial(_webp_chunks, b"abcd", 100_000)),
    ("a WebP longer than a number can count", partial(_webp_announcing, FULL)),
    ("a HEIC that announces 16 million pixels", partial(_heic_of_size, 4_000, 4_000)),
    ("a HEIC that announces too many pixels", partial(_heic_of_size, FULL, FULL)),
    ("boxes in boxes in boxes", _nested_boxes),
    ("sixty-five thousand pictures in one HEIC", _many_items),
    ("a box whose length lies", _boxes_of_no_length),
    *((f"{name}, then nothing", partial(_beginning, s, b"")) for name, s in _STARTS.items()),
    *((f"{name}, then zeros", partial(_beginning, s, bytes(9_999))) for name, s in _STARTS.items()),
    *((f"{name}, then a whole JPEG", partial(_before_a_jpeg, s)) for name, s in _STARTS.items()),
    ("a JPEG with a web page behind it", _before_a_web_page),
)
