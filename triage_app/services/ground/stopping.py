"""How a signal ends the program: once, in order, whichever signal it is.

Ctrl+C (SIGINT), ``systemctl stop`` (SIGTERM) and a terminal that is closed (SIGHUP) all do the
same. A program that was started to live on (``nohup``, or in the background of a script) ignores
SIGHUP or SIGINT; that stays so.
"""

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from threading import Timer, current_thread, main_thread
from types import FrameType

INSISTING = 5
AGAIN_S = 0.05
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(KeyboardInterrupt):
    """Somebody asked the program to end; ``status`` is what a shell reports for the signal."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number
        self.status = 128 + number


class _Signals:
    """What signals do, of which a process has one set."""

    def __init__(self) -> None:
        self._instead: Callable[[], None] | None = None
        self._settled = False
        self._deferred = False
        self._asked = self._number = 0

    def take(self, number: int, _frame: FrameType | None) -> None:
        """The handler."""
        if self._instead is not None:
            self._instead()
        elif not self._settled:
            # The next ones must not cut short what the first one began. But should a library have
            # swallowed it, or a start take long, whoever insists is heard.
            self._asked, self._number = self._asked + 1, number
            if self._asked % INSISTING == (0 if self._deferred else 1):
                raise Stopped(number)

    @contextmanager
    def deferred(self) -> Iterator[None]:
        """See ``deferred`` below."""
        self._deferred = True
        try:
            yield
        finally:
            self._deferred = False

    def check(self) -> None:
        """See ``check`` below."""
        if self._asked:
            raise Stopped(self._number)

    def settle(self) -> None:
        """See ``settle`` below."""
        self._settled = True

    def lost(self, number: int) -> None:
        """Ask again: what was raised reached nobody."""
        self._asked = 0
        # To the thread that may be asleep: a signal wakes it.
        again = Timer(AGAIN_S, signal.pthread_kill, [main_thread().ident, number])
        again.daemon = True
        again.start()

    @contextmanager
    def instead(self, stop: Callable[[], None]) -> Iterator[None]:
        """See ``instead`` below."""
        self._instead = stop
        try:
            if self._asked:
                stop()  # asked before, and swallowed on the way
            yield
        finally:
            self._settled, self._instead = True, None


_signals = _Signals()


def watch() -> None:
    """Take the signals from now on; for the program itself, not for who imports it."""
    if current_thread() is not main_thread():
        return
    for number in SIGNALS:
        if number == signal.SIGTERM or signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _signals.take)
    sys.unraisablehook = _unraisable


def _unraisable(args: "sys.UnraisableHookArgs") -> None:
    # Where an object is being taken away nothing can be raised, and Python only prints it.
    if isinstance(args.exc_value, Stopped):
        _signals.lost(args.exc_value.number)
    else:
        sys.__unraisablehook__(args)


def instead(stop: Callable[[], None]) -> AbstractContextManager[None]:
    """Within the block signals call ``stop``; after it they change nothing any more.

    What is left to do then is to close what is open, and that must not be cut short. It needs no
    haste either: a program that is killed meanwhile loses nothing.
    """
    return _signals.instead(stop)


def deferred() -> AbstractContextManager[None]:
    """Within the block signals are noted for ``check`` and ``instead``: no step is cut in two."""
    return _signals.deferred()


def check() -> None:
    """Raise Stopped if a signal was noted."""
    _signals.check()


def settle() -> None:
    """Let signals change nothing any more: all is done but what an interpreter does at its end."""
    _signals.settle()
