"""Scheduled backups are made in time, whatever is done to the clock."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from tests.samples.patience import SECONDS
from triage_app.domain.backups import Archive
from triage_app.domain.errors import BackupFailed
from triage_app.domain.people import SYSTEM, Actor
from triage_app.services.site import schedule
from triage_app.services.site.schedule import Schedule

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def archive(number: int, made_at: datetime) -> Archive:
    return Archive(number, made_at, 1000, True, True, f"triage-{number}")


@dataclass
class World:
    """A clock, the time that really passes, and a backup folder; a stand-in for ``Backups``."""

    clock: datetime = NOON
    passed_s: float = 5000.0
    every: timedelta = DAY
    made: list[Archive] = field(default_factory=list)
    asked_by: list[Actor] = field(default_factory=list)
    failing: Exception | None = None
    stopped: bool = False

    def make(self, actor: Actor) -> Archive:
        self.asked_by.append(actor)
        if self.failing is not None:
            raise self.failing
        self.made.append(archive(len(self.made) + 1, self.clock))
        return self.made[-1]

    def archives(self, _actor: Actor) -> list[Archive]:
        return self.made[::-1]

    def stop(self) -> None:
        self.stopped = True

    def later(self, by: timedelta, *, clock: timedelta | None = None) -> None:
        self.passed_s += by.total_seconds()
        self.clock += by if clock is None else clock

    def schedule(self) -> Schedule:
        """As a start of the program makes it."""
        return Schedule(self, lambda: self.clock, lambda: self.passed_s)  # type: ignore[arg-type]


@pytest.fixture
def world() -> World:
    return World()


def test_a_folder_without_a_backup_gets_one_at_once_by_the_program_itself(world: World) -> None:
    assert world.schedule().run_once()
    assert world.asked_by == [SYSTEM]


def test_the_next_one_comes_after_the_interval_and_not_before(world: World) -> None:
    running = world.schedule()
    assert running.run_once()
    world.later(timedelta(hours=23, minutes=59))
    assert not running.run_once()
    world.later(timedelta(minutes=2))
    assert running.run_once()
    assert not running.run_once()


def test_a_restart_goes_by_the_archives_that_are_there(world: World) -> None:
    world.schedule().run_once()
    world.later(timedelta(hours=3))
    assert not world.schedule().run_once()
    world.later(timedelta(hours=22))
    assert world.schedule().run_once()


@pytest.mark.parametrize("back", [timedelta(hours=12), timedelta(days=3650)])
def test_a_clock_that_is_set_back_puts_no_backup_off(world: World, back: timedelta) -> None:
    running = world.schedule()
    running.run_once()
    world.clock -= back
    assert not running.run_once()
    for _ in range(3):
        world.later(timedelta(hours=25))
        assert running.run_once()


def test_a_clock_that_is_set_forward_gives_one_backup_too_many_and_no_more(world: World) -> None:
    running = world.schedule()
    running.run_once()
    world.clock += timedelta(days=400)
    assert running.run_once()
    world.clock -= timedelta(days=400)
    assert [running.run_once() for _ in range(3)] == [False] * 3
    world.later(timedelta(hours=25))
    assert running.run_once()


def test_archives_in_the_future_tell_nothing_so_a_start_makes_a_backup(world: World) -> None:
    world.made.append(archive(1, NOON + timedelta(days=30)))
    running = world.schedule()
    assert running.run_once()
    assert not running.run_once()


def test_time_that_the_machine_slept_counts_by_the_clock(world: World) -> None:
    running = world.schedule()
    running.run_once()
    world.later(timedelta(0), clock=timedelta(hours=30))
    assert running.run_once()


@pytest.mark.parametrize("fault", [BackupFailed("The disk is full."), RuntimeError("unforeseen")])
def test_after_a_failure_it_tries_again_a_quarter_of_an_hour_later(
    world: World, fault: Exception
) -> None:
    running = world.schedule()
    world.failing = fault
    assert not running.run_once()
    world.failing = None
    world.later(timedelta(minutes=14))
    assert not running.run_once()
    world.later(timedelta(minutes=2))
    assert running.run_once()


def eventually(holds: Callable[[], bool]) -> bool:
    waited = threading.Event()
    return any(holds() or waited.wait(0.02) for _ in range(50 * SECONDS))


def test_the_thread_survives_faults_makes_backups_and_ends_with_its_block(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schedule, "LOOK_EVERY_S", 0.01)
    monkeypatch.setattr(schedule, "RETRY_AFTER_S", 0.0)
    world.failing = RuntimeError("unforeseen")
    with world.schedule():
        assert eventually(lambda: len(world.asked_by) > 1)
        world.failing = None
        assert eventually(lambda: bool(world.made))
    assert world.stopped
    assert "backups" not in [thread.name for thread in threading.enumerate()]
