"""The migrated database: from empty, from the revision before with rows in it, and in a race."""

import random
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from pysqlite3 import dbapi2
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError

from tests.samples.storage_cases import case, engine_for, open_work, store, stored
from tests.samples.storage_old import OLD_ANALYSIS, OLD_CASE, OLD_FILE, insert
from triage_app.domain.case import CaseFilter, Order
from triage_app.domain.errors import ConfigurationError, StorageUnavailable
from triage_app.domain.trail import Action, Entry
from triage_app.storage.database import migrate
from triage_app.storage.database.engine import open_engine
from triage_app.storage.lists import listing
from triage_app.storage.schema.cases import Base


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "triage.db"


def url(path: Path) -> str:
    return f"sqlite:///{path}"


def contents(connection: Any) -> list[Any]:
    """All of the schema and all rows of the tables that matter here."""
    tables = ("sqlite_master", "alembic_version", "cases")
    return [connection.execute(f"SELECT * FROM {table}").fetchall() for table in tables]


def differences(engine: Engine) -> list[Any]:
    def modelled(name: str | None, kind: str, _parents: object) -> bool:
        return kind != "table" or not str(name).startswith("case_text")

    with engine.connect() as connection:
        opts = {"include_name": modelled, "compare_server_default": True}
        return list(
            compare_metadata(MigrationContext.configure(connection, opts=opts), Base.metadata)
        )


def test_an_empty_folder_gets_a_database_that_is_the_models(path: Path) -> None:
    engine = engine_for(path)
    assert differences(engine) == []
    assert migrate.current(url(path)) == migrate.head()
    engine.dispose()


def test_the_comparison_notices_what_a_migration_forgot(path: Path) -> None:
    engine = engine_for(path)
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP INDEX ix_cases_risk")
        connection.exec_driver_sql("ALTER TABLE analyses DROP COLUMN timings")
    found = {difference[0] for difference in differences(engine)}
    assert found == {"add_index", "add_column"}
    engine.dispose()


def test_rows_of_the_first_revision_are_all_there_and_searchable(path: Path) -> None:
    migrate.upgrade(url(path), "0001")
    assert migrate.current(url(path)) == "0001"
    old = dbapi2.connect(str(path))
    for number in range(1, 1201):  # more than the migration takes at a time
        case_id = f"{number:032x}"
        note = OLD_CASE["note"] if number == 1 else f"note {number}"
        insert(old, "cases", {**OLD_CASE, "id": case_id, "note": note})
        analysis_id = f"{number:032x}"
        insert(old, "analyses", {**OLD_ANALYSIS, "id": analysis_id, "case_id": case_id})
    insert(old, "stored_files", OLD_FILE)
    old.commit()
    old.close()

    migrate.upgrade(url(path))

    engine = open_engine(url(path))
    assert differences(engine) == []
    with open_work(engine) as work:
        page = work.cases.page(CaseFilter(text="strasse"), Order.NEWEST, None, 5)
        assert [(line.id, line.source_name) for line in page.items] == [
            (OLD_CASE["id"], "scan.png")
        ]
        common = work.cases.page(CaseFilter(text="σίσυφος"), Order.RISK, None, 5)
        assert (common.total, common.at_least) == (listing.SEARCHED_LIMIT, True)
        assert work.cases.page(CaseFilter(text="note 1200"), Order.RISK, None, 5).total == 1
    kept = stored(engine, str(OLD_CASE["id"]))
    assert (kept.version, kept.details.note, kept.details.context.age) == (
        3,
        OLD_CASE["note"],
        51,
    )
    assert kept.analysis.decision.reasons[0].text == "Retake it."
    assert [file.source_name for file in kept.files.values()] == ["scan.png"]
    store(engine, case(random.Random(1), note="added later", deleted_at=None))
    with open_work(engine) as work:
        assert work.cases.page(CaseFilter(text="ADDED"), Order.NEWEST, None, 5).total == 1
    engine.dispose()


def test_cases_of_the_second_revision_are_nobodys_uploads_and_otherwise_as_they_were(
    path: Path,
) -> None:
    migrate.upgrade(url(path), "0002")
    old = dbapi2.connect(str(path))
    for number in range(1, 8):
        case_id = f"{number:032x}"
        searched = {"search_text": f"folded {number}\x1f", "patient_key": f"p-{number % 2}"}
        insert(old, "cases", {**OLD_CASE, **searched, "id": case_id})
        insert(old, "analyses", {**OLD_ANALYSIS, "id": case_id, "case_id": case_id})
    insert(old, "stored_files", OLD_FILE)
    old.commit()
    columns = [name for _, name, *_ in old.execute("PRAGMA table_info(cases)")]
    query = f"SELECT {', '.join(columns)} FROM cases ORDER BY id"
    before = old.execute(query).fetchall()
    old.close()

    migrate.upgrade(url(path))

    after = dbapi2.connect(str(path))
    assert after.execute(query).fetchall() == before
    after.close()
    engine = open_engine(url(path))
    assert differences(engine) == []
    kept = stored(engine, str(OLD_CASE["id"]))
    assert (kept.uploaded_by, kept.version, kept.details.note) == ("", 3, OLD_CASE["note"])
    with open_work(engine) as work:
        assert work.cases.page(CaseFilter(text="folded 3"), Order.NEWEST, None, 5).total == 1
        assert work.site.cases_of_patient("P-1") == [f"{n:032x}" for n in (1, 3, 5, 7)]
        assert work.site.counts().drafts == 0
        assert list(work.trail.every()) == []
    engine.dispose()


