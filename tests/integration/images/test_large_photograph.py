"""Large photographs are decoded the short way, and the shipped model says the same of them."""

import numpy as np
import pytest

from tests.bench.large_photograph import Pair, both_ways, enlarged, the_long_way
from tests.samples import golden
from triage_app.domain.triage import Level
from triage_app.imaging.intake import IntakeLimits, decode
from triage_app.training.assess import ShippedRule

WIDTH, HEIGHT = 3200, 2600


@pytest.fixture(scope="module")
def photograph() -> bytes:
    """A lesion with a veil in 8 megapixels, with noise and hairs in full resolution."""
    return enlarged(golden.veiled(4), 2, WIDTH, HEIGHT)


def test_the_short_way_of_decoding_shifts_no_finding(photograph: bytes) -> None:
    pair: Pair = both_ways(ShippedRule(golden.load()), "drawn", photograph)
    assert pair.long[1].findings_level is Level.REVIEW, "a picture without suspicion shifts little"
    assert pair.shift < 0.01
    assert not pair.level_changed


def test_the_short_way_gives_nearly_the_pixels_of_the_long_way(photograph: bytes) -> None:
    short, long = decode(photograph, IntakeLimits()).crop, the_long_way(photograph)
    assert short.shape == long.shape == (1024, 1024, 3)
    difference = np.abs(short.astype(int) - long)
    assert 0 < difference.mean() < 3, "equal pixels would mean that no short way was taken"
