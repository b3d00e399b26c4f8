"""Only SQLite files are accepted as databases."""

from pathlib import Path

import pytest

from triage_app.domain.errors import ConfigurationError
from triage_app.storage.engine import open_engine


@pytest.mark.parametrize(
    "url",
    ["", "triage.db", "postgresql://host/name", "sqlite://", "sqlite:///:memory:", "://"],
)
def test_a_url_that_names_no_sqlite_file_is_refused(url: str) -> None:
    with pytest.raises(ConfigurationError, match="TRIAGE_DATABASE_URL"):
        open_engine(url)


def test_opening_an_engine_touches_no_file(tmp_path: Path) -> None:
    open_engine(f"sqlite:///{tmp_path}/none.db").dispose()
    assert not list(tmp_path.iterdir())
