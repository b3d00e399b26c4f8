"""``python -m triage_app``."""

import sys

from triage_app.cli import run

sys.exit(run())
