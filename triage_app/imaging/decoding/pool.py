"""Decoding of untrusted files in warm child processes with limits on memory and time."""

import fcntl
import logging
import math
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, Self

import numpy as np

import triage_app
from triage_app.domain.errors import DecoderFailed, ImageRejected, UploadTooLarge
from triage_app.imaging.decoding import wire
from triage_app.imaging.decoding.watchdog import Watchdog
from triage_app.imaging.files.formats import MEDIA_TYPES
from triage_app.imaging.intake import Decoded, IntakeLimits

_log = logging.getLogger(__name__)
_ROOT = Path(triage_app.__file__).resolve().parents[1]
_MODULE = "triage_app.imaging.decoding.worker"
CODES = frozenset(
    {
        "empty",
        "not_an_image",
        "damaged",
        "unsupported_format",
        "multi_frame",
        "too_small",
        "too_many_pixels",
        "too_large",
        "decoder_failed",
    }
)
START_SECONDS = 60.0
"""For a new process to get ready: it imports, and has read nothing untrusted yet."""
# Of memory, kept from one picture for the next. Four times as much would help pictures of twelve
# megapixels too, and leave too little for those of sixty.
_KEPT_BYTES = 4 << 20
# Of a pipe: a crop then passes in a few turns of the two processes, not in dozens.
_PIPE_BYTES = 1 << 20
_MAX_TEXT = 400
_MAX_NOTES = 8


class DecoderPool:
    """Warm decoder processes; ``decode`` may be called from any number of threads.

    ``seconds``: wall clock and processor time for one image; ``wait``: seconds for a free process.
    ``memory_bytes``: what a process may hold, its own 41 MiB included. The default, 503 MB, lets 80
    megapixels through (Pillow takes 4 bytes a pixel, a progressive JPEG up to 6 more), 48 as HEIC
    (7 to 9) and 24 as WebP (17). A process that dies or is ended is replaced.
    As a context manager it starts at the beginning and closes at the end.
    """

    def __init__(
        self,
        limits: IntakeLimits | None = None,
        *,
        processes: int = 1,
        seconds: float = 5.0,
        wait: float = 60.0,
        memory_bytes: int = 480 << 20,
    ) -> None:
        self._limits = limits or IntakeLimits()
        self._seconds = seconds
        self._wait = wait
        command = _command(self._limits, memory_bytes, math.ceil(seconds))
        self._workers = [_Worker(command) for _ in range(processes)]
        self._free: queue.LifoQueue[_Worker] = queue.LifoQueue()
        for worker in reversed(self._workers):
            self._free.put(worker)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(self) -> None:
        """Start a process without waiting for it, so that the first image finds it warm.

        The others start when so many images come at once: each takes 20 MB.
        """
        self._workers[0].start()

    def close(self) -> None:
        """End all processes; a later ``decode`` would start them again."""
        for worker in self._workers:
            worker.stop()

    def decode(self, data: bytes) -> Decoded:
        """Decode one file; see ``intake.decode``.

        Raises:
            ImageRejected: the file cannot be used; ``code`` names the cause.
            DecoderFailed: time or memory ran out, or the process died; the next image is served.
        """
        if len(data) > self._limits.max_bytes:
            raise UploadTooLarge(self._limits.max_bytes / 1e6)
        with self._worker() as worker:
            header, body = worker.exchange(data, self._seconds, self._limits)
            try:
                return _result(header, body, self._limits)
            except wire.WireBroken as error:
                worker.stop()
                raise _failed() from error

    @contextmanager
    def _worker(self) -> "Iterator[_Worker]":
        try:
            worker = self._free.get(timeout=self._wait)
        except queue.Empty as error:
            raise DecoderFailed(
                "Too many images are waiting to be decoded. Try again in a minute."
            ) from error
        try:
            yield worker
        finally:
            self._free.put(worker)


