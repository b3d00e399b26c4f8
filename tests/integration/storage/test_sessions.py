"""Sessions in real SQLite files."""

import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pysqlite3 import dbapi2
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError

from tests.samples.storage_cases import engine_for, open_work
from tests.samples.storage_people import AT, MINUTE, add, add_sessions, person, session
from triage_app.storage.records.cases import DamagedEntry


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "triage.db"


@pytest.fixture
def engine(path: Path) -> Iterator[Engine]:
    engine = engine_for(path)
    yield engine
    engine.dispose()


def test_sessions_read_back_until_they_are_forgotten(engine: Engine) -> None:
    one = person(random.Random(3))
    add(engine, one)
    sessions = [session(one, n, AT + n * MINUTE) for n in range(5)]
    add_sessions(engine, *sessions)
    with open_work(engine) as work:
        assert [work.people.session(s.token_hash) for s in sessions] == sessions
        assert list(work.people.sessions_of(one.id)) == sessions[::-1]
        assert work.people.forget_sessions(AT + 3 * MINUTE) == 3
        work.commit()
    with open_work(engine) as work:
        assert list(work.people.sessions_of(one.id)) == sessions[:2:-1]
        assert work.people.session(sessions[0].token_hash) is None


@pytest.mark.parametrize("token_hash", ["", "0" * 63, "%", "\ud800", "' OR 1=1 --"])
def test_no_session_belongs_to_an_unknown_token(engine: Engine, token_hash: str) -> None:
    one = person(random.Random(3))
    add(engine, one)
    add_sessions(engine, session(one))
    with open_work(engine) as work:
        assert work.people.session(token_hash) is None
        assert list(work.people.sessions_of(token_hash)) == []


def test_a_revoked_session_stays_ended(engine: Engine) -> None:
    one = person(random.Random(3))
    add(engine, one)
    add_sessions(engine, session(one, 1), session(one, 2))
    with open_work(engine) as work:
        work.people.revoke(session(one, 1).id, AT + MINUTE)
        work.people.revoke(session(one, 1).id, AT + 2 * MINUTE)
        work.people.touch(session(one, 1).id, AT + 3 * MINUTE)
        work.commit()
    with open_work(engine) as work:
        ended = replace(session(one, 1), revoked_at=AT + MINUTE)
        assert work.people.session(ended.token_hash) == ended
        assert list(work.people.sessions_of(one.id)) == [session(one, 2)]


def test_use_of_a_session_is_noted_for_it_alone(engine: Engine) -> None:
    one = person(random.Random(3))
    add(engine, one)
    add_sessions(engine, session(one, 1), session(one, 2))
    with open_work(engine) as work:
        work.people.touch(session(one, 2).id, AT + MINUTE)
        work.people.touch("unknown", AT + MINUTE)
        work.commit()
    with open_work(engine) as work:
        kept = [work.people.session(session(one, n).token_hash) for n in (1, 2)]
    assert [s.last_seen_at for s in kept if s] == [AT, AT + MINUTE]


def test_a_session_needs_an_account_and_a_token_of_its_own(engine: Engine) -> None:
    one = person(random.Random(3))
    with open_work(engine) as work, pytest.raises(IntegrityError, match="FOREIGN KEY"):
        work.people.add_session(session(one))
    add(engine, one)
    with open_work(engine) as work:
        work.people.add_session(session(one))
        with pytest.raises(IntegrityError, match="UNIQUE"):
            work.people.add_session(replace(session(one), id="1" * 32))


def test_a_damaged_session_lets_nobody_in(path: Path, engine: Engine) -> None:
    one = person(random.Random(3))
    add(engine, one)
    add_sessions(engine, session(one))
    raw = dbapi2.connect(str(path))
    raw.execute("UPDATE sign_ins SET revoked_at = ''")
    raw.commit()
    raw.close()
    with open_work(engine) as work, pytest.raises(DamagedEntry):
        work.people.session(session(one).token_hash)
