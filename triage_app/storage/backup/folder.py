"""A folder of numbered backups: adding one, listing them, and removing the oldest."""

import fcntl
import hashlib
import logging
import os
import re
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from triage_app.domain.backups import Archive, Contents
from triage_app.domain.errors import ArchiveRefused, BackupFailed
from triage_app.storage.backup.archive import examine, write
from triage_app.storage.backup.packing import Packing
from triage_app.storage.backup.sealing import read_passphrase
from triage_app.storage.files import PRIVATE_FILE, DiskFileStore, make_folder, sync_folder

log = logging.getLogger(__name__)

_NAME = re.compile(
    r"triage-(?P<station>[0-9a-f]{8})-(?P<number>\d{6,})-(?P<at>\d{8}T\d{6}Z)"
    r"(?P<encrypted>-encrypted)?(?P<incomplete>-incomplete)?\.tar"
)
_TIME = "%Y%m%dT%H%M%SZ"

Record = Callable[[Archive, Contents], None]
"""Notes a backup that is complete on the disk, before it gets its name; may refuse by raising."""


@dataclass(frozen=True)
class Source:
    """What is backed up, and a private folder for work on the way (beside the data)."""

    database: Path
    files: Path
    work: Path


class BackupFolder:
    """Backups of one workstation; the folder must exist, so that a disk that is not mounted shows.

    ``keep`` is how many complete archives stay, 0 for all. The file of the passphrase is read for
    each backup; None leaves archives unencrypted.
    """

    def __init__(
        self, source: Source, folder: Path, *, keep: int = 0, passphrase_file: Path | None = None
    ) -> None:
        self._source, self._folder = source, folder
        self.keep, self._passphrase_file = keep, passphrase_file
        self._stop = threading.Event()

    @property
    def place(self) -> str:
        """The folder in words."""
        return str(self._folder)

    @property
    def encrypted(self) -> bool:
        """Whether new archives are encrypted."""
        return self._passphrase_file is not None

    def stop(self) -> None:
        """Make a backup on its way end soon, by BackupFailed."""
        self._stop.set()

    def archives(self) -> list[Archive]:
        """Archives in the folder, the newest first; raises BackupFailed."""
        with _in_words("The backup folder cannot be read"):
            paths = [path for path in self._folder.iterdir() if _NAME.fullmatch(path.name)]
            archives = [_described(path, path.stat().st_size) for path in paths]
        return sorted(archives, key=lambda archive: archive.number, reverse=True)

    def make(self, at: datetime, record: Record) -> Archive:
        """Write an archive, read it back, have it recorded, give it its name, remove old ones.

        Raises BackupFailed, ConfigurationError for the passphrase, and StorageUnavailable for the
        database; then no archive was added and none was removed.
        """
        with _in_words("The backup cannot be written"), self._alone() as work:
            number = max((archive.number for archive in self.archives()), default=0) + 1
            part = self._part()
            try:
                packing = Packing(
                    self._source.database, DiskFileStore(self._source.files), work, self._stopped
                )
                contents = self._write(part, packing, at)
                path = self._folder / self._name(packing.station(), number, at, contents)
                archive = _described(path, part.stat().st_size)
                record(archive, contents)
                part.rename(path)
                sync_folder(self._folder)
            finally:
                part.unlink(missing_ok=True)
        self._prune(archive)
        return archive

    def _write(self, part: Path, packing: Packing, at: datetime) -> Contents:
        file = self._passphrase_file
        passphrase = None if file is None else read_passphrase(file)
        descriptor = os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL, PRIVATE_FILE)
        with os.fdopen(descriptor, "w+b") as target:
            write(target, packing.members(at), passphrase)
            target.flush()
            os.fsync(descriptor)
            # So that reading it back reads the disk.
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        try:
            return examine(part, lambda: passphrase or "")
        except ArchiveRefused as error:
            raise BackupFailed(
                "The backup did not read back as it was written, so it was removed. "
                "Check the disk of the backups."
            ) from error

    def _name(self, station: str, number: int, at: datetime, contents: Contents) -> str:
        marks = "-encrypted" * self.encrypted + "-incomplete" * bool(contents.damaged)
        return f"triage-{station}-{number:06d}-{at.astimezone(UTC):{_TIME}}{marks}.tar"

    def _prune(self, newest: Archive) -> None:
        """By number, whatever the clock says; an incomplete archive displaces no complete one."""
        if not self.keep:
            return
        station = _station(newest.name)
        ours = [archive for archive in self.archives() if _station(archive.name) == station]
        complete = [archive for archive in ours if archive.complete]
        kept = {archive.name for archive in (*ours[: self.keep], *complete[: self.keep])}
        try:
            for archive in ours:
                if archive.name not in kept:
                    (self._folder / archive.name).unlink(missing_ok=True)
        except OSError:
            log.exception("old backups cannot be removed")

    @contextmanager
    def _alone(self) -> Iterator[Path]:
        """An empty work folder, while no other process of this workstation makes a backup."""
        make_folder(self._source.work)
        lock = os.open(self._source.work / "lock", os.O_RDWR | os.O_CREAT, PRIVATE_FILE)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._clear_away()
            with tempfile.TemporaryDirectory(dir=self._source.work, prefix="work-") as work:
                yield Path(work)
        except BlockingIOError as error:
            raise BackupFailed("Another backup is being made. Wait until it is done.") from error
        finally:
            os.close(lock)

    def _clear_away(self) -> None:
        """What a crash in the middle of a backup left."""
        for folder in self._source.work.glob("work-*"):
            shutil.rmtree(folder)
        self._part().unlink(missing_ok=True)

    def _part(self) -> Path:
        """The unfinished archive; of this workstation alone, should others use the folder too."""
        own = hashlib.sha256(str(self._source.work.resolve()).encode()).hexdigest()[:16]
        return self._folder / f".triage-{own}.part"

    def _stopped(self) -> bool:
        return self._stop.is_set()


def _station(name: str) -> str:
    match = _NAME.fullmatch(name)
    assert match is not None
    return match["station"]


def _described(path: Path, size: int) -> Archive:
    match = _NAME.fullmatch(path.name)
    assert match is not None
    return Archive(
        number=int(match["number"]),
        made_at=datetime.strptime(match["at"], _TIME).replace(tzinfo=UTC),
        size=size,
        encrypted=match["encrypted"] is not None,
        complete=match["incomplete"] is None,
        name=path.name,
    )


@contextmanager
def _in_words(what: str) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise BackupFailed(
            f"{what}: the folder does not exist. Create it, and check that its disk is mounted."
        ) from error
    except OSError as error:
        raise BackupFailed(f"{what}: {error.strerror}.") from error
