"""How many bytes a strip of a TIFF file unpacks to, found without unpacking it.

Neither coding has a checksum. What is damaged seldom unpacks to exactly the bytes that are due.
"""

import numpy as np
from numpy.typing import NDArray

_CLEAR, _END, _FIRST = 256, 257, 258
_MOST_CODES = 4096
# TIFF 6.0, section 13: codes grow by a bit one code before their table is full.
_GROWS_AT = (511, 1023, 2047)


def _widths() -> NDArray[np.int64]:
    """Bits of each code after a clear code: the n-th of them, int64 (4096,)."""
    # After the n-th code the table holds 258 + n - 1 codes; the first one adds none.
    held = _FIRST - 1 + np.arange(_MOST_CODES)
    return np.asarray(9 + np.searchsorted(_GROWS_AT, held, side="right"), np.int64)


_STARTS = np.concatenate(([0], np.cumsum(_widths())))
_WIDTHS = _widths()


def lzw_length(coded: bytes, most: int) -> int | None:
    """Bytes that an LZW strip unpacks to, None if its codes make no sense.

    ``most``: where to stop counting, in bytes. A strip without an end code is taken.
    """
    data = np.frombuffer(coded + bytes(4), np.uint8)
    bits = 8 * len(coded)
    at, total = 0, 0
    while at + 9 <= bits and total <= most:
        codes = _codes(data, at, bits)
        stops = np.flatnonzero((codes == _CLEAR) | (codes == _END))
        stop = int(stops[0]) if len(stops) else len(codes)
        length = _length(codes[:stop])
        if length is None or (stop == len(codes) == _MOST_CODES):
            return None
        total += length
        if stop == len(codes) or codes[stop] == _END or (total == most and not stop):
            break
        at += int(_STARTS[stop + 1])
    return total


def _codes(data: NDArray[np.uint8], at: int, bits: int) -> NDArray[np.int64]:
    """All codes that may follow a clear code, up to the end of the data or of the table."""
    places = at + _STARTS[:-1]
    fits = places + _WIDTHS <= bits
    places, widths = places[fits], _WIDTHS[fits]
    byte = places >> 3
    three = data[byte].astype(np.int64) << 16 | data[byte + 1].astype(np.int64) << 8
    three |= data[byte + 2]
    return np.asarray(three >> (24 - (places & 7) - widths) & ((1 << widths) - 1), np.int64)


def _length(codes: NDArray[np.int64]) -> int | None:
    """Bytes that the codes between two clear codes stand for, None if one isn't known yet."""
    if not len(codes):
        return 0
    known = _FIRST - 1 + np.arange(len(codes))
    if codes[0] >= _CLEAR or (codes[1:] > known[1:]).any():
        return None
    # The n-th new code is the string of the code before it and one byte more, so that each leads
    # to an earlier one: lengths are summed along these chains, doubling the stride each time.
    parent = np.where(codes < _CLEAR, -1, codes - _FIRST)
    length = np.ones(len(codes) + 1, np.int64)
    chain = np.append(parent, -1)
    chain[chain == len(codes)] = -1
    while (chain >= 0).any():
        length = length + np.where(chain >= 0, length[chain], 0)
        chain = np.where(chain >= 0, chain[chain], -1)
    return int(length[:-1].sum())


def packbits_length(coded: bytes) -> int:
    """Bytes that a PackBits strip unpacks to; a last run that is cut counts as nothing."""
    at, total = 0, 0
    while at < len(coded):
        head = coded[at]
        at += 2 if head > 128 else head + 2 if head < 128 else 1
        if head != 128 and at <= len(coded):
            total += 257 - head if head > 128 else head + 1
    return total
