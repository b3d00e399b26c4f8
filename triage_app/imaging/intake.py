"""From the bytes of an upload to the analysed crop, in this process.

Serving calls this through ``decoder.DecoderPool`` only: image decoders are native code that reads
untrusted data, and belong in a process with limits.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from triage_app.domain.errors import ImageRejected, UploadTooLarge
from triage_app.imaging.colour.conversion import AsWritten, to_srgb
from triage_app.imaging.files import damage, heic, tiff
from triage_app.imaging.files.formats import (
    MEDIA_TYPES,
    OPENED,
    accepted_start,
    declared_webp_size,
    other_format,
)
from triage_app.imaging.files.rejections import damaged, out_of_memory, unsupported

MIN_SIDE = 64
_ORIENTATION_TAG = 0x0112
_TRANSPOSE_OF_ORIENTATION = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SIDEWAYS = frozenset({5, 6, 7, 8})
# The JPEG decoder may halve the picture while decoding, as long as this much detail more than the
# crop needs remains; the last step is then a proper resampling.
_DRAFT_MARGIN = 1.25


# Bytes of memory for a pixel, measured. ``max_pixels`` is meant for ordinary decoders.
_ORDINARY_BYTES = 5.0
_DECODER_BYTES = {"WEBP": 17.0, "HEIF": 8.3}


@dataclass(frozen=True)
class IntakeLimits:
    """What is accepted: size of the file in bytes, pixels before decoding, longest side in px.

    ``crop_side`` is the largest side of the analysed crop in px. With 80 megapixels, phones and
    50-megapixel cameras pass, and a 100-megapixel file is refused. Formats whose decoders take more
    memory for a pixel get fewer: of 80 million, 48 as HEIC, 23 as WebP, and 66 as a progressive
    JPEG with full colour resolution.
    """

    max_bytes: int = 40_000_000
    max_pixels: int = 80_000_000
    max_side: int = 20_000
    crop_side: int = 1024


@dataclass(frozen=True)
class Decoded:
    """A decoded image.

    ``crop``: uint8 (S, S, 3), sRGB 0 to 255, the central square of the upright image, S the shorter
    side or ``crop_side``, whichever is less. ``width`` and ``height``: px of the upright original.
    ``notes``: what was converted, in words.
    """

    crop: NDArray[np.uint8]
    format: str
    media_type: str
    width: int
    height: int
    notes: tuple[str, ...]


def decode(data: bytes, limits: IntakeLimits) -> Decoded:
    """Decode one image file; its name and declared type play no part.

    Raises:
        ImageRejected: with a ``code`` of empty, too_large, not_an_image, unsupported_format,
            damaged, multi_frame, too_small, too_many_pixels, or decoder_failed (out of memory).
    """
    if not data:
        raise ImageRejected("empty", "The file is empty. Copy it again from the camera.")
    if len(data) > limits.max_bytes:
        raise UploadTooLarge(limits.max_bytes / 1e6)
    declared = declared_webp_size(data)
    if declared is not None:
        _check_not_too_many(*declared, limits)
        _check_not_too_costly(*declared, _DECODER_BYTES["WEBP"], "WebP", limits)
    with _damage_is_rejection():
        damage.check_form(data)
    register_decoders()
    # Pillow warns of each oddity in metadata, where the pixels decide, and of many pixels, where
    # our own limit does.
    with warnings.catch_warnings(action="ignore"), _open(data, limits) as image:
        _check_size(image, limits)
        _check_kind(data, image)
        with _damage_is_rejection():
            return _decode_open(image, data, limits)


@lru_cache(maxsize=1)
def register_decoders() -> None:
    """Load Pillow's decoders and the HEIC decoder, once."""
    # Here, so that a server, which never decodes, has no such native code in it.
    import pillow_heif  # noqa: PLC0415

    Image.init()
    # One thread: a picture of a phone is quick anyway, and each thread costs address space.
    pillow_heif.register_heif_opener(decode_threads=1, thumbnails=False)
    heic.decoder_library()
    import simplejpeg  # noqa: F401, PLC0415 - loaded before the process limits itself


def _open(data: bytes, limits: IntakeLimits) -> Image.Image:
    try:
        return Image.open(BytesIO(data), formats=OPENED)
    except Image.DecompressionBombError:
        _too_many_pixels(limits)
    except UnidentifiedImageError as error:
        raise _not_opened(data, error) from error
    except MemoryError as error:
        raise out_of_memory() from error
    except Exception as error:
        raise _not_opened(data, error) from error


def _not_opened(data: bytes, error: Exception) -> ImageRejected:
    if accepted_start(data):
        with _damage_is_rejection():
            return damage.not_opened(data, error)
    name = other_format(data)
    if name is None:
        return ImageRejected(
            "not_an_image",
            "The file is not an image. Choose a photograph in JPEG, PNG, WebP, TIFF, BMP or HEIC.",
        )
    return unsupported(f"Files of the kind {name} are not accepted.")


def _check_not_too_many(width: int, height: int, limits: IntakeLimits) -> None:
    if width * height > limits.max_pixels or max(width, height) > limits.max_side:
        _too_many_pixels(limits)


