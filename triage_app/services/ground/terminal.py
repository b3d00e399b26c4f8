"""What the program finds where it is started: standard streams, a terminal or none, the umask."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

PRIVATE_UMASK = 0o077
LINE_EVERY_S = 10.0


def prepare() -> None:
    """Make a start from anywhere safe: from cron, a service, a shell with closed streams.

    A stream that is closed leads nowhere, and above all its number is taken: a database that was
    opened under it would get what is printed. Text that a stream cannot hold is spelled out.
    Without PATH, which libraries believe to be there, they get the system's usual one.
    """
    os.environ.setdefault("PATH", os.defpath)
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
        os.set_inheritable(descriptor, True)
    os.close(descriptor)
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            # For good: there is no end of it before the program's own.
            nowhere = Path(os.devnull).open(mode, encoding="utf-8")  # noqa: SIM115
            setattr(sys, name, nowhere)
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


@contextmanager
def private() -> Iterator[None]:
    """Let this user alone read whatever is written within, whatever the umask is outside."""
    before = os.umask(PRIVATE_UMASK)
    try:
        yield
    finally:
        os.umask(before)


def silence_output() -> None:
    """Let nothing more go to a standard output that takes nothing, at the exit neither."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)


def drop_what_cannot_be_printed() -> None:
    """Silence the standard output if its file takes no more, such as on a full disk."""
    try:
        sys.stdout.flush()
    except OSError:
        silence_output()


def say(text: str) -> bool:
    """Print for whoever may be looking; whether it could be printed.

    A server goes on when its terminal or the reader of its output is gone.
    """
    try:
        print(text, flush=True)
    except OSError:
        silence_output()
        return False
    return True


def complain(text: str) -> None:
    """Print to standard error if anybody reads it."""
    with suppress(OSError):
        print(text, file=sys.stderr, flush=True)


class Progress:
    """How far a long command is, on standard error: one line that changes, or lines in a log.

    A terminal shows each step at once. A file gets a line every ``every_s`` seconds, and the last.
    """

    def __init__(
        self,
        stream: TextIO | None = None,
        every_s: float = LINE_EVERY_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._stream = stream or sys.stderr
        self._every_s, self._clock = every_s, clock
        self._on_terminal = self._stream.isatty()
        self._written_s = clock()
        self._last = ""

    def show(self, text: str) -> None:
        """What is done so far."""
        if self._on_terminal:
            self._write(f"\r{text}")
        elif self._clock() - self._written_s >= self._every_s:
            self._write(f"{text}\n")
            self._written_s, text = self._clock(), ""
        self._last = text

    def done(self) -> None:
        """Nothing more comes."""
        if self._last:
            self._write("\n" if self._on_terminal else f"{self._last}\n")
        self._last = ""

    def _write(self, text: str) -> None:
        try:
            self._stream.write(text)
            self._stream.flush()
        except OSError:
            self._on_terminal, self._every_s = False, float("inf")
