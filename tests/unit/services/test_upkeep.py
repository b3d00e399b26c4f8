"""Daily jobs run on their own, and nothing is erased by a clock that cannot be believed."""

from datetime import UTC, datetime, timedelta
from threading import Event

from tests.samples.patience import SECONDS
from triage_app.domain.errors import StorageUnavailable
from triage_app.services.site.upkeep import Upkeep

HOUR = timedelta(hours=1)


class Clocks:
    """The wall clock, which jumps, and the time that really passed."""

    def __init__(self) -> None:
        self.wall = datetime(2026, 11, 23, tzinfo=UTC)
        self.passed_s = 1000.0

    def pass_by(self, time: timedelta) -> None:
        self.wall += time
        self.passed_s += time.total_seconds()


def upkeep(done: list[str], clocks: Clocks, pause: timedelta = HOUR) -> Upkeep:
    def job(name: str) -> int:
        done.append(name)
        return 1

    return Upkeep(
        {"tidy": lambda: job("tidy")},
        {"retention": lambda: job("retention")},
        pause,
        clock=lambda: clocks.wall,
        passed_s=lambda: clocks.passed_s,
    )


def test_all_jobs_run_while_the_clock_goes_as_time_does() -> None:
    done: list[str] = []
    clocks = Clocks()
    daily = upkeep(done, clocks)
    daily.run_once()
    clocks.pass_by(timedelta(days=30))
    daily.run_once()
    assert done == ["tidy", "retention"] * 2


def test_a_clock_that_jumps_while_running_erases_nothing() -> None:
    for jump in (timedelta(days=3650), timedelta(days=-400)):
        done: list[str] = []
        clocks = Clocks()
        daily = upkeep(done, clocks)
        clocks.wall += jump
        daily.run_once()
        assert done == ["tidy"]


def test_a_start_years_after_the_last_event_or_before_it_erases_nothing() -> None:
    for pause in (timedelta(days=46), timedelta(seconds=-1)):
        done: list[str] = []
        upkeep(done, Clocks(), pause).run_once()
        assert done == ["tidy"]


def test_a_job_that_fails_keeps_no_other_from_running() -> None:
    done: list[str] = []

    def broken() -> int:
        raise StorageUnavailable("The disk is full.")

    def tidy() -> int:
        done.append("tidy")
        return 0

    Upkeep({"broken": broken, "tidy": tidy}, {}, HOUR).run_once()
    assert done == ["tidy"]


def test_what_cannot_wait_for_a_day_runs_beside_the_daily_jobs() -> None:
    done: list[str] = []

    def often() -> int:
        done.append("often")
        return 0

    daily = Upkeep({"tidy": lambda: len(done)}, {}, HOUR, often={"often": often})
    daily.run_once()
    assert done == []
    daily.run_often()
    assert done == ["often"]


def test_the_thread_starts_with_the_block_and_ends_with_it() -> None:
    ran = Event()

    def job() -> int:
        ran.set()
        return 0

    urgent = Event()

    def escalate() -> int:
        urgent.set()
        return 0

    with Upkeep({"job": job}, {}, HOUR, often={"escalate": escalate}) as daily:
        assert ran.wait(SECONDS) and urgent.wait(SECONDS)
    assert not daily.alive
