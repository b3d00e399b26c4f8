"""A thread that does something again and again: its pauses, its faults, its end."""

import threading

from tests.samples.patience import SECONDS
from triage_app.services.ground.background import Background


class Counted(Background):
    """Fails at its second step; what it was asked for is set once the third has run."""

    def __init__(self) -> None:
        super().__init__("counted", first_s=0, pause_s=0)
        self.steps, self.ended = 0, False
        self.third = threading.Event()

    def step(self) -> float | None:
        self.steps += 1
        if self.steps == 2:
            raise RuntimeError("unforeseen")
        if self.steps == 3:
            self.third.set()
            return 3600
        return None

    def stopping(self) -> None:
        self.ended = True


def test_a_step_that_fails_ends_neither_the_thread_nor_the_next_step() -> None:
    with Counted() as counted:
        assert counted.third.wait(SECONDS)
        assert counted.alive and not counted.ended
    assert counted.ended and not counted.alive
    # The third asked for an hour's pause, and the end did not wait for it.
    assert counted.steps == 3
