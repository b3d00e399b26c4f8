"""Pictures for screen and report: crop, thumbnail, and the overlay drawn over the crop."""

from functools import lru_cache
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

CROP_QUALITY = 92
THUMBNAIL_QUALITY = 85
# Sides in px. The heat has seven by seven cells: a larger drawing shows no more than the screen's
# own enlarging of a smaller one does.
OVERLAY_SIDE = 256
# Ends of the colour scale in OKLCH (lightness, chroma, hue in degrees). Lightness rises evenly, so
# that the scale reads without colour vision and in grey print; from blue over green to yellow it
# keeps clear of the reds and browns of skin.
_FROM = (0.36, 0.13, 285.0)
_TO = (0.95, 0.17, 105.0)
_OPACITIES = bytes(range(256))


def render_overlay(heat: NDArray[np.float32], side: int) -> bytes:
    """Draw a heatmap.

    Args:
        heat: float32 (h, w) in [0, 1], covering the analysed crop.
        side: side of the drawing in px.

    Returns:
        PNG, ``side`` squared, of 256 colours with an opacity each, which equals the heat, so that
        zero is fully transparent. As RGBA it would hold the same in twice the bytes and take five
        times as long.
    """
    smooth = Image.fromarray(np.asarray(heat, np.float32)).resize(
        (side, side), Image.Resampling.BICUBIC
    )
    levels = np.clip(np.rint(np.asarray(smooth) * 255), 0, 255).astype(np.uint8)
    drawing = Image.fromarray(levels)
    drawing.putpalette(_colour_scale().tobytes())
    # The default effort takes twice as long for a quarter fewer bytes.
    return _encoded(drawing, "PNG", compress_level=1, transparency=_OPACITIES)


def blend(crop: NDArray[np.uint8], overlay_png: bytes, opacity: float) -> Image.Image:
    """RGB picture of a crop, uint8 (S, S, 3), under an overlay of ``opacity`` in [0, 1].

    Raises ValueError when the opacity is out of range.
    """
    if not 0 <= opacity <= 1:
        raise ValueError("the opacity must be from 0 to 1")
    picture = Image.fromarray(crop)
    with Image.open(BytesIO(overlay_png), formats=("PNG",)) as opened:
        drawing = opened.convert("RGBA").resize(picture.size, Image.Resampling.BILINEAR)
    alpha = drawing.getchannel("A").point([round(opacity * level) for level in range(256)])
    picture.paste(drawing.convert("RGB"), mask=alpha)
    return picture


def encode_jpeg(rgb: NDArray[np.uint8], quality: int = CROP_QUALITY) -> bytes:
    """JPEG bytes of uint8 (h, w, 3) without metadata; colour is not subsampled."""
    return _encoded(Image.fromarray(rgb), "JPEG", quality=quality, subsampling=0)


def thumbnail(crop: NDArray[np.uint8], side: int = 160) -> bytes:
    """JPEG bytes of a square crop, uint8 (S, S, 3), reduced to ``side`` px at most."""
    picture = Image.fromarray(crop)
    picture.thumbnail((side, side), Image.Resampling.HAMMING)
    return _encoded(picture, "JPEG", quality=THUMBNAIL_QUALITY)


@lru_cache(maxsize=1)
def _colour_scale() -> NDArray[np.uint8]:
    """Colours uint8 (256, 3) from no to full heat, even in OKLCH."""
    lightness, chroma, hue = (np.linspace(a, b, 256) for a, b in zip(_FROM, _TO, strict=True))
    angle = np.radians(hue)
    lab = np.stack([lightness, chroma * np.cos(angle), chroma * np.sin(angle)], axis=-1)
    return _oklab_to_srgb(lab)


def _oklab_to_srgb(lab: NDArray[np.float64]) -> NDArray[np.uint8]:
    """OKLab (n, 3) to sRGB uint8 (n, 3); matrices of B. Ottosson, 2020. Clips to the gamut."""
    to_cone = np.array(
        [
            [1.0, 0.3963377774, 0.2158037573],
            [1.0, -0.1055613458, -0.0638541728],
            [1.0, -0.0894841775, -1.2914855480],
        ]
    )
    to_linear = np.array(
        [
            [4.0767416621, -3.3077115913, 0.2309699292],
            [-1.2684380046, 2.6097574011, -0.3413193965],
            [-0.0041960863, -0.7034186147, 1.7076147010],
        ]
    )
    linear = np.clip((lab @ to_cone.T) ** 3 @ to_linear.T, 0, 1)
    gamma = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.asarray(np.rint(255 * gamma), np.uint8)


def _encoded(picture: Image.Image, kind: str, **options: int | bytes) -> bytes:
    buffer = BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()
