"""Mutated image files: every answer is a picture or a named rejection, and the decoder lives on."""

import random
from collections import Counter
from collections.abc import Iterator

import numpy as np
import pytest

from tests import images
from triage_app.domain.errors import ImageRejected
from triage_app.imaging.decoder import DecoderPool

KINDS = ("JPEG", "PNG", "WEBP", "TIFF", "BMP", "HEIF")
TEST_COUNT, SOAK_COUNT = 600, 20_000


def _sources() -> list[bytes]:
    pixels = images.square(96)
    return [images.encoded(pixels, kind) for kind in KINDS]


def mutated(seed: int, sources: list[bytes]) -> bytes:
    """One file with flipped bytes, a cut, a repeated or an overwritten stretch; by its seed."""
    rng = random.Random(seed)
    data = bytearray(rng.choice(sources))
    kind = rng.randrange(4)
    if kind == 0:
        # Headers are where decoders trust sizes, so most flips go there.
        reach = len(data) if rng.random() < 0.4 else min(len(data), 200)
        for _ in range(rng.randint(1, 24)):
            data[rng.randrange(reach)] = rng.randrange(256)
    elif kind == 1:
        del data[rng.randrange(len(data)) :]
    elif kind == 2:
        at, length = rng.randrange(len(data)), rng.randint(1, 64)
        data[at:at] = data[at : at + length] * rng.randint(1, 40)
    else:
        at = rng.randrange(len(data))
        value = rng.choice((b"\xff\xff\xff\xff", b"\x00\x00\x00\x00", b"\x7f\xff\xff\xff"))
        data[at : at + 4] = value
    return bytes(data)


def survive(pool: DecoderPool, count: int) -> Counter[str]:
    """Decode ``count`` mutated files and count the answers."""
    sources, outcomes = _sources(), Counter[str]()
    for seed in range(count):
        try:
            decoded = pool.decode(mutated(seed, sources))
        except ImageRejected as error:
            assert str(error)
            outcomes[error.code] += 1
        else:
            assert decoded.crop.dtype == np.uint8
            outcomes["decoded"] += 1
    return outcomes


@pytest.fixture
def pool() -> Iterator[DecoderPool]:
    with DecoderPool(seconds=5.0) as decoders:
        yield decoders


def _check(pool: DecoderPool, count: int) -> None:
    outcomes = survive(pool, count)
    assert sum(outcomes.values()) == count
    # Mutations that all fail, or all pass, would test nothing.
    assert outcomes["decoded"] > count / 20
    assert outcomes["truncated"] > count / 20
    assert pool.decode(images.jpeg()).crop.shape[2] == 3


def test_mutated_files_never_take_the_decoder_down(pool: DecoderPool) -> None:
    _check(pool, TEST_COUNT)


@pytest.mark.soak
def test_twenty_thousand_mutated_files_never_take_the_decoder_down(pool: DecoderPool) -> None:
    _check(pool, SOAK_COUNT)