def test_what_is_stored_after_the_second_revision_is_searched_owned_and_chained(
    path: Path,
) -> None:
    migrate.upgrade(url(path), "0002")
    migrate.upgrade(url(path))
    engine = open_engine(url(path))
    one = case(random.Random(1), note="added later", deleted_at=None, uploaded_by="a" * 32)
    with open_work(engine) as work:
        work.cases.add(one)
        work.trail.append(Entry(Action.MIGRATED, "system"), one.created_at)
        work.commit()
    assert stored(engine, one.id) == one
    with open_work(engine) as work:
        wanted = CaseFilter(text="ADDED", uploaded_by="a" * 32)
        assert work.cases.page(wanted, Order.NEWEST, None, 5).total == 1
        assert [e.number for e in work.trail.every()] == [1]
    with engine.connect() as connection, pytest.raises(IntegrityError):
        connection.exec_driver_sql("DELETE FROM trail")
    engine.dispose()


@pytest.mark.parametrize("table", ["people", "trail", "problems"])
def test_a_third_step_that_fails_leaves_no_part_of_itself(path: Path, table: str) -> None:
    migrate.upgrade(url(path), "0002")
    old = dbapi2.connect(str(path))
    insert(old, "cases", {**OLD_CASE, "search_text": ""})
    old.execute(f"CREATE TABLE {table} (in_the_way)")
    old.commit()
    before = contents(old)
    old.close()
    with pytest.raises(Exception, match="already exists"):
        migrate.upgrade(url(path))
    after = dbapi2.connect(str(path))
    assert contents(after) == before
    after.close()


def test_a_second_upgrade_changes_nothing(path: Path) -> None:
    engine = engine_for(path)
    one = case(random.Random(1))
    store(engine, one)
    migrate.upgrade(url(path))
    assert stored(engine, one.id) == one
    engine.dispose()


def test_a_failing_step_leaves_the_database_as_it_was(path: Path) -> None:
    migrate.upgrade(url(path), "0001")
    old = dbapi2.connect(str(path))
    insert(old, "cases", OLD_CASE)
    old.execute("CREATE TABLE case_text (in_the_way)")
    old.commit()
    before = contents(old)
    old.close()
    with pytest.raises(Exception, match="already exists"):
        migrate.upgrade(url(path))
    after = dbapi2.connect(str(path))
    assert contents(after) == before
    after.close()


def test_rows_without_their_case_stop_the_upgrade(path: Path) -> None:
    migrate.upgrade(url(path), "0001")
    old = dbapi2.connect(str(path))
    insert(old, "stored_files", OLD_FILE)
    old.commit()
    old.close()
    with pytest.raises(StorageUnavailable, match="without their case"):
        migrate.upgrade(url(path))
    assert migrate.current(url(path)) == "0001"


def test_a_database_of_a_newer_version_is_refused_and_untouched(path: Path) -> None:
    engine = engine_for(path)
    one = case(random.Random(1))
    store(engine, one)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(ConfigurationError, match="another version"):
        migrate.upgrade(url(path))
    assert stored(engine, one.id) == one
    engine.dispose()


def test_a_downgrade_is_refused(path: Path) -> None:
    engine = engine_for(path)
    config = migrate.alembic_config()
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        with pytest.raises(NotImplementedError, match="backup"):
            command.downgrade(config, "0001")
    assert migrate.current(url(path)) == migrate.head()
    engine.dispose()


def test_there_is_one_line_of_revisions_from_the_first_to_the_last() -> None:
    scripts = ScriptDirectory.from_config(migrate.alembic_config())
    assert migrate.revisions() == [s.revision for s in scripts.walk_revisions()][::-1]
    assert [s.revision for s in scripts.walk_revisions()][::-1] == [
        "0001",
        "0002",
        "0003",
        "0004",
        "0005",
        "0006",
        "0007",
        "0008",
        "0009",
    ]


def test_the_revision_of_a_missing_or_empty_database_is_none_and_nothing_is_made(
    path: Path,
) -> None:
    assert migrate.current(url(path)) is None
    assert not path.exists()
    path.touch()
    assert migrate.current(url(path)) is None
    assert path.stat().st_size == 0
