"""The real server where little is as a developer has it, all at once; one start for all of it.

Another user than root, a folder of the program that is read-only and oddly named, an oddly named
data folder, no PATH, no HOME, no UTF-8 locale, standard output closed, no umask, and a TMPDIR that
is not there.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.samples import tiny_model
from tests.samples.images import jpeg
from triage_app.config import PROJECT_ROOT

ROOT = PROJECT_ROOT
ODD = '50% of it\'s "Zoë" #1?&;:%41\n-x'
NOBODY = 65534
# That user may read everything, as the tests may lie in a home folder, and write nothing of root's.
AS_NOBODY = (
    "setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups",
    "--inh-caps=-all,+dac_read_search", "--ambient-caps=-all,+dac_read_search",
    "--bounding-set=-all,+dac_read_search",
)  # fmt: skip
START_SECONDS = 300.0


def other_user() -> tuple[str, ...]:
    """What a command begins with to be run by another user; nothing where that can't be done."""
    if os.geteuid() != 0 or shutil.which("setpriv") is None:
        return ()
    tried = subprocess.run([*AS_NOBODY, sys.executable, "-c", ""], check=False, capture_output=True)
    return () if tried.returncode else AS_NOBODY


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


class Place:
    """A copy of the program and a data folder, both oddly named, and how to run things there."""

    def __init__(self, folder: Path) -> None:
        self.program, self.home = folder / ODD / "program", folder / "theirs"
        self.data = self.home / ODD / "data"
        for name in ("triage_app", "migrations"):
            shutil.copytree(
                ROOT / name, self.program / name, ignore=shutil.ignore_patterns("__pycache__")
            )
        for name in ("app.py", "Makefile", "requirements.txt"):
            shutil.copy(ROOT / name, self.program)
        (self.program / "assets").symlink_to(ROOT / "assets")
        tiny_model.write(self.program / "model #1")
        self.home.mkdir()
        for above in (self.program, self.program.parent):
            above.chmod(0o755)  # whatever the umask of who runs the tests
        self.user = other_user()
        self.port = free_port()
        if self.user:
            os.chown(self.home, NOBODY, NOBODY)

    def environment(self, **more: str) -> dict[str, str]:
        return {
            "LC_ALL": "POSIX",
            "LANG": "C",
            "TMPDIR": str(self.home / "not there"),
            "TRIAGE_DATA_DIR": str(self.data),
            "TRIAGE_MODEL_DIR": str(self.program / "model #1"),
            "TRIAGE_PORT": str(self.port),
            "TRIAGE_SINGLE_USER": "yes",
            **more,
        }

    def command(self, *words: str) -> list[str]:
        # No environment but what is given, also none that setpriv would need.
        setpriv = shutil.which("setpriv") or "setpriv"
        return [*((setpriv, *self.user[1:]) if self.user else ()), sys.executable, *words]

    def run(self, *words: str, **more: str) -> "subprocess.CompletedProcess[bytes]":
        return subprocess.run(
            self.command(*words),
            cwd=self.program,
            env=self.environment(**more),
            capture_output=True,
            timeout=START_SECONDS,
            check=False,
        )

    def ask(self, path: str, data: bytes | None = None) -> int:
        address = f"http://127.0.0.1:{self.port}"
        headers = {"Origin": address, "X-File-Name": "a%FF%0A.jpg"}
        request = urllib.request.Request(address + path, data, headers)
        with urllib.request.urlopen(request, timeout=START_SECONDS) as answer:
            status: int = answer.status
            return status


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    # Not in pytest's folder, which each start of pytest closes to other users again.
    with tempfile.TemporaryDirectory(prefix="anywhere-") as folder:
        Path(folder).chmod(0o755)
        yield Place(Path(folder))


