"""Days and times that people read are made in one module, whatever is added elsewhere.

A day taken from a time in another module is the day of UTC, of the machine or of the browser, and
on some evenings that of another patient's image.
"""

import ast
import re
from collections.abc import Iterator

import pytest

from triage_app.config import PROJECT_ROOT

PACKAGE = PROJECT_ROOT / "triage_app"
CALENDAR = "domain/calendar.py"
# The clock, which every use case is given; nobody else looks at the time.
CLOCK = "services/images/storing.py"
# Makes models, far from any clinic; its logs are in the time of the machine.
APART = "training"
OF_A_DAY = {"date", "today", "utcnow", "utcfromtimestamp", "strftime", "timetz", "combine"}
BROWSER = re.compile(r"new Date\(|Date\.now|toISOString|toLocale|Intl\.DateTime|getTimezone")


def modules() -> list[str]:
    paths = (path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py"))
    return sorted(p for p in paths if p != CALENDAR and not p.startswith(APART))


def _is_utc(node: ast.expr) -> bool:
    """``x.astimezone(UTC)``: for machines, and it says so."""
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "astimezone"
        and [ast.unparse(argument) for argument in node.args] == ["UTC"]
    )


def offences(tree: ast.AST, *, clock: bool = False) -> Iterator[str]:
    """What makes a day or a time to read by itself."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            name, text = node.func.attr, ast.unparse(node)
            if (
                name in OF_A_DAY
                or (name == "astimezone" and not _is_utc(node))
                or (name == "now" and text.startswith("datetime.") and not clock)
                or (name == "fromtimestamp" and "UTC" not in text)
            ):
                yield text
        elif isinstance(node, ast.FormattedValue) and node.format_spec is not None:
            if "%" in ast.unparse(node.format_spec) and not _is_utc(node.value):
                yield ast.unparse(node)
        elif isinstance(node, ast.Subscript) and "isoformat" in ast.unparse(node.value):
            yield ast.unparse(node)


@pytest.mark.parametrize("name", modules())
def test_no_other_module_makes_days_or_times_to_read(name: str) -> None:
    tree = ast.parse((PACKAGE / name).read_text(encoding="utf-8"))
    assert list(offences(tree, clock=name == CLOCK)) == []


@pytest.mark.parametrize(
    "code",
    [
        "case.created_at.date()",
        "date.today()",
        "datetime.now(UTC)",
        "at.astimezone().date()",
        "at.astimezone(zone)",
        "f'{at:%d %b %Y}'",
        "f'{at:%H:%M} UTC'",
        "at.isoformat()[:10]",
        "at.strftime('%Y')",
        "datetime.combine(day, time.min, tzinfo=UTC)",
        "datetime.fromtimestamp(1.0)",
    ],
)
def test_the_rule_finds_what_it_is_for(code: str) -> None:
    assert list(offences(ast.parse(code)))


@pytest.mark.parametrize("name", sorted(p.name for p in (PACKAGE / "ui/static").glob("*.js")))
def test_no_script_asks_the_browser_for_the_day(name: str) -> None:
    text = (PACKAGE / "ui/static" / name).read_text(encoding="utf-8")
    assert not BROWSER.findall(text)
