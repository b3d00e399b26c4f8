"""Which image formats are accepted, and how a file that is not one is named to the user."""

from collections.abc import Mapping

MEDIA_TYPES: Mapping[str, str] = {
    "JPEG": "image/jpeg",
    "PNG": "image/png",
    "WEBP": "image/webp",
    "TIFF": "image/tiff",
    "BMP": "image/bmp",
    "HEIF": "image/heic",
}

# GIF is opened only to tell an animation from a still; neither is accepted, because 256 colours
# are too few for dermoscopy.
OPENED: tuple[str, ...] = (*MEDIA_TYPES, "GIF")

_HEIF_BRANDS = (b"heic", b"heix", b"hevc", b"heim", b"heis", b"hevm", b"mif1", b"msf1")

_OTHER_STARTS: tuple[tuple[bytes, str], ...] = (
    (b"%PDF", "PDF"),
    (b"8BPS", "Photoshop"),
    (b"\x00\x00\x00\x0cjP  ", "JPEG 2000"),
    (b"\xff\x4f\xff\x51", "JPEG 2000"),
    (b"\xff\x0a", "JPEG XL"),
    (b"\x00\x00\x00\x0cJXL ", "JPEG XL"),
    (b"\x00\x00\x01\x00", "icon"),
    (b"FUJIFILMCCD-RAW", "camera raw"),
    (b"%!PS", "PostScript"),
)


def accepted_start(data: bytes) -> bool:
    """Whether the first bytes are those of an accepted format."""
    return (
        data.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"BM", b"GIF8"))
        or data.startswith((b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+"))
        or (data[:4] == b"RIFF" and data[8:12] == b"WEBP")
        or (is_heic(data) and data[8:12] in _HEIF_BRANDS)
    )


def is_heic(data: bytes) -> bool:
    """Whether the file is, or may be taken by its decoder for, a HEIC file."""
    return data[4:8] == b"ftyp"


def declared_webp_size(data: bytes) -> tuple[int, int] | None:
    """Width and height in px that a WebP file declares, None for any other file.

    The WebP decoder takes memory for the whole picture as it opens the file, before its size can be
    asked for; layout as in the WebP container specification.
    """
    if data[:4] != b"RIFF" or data[8:12] != b"WEBP" or len(data) < 30:
        return None
    if data[12:16] == b"VP8X":
        return 1 + int.from_bytes(data[24:27], "little"), 1 + int.from_bytes(data[27:30], "little")
    if data[12:16] == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    width, height = (int.from_bytes(data[at : at + 2], "little") & 0x3FFF for at in (26, 28))
    return width, height


def other_format(data: bytes) -> str | None:
    """Name of a known picture or document format that is not accepted, None when unknown."""
    if data[128:132] == b"DICM":
        return "DICOM"
    if data[4:8] == b"ftyp":
        return "AVIF" if data[8:12] in (b"avif", b"avis") else "video"
    if b"<svg" in data[:1024].lower():
        return "SVG"
    return next((name for start, name in _OTHER_STARTS if data.startswith(start)), None)
