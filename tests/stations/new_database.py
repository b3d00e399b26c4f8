"""New databases for tests: one is migrated, and all others are copies of it."""

import tempfile
from functools import cache
from pathlib import Path

from triage_app.storage.database.migrate import upgrade
from triage_app.storage.files import PRIVATE_FILE, PRIVATE_FOLDER


def new_database(path: Path) -> str:
    """URL of a database of this version's form; one that is there already is brought to it."""
    url = f"sqlite:///{path}"
    if path.exists():
        upgrade(url)
    else:
        path.parent.mkdir(PRIVATE_FOLDER, parents=True, exist_ok=True)
        path.touch(PRIVATE_FILE)
        path.write_bytes(_migrated())
    return url


@cache
def _migrated() -> bytes:
    """An empty database after all migrations, which take a tenth of a second and many syncs."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "new.sqlite3"
        upgrade(f"sqlite:///{path}")
        return path.read_bytes()
