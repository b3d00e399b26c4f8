"""The words of the pages: none is kept that nothing shows."""

import ast
import re
from collections import Counter
from pathlib import Path

import pytest

from triage_app.config import PROJECT_ROOT

PACKAGE = PROJECT_ROOT / "triage_app"
WORDS = sorted((PACKAGE / "ui" / "words").glob("*.py"))
NAME = re.compile(r"\b[A-Z][A-Z0-9_]+\b")
USED = Counter(
    name
    for path in PACKAGE.rglob("*.py")
    for name in NAME.findall(path.read_text(encoding="utf-8"))
)


def _named(path: Path) -> list[str]:
    body = ast.parse(path.read_text(encoding="utf-8")).body
    targets = [t for node in body if isinstance(node, ast.Assign) for t in node.targets]
    targets += [node.target for node in body if isinstance(node, ast.AnnAssign)]
    return [target.id for target in targets if isinstance(target, ast.Name)]


@pytest.mark.parametrize("path", WORDS, ids=lambda path: path.stem)
def test_every_word_is_shown_somewhere(path: Path) -> None:
    assert [name for name in _named(path) if name.isupper() and USED[name] < 2] == []
