"""Hostile files through the decoder that the program ships with: each one gets an answer."""

from collections import Counter
from collections.abc import Callable, Iterator

import pytest
from PIL import Image

from tests.conftest import Tell
from tests.hostile.mutate import mutated
from tests.hostile.scale import scaled
from tests.hostile.seeds import KINDS
from tests.hostile.traps import traps
from tests.hostile.watched import Seen, answer, watched_decoder
from tests.samples import images
from triage_app.imaging.decoding.pool import DecoderPool

TEST_COUNT, SOAK_COUNT = 1_000, 100_000
MOST_MEMORY = 512_000_000

Watched = tuple[DecoderPool, Seen]


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> Iterator[Watched]:
    with watched_decoder(monkeypatch) as found:
        yield found


def check(watched: Watched) -> None:
    """No crash, no greed; and the next patient's image is served.

    How long an answer took is told, and not judged: that is the machine's. What would take too
    long is refused by the decoder's own clock, and the traps expect that of it.
    """
    pool, seen = watched
    assert pool.decode(images.jpeg()).crop.shape == (450, 450, 3)
    pool.close()
    assert seen.crashes == 0
    assert 0 < seen.peak < MOST_MEMORY


def survive(watched: Watched, count: int) -> None:
    pool, seen = watched
    kinds = Counter[tuple[str, str]]()
    for number in range(count):
        kind, data = mutated(number)
        kinds[kind, answer(pool, data, seen)] += 1
    check(watched)
    assert seen.answers.total() == count
    if count >= TEST_COUNT:
        # A decoder that takes all files, or refuses all, was not tested.
        for kind in KINDS:
            assert kinds[kind, "decoded"]
            assert kinds[kind, "damaged"] > count / 200


def test_a_thousand_mutated_files_never_take_the_decoder_down(watched: Watched, tell: Tell) -> None:
    survive(watched, scaled(TEST_COUNT))
    tell(watched[1].sentence)


@pytest.mark.soak
def test_a_hundred_thousand_mutated_files_never_take_the_decoder_down(
    watched: Watched, tell: Tell
) -> None:
    survive(watched, scaled(SOAK_COUNT))
    tell(watched[1].sentence)


def test_files_made_to_take_time_or_memory_get_an_answer(watched: Watched, tell: Tell) -> None:
    made: list[tuple[str, Callable[[], bytes]]] = list(traps())
    answers = {name: answer(watched[0], make(), watched[1]) for name, make in made}
    assert len(answers) == len(made) >= 90
    check(watched)
    tell(watched[1].sentence)
    expected = {
        "a small file of 169 million pixels": "too_many_pixels",
        "a BMP of 2147483647 x 96": "too_many_pixels",
        "a comment that unpacks to 600 MB": "damaged",
        "64 million black pixels in 190 kB": "decoded",
        "twenty thousand scans over a large picture": "damaged",
        "PostScript, then zeros": "unsupported_format",
        "Photoshop, then a whole JPEG": "unsupported_format",
    }
    assert {name: answers[name] for name in expected} == expected


@pytest.mark.parametrize(("luma", "chroma"), [(2, 0), (7, 7)])
def test_a_heic_file_that_corrupts_memory_is_refused_before_it_is_decoded(
    watched: Watched, luma: int, chroma: int
) -> None:
    """A grey picture of 8 bits whose header says more; mutated files found it."""
    grey = images.encoded(Image.fromarray(images.square(96)).convert("L"), "HEIF")
    at = grey.index(b"hvcC") + 4 + 17
    data = grey[:at] + bytes((0xF8 | luma, 0xF8 | chroma)) + grey[at + 2 :]
    assert answer(watched[0], data, watched[1]) == "unsupported_format"
    check(watched)


def test_the_process_that_decoded_a_heic_file_decodes_no_other(watched: Watched) -> None:
    pool = watched[0]

    def process_after(data: bytes) -> int:
        pool.decode(data)
        process = pool._workers[0]._process
        assert process is not None
        return process.pid

    first = process_after(images.jpeg())
    assert process_after(images.jpeg(seed=2)) == first
    assert process_after(images.encoded(images.square(96), "HEIF")) != first


def test_the_same_number_gives_the_same_file_in_every_run() -> None:
    assert [mutated(number) for number in (3, 77, 4_000)] == [
        mutated(number) for number in (3, 77, 4_000)
    ]
    assert len({mutated(number)[1] for number in range(300)}) > 290
