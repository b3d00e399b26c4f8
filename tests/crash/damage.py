"""What a killed server left: read before anything repairs it, and checked after."""

import struct
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from sqlalchemy import Engine, text

from tests.crash.ledger import Known, Ledger
from triage_app.domain.case import Case, CaseState
from triage_app.domain.errors import CaseNotFound
from triage_app.domain.files import FileKind
from triage_app.services.trail.verification import verify
from triage_app.storage.database.engine import open_engine, session_factory
from triage_app.storage.files import DiskFileStore
from triage_app.storage.unit_of_work import SqlUnitOfWork

DATABASE = "triage.sqlite3"
_LOG_HEADER, _FRAME_HEADER = 32, 24


@dataclass
class Tally:
    """Where the kills fell: ``writing`` is any of the first three kinds, each kill counted once.

    ``in_a_file``: with part of a file on the disk. ``between``: with files whose rows were not
    stored yet, or were erased already. ``in_a_commit``: with pages in the database's log that no
    commit follows. ``unheard``: something was stored and its acknowledgement had not arrived.
    ``asked``: with a request under way.
    """

    kills: int = 0
    where: Counter[str] = field(default_factory=Counter)

    def add(self, kinds: set[str]) -> None:
        """Count one kill."""
        self.kills += 1
        if kinds & {"in_a_file", "between", "in_a_commit"}:
            kinds = kinds | {"writing"}
        self.where.update(kinds)


class Evidence:
    """The data folder of a killed server."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._stray: set[str] = set()

    def look(self) -> set[str]:
        """In what the server was killed, by what lies on the disk before it is opened again."""
        return {"in_a_commit"} if ends_without_commit(self._data / f"{DATABASE}-wal") else set()

    def check(self, ledger: Ledger, *, everything: bool) -> set[str]:
        """Assert that nothing acknowledged is lost or half there, and that rows and files agree.

        Looks at the cases of this round, or with ``everything`` at all of them and at the trail.
        Returns further kinds of ``Tally``, and lets the ledger know what is stored.
        """
        engine = open_engine(f"sqlite:///{self._data / DATABASE}")
        try:
            with engine.connect() as connection:
                assert connection.execute(text("PRAGMA integrity_check")).scalar_one() == "ok"
                assert connection.execute(text("PRAGMA foreign_key_check")).all() == []
            units = partial(SqlUnitOfWork, session_factory(engine))
            files = DiskFileStore(self._data / "files")
            kinds = self._check_cases(units, files, ledger, everything=everything)
            kinds |= self._check_files(engine)
            if everything:
                found = verify(units, files)
                assert found.sound, (found.breaks, found.damaged)
            return kinds
        finally:
            engine.dispose()

    def _check_cases(
        self,
        units: "partial[SqlUnitOfWork]",
        files: DiskFileStore,
        ledger: Ledger,
        *,
        everything: bool,
    ) -> set[str]:
        kinds = set()
        with units() as unit:
            for case_id in sorted(ledger.cases if everything else ledger.touched):
                stored: Case | None = None
                with suppress(CaseNotFound):
                    stored = unit.cases.get(case_id)
                known, pending = ledger.cases[case_id], ledger.pending.get(case_id)
                if not known.is_stored_as(stored):
                    assert pending is not None, f"{known} was acknowledged; stored is {stored}"
                    assert pending.is_stored_as(stored), (known, pending, stored)
                    kinds.add("unheard")
                    known = pending
                ledger.settle(case_id, known)
                if stored is not None:
                    check_whole(stored, files, known.sent)
            kinds |= self._check_unknown(unit, files, ledger)
        ledger.touched.clear()
        return kinds

    def _check_unknown(self, unit: SqlUnitOfWork, files: DiskFileStore, ledger: Ledger) -> set[str]:
        """A case that nobody was told about is a whole one, and somebody was waiting for it."""
        rows = {case_id for case_id, _ in unit.cases.every_file()}
        known = {case_id for case_id, case in ledger.cases.items() if not case.erased}
        unknown = rows - known
        assert known <= rows, known - rows
        for case_id in unknown:
            stored = unit.cases.get(case_id)
            sent = ledger.uploads.pop(stored.files[FileKind.ORIGINAL].source_name)
            check_whole(stored, files, sent)
            ledger.settle(case_id, Known(case_id, sent))
            assert ledger.cases[case_id].is_stored_as(stored)
        ledger.uploads.clear()
        return {"unheard"} if unknown else set()

    def _check_files(self, engine: Engine) -> set[str]:
        """Rows never lack a file; files may lack a row only where a step was broken off."""
        with engine.connect() as connection:
            named = set(connection.execute(text("SELECT id FROM stored_files")).scalars())
        there = {path.name for path in (self._data / "files").rglob("*") if path.is_file()}
        assert named <= there, f"{len(named - there)} rows lack their file"
        new = there - named - self._stray
        self._stray |= new
        parts = {name for name in new if name.endswith(".part")}
        return ({"in_a_file"} if parts else set()) | ({"between"} if new - parts else set())


def check_whole(case: Case, files: DiskFileStore, sent: str) -> None:
    """The case has all its files, each with the bytes that its row says."""
    assert case.files[FileKind.ORIGINAL].sha256 == sent
    assert {FileKind.ORIGINAL, FileKind.CROP, FileKind.THUMBNAIL} <= set(case.files)
    for file in (*case.files.values(), *(report.file for report in case.reports)):
        assert files.read(file)
    if case.state is CaseState.FILED:
        assert case.details.patient_reference


def ends_without_commit(log: Path) -> bool:
    """Whether a write-ahead log ends with pages that belong to no commit.

    Layout as in SQLite's file format, section 4: pages of the present generation have the header's
    salts, and the last page of a commit holds the size of the database.
    """
    if not log.exists() or log.stat().st_size < _LOG_HEADER:
        return False
    content = log.read_bytes()
    (page_size,) = struct.unpack_from(">I", content, 8)
    salts, at, committed = content[16:24], _LOG_HEADER, True
    while at < len(content):
        # Fewer bytes than a page are the beginning of one that was being written.
        whole = at + _FRAME_HEADER + page_size <= len(content)
        if content[at + 8 : at + 16] != salts[: max(0, len(content) - at - 8)] and whole:
            break
        committed = whole and struct.unpack_from(">I", content, at + 4)[0] != 0
        at += _FRAME_HEADER + page_size
    return not committed
