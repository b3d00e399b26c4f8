"""Start the workstation: settings, wiring, server."""

import sys

from triage_app.cli.main import run

if __name__ == "__main__":
    sys.exit(run(["serve", *sys.argv[1:]]))