def _check_size(image: Image.Image, limits: IntakeLimits) -> None:
    width, height = image.size
    _check_not_too_many(width, height, limits)
    _check_not_too_costly(width, height, _decoder_bytes(image), _name(image), limits)
    if min(width, height) < MIN_SIDE:
        raise ImageRejected(
            "too_small",
            f"The image has only {width} x {height} pixels. At least {MIN_SIDE} on the shorter "
            "side are needed. Send the original photograph.",
        )


def _check_not_too_costly(
    width: int, height: int, bytes_a_pixel: float, kind: str, limits: IntakeLimits
) -> None:
    # Checked before decoding, because a decoder that runs out of memory calls the file damaged.
    allowed = limits.max_pixels * _ORDINARY_BYTES / bytes_a_pixel
    if width * height > allowed:
        raise ImageRejected(
            "too_many_pixels",
            f"The image has more than {int(allowed / 1e6)} million pixels, too many for a {kind}, "
            "which takes more memory than other kinds of file. Export a smaller copy.",
        )


def _decoder_bytes(image: Image.Image) -> float:
    """Bytes of memory that decoding takes for a pixel, where that is more than usual."""
    if not image.info.get("progressive"):
        return _DECODER_BYTES.get(str(image.format), _ORDINARY_BYTES)
    # All coefficients are kept until the last scan: two bytes for each sample of each component.
    samples = [int(across) * int(down) for _, across, down, _ in getattr(image, "layer", ())]
    return max(_ORDINARY_BYTES, 2.0 * sum(samples) / max([1, *samples]))


def _name(image: Image.Image) -> str:
    names = {"WEBP": "WebP", "HEIF": "HEIC", "JPEG": "progressive JPEG", "MPO": "progressive JPEG"}
    return names.get(str(image.format), str(image.format))


def _check_kind(data: bytes, image: Image.Image) -> None:
    # Phones write a second picture (preview, gain map) behind the photograph; the first is it.
    if image.format != "MPO" and _has_second_frame(data, image):
        raise ImageRejected(
            "multi_frame",
            "The file holds more than one picture (animation or several pages). "
            "Export the photograph of the lesion as a single picture.",
        )
    if image.format not in MEDIA_TYPES and image.format != "MPO":
        raise unsupported(f"Files of the kind {image.format} are not accepted.")
    # Found by mutated files: where such a file's header and its picture disagree on the depth, the
    # HEIC library (pillow-heif 1.8.0) writes beyond its memory. Cameras write no such files.
    if image.format == "HEIF" and image.mode.startswith("I"):
        raise unsupported("Grey HEIC pictures of more than 8 bits are not accepted.")


def _has_second_frame(data: bytes, image: Image.Image) -> bool:
    if image.format == "TIFF":
        # Its pages are counted apart, because some hold a smaller copy of the first only.
        return tiff.holds_several_pictures(data)
    return int(getattr(image, "n_frames", 1)) > 1


def _decode_open(image: Image.Image, data: bytes, limits: IntakeLimits) -> Decoded:
    kind = "JPEG" if image.format == "MPO" else str(image.format)
    # First, because Pillow loads a PNG to find its orientation, and forgets the bit depth then.
    written_as = AsWritten.of(image, data)
    # The HEIC decoder returns the picture upright and keeps the original value beside it.
    written = image.info.get("original_orientation") or _orientation(image)
    size = image.size
    halved = kind == "JPEG" and _draft(image, limits.crop_side)
    image = damage.loaded(data, image)
    # Pillow turns a TIFF upright while loading; what is still to do shows only afterwards.
    left_to_do = _orientation(image)
    width, height = size if left_to_do not in _SIDEWAYS else size[::-1]
    side = min(image.size)
    corner = (image.width - side) // 2, (image.height - side) // 2
    wanted = min(side, limits.crop_side)
    rgb, notes = to_srgb(image, corner, side, wanted, written_as, halved=halved)
    transpose = _TRANSPOSE_OF_ORIENTATION.get(left_to_do)
    upright = rgb if transpose is None else rgb.transpose(transpose)
    if written in _TRANSPOSE_OF_ORIENTATION or transpose is not None:
        notes = (*notes, "Turned upright as its EXIF orientation says.")
    crop = np.asarray(upright)
    return Decoded(crop, kind, MEDIA_TYPES[kind], width, height, notes)


def _draft(image: Image.Image, crop_side: int) -> bool:
    """Have a large picture halved while it is decoded; whether it will be."""
    shorter = min(image.size)
    wanted = int(crop_side * _DRAFT_MARGIN)
    scale = next((s for s in (8, 4, 2) if shorter // s >= wanted), 1)
    return scale > 1 and (
        image.draft(None, (image.width // scale, image.height // scale)) is not None
    )


def _orientation(image: Image.Image) -> int:
    value = image.getexif().get(_ORIENTATION_TAG, 1)
    return value if isinstance(value, int) else 1


@contextmanager
def _damage_is_rejection() -> Iterator[None]:
    try:
        yield
    except ImageRejected:
        raise
    except MemoryError as error:
        raise out_of_memory() from error
    except Exception as error:
        # Decoders answer damaged data with almost any exception; none may pass as anything else.
        raise damaged() from error


def _too_many_pixels(limits: IntakeLimits) -> NoReturn:
    raise ImageRejected(
        "too_many_pixels",
        f"The image has more than {limits.max_pixels / 1e6:g} million pixels or a side longer than "
        f"{limits.max_side}. Export a smaller copy.",
    )
