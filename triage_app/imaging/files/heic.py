"""Whether a HEIC file's coded picture is whole: what its decoder notices and keeps to itself.

The library behind pillow_heif conceals errors. Its HEVC decoder, libde265, which comes with it,
tells of them when asked, so each coded part is decoded once more, for its warnings alone.
"""

import ctypes
import ctypes.util
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

import numpy as np

from triage_app.imaging.files import heic_boxes
from triage_app.imaging.files.heic_boxes import Boxes, Item, Malformed
from triage_app.imaging.files.rejections import damaged, out_of_memory, unsupported

_OTHER_CODECS = {
    b"av01": "AV1",
    b"avc1": "H.264 (AVC)",
    b"jpeg": "JPEG",
    b"j2k1": "JPEG 2000",
    b"vvc1": "H.266 (VVC)",
    b"unci": "uncompressed",
    b"mski": "mask",
}
# libde265, de265.h: warnings that say nothing of the picture (no threads; too many warnings).
_HARMLESS = frozenset({1000})
_OUT_OF_MEMORY = 7
_NO_DEBLOCKING, _NO_SAO = 7, 8
_MOST_STEPS = 1_000
# Without so many of its last bytes a whole picture cannot be decoded.
_NEEDED_BYTES = 8
_CORNER = 16


def check_codec(data: bytes) -> None:
    """Refuse a HEIF file by its true name when its picture is coded otherwise than in HEVC.

    Raises ImageRejected: unsupported_format, or damaged.
    """
    with _malformed_is_damaged():
        boxes = heic_boxes.read(data)
        kinds = {boxes.items[number].kind for number in boxes.coded()}
    for kind in kinds & _OTHER_CODECS.keys():
        raise unsupported(
            f"The picture in this HEIF file is coded as {_OTHER_CODECS[kind]}, "
            "which is not read here."
        )


def check(data: bytes) -> None:
    """Decode every coded part of the photograph strictly. Raises ImageRejected: damaged."""
    library = decoder_library()
    if library is None:
        raise unsupported("HEIC files cannot be checked for damage on this system.")
    with _malformed_is_damaged():
        boxes = heic_boxes.read(data)
        corners: set[bytes] = set()
        for number in boxes.coded():
            _check_item(library, boxes, boxes.items[number], corners)


@contextmanager
def _malformed_is_damaged() -> Iterator[None]:
    try:
        yield
    except Malformed as error:
        raise damaged() from error


@lru_cache(maxsize=1)
def decoder_library() -> ctypes.CDLL | None:
    """The HEVC decoder that pillow_heif brought along, or the system's; None without either."""
    import pillow_heif  # noqa: PLC0415 - a server, which never decodes, has no such native code

    package = Path(pillow_heif.__file__).parent
    folders = (package.with_name("pillow_heif.libs"), package / ".dylibs")
    found = [str(path) for folder in folders for path in sorted(folder.glob("libde265*"))]
    name = found[0] if found else ctypes.util.find_library("de265")
    return None if name is None else _declared(ctypes.CDLL(name))


def _declared(library: ctypes.CDLL) -> ctypes.CDLL:
    pointer, number = ctypes.c_void_p, ctypes.POINTER(ctypes.c_int)
    for name, result, arguments in (
        ("new_decoder", pointer, []),
        ("free_decoder", ctypes.c_int, [pointer]),
        ("set_parameter_bool", None, [pointer, ctypes.c_int, ctypes.c_int]),
        (
            "push_NAL",
            ctypes.c_int,
            [pointer, ctypes.c_char_p, ctypes.c_int, ctypes.c_int64, pointer],
        ),
        ("flush_data", ctypes.c_int, [pointer]),
        ("decode", ctypes.c_int, [pointer, number]),
        ("get_warning", ctypes.c_int, [pointer]),
        ("get_next_picture", pointer, [pointer]),
        ("get_image_plane", pointer, [pointer, ctypes.c_int, number]),
        ("get_image_width", ctypes.c_int, [pointer, ctypes.c_int]),
        ("get_image_height", ctypes.c_int, [pointer, ctypes.c_int]),
        ("get_bits_per_pixel", ctypes.c_int, [pointer, ctypes.c_int]),
    ):
        function = getattr(library, "de265_" + name)
        function.restype, function.argtypes = result, arguments
    return library


