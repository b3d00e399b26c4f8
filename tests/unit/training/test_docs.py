"""The training notes name every option; the calls that documents show can be made as shown."""

import argparse
import re
import shlex
from pathlib import Path

import pytest

from triage_app.cli.main import parser
from triage_app.config import PROJECT_ROOT

ROOT = PROJECT_ROOT
NOTES = ROOT / "triage_app" / "training" / "README.md"
COMMANDS = ("train", "export", "calibrate", "evaluate", "repeatability")


def options(command: str) -> set[str]:
    """The long options of a command, as the parser knows them."""
    (choices,) = (
        action.choices
        for action in parser()._actions
        if isinstance(action, argparse._SubParsersAction)
    )
    actions = choices[command]._actions
    return {name for action in actions for name in action.option_strings if name[:2] == "--"}


def documented(command: str) -> set[str]:
    """The options in the first column of the command's table."""
    _, _, rest = NOTES.read_text(encoding="utf-8").partition(f"| `{command}` | default |")
    rows = rest.partition("\n\n")[0].splitlines()[2:]
    return {name for row in rows for name in re.findall(r"`(--[a-z-]+)`", row.split("|")[1])}


@pytest.mark.parametrize("command", COMMANDS)
def test_the_notes_list_every_option_of_a_command_and_no_other(command: str) -> None:
    assert documented(command) == options(command) - {"--help"}


def shown() -> list[str]:
    """Every call of the program in a code block of the two documents, variables filled in."""
    found = []
    for path in (ROOT / "README.md", NOTES):
        text = path.read_text(encoding="utf-8")
        for block in re.findall(r"```\n(.*?)```", text, re.DOTALL):
            joined = block.replace("\\\n", " ")
            found += [line for line in joined.splitlines() if line.startswith("python -m triage")]
    return found


@pytest.mark.parametrize("line", shown())
def test_a_documented_call_is_understood(line: str) -> None:
    words = shlex.split(line.partition(" > ")[0], comments=True)[3:]
    if "--help" not in words:
        assert parser().parse_args(words).run


def test_the_documents_show_all_five_commands() -> None:
    assert {shlex.split(line)[3] for line in shown()} >= set(COMMANDS)


@pytest.mark.parametrize("path", [ROOT / "README.md", NOTES])
def test_a_model_folder_that_a_document_names_is_there(path: Path) -> None:
    named = set(re.findall(r"assets/models/[\w.-]+\d", path.read_text(encoding="utf-8")))
    assert named
    assert all((ROOT / folder / "card.json").exists() for folder in named)
