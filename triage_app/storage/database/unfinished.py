"""A data folder that is not whole is not taken for a new workstation.

What was restored or made up is complete or it is marked, whenever it was cut short; and images
without their database are somebody's patients.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote

from triage_app.domain.errors import ConfigurationError
from triage_app.domain.shown import shown
from triage_app.storage.database.occupancy import LOCK_FILE
from triage_app.storage.files import PRIVATE_FILE, make_folder, sync_folder

FILES = "files"
COPIES = "backups"
RESTORING = ".restoring"
MAKING = ".making-demo"
_made_here: set[Path] = set()


def check_whole(data_dir: Path, database: Path, *, new: bool) -> None:
    """Raise ConfigurationError unless the folder holds a whole workstation or nothing.

    ``new``: there is no database yet, or an empty one. What a finished restore left is cleared.
    """
    if (data_dir / MAKING).exists() and data_dir not in _made_here:
        raise ConfigurationError(
            f"The making of a made-up clinic in {shown(data_dir)} was cut short. Make it again: "
            f"python -m triage_app demo --dir FOLDER."
        )
    if (data_dir / RESTORING).exists():
        _finish_restore(data_dir, database)
    if new:
        _refuse_earlier_place(database)
    if new and (
        _holds(data_dir / FILES, "[0-9a-f][0-9a-f]/*")
        or _holds(data_dir / COPIES, "database-*.sqlite3")
    ):
        raise ConfigurationError(_lost(data_dir, database))


@contextmanager
def making(folder: Path) -> Iterator[None]:
    """Mark a folder, which exists, as not whole until the block ends without an error."""
    mark = folder / MAKING
    mark.touch(mode=PRIVATE_FILE)
    sync_folder(folder)
    _made_here.add(folder)
    try:
        yield
        mark.unlink()
        sync_folder(folder)
    finally:
        _made_here.discard(folder)


def is_cut_short(folder: Path) -> bool:
    """Whether a made-up clinic was begun there and not finished."""
    return (folder / MAKING).exists()


def clear_unfinished(folder: Path) -> None:
    """Remove what was begun of a made-up clinic; the mark goes last."""
    make_folder(folder)
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        elif path.name not in (MAKING, LOCK_FILE):
            path.unlink()
    (folder / MAKING).unlink()


def _finish_restore(data_dir: Path, database: Path) -> None:
    staging = data_dir / RESTORING
    if not database.exists() or any(staging.iterdir()):
        raise ConfigurationError(
            f"A restore into {shown(data_dir)} was cut short, so the data there are not whole. Run "
            "`restore` again with the same archive and folder, or with a new folder if it refuses. "
            f"If you have worked with this folder since then, remove {RESTORING} in it instead."
        )
    # The database is moved last: all of it is there.
    staging.rmdir()


def _refuse_earlier_place(database: Path) -> None:
    # Earlier versions pasted the path into a URL, where "?" and "%41" mean something else.
    earlier = Path(unquote(str(database).partition("?")[0]))
    if earlier != database and earlier.is_file():
        raise ConfigurationError(
            f"An earlier version of this program kept the database at {shown(earlier)}. Move that "
            f"file, and those beside it that begin with its name, to {shown(database)}."
        )


def _lost(data_dir: Path, database: Path) -> str:
    return (
        f"The data folder {shown(data_dir)} holds images or copies of a database, but there is no "
        f"database at {shown(database)}. It is not taken for a new workstation. Check "
        "TRIAGE_DATA_DIR and TRIAGE_DATABASE_URL, that every disk is mounted, or restore the "
        "newest backup into a new folder."
    )


def _holds(folder: Path, pattern: str) -> bool:
    return next(folder.glob(pattern), None) is not None