def _check_item(library: ctypes.CDLL, boxes: Boxes, item: Item, corners: set[bytes]) -> None:
    settings = boxes.property_of(item, b"hvcC")
    if item.kind != b"hvc1" or settings is None or len(settings) < 23:
        raise Malformed("a part without its settings")
    head = list(_head_units(settings))
    units = list(_units(boxes.content(item), (settings[21] & 3) + 1))
    slices = [at for at, unit in enumerate(units) if unit[0] >> 1 & 63 < 32]
    if not slices:
        raise Malformed("no coded picture")
    corner = _corner(library, head + units)
    if corner is None:
        raise damaged()
    # The decoder leaves out what is missing when data ends a picture too early: then the last
    # corner is empty, or what stood in memory before, and the last bytes were not needed.
    if len(set(corner)) == 1 or corner in corners:
        last = slices[-1]
        shorter = [*units[:last], units[last][:-_NEEDED_BYTES], *units[last + 1 :]]
        if _corner(library, head + shorter) is not None:
            raise damaged()
    corners.add(corner)


def _head_units(settings: bytes) -> Iterator[bytes]:
    at = 23
    for _ in range(settings[22]):
        count, at = int.from_bytes(settings[at + 1 : at + 3]), at + 3
        for _ in range(count):
            size = int.from_bytes(settings[at : at + 2])
            at += 2 + size
            if not size >= 2 or at > len(settings):
                raise Malformed("the settings end early")
            yield settings[at - size : at]


def _units(content: bytes, wide: int) -> Iterator[bytes]:
    """The NAL units, which have to fill the content to its last byte."""
    at = 0
    while at < len(content):
        size = int.from_bytes(content[at : at + wide])
        at += wide + size
        if size < 2 or at > len(content):
            raise Malformed("the units do not fill their place")
        yield content[at - size : at]


@contextmanager
def _decoder(library: ctypes.CDLL) -> Iterator[int]:
    decoder = library.de265_new_decoder()
    if not decoder:
        raise out_of_memory()
    try:
        for parameter in (_NO_DEBLOCKING, _NO_SAO):
            library.de265_set_parameter_bool(decoder, parameter, 1)
        yield decoder
    finally:
        library.de265_free_decoder(decoder)


def _corner(library: ctypes.CDLL, units: list[bytes]) -> bytes | None:
    """The last corner's luma of the one picture that these units hold, None if it isn't whole."""
    with _decoder(library) as decoder:
        for unit in units:
            library.de265_push_NAL(decoder, unit, len(unit), 0, None)
        library.de265_flush_data(decoder)
        picture, more = None, ctypes.c_int(1)
        for _ in range(_MOST_STEPS):
            error = library.de265_decode(decoder, ctypes.byref(more))
            if error == _OUT_OF_MEMORY:
                raise out_of_memory()
            picture = library.de265_get_next_picture(decoder)
            if error or picture or not more.value:
                break
        if error or not picture or _warned(library, decoder):
            return None
        return _last_corner(library, picture)


def _warned(library: ctypes.CDLL, decoder: int) -> bool:
    for _ in range(_MOST_STEPS):
        warning = library.de265_get_warning(decoder)
        if not warning:
            return False
        if warning not in _HARMLESS:
            return True
    return True


def _last_corner(library: ctypes.CDLL, picture: int) -> bytes:
    stride = ctypes.c_int()
    plane = library.de265_get_image_plane(picture, 0, ctypes.byref(stride))
    height, width = (
        getattr(library, f"de265_get_image_{name}")(picture, 0) for name in ("height", "width")
    )
    wide = (library.de265_get_bits_per_pixel(picture, 0) + 7) // 8
    held = ctypes.cast(plane, ctypes.POINTER(ctypes.c_uint8))
    rows = np.ctypeslib.as_array(held, (height, stride.value))[:, : width * wide]
    return rows[-_CORNER:, -_CORNER * wide :].tobytes()
