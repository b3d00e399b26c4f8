"""Whose turn it is: round between people, the screen before the background, and no starving."""

import asyncio
from contextlib import ExitStack

import pytest

from tests.samples.patience import SECONDS
from tests.stations import own_loop
from triage_app.domain.errors import Busy
from triage_app.services.ground.queueing import BACKGROUND_EVERY, FairQueue, Lane


class _Line:
    """Waits of which the order of service is noted; the first one holds the only turn."""

    def __init__(self, queue: FairQueue) -> None:
        self._queue, self._served = queue, list[str]()
        self._tasks: list[asyncio.Task[None]] = []

    async def join(self, name: str, person: str, lane: Lane = Lane.INTERACTIVE) -> None:
        """Stand in the line and be served, which takes no time."""
        self._tasks.append(asyncio.create_task(self._wait(name, person, lane)))
        await asyncio.sleep(0)

    async def served(self) -> list[str]:
        """Everybody's name in the order of service."""
        await asyncio.gather(*self._tasks)
        return self._served

    async def _wait(self, name: str, person: str, lane: Lane) -> None:
        async with self._queue.awaited(person, lane):
            self._served.append(name)


def order_of(*waiting: tuple[str, str, Lane]) -> list[str]:
    """Who is served after whom, when all of them wait for one turn that is taken."""

    async def run() -> list[str]:
        queue = FairQueue(1)
        line = _Line(queue)
        with queue.turn("somebody else"):
            for name, person, lane in waiting:
                await line.join(name, person, lane)
        return await line.served()

    return own_loop.run(run)


def test_one_persons_many_images_do_not_keep_others_waiting() -> None:
    many = [(f"a{i}", "a", Lane.INTERACTIVE) for i in range(5)]
    found = order_of(*many, ("b0", "b", Lane.INTERACTIVE), ("c0", "c", Lane.INTERACTIVE))
    assert found == ["a0", "b0", "c0", "a1", "a2", "a3", "a4"]


def test_what_somebody_waits_for_at_the_screen_comes_before_a_batch() -> None:
    found = order_of(
        ("batch", "a", Lane.BACKGROUND),
        ("screen 1", "b", Lane.INTERACTIVE),
        ("screen 2", "a", Lane.INTERACTIVE),
    )
    assert found == ["screen 1", "screen 2", "batch"]


def test_a_batch_gets_a_turn_now_and_then_however_busy_the_screens_are() -> None:
    screens = [(f"s{i}", f"person {i}", Lane.INTERACTIVE) for i in range(2 * BACKGROUND_EVERY)]
    found = order_of(("batch", "z", Lane.BACKGROUND), *screens)
    assert found.index("batch") == BACKGROUND_EVERY - 1


def test_more_than_a_line_holds_are_turned_away_with_a_time_to_come_back() -> None:
    async def run() -> None:
        queue = FairQueue(1, most_waiting=2)
        line = _Line(queue)
        with queue.turn("a"):
            await line.join("1", "a")
            await line.join("2", "b")
            with pytest.raises(Busy, match="busy") as refused, queue.turn("c"):
                pytest.fail("there was no place")
            assert refused.value.wait_s >= 1
            # The other line has places of its own.
            await line.join("3", "c", Lane.BACKGROUND)
        assert await line.served() == ["1", "2", "3"]
        with queue.turn("c"):
            assert queue.waiting() == 0

    own_loop.run(run)


def test_nobody_holds_more_turns_than_one_person_may() -> None:
    async def run() -> None:
        queue = FairQueue(3, each=2)
        with ExitStack() as held:
            for _ in range(2):
                held.enter_context(queue.turn("a"))
            waits = asyncio.create_task(_turn(queue, "a"))
            await asyncio.sleep(0)
            await _turn(queue, "b")
            assert not waits.done()
        await waits

    own_loop.run(run)


def test_whoever_gives_up_waiting_leaves_no_turn_behind() -> None:
    async def run() -> None:
        queue = FairQueue(1)
        with queue.turn("a"):
            waits = asyncio.create_task(_turn(queue, "b"))
            await asyncio.sleep(0)
            waits.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waits
            assert queue.waiting() == 0
        # A turn that is handed out just when its owner gives up comes back as well.
        turn = queue.turn("a")
        turn.__enter__()
        waits = asyncio.create_task(_turn(queue, "b"))
        await asyncio.sleep(0)
        turn.__exit__(None, None, None)
        waits.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waits
        await asyncio.wait_for(_turn(queue, "c"), SECONDS)

    own_loop.run(run)


async def _turn(queue: FairQueue, person: str) -> None:
    async with queue.awaited(person):
        pass


def test_a_fault_gives_the_turn_back() -> None:
    queue = FairQueue(1)
    for _ in range(3):
        with pytest.raises(RuntimeError), queue.turn("a"):
            raise RuntimeError
    with queue.turn("b"):
        assert queue.waiting() == 0
