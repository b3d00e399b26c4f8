"""Decoding of JPEG files that stops at whatever an ordinary decoder would conceal."""

import re
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from triage_app.imaging.files.jpeg_stream import Frame, Stream, parsed
from triage_app.imaging.files.rejections import damaged, out_of_memory, unsupported
from triage_app.imaging.files.seams import has_seam

_LEFT_OVER = re.compile(r"(\d+) extraneous bytes before marker 0xd9")
# Cameras have been seen to write a few bytes too many between the picture and its end. More would
# let damage pass that makes the decoder end a little too early.
_STRAY_BYTES = 3
_PADDING = b"\0\xff"
_SPACES: Mapping[str, str] = {"L": "GRAY", "RGB": "RGB", "CMYK": "CMYK"}


def strictly_decoded(data: bytes, opened: Image.Image) -> Image.Image:
    """The picture of a JPEG file, at the scale that ``opened.draft`` was asked for.

    ``opened``: the same file, opened and not loaded. It gives mode, size and what else the file
    says; CMYK is decoded here too, and left for ``opened`` to load.

    Raises:
        ImageRejected: damaged, or unsupported_format for a coding that is not read.
        DecoderFailed: it takes more memory than there is.
    """
    stream = parsed(data)
    space = _SPACES.get(opened.mode)
    if space is None:
        raise damaged()
    if space == "CMYK":
        _whole(stream, space, 1, 1)
        return opened
    pixels = _whole(stream, space, *opened.size)
    if has_seam(pixels, _unit(stream.frame, pixels.shape[1])):
        raise damaged()
    picture = Image.fromarray(pixels.reshape(pixels.shape[:2]) if space == "GRAY" else pixels)
    picture.info = opened.info
    return picture


def _unit(frame: Frame | None, width: int) -> tuple[int, int]:
    """Width and height in px of a coded unit, in a picture that was decoded ``width`` px wide."""
    assert frame is not None
    halved = max(1, round(frame.width / width))
    across, down = frame.unit
    return max(1, across // halved), max(1, down // halved)


def check(data: bytes, tables: bytes = b"") -> None:
    """Decode a JPEG stream at an eighth of its size, only to see whether it is whole.

    ``tables``: an abbreviated stream with the tables of several others, as TIFF files hold it.
    Raises ImageRejected as ``strictly_decoded`` does.
    """
    if tables:
        data = tables[: -2 if tables.endswith(b"\xff\xd9") else None] + data[2:]
    stream = parsed(data)
    spaces = {1: "GRAY", 4: "CMYK"}
    assert stream.frame is not None
    _whole(stream, spaces.get(len(stream.frame.sampling), "RGB"), 1, 1)


def _whole(stream: Stream, space: str, width: int, height: int) -> NDArray[np.uint8]:
    """uint8 (height, width, channels) or more; raises ImageRejected."""
    try:
        return _decoded(stream, space, width, height)
    except ValueError as error:
        left = _LEFT_OVER.search(str(error))
        # The end marker stands behind the last scan, so that all others were whole.
        if left is None:
            raise _refusal(str(error)) from error
    shorter = stream.shortened(_strays(stream, int(left[1])))
    try:
        return _decoded(shorter, space, width, height)
    except ValueError as error:
        raise _refusal(str(error)) from error


def _strays(stream: Stream, left: int) -> int:
    """How many bytes at the end of the picture are none of it."""
    coded = stream.parts[stream.scans[-1]]
    padding = len(coded) - len(coded.rstrip(_PADDING))
    # No more than are left over: a plain picture's own codes may end in zeros, too.
    if left > max(padding, _STRAY_BYTES):
        raise damaged()
    return left


def _decoded(stream: Stream, space: str, width: int, height: int) -> NDArray[np.uint8]:
    import simplejpeg  # noqa: PLC0415 - a server, which never decodes, has no such native code

    try:
        return np.asarray(
            simplejpeg.decode_jpeg(
                stream.joined(), colorspace=space, min_width=width, min_height=height, strict=True
            )
        )
    except MemoryError as error:
        raise out_of_memory() from error


def _refusal(message: str) -> Exception:
    if "subsampling" in message:
        return unsupported("This JPEG stores its colours in a resolution that is not read here.")
    if "memory" in message.lower():
        return out_of_memory()
    return damaged()
