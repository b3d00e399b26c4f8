"""A workstation's data for the backup tests: every table has rows, every case its files."""

import hashlib
import random
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path

from pysqlite3 import dbapi2
from sqlalchemy import Engine

from tests.samples.storage_cases import (
    case,
    engine_for,
    hex_id,
    open_work,
    report,
    store,
    stored_file,
)
from tests.samples.storage_loop import impression, lesion, letter, move, outcome, step, verdict
from tests.samples.storage_people import add, add_sessions, person, session
from tests.stations.storage_crash import put_files
from triage_app.domain.backups import Archive, Contents
from triage_app.domain.batch import Upload
from triage_app.domain.case import CaseFilter, Order
from triage_app.domain.copies import Copy, SameBy
from triage_app.domain.files import FileKind, StoredFile
from triage_app.domain.site import Certificate, ConsentScope, PatientRecord, SafetyProblem
from triage_app.domain.trail import Action, Entry
from triage_app.storage.backup.folder import BackupFolder, Source
from triage_app.storage.files import DiskFileStore
from triage_app.storage.unit_of_work import SqlUnitOfWork

AT = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
PASSPHRASE = "six plain words make it long"


@dataclass
class Station:
    """A data folder, and an empty folder for backups beside it."""

    data: Path
    backups: Path
    engine: Engine

    @property
    def database(self) -> Path:
        return self.data / "triage.sqlite3"

    @property
    def files(self) -> DiskFileStore:
        return DiskFileStore(self.data / "files")

    @property
    def units(self) -> "partial[SqlUnitOfWork]":
        return partial(open_work, self.engine)

    def folder(self, *, keep: int = 0, passphrase_file: Path | None = None) -> BackupFolder:
        source = Source(self.database, self.data / "files", self.data / "backups")
        return BackupFolder(source, self.backups, keep=keep, passphrase_file=passphrase_file)

    def back_up(self, **settings: object) -> Path:
        """Make a backup; the archive."""
        made = self.folder(**settings).make(AT, unrecorded)  # type: ignore[arg-type]
        return self.backups / made.name

    def add_case(self, seed: int) -> str:
        """Store a case with its files, an issued report and the whole loop; its id."""
        rng = random.Random(seed)
        one = put_files(self.files, case(rng, deleted_at=None))
        issued, given = report(rng, 1, AT), verdict(rng)
        sent = letter(rng, 1, given)
        document = self.put_pdf(rng, stored_file(rng, FileKind.PATHOLOGY, AT))
        one = replace(
            one,
            reports=(replace(issued, file=self.put_pdf(rng, issued.file)),),
            moves=(move(rng),),
            impressions=(impression(rng),),
            verdicts=(given,),
            next_steps=(step(rng, given),),
            outcomes=(outcome(rng, document=document),),
            letters=(replace(sent, file=self.put_pdf(rng, sent.file)),),
        )
        store(self.engine, one)
        return one.id

    def put_pdf(self, rng: random.Random, row: StoredFile) -> StoredFile:
        """The row of a file that is on disk."""
        pdf = b"%PDF " + rng.randbytes(5000)
        digest = hashlib.sha256(pdf).hexdigest()
        return replace(row, id=self.files.put(pdf), sha256=digest, size=len(pdf))

    def erase_case(self, case_id: str) -> None:
        with open_work(self.engine) as work:
            gone = work.cases.erase(case_id)
            work.commit()
        self.files.remove(file.id for file in gone)


def unrecorded(_archive: Archive, _contents: Contents) -> None:
    """Where the test is not about the trail."""


def open_station(folder: Path, cases: int = 6) -> Station:
    """A station with rows in every table."""
    (folder / "backups").mkdir(parents=True)
    station = Station(
        folder / "data", folder / "backups", engine_for(folder / "data" / "triage.sqlite3")
    )
    for seed in range(cases - 1):
        station.add_case(seed)
    # Nobody has read the last one yet.
    store(station.engine, case(random.Random(cases), files={}, reports=(), deleted_at=None))
    rng = random.Random(99)
    one = person(rng)
    add(station.engine, one)
    add_sessions(station.engine, session(one))
    with open_work(station.engine) as work:
        event = work.trail.append(Entry(Action.STARTED, "system"), AT)
        for number in range(5):
            work.trail.append(Entry(Action.CASE_VIEWED, one.id, hex_id(rng), {"n": number}), AT)
        work.site.set("suspended", "being serviced", AT)
        work.site.save_patient(
            PatientRecord("Straße-1", consent=ConsentScope.CARE, consent_on=date(2026, 1, 2))
        )
        data = rng.randbytes(3000)
        held = Upload(
            hex_id(rng),
            hex_id(rng),
            "somebody",
            AT,
            file_id=station.files.put(data),
            sha256=hashlib.sha256(data).hexdigest(),
            size=len(data),
            source_name="waiting.jpg",
        )
        work.uploads.add(held)
        work.site.add_certificate(
            Certificate(hex_id(rng), AT, one.id, ("a" * 32,), ("b" * 64,), "retention",
                        event.number, event.hash)
        )  # fmt: skip
        work.site.add_problem(
            SafetyProblem(hex_id(rng), AT, one.id, "a" * 32, "other", "سارة\n<b>", "0.2.0", "")
        )
        work.lesions.add(lesion(rng, work.site.patient("Straße-1").id))
        _add_copies(work, rng)
        work.commit()
    return station


def _add_copies(work: SqlUnitOfWork, rng: random.Random) -> None:
    """Two cases that are said to hold one photograph, with its shape."""
    one, other = work.cases.page(CaseFilter(), Order.NEWEST, None, 2).items
    for line in (one, other):
        work.pictures.add(line.id, rng.randbytes(27), [rng.randrange(2**22) for _ in range(6)])
    work.pictures.relate([Copy(one.id, other.id, SameBy.PICTURE, AT)])


def rows(database: Path) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table, those of the full-text index included."""
    with closing(dbapi2.connect(str(database))) as connection:
        names = [
            name
            for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        ]
        return {
            name: sorted(connection.execute(f'SELECT * FROM "{name}"').fetchall(), key=repr)
            for name in names
        }


def schema(database: Path) -> list[tuple[object, ...]]:
    """Tables, indexes and triggers as SQL."""
    with closing(dbapi2.connect(str(database))) as connection:
        query = "SELECT type, name, sql FROM sqlite_master ORDER BY type, name"
        return list(connection.execute(query).fetchall())


def hashes(folder: Path) -> dict[str, str]:
    """SHA-256 of every file under a folder, by its path in it."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def modes(folder: Path) -> set[tuple[str, int]]:
    """Kinds of entries under a folder, itself included, with their modes."""
    return {
        ("folder" if path.is_dir() else "file", path.stat().st_mode & 0o777)
        for path in (folder, *folder.rglob("*"))
    }


def no_passphrase() -> str:
    """Where none must be asked for."""
    raise AssertionError("an archive without encryption needs no passphrase")


def passphrase_file(folder: Path, text: str = PASSPHRASE) -> Path:
    path = folder / "passphrase"
    path.write_text(f"{text}\n", encoding="utf-8")
    path.chmod(0o600)
    return path
