"""What the tests of all folders share."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from triage_app.imaging.decoder import DecoderPool

# Helpers that check, so that a failure shows what it compared.
pytest.register_assert_rewrite("tests.e2e", "tests.crash", "tests.hostile")

Tell = Callable[[str], None]
HERE = Path(__file__).resolve().parent
_TOLD: pytest.StashKey[list[str]] = pytest.StashKey()


def pytest_configure(config: pytest.Config) -> None:
    """Make the place for sentences."""
    config.stash[_TOLD] = []


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep together what shares fixtures, where several processes run the tests side by side.

    All tests in a browser stay in one process: they share their servers and the browser, and two
    browsers at once would leave each other too little of a small machine.
    """
    for item in items:
        path = item.path.relative_to(HERE)
        group = "browser" if path.parts[0] == "e2e" else path.as_posix()
        item.add_marker(pytest.mark.xdist_group(group))


@pytest.fixture(scope="session")
def decoder() -> Iterator[DecoderPool]:
    """A warm process that decodes pictures, as a server has one."""
    with DecoderPool() as pool:
        yield pool


@pytest.fixture
def tell(request: pytest.FixtureRequest) -> Tell:
    """Puts a sentence with counts under the results, so that a long run says what it did."""
    told: list[str] = request.config.stash[_TOLD]
    return told.append


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand the sentences to the process that prints the results, where this is not it."""
    output: dict[str, Any] | None = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["told"] = session.config.stash[_TOLD]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    """Take the sentences of a process that has ended."""
    node.config.stash[_TOLD].extend(getattr(node, "workeroutput", {}).get("told", []))


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Print the sentences."""
    for sentence in config.stash[_TOLD]:
        terminalreporter.write_line(sentence)
