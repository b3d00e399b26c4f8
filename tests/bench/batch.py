"""A thousand JPEGs as a batch, against one at a time on one thread; and what memory does meanwhile.

``python -m tests.bench.batch`` measures in a process of its own, which has imported nothing but the
workstation, and prints JSON.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

from tests import images
from tests.bench.harness import Row, alone, at_most, row, times_the_rate
from tests.bench.photographs import draw_all, photograph
from triage_app import bootstrap
from triage_app.config import PROJECT_ROOT, Settings
from triage_app.domain.people import LOCAL_USER
from triage_app.services.application import Application
from triage_app.services.batch_work import Workers
from triage_app.services.storing import new_id

ROUNDS, OURS_EACH, REFERENCE_EACH = 5, 200, 100
SENDERS = 3
"""As many files as the page has on their way at a time."""
LIMIT_S = 400
FLAT_MB = 30.0
WARM_UP = 10
LARGE = 3000

NOTE = (
    "Both from the bytes of a 600x450 JPEG to a stored draft, without HTTP. Reference: analysed "
    "and stored one after the other, held on one processor, since drawing runs beside the network. "
    "Ours: received durably first, then analysed by the batch's workers."
)
MEMORY = (
    "Resident memory of server and both decoders, at the end of 1,000 images less after 200. The "
    "second decoder starts when two images are first decoded at once; here that is before."
)


@dataclass(frozen=True)
class Measured:
    """Images a second of each round, and resident megabytes after each round of ours."""

    pairs: list[tuple[float, float]]
    memory: list[float]


def rows() -> Iterator[Row]:
    """Throughput and memory."""
    found = measured()
    name, reference = "1,000 JPEGs in a batch", "one at a time on one thread"
    target = times_the_rate(1.7)
    yield row(name, reference, found.pairs, target=target, unit="images/s", note=NOTE)
    grown = found.memory[-1] - found.memory[0]
    yield alone(
        "memory over the last 800 of them",
        grown,
        target=at_most(FLAT_MB, "MB"),
        unit="MB",
        note=MEMORY,
    )


def measured() -> Measured:
    """What a process of its own measures."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.batch"],
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(done.stderr[-500:])
    found = json.loads(done.stdout.splitlines()[-1])
    return Measured([(one, other) for one, other in found["pairs"]], found["memory"])


def main() -> None:
    """Measure and print."""
    draw_all()
    pairs, memory = [], []
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        slow = _station(stack, folder / "slow", TRIAGE_THREADS="1")
        fast = _station(stack, folder / "fast")
        stack.enter_context(Workers(fast.intake.work))
        _one_at_a_time(slow, _different(WARM_UP, ROUNDS))
        _batch(fast, _different(WARM_UP, ROUNDS))
        _two_at_once(fast, images.jpeg(width=LARGE, height=LARGE))
        for number in range(ROUNDS):
            with _on_one_processor():
                reference = _one_at_a_time(slow, _different(REFERENCE_EACH, number))
            ours = _batch(fast, _different(OURS_EACH, number))
            pairs.append((reference, ours))
            memory.append(_resident_mb())
    print(json.dumps({"pairs": pairs, "memory": memory}))


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
