"""What goes into a backup, in the order in which it is read, while others go on working."""

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path

from pysqlite3 import dbapi2

from triage_app import __version__
from triage_app.domain.errors import BackupFailed, FileMissing, StorageUnavailable
from triage_app.storage.backup.archive import DATABASE, FORMAT, MANIFEST, SUMS, Manifest, Sums
from triage_app.storage.backup.named_files import named_files, names_file, newly_named_files
from triage_app.storage.backup.tar import PORTION, Member
from triage_app.storage.database.snapshot import copy_database
from triage_app.storage.files import DiskFileStore

ROUNDS = 20
"""Copies of the database before giving up, should cases be erased without a pause."""


class Packing:
    """The members of one backup.

    Files come before the database that names them: a file may be erased between the copy of the
    database and the reading of the file, and then a newer copy is taken and only what is new in it
    is read. So the last copy names no file that was erased before it was read.
    """

    def __init__(
        self, database: Path, files: DiskFileStore, work: Path, stopped: Callable[[], bool]
    ) -> None:
        self._database, self._files, self._work, self._stopped = database, files, work, stopped
        self._damaged: list[str] = []
        self._count = 0

    def members(self, made_at: datetime) -> Iterator[Member]:
        """Everything; raises BackupFailed, or StorageUnavailable for the database."""
        with (self._work / SUMS).open("xb") as lines:
            sums = Sums(lines)
            for member in self._hashed_members():
                yield Member(member.name, member.size, sums.watch(member.name, member.chunks))
        yield _of_file(SUMS, self._work / SUMS)
        manifest = self._manifest(made_at, sums.hexdigest()).encoded()
        yield Member(MANIFEST, len(manifest), [manifest])

    def station(self) -> str:
        """Eight digits that tell this installation's backups from another's; from its trail."""
        return str(self._fact("SELECT substr(hash, 1, 8) FROM trail WHERE number = 1") or "0" * 8)

    def _hashed_members(self) -> Iterator[Member]:
        previous: Path | None = None
        for number in range(ROUNDS):
            self._copy = self._work / f"{number}-{DATABASE}"
            copy_database(self._database, self._copy)
            self._erased_meanwhile = False
            for file_id, sha256 in _new_files(self._copy, previous):
                data = self._read(file_id, sha256)
                if data is not None:
                    self._count += 1
                    yield Member(f"files/{file_id[:2]}/{file_id}", len(data), [data])
            if not self._erased_meanwhile:
                yield _of_file(DATABASE, self._copy)
                return
            previous = self._copy
        raise BackupFailed("Cases were erased all the time, so the backup did not come to an end.")

    def _read(self, file_id: str, sha256: str) -> bytes | None:
        """The bytes; None where there are none, which is noted with its cause."""
        if self._stopped():
            raise BackupFailed("The program was stopped before the backup was done.")
        try:
            return self._files.checked(file_id, sha256)
        except (FileMissing, StorageUnavailable):
            # One bad sector must not keep all other files from being saved.
            if self._has_row(file_id):
                self._damaged.append(file_id)
            else:
                self._erased_meanwhile = True
            return None

    def _has_row(self, file_id: str) -> bool:
        with closing(dbapi2.connect(str(self._database))) as live:
            return names_file(live, file_id)

    def _manifest(self, made_at: datetime, sums: str) -> Manifest:
        tip = "SELECT number || ':' || hash FROM trail ORDER BY number DESC LIMIT 1"
        return Manifest(
            format=FORMAT,
            made_at=made_at.isoformat(),
            app_version=__version__,
            revision=str(self._fact("SELECT version_num FROM alembic_version")),
            cases=int(str(self._fact("SELECT count(*) FROM cases"))),
            files=self._count,
            trail=str(self._fact(tip) or ""),
            damaged=self._damaged,
            sums=sums,
        )

    def _fact(self, query: str) -> object:
        with closing(dbapi2.connect(str(self._copy))) as copy:
            row = copy.execute(query).fetchone()
            return None if row is None else row[0]


def _new_files(copy: Path, previous: Path | None) -> Iterator[tuple[str, str]]:
    """Id and SHA-256 of the files that one copy of the database names and another does not."""
    with closing(dbapi2.connect(str(copy))) as connection:
        query = named_files(connection)
        if previous is not None:
            connection.execute("ATTACH ? AS previous", (str(previous),))
            query = newly_named_files(connection, "previous")
        yield from connection.execute(query)


def _of_file(name: str, path: Path) -> Member:
    return Member(name, path.stat().st_size, _chunks(path))


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(PORTION):
            yield chunk
