"""Measuring in a process of its own: what it has printed stays, however it ends."""

import os
import signal
import subprocess
from collections.abc import Sequence

from triage_app.config import PROJECT_ROOT


def printed_by(
    command: Sequence[str], seconds: float, *, inner: bool = False
) -> tuple[list[str], str]:
    """Lines that a command printed, and what went wrong, "" if nothing did.

    One that takes longer than ``seconds`` is ended, with all that it started; an ``inner`` one
    belongs to a process that is itself ended so.
    """
    process = subprocess.Popen(
        command,
        cwd=PROJECT_ROOT,
        stdout=subprocess.PIPE,
        text=True,
        # With all that it starts, so that nothing of it stays when it is given up.
        start_new_session=not inner,
    )
    try:
        printed, _ = process.communicate(timeout=seconds)
        wrong = f"ended with status {process.returncode}" if process.returncode else ""
    except subprocess.TimeoutExpired:
        process.kill() if inner else os.killpg(process.pid, signal.SIGKILL)
        printed, _ = process.communicate()
        wrong = f"given up after {seconds:.0f} s"
    return printed.splitlines(), wrong
