"""A decoder whose processes are watched: how much memory each took, and how each ended."""

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from triage_app.domain.errors import ImageRejected
from triage_app.imaging.decoding import pool as decoder
from triage_app.imaging.decoding.pool import CODES, DecoderPool


@dataclass
class Seen:
    """What came of the files so far.

    ``answers`` counts codes and "decoded"; ``slowest`` is in seconds; ``peak`` is the most memory
    that any process held, in bytes; ``crashes`` counts processes that ended by themselves.
    """

    answers: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0
    peak: int = 0
    crashes: int = 0

    @property
    def sentence(self) -> str:
        """The counts in words."""
        shares = ", ".join(f"{code} {count}" for code, count in self.answers.most_common())
        return (
            f"{self.answers.total():,} hostile files: {shares}; slowest answer {self.slowest:.1f} "
            f"s, most memory {self.peak / 1e6:.0f} MB, processes that crashed: {self.crashes}"
        )


@contextmanager
def watched_decoder(patch: pytest.MonkeyPatch) -> Iterator[tuple[DecoderPool, Seen]]:
    """A decoder with the limits that the program ships with, and what is seen of it."""
    seen = Seen()
    discard = decoder._Worker._discard

    def look_and_discard(worker: decoder._Worker) -> None:
        process = worker._process
        if process is not None:
            seen.peak = max(seen.peak, _most_memory(process.pid))
            # A process whose limit on time was reached still runs here, or was ended by a signal.
            time.sleep(0.01)
            seen.crashes += process.poll() not in (None, 0, -9)
        discard(worker)

    patch.setattr(decoder._Worker, "_discard", look_and_discard)
    with DecoderPool() as pool:
        yield pool, seen


def answer(pool: DecoderPool, data: bytes, seen: Seen) -> str:
    """Decode one file and count the answer, which is a picture or a rejection in words."""
    start = time.monotonic()
    try:
        decoded = pool.decode(data)
    except ImageRejected as error:
        assert error.code in CODES
        assert str(error).endswith(".")
        code = error.code
    else:
        assert decoded.crop.dtype == np.uint8 and decoded.crop.ndim == 3
        code = "decoded"
    seen.answers[code] += 1
    seen.slowest = max(seen.slowest, time.monotonic() - start)
    return code


def _most_memory(process_id: int) -> int:
    """The most that a process ever held, in bytes; 0 for one that has ended."""
    lines = Path(f"/proc/{process_id}/status").read_text(encoding="ascii").splitlines()
    found = [line.split()[1] for line in lines if line.startswith("VmHWM")]
    return 1024 * int(found[0]) if found else 0
