"""The wiring of the place: whether a data folder can be used, before anything is done in it."""

from pathlib import Path

from triage_app.config import Settings
from triage_app.domain.errors import StorageUnavailable
from triage_app.domain.shown import shown
from triage_app.storage.database.migrate import current
from triage_app.storage.database.mounts import refuse_network
from triage_app.storage.database.unfinished import check_whole
from triage_app.storage.files import make_folder


def found_there(settings: Settings) -> str | None:
    """Revision of the database, None where all is new; refuses a place that cannot be used."""
    refuse_network(settings.database)
    found = current(settings.database_url)
    check_whole(settings.data_dir, settings.database, new=found is None)
    return found


def make_data_dir(folder: Path) -> None:
    """Make it with its parents, for this user alone; raises StorageUnavailable."""
    try:
        make_folder(folder)
    except OSError as error:
        raise StorageUnavailable(
            f"The data folder {shown(folder)} cannot be created: {error.strerror}. Check that its "
            "disk is mounted and that this user may write there, or set TRIAGE_DATA_DIR."
        ) from error
