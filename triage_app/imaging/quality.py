"""Quality of an analysed crop: seven measures, each graded good, borderline or poor.

All but the resolution are measured on the crop at ``SCALE`` px, about what the model sees, so that
a larger photograph of the same view gets the same grades. Only the inscribed circle counts: a round
field of view leaves the corners dark.

The limits were set on the development images (val split, 1,108 photographs of HAM10000 and ISIC
2017): "borderline" lies where a measure flags at most one photograph in fifty, "poor" beyond all
but a few, so that 96.0 % are good and 0.3 % poor; both were checked against graded blur, darkening,
glare, fading and off-centre crops. The comment at each limit says what it separates.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from triage_app.domain.quality import Grade, ImageQuality, QualityFinding

SCALE = 256
_LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)
_CLIPPED_FROM = 245
# Half a grey level keeps the ratio of two bands finite, and plain fields from looking sharp.
_NOISE_FLOOR = 0.5
_REDUCING_GAP = 2.0


@dataclass(frozen=True)
class _Measure:
    """A measure with its limits, in its own unit; good lies above them or below them."""

    code: str
    label: str
    borderline: float
    poor: float
    good_is_high: bool
    advice: str

    def grade(self, value: float) -> QualityFinding:
        sign = 1 if self.good_is_high else -1
        if sign * value < sign * self.poor:
            return QualityFinding(self.code, self.label, Grade.POOR, value, self.poor, self.advice)
        if sign * value < sign * self.borderline:
            return QualityFinding(
                self.code, self.label, Grade.BORDERLINE, value, self.borderline, self.advice
            )
        return QualityFinding(self.code, self.label, Grade.GOOD, value, self.borderline)


# Fine against coarse detail. Photographs: lowest 0.33, 0.7 % below 0.43, median 0.72. A Gaussian
# blur of 1 px at this scale brings three in four below 0.43, of 2 px two in three below 0.20, of
# 3 px nearly all; a model of this kind lost sensitivity from 3 px on.
SHARPNESS = _Measure(
    "sharpness",
    "Sharpness",
    0.43,
    0.20,
    True,
    "Clean the lens, rest the dermatoscope on the skin and focus again.",
)
# 95th percentile of luma, 0 to 255: the brightest skin decides, not the lesion. Photographs: lowest
# 103, 0.2 % below 115, median 178. Hardly any shows dark skin, so what that gives is not measured.
# Darkened to 0.6, where sensitivity began to fall, four in five are flagged.
BRIGHTNESS = _Measure(
    "brightness",
    "Brightness",
    115.0,
    70.0,
    True,
    "Switch on the light of the dermatoscope, or expose longer.",
)
# Share of the view that is white without detail. Photographs: 0.2 % at most.
GLARE = _Measure(
    "glare",
    "Glare",
    0.01,
    0.08,
    False,
    "Use polarised light or contact fluid, avoid reflections, and expose less.",
)
# 90th percentile of the colour distance (0 to 441) from the median colour. Photographs: lowest 9,
# 0.4 % below 13. Plain skin or a fogged glass lies below.
CONTRAST = _Measure(
    "contrast",
    "Contrast",
    13.0,
    7.0,
    True,
    "Check that a lesion is in view, and wipe the glass.",
)
# 95th percentile of saturation, (max - min) / (max + 1) over the channels, 0 to 1. Photographs:
# lowest 0.08, 1 % below 0.18, median 0.58; a grey one has 0. Fog or a dirty glass lowers it first.
COLOUR = _Measure(
    "colour",
    "Colour",
    0.20,
    0.07,
    True,
    "Wipe lens and glass, set the white balance, and send the original in colour.",
)
# Distance of what stands out from the middle, in sides of the crop. Photographs: 1.8 % above 0.30,
# 0.3 % above 0.38. Lesions 0.5 sides off the middle give 0.34 in the median.
FRAMING = _Measure(
    "framing",
    "Framing",
    0.30,
    0.38,
    False,
    "Centre the lesion, with skin around it, and take the photograph again.",
)
# Side of the crop in px. The model looks at 224; below half of that most detail is invented.
RESOLUTION = _Measure(
    "resolution",
    "Resolution",
    224.0,
    112.0,
    True,
    "Send the original photograph, or fill more of the frame with the lesion.",
)


def measure(crop: NDArray[np.uint8]) -> ImageQuality:
    """Measure a crop, uint8 (S, S, 3) sRGB. Raises ValueError for any other array.

    Values: sharpness as a ratio; brightness 0 to 255; contrast 0 to 441 (distance in RGB); colour
    and glare as shares in [0, 1]; framing in sides of the crop, 0 to 0.5; resolution in px.
    """
    if crop.dtype != np.uint8 or crop.ndim != 3 or crop.shape[0] != crop.shape[1]:
        raise ValueError("the crop must be a square uint8 array with three channels")
    if crop.shape[2] != 3 or crop.shape[0] == 0:
        raise ValueError("the crop must hold pixels in three channels")
    picture = Image.fromarray(crop).resize(
        (SCALE, SCALE), Image.Resampling.BICUBIC, reducing_gap=_REDUCING_GAP
    )
    values = _planes(picture)
    smooth = _planes(picture.filter(ImageFilter.GaussianBlur(2)))
    luma = np.tensordot(_LUMA, values, 1)
    view = _view()
    seen = _at(values, view)
    strongest, weakest = (extreme.reduce(seen) for extreme in (np.maximum, np.minimum))
    return ImageQuality(
        (
            SHARPNESS.grade(_sharpness(luma, view)),
            BRIGHTNESS.grade(float(np.percentile(luma.ravel()[view], 95))),
            GLARE.grade(float((weakest >= _CLIPPED_FROM).mean())),
            CONTRAST.grade(_contrast(_at(smooth, view))),
            COLOUR.grade(float(np.percentile((strongest - weakest) / (strongest + 1), 95))),
            FRAMING.grade(_off_centre(smooth)),
            RESOLUTION.grade(float(crop.shape[0])),
        )
    )


def _planes(picture: Image.Image) -> NDArray[np.float32]:
    """Float32 (3, n, n). NumPy works along the last axis, and three values are a short one: with
    the colours last the same sums take four times as long."""
    return np.asarray(picture).transpose(2, 0, 1).astype(np.float32, order="C")


def _at(planes: NDArray[np.float32], places: NDArray[np.intp]) -> NDArray[np.float32]:
    """Float32 (3, k): the planes at places of the flattened picture; indexing with [:, places]
    gives the same in an order of memory that makes the sums over it slow."""
    return np.take(planes.reshape(3, -1), places, axis=1)


def _sharpness(luma: NDArray[np.float32], view: NDArray[np.intp]) -> float:
    """Detail of about 1 px against detail of 2 to 4 px, so that smooth lesions are not called
    blurred: both bands are weak in them."""
    fine = _blurred(luma, 1.0)
    medium = _blurred(fine, np.sqrt(3.0))
    coarse = _blurred(medium, np.sqrt(12.0))
    band = float((medium - coarse).ravel()[view].std()) + _NOISE_FLOOR
    return float((luma - fine).ravel()[view].std()) / band


def _contrast(colours: NDArray[np.float32]) -> float:
    return float(np.percentile(_distance(colours, np.median(colours, axis=1)), 90))


def _off_centre(smooth: NDArray[np.float32]) -> float:
    """Distance from the middle to the centroid of what differs from the skin at the rim."""
    view, skin = _view(), np.median(_at(smooth, _rim()), axis=1)
    standing_out = _distance(_at(smooth, view), skin)
    weight = np.zeros((SCALE, SCALE), np.float32)
    weight.ravel()[view] = np.maximum(standing_out - np.percentile(standing_out, 98) / 2, 0)
    total = float(weight.sum())
    if total <= 0:
        return 0.0
    axis = _axis()
    down = float((weight.sum(axis=1) * axis).sum()) / total
    across = float((weight.sum(axis=0) * axis).sum()) / total
    return float(np.hypot(down, across))


def _distance(colours: NDArray[np.float32], other: NDArray[np.float32]) -> NDArray[np.float32]:
    """Euclidean distance (n,) of colours (3, n) from one colour (3,)."""
    red, green, blue = colours - other[:, np.newaxis]
    return np.asarray(np.sqrt(red * red + green * green + blue * blue), np.float32)


def _blurred(values: NDArray[np.float32], sigma: float) -> NDArray[np.float32]:
    """Gaussian blur of float32 (n, n); Pillow's would round to whole grey levels."""
    kernel = _kernel(float(sigma))
    reach, rows = len(kernel) // 2, len(values)
    product = np.empty_like(values)
    for _ in range(2):
        padded = np.pad(values, ((reach, reach), (0, 0)), mode="reflect")
        blurred = np.zeros_like(values)
        for start, weight in enumerate(kernel):
            np.multiply(padded[start : start + rows], weight, out=product)
            blurred += product
        # Turned over after each pass, so that both run along contiguous rows.
        values = np.ascontiguousarray(blurred.T)
    return values


@lru_cache(maxsize=3)
def _kernel(sigma: float) -> NDArray[np.float32]:
    reach = int(np.ceil(3 * sigma))
    kernel = np.exp(-(np.arange(-reach, reach + 1) ** 2) / (2 * sigma**2)).astype(np.float32)
    return np.asarray(kernel / kernel.sum(), np.float32)


@lru_cache(maxsize=1)
def _axis() -> NDArray[np.float64]:
    return (np.arange(SCALE) + 0.5) / SCALE - 0.5


@lru_cache(maxsize=1)
def _radius() -> NDArray[np.float64]:
    return np.asarray(np.hypot(_axis()[:, np.newaxis], _axis()))


@lru_cache(maxsize=1)
def _view() -> NDArray[np.intp]:
    """Places of the pixels that count, in the flattened picture."""
    return np.flatnonzero(_radius() <= 0.45)


@lru_cache(maxsize=1)
def _rim() -> NDArray[np.intp]:
    return np.flatnonzero((_radius() > 0.40) & (_radius() <= 0.50))