class _Worker:
    """One process and its pipes; used by one thread at a time, except for ``stop``."""

    def __init__(self, command: list[str]) -> None:
        self._command = command
        self._process: subprocess.Popen[bytes] | None = None
        self._greeted = False
        self._lock = threading.Lock()

    def start(self) -> None:
        """Start the process unless one is running. Raises DecoderFailed."""
        with self._lock:
            if self._process is not None and self._process.poll() is None:
                return
            self._discard()
            try:
                self._process = subprocess.Popen(  # noqa: S603 - fixed command, no shell
                    self._command,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    env=_environment(),
                    # Where the package lies: a path with a colon can't be put into PYTHONPATH.
                    cwd=_ROOT,
                    # Ctrl-C in the terminal ends the server, which then closes its workers.
                    start_new_session=True,
                )
            except OSError as error:
                raise _failed() from error
            _widen(self._process)

    def stop(self) -> None:
        """End the process, whatever it is doing."""
        with self._lock:
            self._discard()

    def exchange(
        self, data: bytes, timeout: float, limits: IntakeLimits
    ) -> tuple[dict[str, Any], bytes]:
        """Send one file and return the answer. Raises DecoderFailed after the time or on death."""
        self.start()
        process = self._process
        if process is None or process.stdin is None or process.stdout is None:
            raise _failed()
        requests, answers = process.stdin, process.stdout
        if not self._greeted:
            with self._at_most(START_SECONDS, process):
                wire.receive(answers, 0)
            self._greeted = True
        with self._at_most(timeout, process) as watchdog:
            wire.send(requests, {}, data)
            answer = wire.receive(answers, 3 * limits.crop_side**2)
        if watchdog.fired or answer[0].get("replace") is True:
            self._replace()
        return answer

    @contextmanager
    def _at_most(self, seconds: float, process: "subprocess.Popen[bytes]") -> Iterator[Watchdog]:
        watchdog = Watchdog(process, seconds)
        try:
            yield watchdog
        except wire.WireBroken as error:
            watchdog.cancel()
            self._replace()
            _log.warning("decoder process ended, status %s", process.returncode)
            raise _timed_out() if watchdog.fired else _failed() from error
        finally:
            watchdog.cancel()

    def _replace(self) -> None:
        """End the process and start the next one, which gets ready while nobody waits for it."""
        self.stop()
        self.start()

    def _discard(self) -> None:
        process, self._process, self._greeted = self._process, None, False
        if process is None:
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                _close_quietly(pipe)


def _widen(process: "subprocess.Popen[bytes]") -> None:
    for pipe in (process.stdin, process.stdout):
        # Only quicker: a system that allows no more, or has no such call, does without.
        with suppress(OSError, AttributeError):
            assert pipe is not None
            fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)


def _close_quietly(pipe: Any) -> None:
    try:
        pipe.close()
    except OSError:
        # Bytes that the dead process no longer takes are of no use to anyone.
        _log.debug("a pipe to the decoder was closed with bytes in it")


def _command(limits: IntakeLimits, memory: int, cpu_seconds: int) -> list[str]:
    values = {**asdict(limits), "memory": memory, "cpu_seconds": cpu_seconds}
    options = [part for k, v in values.items() for part in ("--" + k.replace("_", "-"), str(v))]
    return [sys.executable, "-m", _MODULE, *options]


def _environment() -> dict[str, str]:
    """Nothing of the server's environment, which may hold secrets, reaches the worker."""
    return {
        "PYTHONPATH": "" if os.pathsep in str(_ROOT) else str(_ROOT),
        "PYTHONDONTWRITEBYTECODE": os.environ.get("PYTHONDONTWRITEBYTECODE", ""),
        # Pools of threads would only cost address space.
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        # To have the kernel clear memory anew for each picture takes a third of the decoding.
        "MALLOC_MMAP_THRESHOLD_": str(_KEPT_BYTES),
        "MALLOC_TRIM_THRESHOLD_": str(_KEPT_BYTES),
    }


def _result(header: dict[str, Any], body: bytes, limits: IntakeLimits) -> Decoded:
    """Check an answer as strictly as any other untrusted input. Raises WireBroken."""
    if "rejected" in header:
        if header["rejected"] not in CODES:
            raise wire.WireBroken("unknown code")
        code, message = header["rejected"], _text(header.get("message"))
        raise DecoderFailed(message) if code == "decoder_failed" else ImageRejected(code, message)
    side = _count(header.get("side"), limits.crop_side)
    if len(body) != 3 * side * side:
        raise wire.WireBroken("the pixels do not fit")
    kind, notes = _text(header.get("format")), header.get("notes")
    if kind not in MEDIA_TYPES or not isinstance(notes, list) or len(notes) > _MAX_NOTES:
        raise wire.WireBroken("the description is malformed")
    width, height = (_count(header.get(n), limits.max_side) for n in ("width", "height"))
    crop = np.frombuffer(body, np.uint8).reshape(side, side, 3)
    return Decoded(crop, kind, MEDIA_TYPES[kind], width, height, tuple(map(_text, notes)))


def _count(value: object, at_most: int) -> int:
    if type(value) is not int or not 0 < value <= at_most:
        raise wire.WireBroken("a size is no size")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str) or len(value) > _MAX_TEXT or not value.isprintable():
        raise wire.WireBroken("the text is malformed")
    return value


def _failed() -> DecoderFailed:
    return DecoderFailed(
        "The image could not be decoded within its limits. Export it again as JPEG or PNG."
    )


def _timed_out() -> DecoderFailed:
    return DecoderFailed(
        "Decoding took too long and was stopped. Export a smaller copy of the image."
    )
