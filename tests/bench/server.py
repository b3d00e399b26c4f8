"""The real server in a process of its own, as ``python app.py`` starts it, and what it takes up."""

import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.stations.accounts_desk import CHEAP, IDLE, LONGEST, PASSWORD
from triage_app.config import PROJECT_ROOT, Settings
from triage_app.domain.people import TERMINAL, Role
from triage_app.services.accounts.accounts import Accounts
from triage_app.services.accounts.credentials import Passwords
from triage_app.wiring import bootstrap

LOOPBACK = "127.0.0.1"
ADDRESS = re.compile(r"http://[0-9.]+:(\d+)/")
BASE_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class Server:
    """A server that answers; ``folder`` holds its data."""

    process: "subprocess.Popen[str]"
    port: int
    folder: Path

    @property
    def origin(self) -> str:
        """Scheme, host and port."""
        return f"http://{LOOPBACK}:{self.port}"

    def resident_mb(self) -> float:
        """Resident memory of the server, and what its decoder processes have for themselves alone.

        In MB (10^6 bytes); libraries that both have loaded lie in memory once.
        """
        own, *children = family(self.process.pid)
        return resident_mb(own) + sum(map(_private_mb, children))

    def maps(self, part: str) -> bool:
        """Whether the server has loaded a library with ``part`` in its path."""
        return part in Path(f"/proc/{self.process.pid}/maps").read_text(encoding="utf-8")


@contextmanager
def serving(folder: Path, *, single_user: bool) -> Iterator[Server]:
    """Start it and wait until it has printed its address; ends it at the end."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("TRIAGE_")}
    env = inherited | {
        "TRIAGE_DATA_DIR": str(folder),
        "TRIAGE_PORT": "0",
        "TRIAGE_SINGLE_USER": "yes" if single_user else "no",
        "TRIAGE_UPLOADS_PER_DAY": "100000",
        "TRIAGE_LOG_LEVEL": "ERROR",
    }
    process = subprocess.Popen(
        [sys.executable, str(PROJECT_ROOT / "app.py")],
        cwd=PROJECT_ROOT,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        yield Server(process, _port(process), folder)
    finally:
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _port(process: "subprocess.Popen[str]") -> int:
    assert process.stdout is not None
    for line in process.stdout:
        found = ADDRESS.search(line)
        if found:
            # Keep reading, or a full pipe would stop the server.
            threading.Thread(target=process.stdout.read, daemon=True).start()
            return int(found.group(1))
    raise RuntimeError("the server ended before it had printed its address")


def hire(folder: Path, names: Sequence[str]) -> dict[str, str]:
    """Clinicians on a new database who have signed in; the token of each one's session."""
    settings = Settings.from_env({"TRIAGE_DATA_DIR": str(folder), "TRIAGE_LOG_LEVEL": "ERROR"})
    tokens = {}
    with bootstrap.opened(settings) as store:
        # Passwords are checked nowhere here, so that hashing them may be quick.
        accounts = Accounts(store.units, IDLE, LONGEST, passwords=Passwords(CHEAP))
        for name in names:
            _, once = accounts.create(TERMINAL, name, [Role.CLINICIAN])
            token, actor = accounts.sign_in(name, once, "", LOOPBACK)
            accounts.change_password(actor, once, PASSWORD)
            tokens[name] = token
    return tokens


def family(pid: int) -> list[int]:
    """The process and all that it started."""
    found = [pid]
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            found += family(int(child))
    return found


def resident_mb(pid: int) -> float:
    """Resident memory of one process in MB (10^6 bytes)."""
    pages = Path(f"/proc/{pid}/statm").read_text().split()[1]
    return int(pages) * BASE_PAGE / 1e6


def _private_mb(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:  # a decoder that was replaced meanwhile
        return 0.0
    kilobytes = [int(line.split()[1]) for line in lines if line.startswith("Private_")]
    return sum(kilobytes) * 1024 / 1e6
