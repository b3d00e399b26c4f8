"""What the tests of all folders share."""

from collections.abc import Callable

import pytest

Tell = Callable[[str], None]
_TOLD: pytest.StashKey[list[str]] = pytest.StashKey()


def pytest_configure(config: pytest.Config) -> None:
    """Make the place for sentences."""
    config.stash[_TOLD] = []


@pytest.fixture
def tell(request: pytest.FixtureRequest) -> Tell:
    """Puts a sentence with counts under the results, so that a long run says what it did."""
    told: list[str] = request.config.stash[_TOLD]
    return told.append


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Print the sentences."""
    for sentence in config.stash[_TOLD]:
        terminalreporter.write_line(sentence)