@pytest.fixture(scope="module")
def server(place: Place) -> Iterator["subprocess.Popen[bytes]"]:
    """The server, when it answers."""
    log = (place.home / "log").open("wb")
    with log, subprocess.Popen(
        # A shell closes standard output; Python's own would open one.
        ["/bin/sh", "-c", 'umask 000; exec "$@" >&-', "sh", *place.command("app.py")],
        cwd=place.program,
        env=place.environment(),
        stderr=log,
    ) as process:  # fmt: skip
        end = time.monotonic() + START_SECONDS
        while True:
            try:
                place.ask("/healthz")
                break
            except (urllib.error.URLError, ConnectionError):
                said = (place.home / "log").read_text()
                assert process.poll() is None and time.monotonic() < end, said
                time.sleep(0.1)
        yield process
        process.kill()


def test_it_serves_and_analyses(place: Place, server: "subprocess.Popen[bytes]") -> None:
    assert place.ask("/worklist") == 200
    assert place.ask("/api/uploads", jpeg()) == 201
    if place.user:
        status = Path(f"/proc/{server.pid}/status").read_text()
        assert f"Uid:\t{NOBODY}\t{NOBODY}" in status


def test_a_second_one_is_refused_and_commands_are_not(
    place: Place, server: "subprocess.Popen[bytes]"
) -> None:
    second = place.run("app.py")
    assert second.returncode == 2
    assert f"(process {server.pid})" in second.stderr.decode()
    assert place.run("-m", "triage_app", "verify").returncode == 0


def test_it_writes_nothing_but_data_that_only_its_user_reads(
    place: Place, server: "subprocess.Popen[bytes]"
) -> None:
    made = list(place.data.rglob("*"))
    assert any(path.parent.parent.name == "files" for path in made)
    assert {path.stat().st_mode & 0o077 for path in [*made, place.data]} == {0}
    if place.user:
        assert {path.stat().st_uid for path in made} == {NOBODY}
        assert not list(place.program.rglob("__pycache__"))
    # Standard output was closed: its number must be no file of ours.
    first = [os.readlink(f"/proc/{server.pid}/fd/{number}") for number in range(3)]
    assert first[1] == os.devnull


def test_it_ends_in_order(place: Place, server: "subprocess.Popen[bytes]") -> None:
    server.send_signal(signal.SIGTERM)
    assert server.wait(START_SECONDS) == 0, (place.home / "log").read_text()
    assert not list(place.data.glob("*-wal"))


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
def test_make_run_starts_it_wherever_it_lies(place: Place) -> None:
    """As far as it goes without installing anything: what would be run."""
    make = shutil.which("make") or "make"
    done = subprocess.run(
        [make, "--dry-run", "run"], cwd=place.program, env={}, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.decode().splitlines()
    assert lines[-1] == ".venv/bin/python app.py"
    # Whatever the name of the folder, no line of a recipe has it.
    assert not any("Zoë" in line for line in lines)


REFUSED = {
    "no home": ({"TRIAGE_DATA_DIR": "~/data", "HOME": ""}, "HOME"),
    "no right to write": ({"TRIAGE_DATA_DIR": "/proc/nowhere/data"}, "cannot be created"),
    "an address with a path": (
        {"TRIAGE_PUBLIC_ORIGIN": "https://triage.example/app", "TRIAGE_SINGLE_USER": "no"},
        "leave out the path",
    ),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_cannot_be_is_refused_with_a_sentence_and_status_2(place: Place, kind: str) -> None:
    more, why = REFUSED[kind]
    done = place.run("-m", "triage_app", "serve", **more)
    assert done.returncode == 2
    assert done.stderr.decode().count("\n") == 1
    assert why in done.stderr.decode()


@pytest.mark.parametrize(("sink", "status"), [("/dev/full", 2), ("closed pipe", 141)])
def test_an_output_that_takes_nothing_is_an_error_and_no_traceback(
    place: Place, sink: str, status: int
) -> None:
    read, write = os.pipe()
    os.close(read)
    output = write if sink == "closed pipe" else os.open(sink, os.O_WRONLY)
    done = subprocess.run(
        place.command("-m", "triage_app", "settings"),
        cwd=place.program,
        env=place.environment(),
        stdout=output,
        stderr=subprocess.PIPE,
        check=False,
    )
    os.close(output)
    assert done.returncode == status
    assert b"Traceback" not in done.stderr and b"Exception" not in done.stderr
