"""Ends a process that takes too long."""

import _thread
import subprocess
import threading


class Watchdog:
    """Ends a process after a time unless cancelled before; ending it unblocks both pipes.

    Not a ``threading.Timer``: that one waits for its thread to run first, which on a busy machine
    takes longer than decoding.
    """

    def __init__(self, process: subprocess.Popen[bytes], timeout: float) -> None:
        self._process = process
        self._lock = threading.Lock()
        self._asleep = threading.Lock()
        self._asleep.acquire()
        self._cancelled = False
        self.fired = False
        _thread.start_new_thread(self._watch, (timeout,))

    def cancel(self) -> None:
        """Call off; ``fired`` is final after this."""
        with self._lock:
            if not self._cancelled:
                self._cancelled = True
                self._asleep.release()

    def _watch(self, timeout: float) -> None:
        if self._asleep.acquire(timeout=timeout):
            return
        with self._lock:
            if not self._cancelled:
                self.fired = True
                self._process.kill()
