"""A thousand JPEGs as a batch, against one at a time on one thread; and what memory does meanwhile.

Or as many as there is time for.

``python -m tests.bench.batch`` measures in a process of its own, which has imported nothing but the
workstation, and prints a line of JSON for each round.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass
from itertools import count
from pathlib import Path
from threading import Thread

from tests.bench.apart import printed_by
from tests.bench.budget import Budget, repeated
from tests.bench.harness import REPORTED, Row, at_most_share, row, times_the_rate, unmeasured
from tests.bench.photographs import draw_all, photograph
from tests.samples import images
from triage_app.config import Settings
from triage_app.domain.people import LOCAL_USER
from triage_app.services.batches.work import Workers
from triage_app.services.images.storing import new_id
from triage_app.services.site.application import Application
from triage_app.wiring import bootstrap

ROUNDS, OURS_EACH, REFERENCE_EACH = 5, 200, 100
SENDERS = 3
"""As many files as the page has on their way at a time."""
GRACE_S = 90
"""For the first round of a slow machine, which is never cut."""
FLAT_SHARE = 8
"""Per cent of the memory after the first round that may come on top."""
WARM_UP = 10
LARGE = 3000

NOTE = (
    "Both from the bytes of a 600x450 JPEG to a stored draft, without HTTP. Reference: analysed "
    "and stored one after the other, held on one processor, since drawing runs beside the network. "
    "Ours: received durably first, then analysed by the batch's workers."
)
MEMORY = (
    "Resident memory of server and both decoders, at the end less after the first round, which is "
    "the reference. The second decoder starts when two images are first decoded at once; here that "
    "is before."
)
ONE_PROCESSOR = "With one processor both do the same, so that this is reported only."


@dataclass(frozen=True)
class Round:
    """Images a second one at a time and in a batch, and resident megabytes after it."""

    one: float
    batch: float
    memory: float


def rows(budget: Budget) -> Iterator[Row]:
    """Throughput and memory, of the rounds that there was time for."""
    found, wrong = measured(budget.left())
    if not found:
        raise RuntimeError(wrong or "no round was made")
    yield from rows_of(found)
    if wrong:
        yield unmeasured("batch", f"{len(found)} rounds, then {wrong}")


def rows_of(found: Sequence[Round]) -> Iterator[Row]:
    """What so many rounds show."""
    several = len(os.sched_getaffinity(0)) > 1
    yield row(
        f"{OURS_EACH * len(found):,} JPEGs in a batch",
        "one at a time on one thread",
        [(one.one, one.batch) for one in found],
        target=times_the_rate(1.7) if several else REPORTED,
        unit="images/s",
        note=NOTE if several else f"{NOTE} {ONE_PROCESSOR}",
        asked=ROUNDS,
    )
    if len(found) > 1:
        first, last = found[0].memory, found[-1].memory
        yield row(
            f"memory over the last {OURS_EACH * (len(found) - 1):,} of them",
            "what it had taken before",
            [(first, last - first)],
            target=at_most_share(FLAT_SHARE),
            unit="MB",
            note=MEMORY,
            rounds=len(found),
            asked=ROUNDS,
        )


def measured(seconds: float) -> tuple[list[Round], str]:
    """The rounds that a process of its own made in that time, and what went wrong, if anything."""
    command = [sys.executable, "-m", "tests.bench.batch", "--seconds", f"{seconds:.0f}"]
    printed, wrong = printed_by(command, seconds + GRACE_S, inner=True)
    whole = [line for line in printed if line.startswith("{") and line.endswith("}")]
    return [Round(**json.loads(line)) for line in whole], wrong


def main() -> None:
    """Measure, and print each round once it is made."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.batch")
    parser.add_argument("--seconds", type=float, default=float("inf"))
    budget = Budget.of(parser.parse_args().seconds)
    draw_all()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        slow = _station(stack, folder / "slow", TRIAGE_THREADS="1")
        fast = _station(stack, folder / "fast")
        stack.enter_context(Workers(fast.intake.work))
        _one_at_a_time(slow, _different(WARM_UP, ROUNDS))
        _batch(fast, _different(WARM_UP, ROUNDS))
        _two_at_once(fast, images.jpeg(width=LARGE, height=LARGE))
        numbers = count()
        repeated(lambda: _round(slow, fast, next(numbers)), ROUNDS, budget, warm_up=False)


def _round(slow: Application, fast: Application, number: int) -> None:
    with _on_one_processor():
        one = _one_at_a_time(slow, _different(REFERENCE_EACH, number))
    batch = _batch(fast, _different(OURS_EACH, number))
    print(json.dumps(asdict(Round(one, batch, _resident_mb()))), flush=True)


def _station(stack: ExitStack, folder: Path, **more: str) -> Application:
    settings = {"TRIAGE_DATA_DIR": str(folder), "TRIAGE_LOG_LEVEL": "ERROR", **more}
    station = stack.enter_context(bootstrap.build(Settings.from_env(settings)))
    if station.card is None:
        raise RuntimeError(station.refusal)
    return station


def _different(count: int, number: int) -> list[bytes]:
    """So many files, no two of all rounds the same."""
    return [photograph(number * OURS_EACH + i) for i in range(count)]


@contextmanager
def _on_one_processor() -> Iterator[None]:
    """Nothing of this process and its decoders runs beside anything else of it."""
    every = os.sched_getaffinity(0)
    _allow({min(every)})
    try:
        yield
    finally:
        _allow(every)


def _allow(processors: set[int]) -> None:
    for tid in [int(path.name) for pid in _pids() for path in Path(f"/proc/{pid}/task").iterdir()]:
        with suppress(ProcessLookupError):  # a thread that has ended meanwhile
            os.sched_setaffinity(tid, processors)


def _one_at_a_time(station: Application, files: list[bytes]) -> float:
    start = time.perf_counter()
    for data in files:
        station.cases.analyse_upload(LOCAL_USER, data, "lesion.jpg")
    return len(files) / (time.perf_counter() - start)


def _batch(station: Application, files: list[bytes]) -> float:
    batch, start = new_id(), time.perf_counter()
    senders = [
        Thread(target=_send, args=(station, batch, files[number::SENDERS]))
        for number in range(SENDERS)
    ]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    while (counts := station.intake.progress(LOCAL_USER, batch).counts).waiting:
        time.sleep(0.02)
    took = time.perf_counter() - start
    if counts.done != len(files):
        raise RuntimeError(f"{counts.failed} images of the batch failed")
    return len(files) / took


def _two_at_once(station: Application, data: bytes) -> None:
    """Both decoders are at work for long enough to need one another."""
    with ThreadPoolExecutor(2) as both:
        for _ in both.map(lambda d: station.cases.analyse_upload(LOCAL_USER, d), [data, data]):
            pass


def _send(station: Application, batch: str, files: list[bytes]) -> None:
    for data in files:
        station.intake.receive(LOCAL_USER, batch, new_id(), data, "lesion.jpg")


def _resident_mb() -> float:
    """Of this process and its decoders."""
    return sum(map(_pages, _pids())) * os.sysconf("SC_PAGE_SIZE") / 1e6


def _pids() -> list[int]:
    own = os.getpid()
    children = Path(f"/proc/{own}/task").glob("*/children")
    return [own, *(int(pid) for path in children for pid in path.read_text().split())]


def _pages(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except FileNotFoundError:  # a decoder that was replaced meanwhile
        return 0


if __name__ == "__main__":
    main()
