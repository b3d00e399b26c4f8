"""A start checks the database, and copies it before it changes it."""

import os
import random
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest
from pysqlite3 import dbapi2

from tests.integration.backups.test_backup_folder import in_a_namespace
from tests.samples.storage_cases import case, engine_for, store, stored
from tests.stations.backup_station import rows
from triage_app.domain.errors import ConfigurationError, StorageUnavailable
from triage_app.storage.database import migrate, snapshot
from triage_app.storage.database.engine import open_engine
from triage_app.storage.database.snapshot import check_sound, copy_database


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "triage.db"


@pytest.fixture
def copies(tmp_path: Path) -> Path:
    return tmp_path / "backups"


def url(path: Path) -> str:
    return f"sqlite:///{path}"


def filled(path: Path, cases: int = 30) -> None:
    """A database of some pages, closed."""
    engine = engine_for(path)
    store(engine, *(case(random.Random(seed)) for seed in range(cases)))
    engine.dispose()


def damage(path: Path, page: int) -> None:
    """Overwrite the middle of a page."""
    with path.open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(b"\xa5" * 2048)


def page_of(path: Path, name: str) -> int:
    with closing(dbapi2.connect(str(path))) as connection:
        query = "SELECT rootpage FROM sqlite_master WHERE name = ?"
        return int(connection.execute(query, (name,)).fetchone()[0])


@pytest.mark.parametrize(
    "what", ["cases", "analyses", "trail", "ix_cases_newest", "case_text_data"]
)
def test_a_start_on_a_damaged_database_stops_with_a_sentence(path: Path, what: str) -> None:
    filled(path)
    damage(path, page_of(path, what))
    before = path.read_bytes()
    with pytest.raises(StorageUnavailable, match="damaged"):
        migrate.upgrade(url(path))
    assert path.read_bytes() == before


