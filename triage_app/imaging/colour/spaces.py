"""Colour spaces by their primaries and transfer curve, and the exact way from them to sRGB.

Codes are those of ITU-T H.273 (02/2025), which HEIC and PNG files use; chromaticities are CIE 1931
x and y, in the order red, green, blue, white.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]
Matrix = NDArray[np.float64]
Curve = Callable[[Floats], Floats]
Pair = tuple[float, float]
Chromaticities = tuple[Pair, Pair, Pair, Pair]

# ICC.1:2022, 7.2.16: the illuminant of the profile connection space, as XYZ.
D50_XYZ = np.array((0.9642, 1.0, 0.8249))
# ICC.1:2022, annex E: the linearised Bradford cone responses.
_BRADFORD = np.array(
    ((0.8951, 0.2664, -0.1614), (-0.7502, 1.7135, 0.0367), (0.0389, -0.0685, 1.0296))
)
D65: Pair = (0.3127, 0.3290)
_C: Pair = (0.310, 0.316)
BT709: Chromaticities = ((0.640, 0.330), (0.300, 0.600), (0.150, 0.060), D65)
# Adobe RGB (1998) colour image encoding, 4.3.1.
ADOBE_1998: Chromaticities = ((0.640, 0.330), (0.210, 0.710), (0.150, 0.060), D65)
# H.273, table 2.
PRIMARIES_OF_CODE: Mapping[int, Chromaticities] = {
    1: BT709,
    4: ((0.67, 0.33), (0.21, 0.71), (0.14, 0.08), _C),
    5: ((0.64, 0.33), (0.29, 0.60), (0.15, 0.06), D65),
    6: ((0.630, 0.340), (0.310, 0.595), (0.155, 0.070), D65),
    7: ((0.630, 0.340), (0.310, 0.595), (0.155, 0.070), D65),
    8: ((0.681, 0.319), (0.243, 0.692), (0.145, 0.049), _C),
    9: ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046), D65),
    10: ((1.0, 0.0), (0.0, 1.0), (0.0, 0.0), (1 / 3, 1 / 3)),
    11: ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060), (0.314, 0.351)),
    12: ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060), D65),
    22: ((0.630, 0.340), (0.295, 0.605), (0.155, 0.077), D65),
}
# A picture whose every colour moves by no more than this, of 255, is in sRGB already.
_SAME = 1.5
# Between two neighbouring dark codes of 8 bits, such a curve skips more levels of sRGB than this.
_STEEP = 3.0
# Less volume than this is none: no real primaries, those of ProPhoto and XYZ among them, are close.
_LEAST_SPAN = 1e-3
_ENCODING_STEPS = 65_535
_ROWS_AT_ONCE = 256


@dataclass(frozen=True)
class ColourSpace:
    """Linear RGB to XYZ relative to D50, float64 (3, 3) with Y of white 1, and the curves that
    make channel values from 0 to 1 linear: one for all channels, or one each."""

    to_xyz: Matrix
    curves: tuple[Curve, ...]

    def is_srgb(self) -> bool:
        """Whether taking the values as sRGB changes no colour by more than 1.5 of 255."""
        levels = np.linspace(0.0, 1.0, 18)
        grid = np.stack(np.meshgrid(levels, levels, levels, indexing="ij"), -1).reshape(-1, 1, 3)
        return bool(np.abs(self.to_srgb(grid) - grid * 255).max() <= _SAME)

    def is_steep(self) -> bool:
        """Whether 8 bits are too few for the dark tones, as they are for linear values."""
        dark = np.array((2.0, 3.0)) / 255
        return any(np.diff(srgb_encoded(curve(dark)))[0] * 255 > _STEEP for curve in self.curves)

    def to_srgb(self, values: NDArray[np.uint8] | Floats) -> NDArray[np.uint8]:
        """Convert an (H, W, 3) picture: uint8, or floats from 0 to 1; the answer is uint8 sRGB.

        Colours that sRGB doesn't hold are clipped channel by channel.
        """
        matrix = (_xyz_to_srgb() @ self.to_xyz).T.astype(np.float32)
        converted = np.empty(values.shape, np.uint8)
        for start in range(0, len(values), _ROWS_AT_ONCE):
            rows = slice(start, start + _ROWS_AT_ONCE)
            linear = self._linear(values[rows]) @ matrix
            steps = np.clip(linear, 0, 1) * np.float32(_ENCODING_STEPS) + np.float32(0.5)
            converted[rows] = _srgb_of_step()[steps.astype(np.uint16)]
        return converted

    def _linear(self, values: NDArray[np.uint8] | Floats) -> NDArray[np.float32]:
        curves = self.curves if len(self.curves) > 1 else self.curves * 3
        linear = np.empty(values.shape, np.float32)
        for channel, curve in enumerate(curves):
            if values.dtype == np.uint8:
                table = curve(np.arange(256) / 255).astype(np.float32)
                linear[..., channel] = table[values[..., channel]]
            else:
                linear[..., channel] = curve(np.asarray(values[..., channel], np.float32))
        return linear


def of_chromaticities(primaries: Chromaticities, *curves: Curve) -> ColourSpace | None:
    """The space with these primaries, None where they span none. Matrix as in SMPTE RP 177."""
    columns = np.array([(x, y, 1 - x - y) for x, y in primaries[:3]]).T
    x, y = primaries[3]
    if not y > 0 or not abs(np.linalg.det(columns)) >= _LEAST_SPAN:
        return None
    white = np.array((x / y, 1.0, (1 - x - y) / y))
    scales = np.linalg.solve(columns, white)
    if not (scales > 0).all():
        return None
    return ColourSpace(to_d50(white) @ (columns * scales), curves)


def of_colorants(columns: Matrix, *curves: Curve) -> ColourSpace | None:
    """The space whose red, green and blue at full drive have these XYZ in columns; their sum is
    its white, whichever it is. None where they span no space."""
    white = columns.sum(axis=1)
    if not (white > 0).all() or abs(np.linalg.det(columns / white[1])) < _LEAST_SPAN:
        return None
    return ColourSpace(to_d50(white) @ columns, curves)


def to_d50(white: NDArray[np.float64]) -> Matrix:
    """Bradford adaptation of XYZ under this white, XYZ as well, to D50. ICC.1:2022, annex E."""
    ratio = (_BRADFORD @ D50_XYZ) / (_BRADFORD @ white)
    return np.asarray(np.linalg.inv(_BRADFORD) @ np.diag(ratio) @ _BRADFORD)


def power(exponent: float) -> Curve:
    """Linear light is the value to this power."""
    return lambda values: np.power(np.maximum(values, 0), exponent)


def of_samples(samples: NDArray[np.float64]) -> Curve:
    """Straight lines through equally spaced samples of light, at least two."""
    places = np.linspace(0, 1, len(samples))
    return lambda values: np.interp(values, places, samples)


def srgb_linear(values: Floats) -> Floats:
    """IEC 61966-2-1: the light that sRGB values from 0 to 1 stand for."""
    upper = np.power((np.maximum(values, 0.04045) + 0.055) / 1.055, 2.4)
    return np.where(values <= 0.04045, values / 12.92, upper)


def srgb_encoded(light: Floats) -> Floats:
    """IEC 61966-2-1: the sRGB values, 0 to 1, of light from 0 to 1."""
    upper = 1.055 * np.power(np.maximum(light, 0.0031308), 1 / 2.4) - 0.055
    return np.where(light <= 0.0031308, light * 12.92, upper)


def bt709_linear(values: Floats) -> Floats:
    """H.273, transfer 1: the light that the camera saw. Rec. 601, 709 and 2020 share it."""
    upper = np.power((np.maximum(values, 0.081) + 0.099) / 1.099, 1 / 0.45)
    return np.where(values < 0.081, values / 4.5, upper)


def smpte240_linear(values: Floats) -> Floats:
    """H.273, transfer 7."""
    upper = np.power((np.maximum(values, 0.0913) + 0.1115) / 1.1115, 1 / 0.45)
    return np.where(values < 0.0913, values / 4.0, upper)


def narrow(curve: Curve) -> Curve:
    """The same curve for values of video range, 16 to 235 of 255: H.273, full range flag of 0."""
    return lambda values: curve(np.clip((values * 255 - 16) / 219, 0, 1))


HDR_CODES = frozenset({16, 18})
# Curves of video: some writers give these codes to values that follow sRGB's.
VIDEO_CODES = frozenset({1, 6, 11, 12, 14, 15})
# H.273, table 3. Left out, because no still camera writes them: 9 and 10, logarithmic. 16 (PQ) and
# 18 (HLG) are high dynamic range: how they look in sRGB is a matter of taste, not of conversion.
CURVE_OF_CODE: Mapping[int, Curve] = {
    **dict.fromkeys(VIDEO_CODES, bt709_linear),
    4: power(2.2),
    5: power(2.8),
    7: smpte240_linear,
    8: power(1.0),
    13: srgb_linear,
    17: lambda values: np.power(np.maximum(values, 0), 2.6) * (52.37 / 48),
}


@lru_cache(maxsize=1)
def _xyz_to_srgb() -> Matrix:
    srgb = of_chromaticities(BT709, srgb_linear)
    assert srgb is not None
    return np.asarray(np.linalg.inv(srgb.to_xyz))


@lru_cache(maxsize=1)
def _srgb_of_step() -> NDArray[np.uint8]:
    """The sRGB value of light in steps of 1/65535; near black a step is a twentieth of a level."""
    light = np.arange(_ENCODING_STEPS + 1) / _ENCODING_STEPS
    return np.asarray(np.round(srgb_encoded(light) * 255).astype(np.uint8))
