"""How much of a long run to do."""

import os

VARIABLE = "HOSTILE_SHARE"


def scaled(count: int) -> int:
    """``count`` times the share in the environment variable ``HOSTILE_SHARE``, at least one.

    Without it the whole count. A developer sets 0.01 to see that a test works at all.
    """
    return max(1, round(count * float(os.environ.get(VARIABLE, "1"))))
