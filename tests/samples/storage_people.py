"""Generated accounts and sessions for the storage tests."""

import random
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine

from tests.samples.storage_cases import hex_id, open_work
from triage_app.domain.people import Person, Role, SignIn

AT = datetime(2026, 11, 2, 9, 30, 0, 5, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def person(rng: random.Random, name: str = "") -> Person:
    return Person(
        id=hex_id(rng),
        name=name or f"name {rng.randint(0, 10**9)}",
        roles=frozenset(r for r in Role if rng.random() < 0.5),
        password_hash="$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA",
        created_at=AT,
        password_changed_at=AT + timedelta(microseconds=rng.randint(0, 9**9)),
        active=rng.random() < 0.5,
        must_change_password=rng.random() < 0.5,
        totp_secret=rng.choice(["", "JBSWY3DPEHPK3PXP"]),
        totp_step=rng.choice([0, 59_000_000]),
        failures=rng.randint(0, 9),
        locked_until=rng.choice([None, AT + MINUTE]),
    )


def session(of: Person, number: int = 0, seen: datetime = AT) -> SignIn:
    return SignIn(
        id=f"{number:032x}",
        token_hash=f"{number:064x}",
        person_id=of.id,
        created_at=AT + number * MINUTE,
        last_seen_at=seen,
        address="2001:db8::1",
    )


def add(engine: Engine, *people: Person) -> None:
    with open_work(engine) as work:
        for one in people:
            work.people.add(one)
        work.commit()


def add_sessions(engine: Engine, *sessions: SignIn) -> None:
    with open_work(engine) as work:
        for one in sessions:
            work.people.add_session(one)
        work.commit()
