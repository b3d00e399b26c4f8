"""Synthetic pictures for tests: drawn lesions, and files that must be refused or converted.

Nothing here is a photograph of a person; every pixel is computed.
"""

import struct
import zlib
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import numpy as np
import pillow_heif
from numpy.typing import NDArray
from PIL import Image

_SKIN = np.array([226.0, 178.0, 158.0])
_PIGMENT = np.array([112.0, 66.0, 50.0])


@dataclass(frozen=True)
class Lesion:
    """How a lesion is drawn: centre in shares of the side, radius likewise, darkness 0 to 1."""

    x: float = 0.5
    y: float = 0.5
    radius: float = 0.24
    darkness: float = 0.85
    seed: int = 0


def dermoscopic(
    width: int = 600, height: int = 450, lesion: Lesion | None = Lesion()
) -> NDArray[np.uint8]:
    """A drawn dermoscopy-like picture, uint8 (height, width, 3); without a lesion plain skin."""
    seed = lesion.seed if lesion else 0
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width]
    side = min(width, height)
    u = (x - (width - side) / 2) / side
    v = (y - (height - side) / 2) / side
    vignette = 1 - 0.35 * ((u - 0.5) ** 2 + (v - 0.5) ** 2)
    skin = _SKIN * (vignette + 0.05 * _cloud(rng, height, width, 12))[..., None]
    picture = skin
    if lesion is not None:
        cover = _cover(rng, u, v, lesion)[..., None]
        net = 1 + 0.35 * _cloud(rng, height, width, side // 40 or 1)[..., None]
        picture = skin * (1 - cover) + _PIGMENT * net * cover
    picture = picture + rng.normal(0, 2.5, (height, width, 1))
    _draw_hairs(picture, rng, 4)
    return np.clip(picture, 0, 255).astype(np.uint8)


def square(side: int = 512, lesion: Lesion | None = Lesion()) -> NDArray[np.uint8]:
    """A drawn analysed crop, uint8 (side, side, 3)."""
    return dermoscopic(side, side, lesion)


def encoded(pixels: NDArray[np.uint8] | Image.Image, kind: str = "JPEG", **options: Any) -> bytes:
    """File bytes of a picture in a format that Pillow or pillow_heif writes."""
    picture = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
    if kind == "HEIF":
        pillow_heif.register_heif_opener()
    buffer = BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def jpeg(seed: int = 0, width: int = 600, height: int = 450) -> bytes:
    """A JPEG file of a drawn lesion; another seed, another lesion."""
    return encoded(dermoscopic(width, height, Lesion(seed=seed)), quality=92)


def rotated_by_exif(orientation: int, kind: str = "JPEG") -> bytes:
    """A picture, 300 x 200 as stored, whose EXIF orientation (1 to 8) asks to be turned.

    As stored its left third is red, its top right blue, the rest green.
    """
    picture = marked()
    exif = Image.Exif()
    exif[0x0112] = orientation
    options: dict[str, Any] = {"quality": 95} if kind in ("JPEG", "HEIF") else {}
    return encoded(picture, kind, exif=exif.tobytes() if kind == "HEIF" else exif, **options)


def marked() -> Image.Image:
    """300 x 200: left third red, top right blue, the rest green."""
    picture = Image.new("RGB", (300, 200), (0, 160, 0))
    picture.paste((200, 0, 0), (0, 0, 100, 200))
    picture.paste((0, 0, 200), (200, 0, 300, 100))
    return picture


def sixteen_bit_png(colour: bool, side: int = 128) -> bytes:
    """A PNG with 16 bits a channel, grey or RGB: a ramp over the whole range."""
    ramp = np.linspace(0, 65535, side).astype(">u2")
    rows = np.broadcast_to(ramp, (side, side))
    values = np.repeat(rows[..., None], 3, axis=2) if colour else rows
    raw = b"".join(b"\0" + row.tobytes() for row in values)
    return png_file(side, side, raw, depth=16, colour_type=2 if colour else 0)


def png_file(width: int, height: int, raw: bytes, depth: int = 8, colour_type: int = 2) -> bytes:
    """A PNG with the given header and filtered rows, whether or not they fit each other."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour_type, 0, 0, 0)
    chunks = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(raw, 9)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


def decompression_bomb(side: int = 13_000) -> bytes:
    """A small PNG that says it holds ``side`` squared pixels, and does: all one grey."""
    squeezer = zlib.compressobj(9)
    row = b"\0" + bytes(side)
    body = b"".join([*(squeezer.compress(row) for _ in range(side)), squeezer.flush()])
    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    chunks = chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


def animated(kind: str) -> bytes:
    """Three frames as GIF, PNG, WEBP or TIFF (pages)."""
    frames = [Image.fromarray(square(96, Lesion(seed=seed))) for seed in range(3)]
    options: dict[str, Any] = {} if kind == "TIFF" else {"duration": 100, "loop": 0}
    return encoded(frames[0], kind, save_all=True, append_images=frames[1:], **options)


def phone_mpo() -> bytes:
    """A .jpg as some phones write it: the photograph, and a second picture behind it."""
    first, second = (Image.fromarray(dermoscopic(320, 240, Lesion(seed=s))) for s in (1, 2))
    return encoded(first, "MPO", save_all=True, append_images=[second])


def cmyk_jpeg() -> bytes:
    """A JPEG in CMYK."""
    return encoded(Image.fromarray(dermoscopic()).convert("CMYK"), quality=95)


def transparent_png() -> bytes:
    """A PNG with alpha: opaque dark left half, fully transparent right half."""
    pixels = np.zeros((128, 128, 4), np.uint8)
    pixels[:, :64] = (90, 50, 40, 255)
    return encoded(Image.fromarray(pixels), "PNG")


def linear_rgb_profile() -> bytes:
    """An ICC profile with sRGB's primaries and linear values: mid grey is 55, not 119."""
    # Primaries adapted to D50, from the sRGB profile's own definition (IEC 61966-2-1).
    primaries = {
        b"rXYZ": (0.43607, 0.22249, 0.01392),
        b"gXYZ": (0.38515, 0.71687, 0.09708),
        b"bXYZ": (0.14307, 0.06061, 0.71410),
        b"wtpt": (0.96420, 1.00000, 0.82491),
    }
    curve = b"curv" + bytes(4) + struct.pack(">I", 0)
    tags = {name: b"XYZ " + bytes(4) + fixed(*xyz) for name, xyz in primaries.items()}
    tags |= dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve)
    text = b"linear test profile\0"
    described = struct.pack(">I", len(text)) + text + bytes(12 + 67)
    tags |= {b"desc": b"desc" + bytes(4) + described, b"cprt": b"text" + bytes(4) + b"none\0"}
    return icc_file(tags)