def test_a_file_cut_in_half_stops_the_start(path: Path) -> None:
    filled(path)
    os.truncate(path, path.stat().st_size // 2 // 4096 * 4096)
    with pytest.raises(StorageUnavailable, match="damaged"):
        migrate.upgrade(url(path))


def test_the_check_at_a_start_holds_up_no_writer(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another program, such as the running server, can store while a command starts."""
    filled(path, 2)
    other = open_engine(url(path), busy_timeout_ms=0)
    check = migrate._check
    one = case(random.Random(77))

    def checking(connection: object) -> None:
        check(connection)  # type: ignore[arg-type]
        store(other, one)

    monkeypatch.setattr(migrate, "_check", checking)
    migrate.upgrade(url(path))
    assert stored(other, one.id) == one
    other.dispose()


@pytest.mark.parametrize("closed", [True, False], ids=["closed before", "not closed before"])
def test_a_start_on_a_disk_that_has_become_read_only_stops_with_a_sentence(
    tmp_path: Path, closed: bool
) -> None:
    disk = tmp_path / "disk"
    engine = engine_for(disk / "triage.db")
    store(engine, case(random.Random(1)))
    if closed:
        engine.dispose()
    before = {path.name: path.read_bytes() for path in disk.iterdir()}
    assert ("triage.db-wal" in before) is not closed
    script = (
        'mount --bind "$1" "$1" || exit 99\nmount -o remount,bind,ro "$1" || exit 99\n'
        '"$2" -c "$3" "sqlite:///$1/triage.db"'
    )
    start = (
        "import sys\n"
        "from triage_app.domain.errors import StorageUnavailable\n"
        "from triage_app.storage.database.migrate import upgrade\n"
        "try:\n"
        "    upgrade(sys.argv[1])\n"
        "except StorageUnavailable as error:\n"
        "    print(error)\n"
    )
    said = in_a_namespace(tmp_path, script, str(disk), sys.executable, start)
    assert "Check that its folder exists and that this program may write there." in said
    assert {path.name: path.read_bytes() for path in disk.iterdir()} == before
    engine.dispose()


def test_a_database_that_is_up_to_date_or_new_is_not_copied(path: Path, copies: Path) -> None:
    for _ in range(2):
        migrate.upgrade(url(path), copies=copies)
    assert not copies.exists()


def test_a_migration_leaves_a_copy_of_what_was_there(path: Path, copies: Path) -> None:
    migrate.upgrade(url(path), "0002")
    with closing(dbapi2.connect(str(path))) as old:
        old.execute("PRAGMA user_version = 7")
    before = rows(path)
    migrate.upgrade(url(path), copies=copies)
    (copy,) = copies.iterdir()
    assert copy.name == f"database-0001-before-{migrate.head()}.sqlite3"
    assert rows(copy) == before
    assert migrate.current(url(copy)) == "0002"
    assert migrate.current(url(path)) == migrate.head()
    assert (copy.stat().st_mode & 0o777, copies.stat().st_mode & 0o777) == (0o600, 0o700)


def test_a_copy_is_a_database_to_start_with(path: Path, copies: Path) -> None:
    migrate.upgrade(url(path), "0002")
    migrate.upgrade(url(path), copies=copies)
    (copy,) = copies.iterdir()
    migrate.upgrade(url(copy))
    assert migrate.current(url(copy)) == migrate.head()


def test_the_newest_five_copies_stay_by_number(tmp_path: Path, copies: Path) -> None:
    for number in range(7):
        one = tmp_path / f"{number}.db"
        migrate.upgrade(url(one), "0002")
        migrate.upgrade(url(one), copies=copies)
        # A clock that jumps back must not make the newest copy the oldest.
        for copy in copies.iterdir():
            os.utime(copy, (9e8 - number, 9e8 - number))
    assert sorted(int(copy.name.split("-")[1]) for copy in copies.iterdir()) == [3, 4, 5, 6, 7]


def test_without_a_copy_nothing_is_migrated(path: Path, tmp_path: Path) -> None:
    migrate.upgrade(url(path), "0002")
    (tmp_path / "in the way").write_text("a file")
    with pytest.raises(StorageUnavailable, match="Nothing was changed"):
        migrate.upgrade(url(path), copies=tmp_path / "in the way")
    assert migrate.current(url(path)) == "0002"


def test_a_copy_that_is_not_whole_stops_the_migration_and_is_removed(
    path: Path, copies: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    migrate.upgrade(url(path), "0002")
    copy = snapshot._copy

    def torn(source: Path, target: Path) -> None:
        copy(source, target)
        damage(target, 3)

    monkeypatch.setattr(snapshot, "_copy", torn)
    with pytest.raises(StorageUnavailable, match="damaged"):
        migrate.upgrade(url(path), copies=copies)
    assert list(copies.iterdir()) == []
    assert migrate.current(url(path)) == "0002"


def test_a_database_of_a_newer_version_is_neither_copied_nor_changed(
    path: Path, copies: Path
) -> None:
    migrate.upgrade(url(path))
    with closing(dbapi2.connect(str(path))) as newer:
        newer.execute("UPDATE alembic_version SET version_num = '9999'")
        newer.commit()
    with pytest.raises(ConfigurationError, match="another version"):
        migrate.upgrade(url(path), copies=copies)
    assert not copies.exists()


def test_starts_that_race_make_one_copy(path: Path, copies: Path) -> None:
    migrate.upgrade(url(path), "0002")
    starts = [
        threading.Thread(target=migrate.upgrade, args=(url(path),), kwargs={"copies": copies})
        for _ in range(3)
    ]
    for start in starts:
        start.start()
    for start in starts:
        start.join()
    assert len(list(copies.iterdir())) == 1
    assert migrate.current(url(path)) == migrate.head()


def test_a_copy_made_under_writing_is_of_one_moment(path: Path, tmp_path: Path) -> None:
    engine = engine_for(path)
    stop = threading.Event()

    def write() -> None:
        for seed in range(5000):
            store(engine, *(case(random.Random(seed * 2 + n)) for n in (0, 1)))
            if stop.is_set():
                return

    writer = threading.Thread(target=write)
    writer.start()
    try:
        counts = []
        for number in range(4):
            copy_database(path, tmp_path / f"copy-{number}")
            counts.append(len(rows(tmp_path / f"copy-{number}")["cases"]))
    finally:
        stop.set()
        writer.join()
    assert [count % 2 for count in counts] == [0] * 4  # cases come in pairs
    assert counts == sorted(counts)
    engine.dispose()


def test_an_existing_file_is_never_copied_over(path: Path, tmp_path: Path) -> None:
    filled(path, 1)
    target = tmp_path / "copy"
    target.write_text("mine")
    with pytest.raises(StorageUnavailable, match="File exists"):
        copy_database(path, target)
    assert target.read_text() == "mine"


def test_rows_without_their_case_fail_the_check_of_a_copy(path: Path) -> None:
    filled(path, 3)
    with closing(dbapi2.connect(str(path))) as connection:
        connection.execute("DELETE FROM cases")
        connection.commit()
    with pytest.raises(StorageUnavailable, match="damaged"):
        check_sound(path)
