"""Starts the real server again and again; ``python -m tests.crash.launcher``.

Importing the server takes longer than serving the few requests of a round, so it is imported once
here, and each server is a fork that runs ``triage_app.cli.main(["serve"])``. Each line of standard
input is a JSON object with ``environment`` and ``log``, the file that the server prints to; the
answer is its process id. A server ends when standard input closes, or when somebody kills it.
"""

import importlib
import json
import os
import select
import signal
import sys
import threading
from pathlib import Path

# Everything that serving needs; a fork that imported on its own would start as slowly as before.
_IMPORTED = (
    "triage_app.cli",
    "triage_app.web.serve",
    "triage_app.bootstrap",
    "ai_edge_litert.interpreter",
    "uvicorn.protocols.http.h11_impl",
    "uvicorn.lifespan.on",
)
_POLL_MILLISECONDS = 20


def main() -> None:
    """Serve requests for servers until standard input closes."""
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
        _wait(child)


def _serve(environment: dict[str, str], log: Path) -> None:
    os.environ.update(environment)
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((nothing, 0), (output, 1), (output, 2)):
        os.dup2(source, target)
    status = 1
    try:
        status = sys.modules["triage_app.cli"].main(["serve"])
    finally:
        # Never back into the loop of the launcher, whatever happened.
        os._exit(status)


def _wait(child: int) -> None:
    """Until the server has ended; ends it when nobody is left who could ask for another."""
    gone = select.poll()
    gone.register(sys.stdin.fileno(), select.POLLHUP)
    while os.waitpid(child, os.WNOHANG) == (0, 0):
        if gone.poll(_POLL_MILLISECONDS):
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            return


if __name__ == "__main__":
    main()
