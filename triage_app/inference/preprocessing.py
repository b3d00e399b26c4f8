"""From an analysed crop to the network's input; training's evaluation uses the same code."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

SCALING = "x / 127.5 - 1"
IDENTITY = "identity"

_TRANSPOSES: dict[str, Image.Transpose | None] = {
    IDENTITY: None,
    "flip_horizontal": Image.Transpose.FLIP_LEFT_RIGHT,
    "flip_vertical": Image.Transpose.FLIP_TOP_BOTTOM,
    "rotate_90": Image.Transpose.ROTATE_90,
    "rotate_180": Image.Transpose.ROTATE_180,
    "rotate_270": Image.Transpose.ROTATE_270,
    "transpose": Image.Transpose.TRANSPOSE,
    "transverse": Image.Transpose.TRANSVERSE,
}
ORIENTATIONS: tuple[str, ...] = tuple(_TRANSPOSES)
_MIN_FRACTION = 0.5
# Pillow first reduces by whole numbers to twice the size: quick on large crops, and within a grey
# level of the full filter.
_REDUCING_GAP = 2.0


def check_views(views: Sequence[str]) -> None:
    """Raise ValueError unless the views are known, differ, and start with "identity".

    A view is an orientation, or an orientation and the share of the side of a central crop:
    "flip_horizontal@0.875". The first is the view that the heatmap is drawn from.
    """
    if not views or views[0] != IDENTITY:
        raise ValueError(f'the first view must be "{IDENTITY}"')
    if len(set(views)) != len(views):
        raise ValueError("a view is listed twice")
    for view in views:
        _parse_view(view)


def model_input(
    crop: NDArray[np.uint8], size: int, views: Sequence[str] = (IDENTITY,)
) -> NDArray[np.float32]:
    """Resize, scale and orient one crop.

    Args:
        crop: uint8 (S, S, 3), sRGB, 0 to 255, any side S > 0.
        size: side of the network's input in px.
        views: names as in ``check_views``.

    Returns:
        float32 (len(views), size, size, 3) in [-1, 1]; bicubic with antialiasing.

    Raises:
        ValueError: the crop is not square uint8 RGB, or a view is unknown.
    """
    if crop.dtype != np.uint8 or crop.ndim != 3 or crop.shape[0] != crop.shape[1]:
        raise ValueError("the crop must be a square uint8 array with three channels")
    if crop.shape[2] != 3 or crop.shape[0] == 0:
        raise ValueError("the crop must hold pixels in three channels")
    check = [_parse_view(view) for view in views]
    picture = Image.fromarray(crop)
    resized = {share: _resize(picture, size, share) for share in {s for _, s in check}}
    batch = np.empty((len(check), size, size, 3), np.float32)
    for row, (transpose, share) in enumerate(check):
        image = resized[share]
        batch[row] = np.asarray(image if transpose is None else image.transpose(transpose))
    return scale(batch)


def resized_crop(crop: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    """A crop, uint8 (S, S, 3), at another side, uint8 (size, size, 3), as in ``model_input``."""
    return np.asarray(_resize(Image.fromarray(crop), size, 1.0))


def scale(values: NDArray[np.uint8] | NDArray[np.float32]) -> NDArray[np.float32]:
    """Values 0 to 255 of any shape to float32 in [-1, 1], as MobileNet was published."""
    scaled = values.astype(np.float32)
    scaled /= np.float32(127.5)
    scaled -= np.float32(1)
    return scaled


def _parse_view(view: str) -> tuple[Image.Transpose | None, float]:
    orientation, at, share_text = view.partition("@")
    if orientation not in _TRANSPOSES:
        raise ValueError(f'unknown view "{view}"')
    try:
        share = float(share_text) if at else 1.0
    except ValueError as error:
        raise ValueError(f'unknown view "{view}"') from error
    if not _MIN_FRACTION <= share <= 1:
        raise ValueError(f'the crop of view "{view}" must be from {_MIN_FRACTION} to 1')
    return _TRANSPOSES[orientation], share


def _resize(picture: Image.Image, size: int, share: float) -> Image.Image:
    side = picture.width
    if side == size and share == 1:
        return picture
    margin = side * (1 - share) / 2
    box = (margin, margin, side - margin, side - margin)
    return picture.resize(
        (size, size), Image.Resampling.BICUBIC, box=box, reducing_gap=_REDUCING_GAP
    )
