"""The refusals that several parts of reading a file share, each with its sentence."""

from triage_app.domain.errors import DecoderFailed, ImageRejected


def damaged() -> ImageRejected:
    """The file was a photograph, and some of it is missing or is not what was written."""
    return ImageRejected(
        "damaged", "The image file is incomplete or damaged. Copy it again from the camera."
    )


def unsupported(first: str) -> ImageRejected:
    """An intact file of a form that is not read; ``first`` is a sentence that names the form."""
    return ImageRejected(
        "unsupported_format", f"{first} Export the image as JPEG, PNG, WebP, TIFF, BMP or HEIC."
    )


def out_of_memory() -> DecoderFailed:
    """Decoding would take more than its process may hold."""
    return DecoderFailed("The image needs too much memory to decode. Export a smaller copy.")
