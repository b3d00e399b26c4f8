"""Memory that an analysis took for a moment goes back to the machine.

The allocator of glibc keeps what was freed, in an arena for each thread: some 30 MB of the server.
"""

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

EVERY_S = 2.0
ARENAS = 2
_M_ARENA_MAX = -8  # malloc.h


@contextmanager
def giving_back(every_s: float = EVERY_S) -> Iterator[None]:
    """Give it back every few seconds until the block ends; does nothing without glibc."""
    libc = ctypes.CDLL(None)
    if not hasattr(libc, "malloc_trim"):
        yield
        return
    libc.mallopt(_M_ARENA_MAX, ARENAS)
    stop = Event()

    def loop() -> None:
        while not stop.wait(every_s):
            libc.malloc_trim(0)

    thread = Thread(target=loop, name="memory", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
