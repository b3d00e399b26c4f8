"""The shipped model says the same of the same colours, however their file declares them."""

from collections.abc import Callable

import numpy as np
import pytest

from tests.samples import colours, golden, images, synthetic
from tests.samples.colours import SPACES, cicp, exif, gama_chrm, png, profile
from triage_app.config import Settings
from triage_app.domain.context import NO_CONTEXT
from triage_app.domain.triage import Level, Policy
from triage_app.imaging.intake import Decoded, IntakeLimits, decode
from triage_app.services.images.assessment import Assessor
from triage_app.wiring.model import in_service

FINE = {"quality": 98, "subsampling": 0}
Write = Callable[[np.ndarray, colours.Space], bytes]
WAYS: dict[str, tuple[str, Write]] = {
    "JPEG, profile": ("Display P3", lambda p, s: images.encoded(p, icc_profile=profile(s), **FINE)),
    "JPEG, EXIF": ("Adobe RGB", lambda p, s: images.encoded(p, exif=exif(65535, "R03"), **FINE)),
    "HEIC, nclx": ("BT.2020", colours.heic),
    "PNG, cICP": ("Display P3", lambda p, s: png(p, cicp(*(s.codes or ())))),
    "PNG, gAMA": ("linear", lambda p, s: png(p, *gama_chrm(s))),
    "TIFF, tags": ("ProPhoto", colours.tiff),
    "BMP, header": ("gamma 1.8", lambda p, s: colours.bmp(p, bytes(4), space=s)),
    "WebP, profile": (
        "gamma 2.2",
        lambda p, s: images.encoded(p, "WEBP", lossless=True, icc_profile=profile(s)),
    ),
}


class _InProcess:
    """Decodes without a process of its own."""

    def decode(self, data: bytes) -> Decoded:
        return decode(data, IntakeLimits())


@pytest.fixture(scope="module")
def assessor() -> Assessor:
    model = in_service(golden.load(), Settings.from_env({}))
    return Assessor(_InProcess(), model, "", Policy(0.5, 0.5))


def said(assessor: Assessor, data: bytes) -> tuple[Level, np.ndarray]:
    assessment = assessor.assess(data, NO_CONTEXT)
    findings = assessment.evidence.findings
    assert findings
    return assessment.decision.findings_level, np.array(
        [findings.probabilities[diagnosis] for diagnosis in findings.known]
    )


@pytest.fixture(scope="module")
def plain(assessor: Assessor) -> list[tuple[np.ndarray, Level, np.ndarray]]:
    """Lesions with what is said of their sRGB version."""
    lesions = synthetic.pixels(1, 384), synthetic.pixels(8, 384, 0.24)
    return [(lesion, *said(assessor, png(lesion))) for lesion in lesions]


@pytest.mark.parametrize("way", WAYS)
def test_level_and_probabilities_are_those_of_the_srgb_version(
    assessor: Assessor, plain: list[tuple[np.ndarray, Level, np.ndarray]], way: str
) -> None:
    name, write = WAYS[way]
    space = SPACES[name]
    for lesion, level, shares in plain:
        level_there, shares_there = said(assessor, write(colours.written(lesion, space), space))
        assert level_there is level
        assert np.abs(shares_there - shares).max() <= 0.03
