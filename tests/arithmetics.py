"""The tests that compute, under several arithmetics: ``make arithmetics``.

No test may hang on the last bits of floating point, which differ between processors, on the number
of threads or on speed. One processor can compute in the ways of others, since its libraries choose
their kernels by what they are told: each name in ``ARITHMETICS`` is one such way. (LiteRT's kernels
can't be chosen; `tests/integration/training/test_golden.py` says what was measured of them.)

``python -m tests.arithmetics --only NAME`` may be repeated; other arguments go to pytest, in place
of the tests that compute.
"""

import argparse
import os
import re
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence

from triage_app.config import PROJECT_ROOT

ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
}
# NumPy's own kernels for exp, log, sums and sorting, by the names of its version 2.4.
NO_AVX512 = "X86_V4 AVX512_ICL AVX512_SPR"
NO_AVX2 = f"X86_V3 {NO_AVX512}"
ARITHMETICS: Mapping[str, Mapping[str, str]] = {
    "as it is": {},
    "without oneDNN": {"TF_ENABLE_ONEDNN_OPTS": "0"},
    "one thread": ONE_THREAD,
    "oneDNN with AVX2": {"ONEDNN_MAX_CPU_ISA": "AVX2"},
    "oneDNN with SSE 4.1": {"ONEDNN_MAX_CPU_ISA": "SSE41"},
    "OpenBLAS for Haswell": {"OPENBLAS_CORETYPE": "Haswell"},
    "OpenBLAS for Prescott": {"OPENBLAS_CORETYPE": "Prescott"},
    "NumPy with AVX2": {"NPY_DISABLE_CPU_FEATURES": NO_AVX512},
    "the oldest of all": {
        **ONE_THREAD,
        "TF_ENABLE_ONEDNN_OPTS": "0",
        "OPENBLAS_CORETYPE": "Prescott",
        "NPY_DISABLE_CPU_FEATURES": NO_AVX2,
    },
}
"""What each adds to the environment; ``one thread`` also holds everything on one processor."""
FOLDERS = ("tests/unit", "tests/integration")
# What a test file that computes, or trains, imports.
NUMERIC = re.compile(
    r"^\s*(?:import|from) (?:numpy|scipy|keras|tensorflow|tests\.samples\.golden|tests\.bench"
    r"|triage_app\.(?:training|statistics|inference))\b"
    r"|^from tests.samples import .*\bgolden\b",
    re.MULTILINE,
)
ONLY_PICTURES = ("tests/integration/web/test_nginx.py",)
"""They import NumPy for a picture to send, and are slow to run."""


def numeric_tests() -> list[str]:
    """Files of tests that compute, relative to the project's folder, in pytest's order."""
    folders = [PROJECT_ROOT / folder for folder in FOLDERS]
    files = [path for folder in folders for path in sorted(folder.rglob("test_*.py"))]
    found = [path for path in files if NUMERIC.search(path.read_text(encoding="utf-8"))]
    names = [str(path.relative_to(PROJECT_ROOT)) for path in found]
    return [name for name in names if name not in ONLY_PICTURES]


def environment(name: str) -> dict[str, str]:
    """This process's environment with what the arithmetic adds, and nothing of another."""
    every = {variable for changes in ARITHMETICS.values() for variable in changes}
    kept = {variable: value for variable, value in os.environ.items() if variable not in every}
    return {**kept, **ARITHMETICS[name]}


def run(name: str, tests: Sequence[str]) -> int:
    """Pytest's exit status under one arithmetic."""
    narrow = "OMP_NUM_THREADS" in ARITHMETICS[name] and hasattr(os, "sched_setaffinity")
    process = subprocess.Popen(
        [sys.executable, "-m", "pytest", "-m", "not soak", "-rfE", *tests],
        cwd=PROJECT_ROOT,
        env=environment(name),
    )
    if narrow:
        os.sched_setaffinity(process.pid, {min(os.sched_getaffinity(0))})
    return process.wait()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run all, say which hold, and return 1 if one doesn't."""
    parser = argparse.ArgumentParser(prog="python -m tests.arithmetics", description=__doc__)
    parser.add_argument("--only", action="append", choices=ARITHMETICS, metavar="NAME")
    asked, rest = parser.parse_known_args(arguments)
    lines, failed = [], False
    for name in asked.only or ARITHMETICS:
        print(f"== {name}: {dict(ARITHMETICS[name]) or 'nothing changed'}", flush=True)
        begun = time.monotonic()
        status = run(name, rest or numeric_tests())
        failed |= status != 0
        lines.append(f"{name}: {'FAILED' if status else 'holds'}, {time.monotonic() - begun:.0f} s")
    print("\n".join(("", *lines)))
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
