"""``python -m triage_app``."""

import sys

from triage_app.cli import main

sys.exit(main())
