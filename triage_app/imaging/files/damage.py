"""A damaged file is refused: each format's own check, before any pixel of it is used."""

from PIL import Image

from triage_app.domain.errors import ImageRejected
from triage_app.imaging.files import bmp, heic, jpeg, png, tiff, webp
from triage_app.imaging.files.formats import accepted_start, is_heic
from triage_app.imaging.files.jpeg_stream import parsed
from triage_app.imaging.files.rejections import damaged, unsupported

_JPEG, _BMP = b"\xff\xd8\xff", b"BM"
_TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")

_CHECKS = {
    "PNG": png.check,
    "WEBP": webp.check,
    "TIFF": tiff.check,
    "BMP": bmp.check,
    "HEIF": heic.check,
}


def check_form(data: bytes) -> None:
    """Refuse an intact file of a form that is not read by its true name, before it is opened.

    Raises ImageRejected: unsupported_format, or damaged where the file's own tables show it.
    """
    if not accepted_start(data):
        return
    if data.startswith(_JPEG):
        parsed(data)
    elif data.startswith(_TIFF):
        tiff.check_form(data)
    elif is_heic(data):
        heic.check_codec(data)
    elif data.startswith(_BMP):
        bmp.check_form(data)


def not_opened(data: bytes, error: Exception) -> ImageRejected:
    """Why a file that begins as an accepted one could not be opened.

    A TIFF whose strips are all there is of a form that the library doesn't know; so is a BMP whose
    opener says as much. All else is damage.
    """
    if data.startswith(_TIFF):
        tiff.check(data)
        return unsupported("This TIFF file arranges its pixels in a way that is not read here.")
    if data.startswith(_BMP) and str(error).startswith("Unsupported"):
        return unsupported("This BMP file is of a form that is not read here.")
    return damaged()


def loaded(data: bytes, image: Image.Image) -> Image.Image:
    """The picture of an opened file, decoded strictly; with JPEG at the scale of its ``draft``.

    Raises:
        ImageRejected: damaged.
        DecoderFailed: it takes more memory than there is.
    """
    if image.format in ("JPEG", "MPO"):
        image = jpeg.strictly_decoded(data, image)
    else:
        _check(data, str(image.format))
    image.load()
    return image


def _check(data: bytes, kind: str) -> None:
    if kind in _CHECKS:
        _CHECKS[kind](data)
