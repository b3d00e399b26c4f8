"""The guides name commands, settings, targets and files that exist."""

import re
import shlex

import pytest

from triage_app.cli.main import parser
from triage_app.config import PROJECT_ROOT, SETTINGS, Settings

ROOT = PROJECT_ROOT
GUIDES = (ROOT / "assets" / "guides" / "OPERATING.md", ROOT / "SECURITY.md", ROOT / "README.md")
WORDS = {guide.name: guide.read_text(encoding="utf-8") for guide in GUIDES}
# Stand-ins of the guides, as something that the command line can take.
ANCHOR = f"7:{'0' * 64}"
STAND_INS = {"NUMBER:HASH": ANCHOR, '"$(cat anchor.txt)"': ANCHOR, '"$@"': "settings"}
everywhere = pytest.mark.parametrize("guide", WORDS)


def commands(words: str) -> list[str]:
    """Arguments of every call of ``python -m triage_app`` that a guide writes out."""
    joined = re.sub(r"\\\n\s*", "", words)
    found = [line.strip() for line in re.findall(r"python -m triage_app ([^`#>\n]+)", joined)]
    for name, example in STAND_INS.items():
        found = [line.replace(name, example) for line in found]
    return found


@pytest.mark.parametrize("line", [line for words in WORDS.values() for line in commands(words)])
def test_every_command_of_a_guide_can_be_typed_so(line: str) -> None:
    try:
        parser().parse_args(shlex.split(line))
    except SystemExit as ended:
        assert ended.code == 0, line


@everywhere
def test_every_setting_of_a_guide_exists(guide: str) -> None:
    named = set(re.findall(r"TRIAGE_[A-Z_]+[A-Z]", WORDS[guide]))
    assert named <= {setting.variable for setting in SETTINGS}


def test_the_settings_of_the_service_start_it() -> None:
    lines = re.findall(r"^(TRIAGE_[A-Z_]+)=(.+)$", WORDS["OPERATING.md"], re.MULTILINE)
    settings = Settings.from_env({name: shlex.split(value)[0] for name, value in lines})
    assert settings.public_origin == "https://triage.example"
    assert not settings.single_user


@everywhere
def test_every_make_target_of_a_guide_exists(guide: str) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    assert set(re.findall(r"(?<=`|\n)make ([a-z]+)", WORDS[guide])) <= targets


@everywhere
def test_every_link_of_a_guide_leads_somewhere(guide: str) -> None:
    folder = next(path.parent for path in GUIDES if path.name == guide)
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", WORDS[guide]):
        assert (folder / target).exists(), target


def test_the_operators_guide_uses_the_commands_that_keep_data() -> None:
    used = " ".join(commands(WORDS["OPERATING.md"]))
    for command in ("backup", "restore", "verify", "anchor", "people"):
        assert command in used
