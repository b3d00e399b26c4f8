"""Whether a BMP file holds all its rows, and nothing else between them.

Header fields as in Microsoft's BITMAPFILEHEADER and BITMAPINFOHEADER.
"""

import numpy as np

from triage_app.imaging.files.rejections import damaged, unsupported
from triage_app.imaging.files.seams import has_hole

_INFO = 40
_RAW, _FIELDS, _FIELDS_AND_ALPHA = 0, 3, 6
_HOLDING = {4: "JPEG", 5: "PNG"}


def check_form(data: bytes) -> None:
    """Refuse a BMP file that only wraps another. Raises ImageRejected: unsupported_format."""
    held = _HOLDING.get(_number(data, 30))
    if held is not None and _number(data, 14) >= _INFO:
        raise unsupported(f"This BMP file holds a {held} picture, which is not read here.")


def check(data: bytes) -> None:
    """Look for missing and overwritten rows. Raises ImageRejected: damaged."""
    if _number(data, 14) < _INFO or _number(data, 30) not in (_RAW, _FIELDS, _FIELDS_AND_ALPHA):
        return
    start, width, bits = _number(data, 10), _number(data, 18), _number(data, 28, 2)
    height = abs(int.from_bytes(data[22:26], "little", signed=True))
    wide = -(-width * bits // 32) * 4
    if not wide or not height or start + wide * height > len(data):
        raise damaged()
    rows = np.frombuffer(data, np.uint8, wide * height, start).reshape(height, wide)
    # The bytes that fill a row up to a multiple of four are none of the picture.
    if bits >= 8 and has_hole(rows[:, : width * bits // 8]):
        raise damaged()


def _number(data: bytes, at: int, size: int = 4) -> int:
    return int.from_bytes(data[at : at + size], "little")
