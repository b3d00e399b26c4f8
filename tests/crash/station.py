"""The real server on a data folder, started, killed and started again."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Self

from triage_app.config import PROJECT_ROOT

ROOT = PROJECT_ROOT
START_SECONDS = 600.0  # a busy machine is slow, which is no fault of the server


class KilledServer:
    """Starts servers through ``tests.crash.launcher``; ends all of them at the end."""

    def __init__(self, folder: Path, model: Path) -> None:
        self.data = folder / "data"
        self._log = folder / "server.log"
        self._status = Path(f"{self._log}.status")
        self.temporary = temporary = folder / "temporary"
        temporary.mkdir()
        self._environment = {
            "TRIAGE_DATA_DIR": str(self.data),
            "TRIAGE_MODEL_DIR": str(model),
            "TRIAGE_PORT": "0",
            "TRIAGE_SINGLE_USER": "yes",
            "TMPDIR": str(temporary),
        }
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("TRIAGE_")}
        self._launcher = subprocess.Popen(
            [sys.executable, "-m", "tests.crash.launcher"],
            cwd=ROOT,
            env=inherited,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.process = 0
        self.address = ("", 0)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        # The launcher ends the server that still runs, if any.
        assert self._launcher.stdin is not None and self._launcher.stdout is not None
        self._launcher.stdin.close()
        self._launcher.wait(START_SECONDS)
        self._launcher.stdout.close()

    def start(self) -> None:
        """Start a server and wait until it listens."""
        self.begin()
        self._await_address()

    def begin(self) -> int:
        """Start a server without waiting for it; its process id."""
        self._log.unlink(missing_ok=True)
        self._status.unlink(missing_ok=True)
        assert self._launcher.stdin is not None and self._launcher.stdout is not None
        wanted = {"environment": self._environment, "log": str(self._log)}
        self._launcher.stdin.write(json.dumps(wanted) + "\n")
        self._launcher.stdin.flush()
        self.process = int(self._launcher.stdout.readline())
        return self.process

    def _await_address(self) -> None:
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            said = self._log.read_text() if self._log.exists() else ""
            found = re.search(r"Open http://([0-9.]+):(\d+)/\n", said)
            if found:
                self.address = (found.group(1), int(found.group(2)))
                return
            if self._status.exists():
                break
            time.sleep(0.02)
        raise AssertionError(f"the server did not start: {self.printed()}")

    def kill(self) -> None:
        """End it as a loss of power would end the process: nothing is flushed, nothing closed."""
        os.kill(self.process, signal.SIGKILL)
        # Until the launcher has seen its end, a part of it may still run.
        while Path(f"/proc/{self.process}").exists():
            time.sleep(0.005)

    def status(self) -> int:
        """Exit status of the server, once it has ended; negative for a signal."""
        end = time.monotonic() + START_SECONDS
        while not (self._status.exists() and self._status.read_text()):
            assert time.monotonic() < end, f"the server did not end: {self.printed()}"
            time.sleep(0.02)
        return int(self._status.read_text())

    def children(self) -> list[int]:
        """Processes that the server has started."""
        tasks = Path(f"/proc/{self.process}/task").iterdir()
        return [int(pid) for task in tasks for pid in (task / "children").read_text().split()]

    def printed(self) -> str:
        """What the server printed and logged last."""
        return self._log.read_text()[-4000:] if self._log.exists() else ""
