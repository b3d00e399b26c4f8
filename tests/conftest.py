"""What the tests of all folders share."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

# First of all: TensorFlow brings an older SQLite along, which is taken for this one's where it was
# loaded before, so that tests would hang on the order in which files are given.
from pysqlite3 import dbapi2 as _dbapi2  # noqa: F401

from triage_app.imaging.decoding.pool import DecoderPool

# Helpers that check, so that a failure shows what it compared.
pytest.register_assert_rewrite("tests.e2e", "tests.crash", "tests.hostile")

Tell = Callable[[str], None]
_TOLD: pytest.StashKey[list[str]] = pytest.StashKey()


def pytest_configure(config: pytest.Config) -> None:
    """Make the place for sentences."""
    config.stash[_TOLD] = []


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Keep together what shares fixtures, where several processes run the tests side by side."""
    from xdist.scheduler import LoadScopeScheduling

    class Together(LoadScopeScheduling):
        """The tests of a file in one process.

        All tests in a browser stay in one, too: they share their servers and the browser, and two
        browsers at once would leave each other too little of a small machine. Not done by marks
        (``--dist loadgroup``): pytest-xdist 3.8 puts them into ids that pytest 9.2 no longer reads.
        """

        def _split_scope(self, nodeid: str) -> str:
            path = nodeid.partition("::")[0]
            return "browser" if path.startswith("tests/e2e/") else path

    return Together(config, log)


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
