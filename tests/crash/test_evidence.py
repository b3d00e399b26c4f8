"""The crash test would notice: each kind of loss that it looks for is made by hand here."""

import hashlib
import random
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from tests.crash.damage import DATABASE, Evidence, ends_without_commit
from tests.crash.ledger import Known, Ledger
from tests.samples.storage_cases import case, engine_for, store
from tests.stations.storage_crash import PICTURES, put_files
from triage_app.domain.case import Case, CaseState
from triage_app.domain.errors import TriageError
from triage_app.domain.files import FileKind
from triage_app.storage.files import DiskFileStore

A_PAGE = 4_096 + 24  # with its header, as the log holds it
SENT = hashlib.sha256(PICTURES[FileKind.ORIGINAL]).hexdigest()


@dataclass
class Left:
    """What a killed server left: one stored case, and its acknowledgement."""

    folder: Path
    engine: Engine
    ledger: Ledger
    case: Case

    def sql(self, statement: str) -> None:
        with self.engine.begin() as connection:
            connection.execute(text(statement))

    @property
    def files(self) -> list[Path]:
        return sorted(path for path in (self.folder / "files").rglob("*") if path.is_file())

    def check(self, ledger: Ledger | None = None) -> set[str]:
        return Evidence(self.folder).check(ledger or self.ledger, everything=False)


@pytest.fixture
def left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Left:
    monkeypatch.setitem(PICTURES, FileKind.THUMBNAIL, b"thumbnail")
    engine = engine_for(tmp_path / DATABASE)
    plain = case(random.Random(1), id="a" * 32, deleted_at=None, version=1)
    stored = put_files(DiskFileStore(tmp_path / "files"), plain)
    named = replace(stored.files[FileKind.ORIGINAL], source_name="lesion-1.jpg")
    stored = replace(stored, files={**stored.files, FileKind.ORIGINAL: named})
    stored = replace(stored, details=replace(stored.details, patient_reference="P-1"))
    store(engine, stored)
    filed = stored.state is CaseState.FILED
    known = Known(stored.id, SENT, 1, stored.details.note, filed)
    ledger = Ledger(tmp_path / "log", {stored.id: known}, touched={stored.id})
    return Left(tmp_path, engine, ledger, stored)


def test_a_whole_case_is_whole(left: Left) -> None:
    assert left.check() == set()


@pytest.mark.parametrize(
    "harm",
    [
        lambda left: left.sql("DELETE FROM cases"),
        lambda left: left.sql("UPDATE cases SET note = 'another'"),
        lambda left: left.sql("UPDATE cases SET version = version + 1"),
        lambda left: left.sql("DELETE FROM stored_files WHERE kind = 'crop'"),
        lambda left: left.files[0].unlink(),
        lambda left: left.files[0].write_bytes(b"half"),
    ],
    ids=["case gone", "note changed", "another version", "row gone", "file gone", "half a file"],
)
def test_a_lost_or_halved_case_is_noticed(left: Left, harm: Callable[[Left], None]) -> None:
    harm(left)
    with pytest.raises((AssertionError, TriageError)):
        left.check()


def test_a_step_that_was_asked_for_may_have_been_done_or_not(left: Left) -> None:
    known = left.ledger.cases[left.case.id]
    left.ledger.pending[left.case.id] = replace(known, version=2, note="another")
    assert left.check() == set()
    left.ledger.touched.add(left.case.id)
    left.ledger.pending[left.case.id] = replace(known, version=2, note="another")
    left.sql("UPDATE cases SET version = 2, note = 'another'")
    assert left.check() == {"unheard"}


def test_a_case_that_nobody_was_told_about_must_have_been_sent_by_somebody(left: Left) -> None:
    waiting = Ledger(left.folder / "log", uploads={"lesion-1.jpg": SENT})
    left.sql("UPDATE cases SET state = 'draft', note = ''")
    assert left.check(waiting) == {"unheard"}
    with pytest.raises(KeyError):
        left.check(Ledger(left.folder / "log"))


def test_files_without_rows_tell_that_the_kill_fell_inside_a_write(left: Left) -> None:
    DiskFileStore(left.folder / "files").put(b"no row yet")
    assert left.check() == {"between"}
    (left.files[0].parent / f"{'d' * 32}.part").write_bytes(b"half")
    assert left.check() >= {"in_a_file"}


def test_a_log_that_ends_without_a_commit_is_told_from_one_that_ends_with_it(left: Left) -> None:
    left.sql(f"UPDATE cases SET note = '{'long ' * 2_000}'")
    log, copy = left.folder / f"{DATABASE}-wal", left.folder / "copy"
    assert not ends_without_commit(log)
    for missing in (1, 100, A_PAGE, A_PAGE + 1):
        shutil.copy(log, copy)
        with copy.open("r+b") as torn:
            torn.truncate(copy.stat().st_size - missing)
        assert ends_without_commit(copy), missing
    assert not ends_without_commit(left.folder / "no log")
