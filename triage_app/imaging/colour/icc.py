"""ICC profiles (ICC.1:2022, version 2 profiles as well), judged by what they hold.

A profile's name and description play no part: phones name Display P3 after sRGB.
"""

import struct
from dataclasses import dataclass
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from triage_app.imaging.colour.spaces import (
    HDR_CODES,
    ColourSpace,
    Curve,
    Floats,
    of_colorants,
    of_samples,
    power,
)

_HEADER, _TAG = 128, 12
_CLASSES = frozenset({b"scnr", b"mntr", b"prtr", b"spac"})
_MODES = {b"RGB ": "RGB", b"GRAY": "L", b"CMYK": "CMYK"}
# Half of the signal is at least this much light in every curve for screens (0.1 would be a gamma of
# 3.3), and a twelfth or less in those of high dynamic range.
_LEAST_AT_HALF = 0.1
# Curves whose half is more light than this would be darker than any medium: they are upside down.
_MOST_AT_HALF = 0.7
# White of the connection space has Y of 1; profiles of real devices miss it by a little.
_WHITE_OFF = 0.1
# What white must become at least, and the middle of a screen's range, of 255: the light of
# _LEAST_AT_HALF is 89.
_LEAST_WHITE, _LEAST_MIDDLE = 200, 89
# Number of parameters of each kind of parametric curve, and the first kind that starts with a line.
_PARAMETERS, _FIRST_WITH_LINE = (1, 3, 4, 5, 7), 3


class ProfileUnusable(Exception):
    """The profile is damaged, or isn't one that tells the colours of a picture."""


class HighDynamicRange(Exception):
    """The profile is of PQ, HLG or another curve that no screen of ordinary range has."""


@dataclass(frozen=True)
class ViaLittleCms:
    """A profile of tables: ``mode`` is the Pillow mode of the pictures that it is for."""

    mode: str
    profile: bytes

    def to_srgb(self, picture: Image.Image) -> Image.Image:
        """Convert a picture of this mode, relative colorimetric with black point compensation."""
        try:
            return _converted(picture, self.profile)
        except (ImageCms.PyCMSError, OSError, ValueError, TypeError) as error:
            raise ProfileUnusable from error

    def is_srgb(self) -> bool:
        """Whether it leaves every colour within 2 of 255."""
        if self.mode != "RGB":
            return False
        levels = np.linspace(0, 255, 16).astype(np.uint8)
        grid = np.stack(np.meshgrid(levels, levels, levels, indexing="ij"), -1).reshape(64, 64, 3)
        moved = np.asarray(self.to_srgb(Image.fromarray(grid))).astype(int) - grid
        return int(np.abs(moved).max()) <= 2


@dataclass(frozen=True)
class GreyCurve:
    """A grey profile: the curve that makes values from 0 to 1 linear."""

    curve: Curve


def read_profile(profile: bytes) -> ColourSpace | GreyCurve | ViaLittleCms:
    """What a profile says.

    Raises:
        ProfileUnusable, HighDynamicRange.
    """
    try:
        return _read(profile)
    except (struct.error, IndexError, ValueError, KeyError) as error:
        raise ProfileUnusable from error


def _read(profile: bytes) -> ColourSpace | GreyCurve | ViaLittleCms:
    tags, space, connection = _tags(profile), profile[16:20], profile[20:24]
    if profile[12:16] not in _CLASSES or space not in _MODES:
        raise ProfileUnusable
    if b"cicp" in tags and tags[b"cicp"][9] in HDR_CODES:
        raise HighDynamicRange
    is_table = not tags.keys().isdisjoint((b"A2B0", b"A2B1", b"D2B0", b"D2B1"))
    if is_table or (space == b"GRAY" and connection == b"Lab "):
        return _checked_tables(ViaLittleCms(_MODES[space], profile))
    if space == b"GRAY":
        return GreyCurve(_checked(_curve(tags[b"kTRC"])))
    if space != b"RGB " or connection != b"XYZ ":
        raise ProfileUnusable
    return _matrix_and_curves(tags)


