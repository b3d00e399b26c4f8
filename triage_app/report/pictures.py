"""The two pictures of a report: the analysed crop, and the same with the overlay blended in."""

from io import BytesIO

import numpy as np
from PIL import Image

from triage_app.imaging.overlay import blend, encode_jpeg
from triage_app.report.errors import ReportImageUnusable

OVERLAY_OPACITY = 0.6


def checked(crop: bytes) -> bytes:
    """The JPEG as it is, once it has been decoded. Raises ReportImageUnusable."""
    _decode(crop)
    return crop


def with_overlay(crop: bytes, overlay: bytes) -> bytes:
    """JPEG of the crop with the PNG overlay at ``OVERLAY_OPACITY``, in the crop's pixel size.

    Raises ReportImageUnusable when one of the two cannot be decoded.
    """
    pixels = np.asarray(_decode(crop))
    try:
        blended = blend(pixels, overlay, OVERLAY_OPACITY)
    except OSError as error:
        raise ReportImageUnusable from error
    return encode_jpeg(np.asarray(blended))


def _decode(jpeg: bytes) -> Image.Image:
    try:
        with Image.open(BytesIO(jpeg), formats=["JPEG"]) as image:
            return image.convert("RGB")
    except OSError as error:  # also what Pillow raises for bytes that are no picture
        raise ReportImageUnusable from error
