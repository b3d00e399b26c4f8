"""The hazard log names tests that exist and that `make test` runs."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from triage_app.config import PROJECT_ROOT

ROOT = PROJECT_ROOT
LOG = ROOT / "assets" / "guides" / "HAZARDS.md"
PARTS = ("Harm", "Cause", "Control", "Shown by", "Remains")
# What stops a test from running, or from counting.
NEVER_RUN = re.compile(r"pytest\.mark\.(soak|skip|xfail)\b")


def hazards(text: str) -> dict[str, dict[str, str]]:
    """Parts of each hazard by its heading."""
    sections = re.split(r"^### ", text, flags=re.MULTILINE)[1:]
    return {
        section.partition("\n")[0]: {
            name: " ".join(said.split())
            for name, said in re.findall(
                r"^- \*\*([^*]+)\*\*: (.*?)(?=^- \*\*|^#|\Z)", section, re.MULTILINE | re.DOTALL
            )
        }
        for section in sections
    }


HAZARDS = hazards(LOG.read_text(encoding="utf-8"))
NAMED = [
    (heading, name)
    for heading, parts in HAZARDS.items()
    for name in re.findall(r"`([^`]+)`", parts.get("Shown by", ""))
]


@cache
def runnable(path: Path) -> frozenset[str]:
    """Names of the tests of a file that are neither long nor skipped nor expected to fail."""
    module = ast.parse(path.read_text(encoding="utf-8"))
    marks = [ast.unparse(node) for node in module.body if isinstance(node, ast.Assign)]
    if any(line.startswith("pytestmark") and NEVER_RUN.search(line) for line in marks):
        return frozenset()
    return frozenset(
        node.name
        for node in module.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and not any(NEVER_RUN.search(ast.unparse(mark)) for mark in node.decorator_list)
    )


def is_test(name: str) -> bool:
    """Whether "path::test" is a test that `make test` runs."""
    path, _, function = name.partition("::")
    file = ROOT / path
    return (
        path.startswith("tests/")
        and file.is_file()
        and function.startswith("test_")
        and function in runnable(file)
    )


@pytest.mark.parametrize("heading", HAZARDS)
def test_each_hazard_has_harm_cause_control_test_and_what_remains(heading: str) -> None:
    assert tuple(HAZARDS[heading]) == PARTS
    assert all(HAZARDS[heading].values())
    assert any(named == heading for named, _ in NAMED), "no test shows that the control works"


@pytest.mark.parametrize(("heading", "name"), NAMED)
def test_each_named_test_is_one_that_make_test_runs(heading: str, name: str) -> None:
    assert is_test(name), f"{heading}: {name} is not there, or doesn't run"


def test_hazards_are_numbered_without_a_gap() -> None:
    numbers: dict[str, list[int]] = {}
    for heading in HAZARDS:
        found = re.fullmatch(r"([A-Z])(\d+) .+", heading)
        assert found is not None, heading
        numbers.setdefault(found[1], []).append(int(found[2]))
    assert len(HAZARDS) >= 20
    for group, counted in numbers.items():
        assert counted == list(range(1, len(counted) + 1)), group


def test_a_test_that_is_gone_renamed_long_or_skipped_would_be_noticed() -> None:
    here = "tests/unit/project/test_hazards.py"
    assert is_test(f"{here}::test_hazards_are_numbered_without_a_gap")
    for other in (
        f"{here}::test_of_another_name",
        f"{here}::hazards",
        "tests/unit/test_nothing.py::test_hazards_are_numbered_without_a_gap",
        "tests/hostile/test_decoders.py"
        "::test_a_hundred_thousand_mutated_files_never_take_the_decoder_down",
        here,
    ):
        assert not is_test(other), other
