"""Stopping the server: the same whichever signal asks for it, and as often as it asks."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from pysqlite3 import dbapi2

from tests.crash.station import KilledServer
from tests.samples import tiny_model
from triage_app.config import PROJECT_ROOT

ROOT = PROJECT_ROOT
STOPS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KilledServer]:
    folder = tmp_path_factory.mktemp("stopping")
    tiny_model.write(folder / "model")
    with KilledServer(folder, folder / "model") as station:
        yield station


def left_behind(server: KilledServer, children: list[int]) -> list[str]:
    """What a server that ended in order would not leave: a log of writes, files, processes."""
    processes = [str(pid) for pid in children if is_running(pid)]
    logs = [path.name for path in server.data.glob("*-wal")]
    return processes + logs + [path.name for path in server.temporary.iterdir()]


def is_running(pid: int) -> bool:
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


def have_ended(processes: list[int]) -> bool:
    """Whether they end; a busy machine is slow, which is no fault of theirs."""
    end = time.monotonic() + 120
    while any(map(is_running, processes)) and time.monotonic() < end:
        time.sleep(0.02)
    return not any(map(is_running, processes))


def is_sound(server: KilledServer) -> bool:
    with closing(dbapi2.connect(str(server.data / "triage.sqlite3"))) as database:
        return database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


@pytest.mark.parametrize("stop", STOPS, ids=lambda s: s.name)
@pytest.mark.parametrize("times", [1, 3])
def test_every_signal_ends_the_server_in_order_with_its_children(
    server: KilledServer, stop: signal.Signals, times: int
) -> None:
    server.start()
    process, children = server.process, server.children()
    assert children, "the decoder's process"
    assert list(server.temporary.iterdir())
    assert list(server.data.glob("*-wal"))
    for _ in range(times):
        if is_running(process):
            os.kill(process, stop)
            time.sleep(0.01)
    assert server.status() == 0, server.printed()
    assert left_behind(server, children) == []
    assert is_sound(server)


def test_a_signal_at_any_moment_of_the_start_ends_it_in_order(server: KilledServer) -> None:
    """From the first steps to the first answers; what was begun is no hindrance for the next."""
    for step in range(8):
        process = server.begin()
        # Not the time of anything: only another moment in each round.
        time.sleep(0.06 * step)
        children = server.children() if is_running(process) else []
        os.kill(process, STOPS[step % 3])
        # Before the handlers are there the process ends as any other would.
        assert server.status() in (0, -STOPS[step % 3], 1 if step == 0 else 0), server.printed()
        # One that was just being started ends by itself when it finds nobody to work for.
        assert have_ended(children)
        assert left_behind(server, children) == []
    server.start()
    os.kill(server.process, signal.SIGTERM)
    assert server.status() == 0
    assert is_sound(server)


def test_a_decoder_ends_with_a_server_that_was_killed_and_the_next_start_gets_the_folder(
    server: KilledServer,
) -> None:
    server.start()
    children = server.children()
    server.kill()
    assert server.status() == -signal.SIGKILL
    assert have_ended(children)
    for leftover in server.temporary.iterdir():
        leftover.rmdir()  # nothing was in it
    server.start()
    os.kill(server.process, signal.SIGTERM)
    assert server.status() == 0
    assert left_behind(server, []) == []


def test_a_signal_that_comes_where_nothing_can_be_raised_is_not_lost() -> None:
    """In a weak reference's callback, or in a library that swallows everything."""
    script = (
        "import gc, os, signal, sys, time, weakref\n"
        "from triage_app.services.ground import stopping\n"
        "class Thing: pass\n"
        "stopping.watch()\n"
        "thing = Thing()\n"
        "kept = weakref.ref(thing, lambda _: os.kill(os.getpid(), signal.SIGTERM))\n"
        "try:\n"
        "    if sys.argv[1] == 'collected':\n"
        "        del thing\n"
        "        time.sleep(60)\n"
        "    try:\n"
        "        os.kill(os.getpid(), signal.SIGTERM)\n"
        "        time.sleep(1)\n"
        "    except BaseException:\n"
        "        pass\n"
        "    with stopping.instead(lambda: print('stopped')):\n"
        "        pass\n"
        "except stopping.Stopped as stop:\n"
        "    print('stopped', stop.status)\n"
    )
    for kind, said in (("collected", "stopped 143"), ("swallowed", "stopped")):
        command = [sys.executable, "-c", script, kind]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.stdout.strip() == said, done.stderr
        assert done.stderr == ""
