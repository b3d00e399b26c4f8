"""Starts the real server again and again; ``python -m tests.crash.launcher``.

Importing the server takes longer than serving the few requests of a round, so it is imported once
here, and each server is a fork that runs ``triage_app.cli.main.run(["serve"])``, as ``app.py``
does. Each line of standard input is a JSON object with ``environment`` and ``log``, the file that
the server prints to; the answer is its process id. A server ends when standard input closes, or
when somebody stops or kills it; then its exit status is written beside the log.
"""

import atexit
import importlib
import json
import os
import select
import signal
import sys
import tempfile
import threading
from pathlib import Path

# Everything that serving needs; a fork that imported on its own would start as slowly as before.
_IMPORTED = (
    "triage_app.cli.main",
    "triage_app.web.serve",
    "triage_app.wiring.bootstrap",
    "ai_edge_litert.interpreter",
    "uvicorn.protocols.http.h11_impl",
    "uvicorn.lifespan.on",
)
_POLL_MILLISECONDS = 20


def main() -> None:
    """Serve requests for servers until standard input closes."""
    # Whoever runs the tests in the background has it ignore some, and a program that was started so
    # goes on ignoring them: here a server is to be stopped by each.
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    for module in _IMPORTED:
        importlib.import_module(module)
    assert threading.active_count() == 1, "a fork copies one thread only"
    for line in sys.stdin:
        wanted = json.loads(line)
        sys.stdout.flush()
        child = os.fork()
        if child == 0:
            _serve(wanted["environment"], Path(wanted["log"]))
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()
        status = _wait(child)
        Path(wanted["log"] + ".status").write_text(str(status), encoding="ascii")


def _serve(environment: dict[str, str], log: Path) -> None:
    os.environ.update(environment)
    tempfile.tempdir = None  # found out already, for the launcher
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((nothing, 0), (output, 1), (output, 2)):
        os.dup2(source, target)
    status = 1
    try:
        status = sys.modules["triage_app.cli.main"].run(["serve"])
        # What an interpreter does at its end; only not back into the loop of the launcher.
        atexit._run_exitfuncs()
    finally:
        os._exit(status)


def _wait(child: int) -> int:
    """Its exit status, negative for a signal; ends it when nobody could ask for another."""
    gone = select.poll()
    gone.register(sys.stdin.fileno(), select.POLLHUP)
    while (ended := os.waitpid(child, os.WNOHANG)) == (0, 0):
        if gone.poll(_POLL_MILLISECONDS):
            os.kill(child, signal.SIGKILL)
            ended = os.waitpid(child, 0)
            break
    return os.waitstatus_to_exitcode(ended[1])


if __name__ == "__main__":
    main()
