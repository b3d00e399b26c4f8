"""A thread that does something again and again while a block runs."""

import logging
from abc import ABC, abstractmethod
from threading import Event, Thread
from types import TracebackType
from typing import Self

log = logging.getLogger(__name__)


class Background(ABC):
    """Calls ``step`` in a thread, from the block's beginning to its end.

    A step that fails is logged, and the next one comes after the usual pause: one fault must not
    end what is done on all later days.
    """

    def __init__(self, name: str, *, first_s: float, pause_s: float) -> None:
        """``first_s``: seconds before the first step; ``pause_s``: the usual pause between two."""
        self._first_s, self._pause_s = first_s, pause_s
        self._stop = Event()
        self._thread = Thread(target=self._loop, name=name, daemon=True)

    @abstractmethod
    def step(self) -> float | None:
        """Do a part of the work; seconds until the next, None for the usual pause."""

    def stopping(self) -> None:  # noqa: B027 - most have nothing else to end
        """Called when the block ends, before the thread is waited for."""

    @property
    def alive(self) -> bool:
        """Whether the thread runs."""
        return self._thread.is_alive()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        self.stopping()
        self._thread.join()

    def _loop(self) -> None:
        pause = self._first_s
        while not self._stop.wait(pause):
            pause = self._pause_s
            try:
                wanted = self.step()
            except Exception:
                log.exception("a step in the background failed", extra={"job": self._thread.name})
                continue
            pause = self._pause_s if wanted is None else wanted
