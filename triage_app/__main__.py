"""``python -m triage_app``."""

import sys

from triage_app.cli.main import run

sys.exit(run())
