"""Accounts over a real database, with a clock that a test turns and cheap password hashes."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from argon2 import PasswordHasher

from tests.stations.new_database import new_database
from triage_app.domain.people import Actor, Role
from triage_app.domain.trail import Event
from triage_app.ports.adapters import UnitOfWorkFactory
from triage_app.services.accounts.accounts import Accounts
from triage_app.services.accounts.credentials import Passwords
from triage_app.storage.database.engine import open_engine, session_factory
from triage_app.storage.unit_of_work import SqlUnitOfWork

START = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
IDLE, LONGEST = timedelta(minutes=30), timedelta(hours=12)
# Hashing as at work takes 64 MiB and a tenth of a second; how it is done is tested elsewhere.
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
PASSWORD = "plain wooden ladder 7"
ADDRESS = "192.0.2.7"


@dataclass
class Clock:
    """Stands still until a test moves it."""

    at: datetime = START

    def __call__(self) -> datetime:
        return self.at

    def later(self, **by: float) -> None:
        """Move on."""
        self.at += timedelta(**by)


@dataclass
class Desk:
    """Accounts, their database and their clock."""

    units: UnitOfWorkFactory
    accounts: Accounts
    clock: Clock
    administrator: Actor
    one_time: dict[str, str] = field(default_factory=dict)

    def hire(self, name: str, *roles: Role) -> str:
        """A new account whose password is PASSWORD already; its id."""
        person, one_time = self.accounts.create(self.administrator, name, roles)
        _, actor = self.accounts.sign_in(name, one_time, "", ADDRESS)
        self.accounts.change_password(actor, one_time, PASSWORD)
        return person.id

    def enter(self, name: str, password: str = PASSWORD, code: str = "") -> tuple[str, Actor]:
        """Sign in; token and actor."""
        return self.accounts.sign_in(name, password, code, ADDRESS)

    def trail(self) -> list[Event]:
        """All events, oldest first."""
        with self.units() as unit:
            return list(unit.trail.every())


def open_desk(folder: Path) -> Desk:
    """A desk on a new database, with an administrator who has changed the password."""
    url = new_database(folder / "triage.sqlite3")
    units = partial(SqlUnitOfWork, session_factory(open_engine(url)))
    clock = Clock()
    accounts = Accounts(units, IDLE, LONGEST, clock, passwords=Passwords(CHEAP))
    first = accounts.first_start()
    assert first is not None
    name, one_time = first
    token, actor = accounts.sign_in(name, one_time, "", ADDRESS)
    accounts.change_password(actor, one_time, PASSWORD)
    return Desk(units, accounts, clock, accounts.who(token), {name: one_time})
