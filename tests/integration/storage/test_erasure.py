"""An erased case is gone: its rows, its words in the index, and its bytes on the disk."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError

from tests.samples.storage_cases import (
    case,
    engine_for,
    open_work,
    report,
    store,
    stored,
)
from triage_app.domain.errors import CaseNotFound


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "triage.db"


@pytest.fixture
def engine(path: Path) -> Iterator[Engine]:
    engine = engine_for(path)
    yield engine
    engine.dispose()


def test_erasing_leaves_no_row_of_the_case_and_all_rows_of_others(engine: Engine) -> None:
    rng = random.Random(9)
    one, other = case(rng), case(rng)
    files = {*one.files.values(), *(r.file for r in one.reports)}
    store(engine, one, other)
    with open_work(engine) as work:
        assert set(work.cases.erase(one.id)) == files
        work.commit()
    with engine.connect() as connection:
        for table in ("analyses", "stored_files", "reports"):
            owners = connection.execute(text(f"SELECT case_id FROM {table}")).scalars()
            assert set(owners) <= {other.id}
        connection.execute(
            text("INSERT INTO case_text (case_text, rank) VALUES ('integrity-check', 1)")
        )
    assert stored(engine, other.id) == other


def test_an_erased_note_cannot_be_found_in_the_file(path: Path, engine: Engine) -> None:
    secret, name = "Quastenflosser am linken Unterarm ꙮ中文", "Bernhardt"
    one = case(random.Random(1), note=secret * 200, patient_reference=name)
    store(engine, one, *(case(random.Random(n)) for n in range(2, 20)))
    with open_work(engine) as work:
        work.cases.erase(one.id)
        work.commit()
    engine.dispose()
    left = path.read_bytes().lower()
    assert b"quastenflosser" not in left
    assert b"bernhardt" not in left
    assert "ꙮ中文".encode() not in left  # a whole entry of the search index
    assert list(path.parent.iterdir()) == [path]


def test_an_erased_note_is_gone_from_the_disk_while_the_program_runs_on(
    path: Path, engine: Engine
) -> None:
    one = case(random.Random(1), note="Quastenflosser " * 200, patient_reference="Bernhardt")
    store(engine, one, *(case(random.Random(n)) for n in range(2, 20)))
    assert b"quastenflosser" in b"".join(f.read_bytes().lower() for f in path.parent.iterdir())
    with open_work(engine) as work:
        work.cases.erase(one.id)
        work.commit()
    left = b"".join(f.read_bytes().lower() for f in path.parent.iterdir())
    assert b"quastenflosser" not in left
    assert b"bernhardt" not in left


def test_a_case_can_be_erased_while_another_reads_it(path: Path, engine: Engine) -> None:
    one = case(random.Random(1), note="Quastenflosser " * 200)
    store(engine, one)
    with open_work(engine) as reading:
        assert reading.cases.get(one.id) == one
        with open_work(engine) as work:
            work.cases.erase(one.id)
            work.commit()
        assert reading.cases.get(one.id) == one
    with pytest.raises(CaseNotFound):
        stored(engine, one.id)


def test_a_reports_file_cannot_go_while_the_report_stands(engine: Engine) -> None:
    rng = random.Random(9)
    one = case(rng, reports=(report(rng, 1, datetime.now(UTC)),))
    store(engine, one)
    delete = text("DELETE FROM stored_files WHERE kind = 'report'")
    with engine.connect() as connection, pytest.raises(IntegrityError):
        connection.execute(delete)
