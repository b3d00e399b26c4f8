"""Start the workstation: settings, wiring, server."""

import sys

from triage_app.cli import main

if __name__ == "__main__":
    sys.exit(main(["serve", *sys.argv[1:]]))
