"""Only SQLite files are accepted as databases."""

from pathlib import Path

import pytest
from pysqlite3 import dbapi2

from triage_app.domain.errors import ConfigurationError
from triage_app.storage.database.engine import open_engine


@pytest.mark.parametrize(
    "url",
    ["", "triage.db", "postgresql://host/name", "sqlite://", "sqlite:///:memory:", "://"],
)
def test_a_url_that_names_no_sqlite_file_is_refused(url: str) -> None:
    with pytest.raises(ConfigurationError, match="TRIAGE_DATABASE_URL"):
        open_engine(url)


def test_a_library_without_the_fix_of_its_log_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dbapi2, "sqlite_version_info", (3, 51, 2))
    with pytest.raises(ConfigurationError, match="can corrupt"):
        open_engine(f"sqlite:///{tmp_path}/none.db")
    monkeypatch.setattr(dbapi2, "sqlite_version_info", (3, 51, 3))
    open_engine(f"sqlite:///{tmp_path}/none.db").dispose()


def test_opening_an_engine_touches_no_file(tmp_path: Path) -> None:
    open_engine(f"sqlite:///{tmp_path}/none.db").dispose()
    assert not list(tmp_path.iterdir())