def _matrix_and_curves(tags: dict[bytes, bytes]) -> ColourSpace:
    colorants = np.stack([_xyz(tags[name]) for name in (b"rXYZ", b"gXYZ", b"bXYZ")], axis=1)
    curves = [_checked(_curve(tags[name])) for name in (b"rTRC", b"gTRC", b"bTRC")]
    found = of_colorants(colorants, *curves)
    if found is None or abs(colorants[1].sum() - 1) > _WHITE_OFF:
        raise ProfileUnusable
    return found


def _tags(profile: bytes) -> dict[bytes, bytes]:
    """Bodies of the tags that lie within the profile, by signature; ICC.1:2022, 7.2 and 7.3."""
    count = struct.unpack_from(">I", profile, _HEADER)[0]
    if profile[36:40] != b"acsp" or count > len(profile) // _TAG:
        raise ProfileUnusable
    tags = {}
    for index in range(count):
        name, start, length = struct.unpack_from(">4sII", profile, _HEADER + 4 + _TAG * index)
        if start + length <= len(profile):
            tags[name] = profile[start : start + length]
    return tags


def _xyz(tag: bytes) -> NDArray[np.float64]:
    if tag[:4] != b"XYZ ":
        raise ProfileUnusable
    return np.array(struct.unpack_from(">3i", tag, 8)) / 65536


def _curve(tag: bytes) -> Curve:
    """A tone curve; ICC.1:2022, 10.6 (curv) and 10.18 (para)."""
    if tag[:4] == b"curv":
        return _sampled(tag)
    if tag[:4] != b"para":
        raise ProfileUnusable
    kind = struct.unpack_from(">H", tag, 8)[0]
    count = _PARAMETERS[kind]
    values = [value / 65536 for value in struct.unpack_from(f">{count}i", tag, 12)]
    return _parametric(kind, *values)


def _sampled(tag: bytes) -> Curve:
    count = struct.unpack_from(">I", tag, 8)[0]
    samples = np.array(struct.unpack_from(f">{count}H", tag, 12))
    if count == 0:
        return power(1.0)
    return power(samples[0] / 256) if count == 1 else of_samples(samples / 65535)


def _parametric(kind: int, gamma: float, a: float = 1, b: float = 0, *rest: float) -> Curve:
    """Y = (aX + b)^gamma + e from X = d on, below it cX + f; earlier kinds lack the later ones."""
    if kind < _FIRST_WITH_LINE:
        offset = rest[0] if rest else 0.0
        c, d, e, f = 0.0, (-b / a if a else 0.0), offset, offset
    else:
        c, d, e, f = (*rest, 0.0, 0.0)[:4]

    def curve(values: Floats) -> Floats:
        upper = np.power(np.maximum(a * values + b, 0), gamma) + e
        return np.clip(np.where(values >= d, upper, c * values + f), 0, 1)

    return curve


def _checked(curve: Curve) -> Curve:
    """The same curve, if it is one that a screen or a camera can have."""
    light = curve(np.linspace(0, 1, 257))
    if not np.isfinite(light).all() or (np.diff(light) < -1e-3).any():
        raise ProfileUnusable
    if light[-1] < 1 - _WHITE_OFF or light[0] > _WHITE_OFF or light[128] > _MOST_AT_HALF:
        raise ProfileUnusable
    if light[128] < _LEAST_AT_HALF:
        raise HighDynamicRange
    return curve


def _checked_tables(found: ViaLittleCms) -> ViaLittleCms:
    """The same profile, if white comes out as white, and the middle grey of a screen not black."""
    channels = len(found.mode) if found.mode != "L" else 1
    white = bytes(channels) if found.mode == "CMYK" else b"\xff" * channels
    pair = Image.frombytes(found.mode, (2, 1), white + b"\x80" * channels)
    colours = found.to_srgb(pair).tobytes()
    if min(colours[:3]) < _LEAST_WHITE:
        raise ProfileUnusable
    if found.mode != "CMYK" and max(colours[3:]) < _LEAST_MIDDLE:
        raise HighDynamicRange
    return found


def _converted(picture: Image.Image, profile: bytes) -> Image.Image:
    converted = ImageCms.profileToProfile(
        picture,
        ImageCms.ImageCmsProfile(BytesIO(profile)),
        ImageCms.createProfile("sRGB"),
        renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
        outputMode="RGB",
        flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
    )
    assert converted is not None
    return converted
