"""The arithmetics change what they say, and every test that computes is run under them."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.arithmetics import ARITHMETICS, environment, numeric_tests
from triage_app.config import PROJECT_ROOT

FEATURES = (
    "import numpy._core._multiarray_umath as m; print(m.__cpu_features__.get('X86_V4', False))"
)


def test_training_golden_statistics_and_quality_tests_are_among_the_numeric_ones() -> None:
    found = set(numeric_tests())
    for name in (
        "integration/training/test_golden.py",
        "integration/images/test_classifier_gradient.py",
        "integration/images/test_classifier_service.py",
        "integration/training/test_backends.py",
        "integration/training/test_learns.py",
        "integration/training/test_runs.py",
        "unit/bench/test_budget.py",
        "unit/imaging/test_quality.py",
        "unit/inference/test_heatmap.py",
        "unit/statistics/test_ranking.py",
        "unit/training/test_architectures.py",
    ):
        assert f"tests/{name}" in found
    assert "tests/unit/project/test_architecture.py" not in found


def test_an_arithmetic_holds_its_own_variables_and_none_of_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", "SSE41")
    assert "ONEDNN_MAX_CPU_ISA" not in environment("as it is")
    for name, changes in ARITHMETICS.items():
        assert changes.items() <= environment(name).items()


def test_numpy_takes_the_kernels_that_it_is_told_to() -> None:
    command = [sys.executable, "-W", "ignore", "-c", FEATURES]
    said = subprocess.run(
        command,
        env=environment("the oldest of all"),
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout.strip() == "False"


def test_make_runs_them_and_the_readme_says_so() -> None:
    assert "\n\t$(BIN)/python -m tests.arithmetics\n" in Path(PROJECT_ROOT / "Makefile").read_text()
    assert "make arithmetics" in Path(PROJECT_ROOT / "README.md").read_text(encoding="utf-8")