def fixed(*values: float) -> bytes:
    """Numbers as ICC profiles hold them: 16 bits before the point, 16 after."""
    return b"".join(struct.pack(">i", round(value * 65536)) for value in values)


def icc_file(
    tags: dict[bytes, bytes],
    colours: bytes = b"RGB ",
    connection: bytes = b"XYZ ",
    kind: bytes = b"mntr",
) -> bytes:
    """An ICC profile of version 2 with these tags."""
    offset = 128 + 4 + 12 * len(tags)
    table, bodies = struct.pack(">I", len(tags)), b""
    for name, body in tags.items():
        padded = body + bytes(-len(body) % 4)
        table += name + struct.pack(">II", offset + len(bodies), len(body))
        bodies += padded
    size = offset + len(bodies)
    header = struct.pack(">I4sI", size, b"none", 0x02100000) + kind + colours + connection
    header += bytes(12) + b"acsp" + bytes(28) + fixed(0.96420, 1.0, 0.82491)
    return header + bytes(128 - len(header)) + table + bodies


def chunk(name: bytes, body: bytes) -> bytes:
    """A chunk of a PNG."""
    checksum = struct.pack(">I", zlib.crc32(name + body))
    return struct.pack(">I", len(body)) + name + body + checksum


def _cloud(rng: np.random.Generator, height: int, width: int, cell: int) -> NDArray[np.float64]:
    """Smooth noise of about unit range, with structures ``cell`` px wide."""
    coarse = rng.normal(0, 0.5, (height // cell + 2, width // cell + 2)).astype(np.float32)
    picture = Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)
    return np.asarray(picture, np.float64)


def _cover(
    rng: np.random.Generator, u: NDArray[np.float64], v: NDArray[np.float64], lesion: Lesion
) -> NDArray[np.float64]:
    """How much pigment covers each pixel, 0 to 1, with a wavy border."""
    angle = np.arctan2(v - lesion.y, u - lesion.x)
    waves = sum(
        rng.uniform(0, 0.08) * np.cos(k * angle + rng.uniform(0, 6.28)) for k in range(2, 7)
    )
    distance = np.hypot(u - lesion.x, v - lesion.y) / (lesion.radius * (1 + waves))
    return np.asarray(lesion.darkness / (1 + np.exp(18 * (distance - 1))))


def _draw_hairs(picture: NDArray[np.float64], rng: np.random.Generator, count: int) -> None:
    height, width, _ = picture.shape
    for _ in range(count):
        start, end = rng.uniform(0, 1, (2, 2)) * (width, height)
        bend = rng.uniform(-0.1, 0.1, 2) * (width, height)
        t = np.linspace(0, 1, 2 * max(width, height))[:, None]
        x, y = (start + t * (end - start) + t * (1 - t) * bend).T
        rows = np.clip(y.astype(int), 0, height - 1)
        columns = np.clip(x.astype(int), 0, width - 1)
        picture[rows, columns] *= 0.55
