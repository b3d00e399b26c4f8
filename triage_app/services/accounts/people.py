"""What administrators do with accounts: create, change, reset, shut."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import datetime

from triage_app.domain.errors import InvalidInput, NotAllowedInState
from triage_app.domain.people import SYSTEM, Actor, Permission, Person, Role
from triage_app.domain.text import clean_line
from triage_app.domain.trail import Action, Entry, Value
from triage_app.ports.adapters import UnitOfWork, UnitOfWorkFactory
from triage_app.services.accounts.credentials import Passwords, one_time_password
from triage_app.services.images.storing import new_id

FIRST_NAME = "administrator"
SHORTEST_NAME = 3
LONGEST_NAME = 64


class People:
    """Use cases on everybody's accounts; each needs MANAGE_PEOPLE and is one transaction.

    Accounts are handed out without their secrets: ``password_hash`` is empty, and ``totp_secret``
    only tells whether there is one.
    """

    def __init__(
        self,
        units: UnitOfWorkFactory,
        clock: Callable[[], datetime],
        passwords: Passwords,
    ) -> None:
        self._units = units
        self._clock = clock
        self._passwords = passwords

    def first_start(self) -> tuple[str, str] | None:
        """Create the first administrator; name and one-time password, None when there are accounts.

        The password is never stored or logged, so it has to be shown now.
        """
        with self._units() as unit:
            if unit.people.count():
                return None
        password = one_time_password()
        hashed = self._passwords.hash(password)
        with self._units() as unit:
            unit.lock()
            if unit.people.count():
                return None
            roles = frozenset({Role.ADMINISTRATOR})
            person = self._new(FIRST_NAME, roles, hashed)
            _add(unit, SYSTEM, person)
        return person.name, password

    def everyone(self, actor: Actor) -> Sequence[Person]:
        """All accounts by name, also those that are shut."""
        actor.require(Permission.MANAGE_PEOPLE)
        with self._units() as unit:
            return [without_secrets(person) for person in unit.people.everyone()]

    def create(self, actor: Actor, name: str, roles: Collection[Role]) -> tuple[Person, str]:
        """A new account and its one-time password, valid for 72 hours.

        Raises InvalidInput("name", ...) for a name that is taken or cannot be used, and
        InvalidInput("roles", ...) without a role.
        """
        actor.require(Permission.MANAGE_PEOPLE)
        cleaned, wanted = _checked_name(name), _checked_roles(roles)
        password = one_time_password()
        person = self._new(cleaned, wanted, self._passwords.hash(password))
        with self._units() as unit:
            unit.lock()
            _add(unit, actor, person)
        return without_secrets(person), password

    def change(self, actor: Actor, person_id: str, roles: Collection[Role], active: bool) -> Person:
        """Give other roles, shut or open an account; lost rights end its sessions.

        Raises PersonNotFound, and NotAllowedInState for the last active administrator.
        """
        actor.require(Permission.MANAGE_PEOPLE)
        wanted = _checked_roles(roles)
        with self._units() as unit:
            unit.lock()
            person, at = unit.people.get(person_id), self._clock()
            if not (active and Role.ADMINISTRATOR in wanted):
                _refuse_last_administrator(unit, person)
            changed = replace(person, roles=wanted, active=active)
            unit.people.save(changed)
            lost = not active or bool(person.roles - wanted)
            ended = end_sessions(unit, person_id, at) if lost else 0
            details: dict[str, Value] = {
                "roles": [role.value for role in sorted(wanted)],
                "active": active,
                "sessions_ended": ended,
            }
            unit.trail.append(Entry(Action.PERSON_CHANGED, actor.id, person_id, details), at)
            unit.commit()
        return without_secrets(changed)

    def reset_password(self, actor: Actor, person_id: str) -> str:
        """A new one-time password, valid for 72 hours; ends sessions, lock and authenticator."""
        actor.require(Permission.MANAGE_PEOPLE)
        password = one_time_password()
        hashed = self._passwords.hash(password)
        with self._units() as unit:
            unit.lock()
            person, at = unit.people.get(person_id), self._clock()
            unit.people.save(_reset(person, hashed, at))
            ended = end_sessions(unit, person_id, at)
            details = {
                "reset": True,
                "authenticator_dropped": bool(person.totp_secret),
                "sessions_ended": ended,
            }
            unit.trail.append(Entry(Action.PASSWORD_CHANGED, actor.id, person_id, details), at)
            unit.commit()
        return password

    def _new(self, name: str, roles: frozenset[Role], password_hash: str) -> Person:
        at = self._clock()
        return Person(
            id=new_id(),
            name=name,
            roles=roles,
            password_hash=password_hash,
            created_at=at,
            password_changed_at=at,
            must_change_password=True,
        )


def without_secrets(person: Person) -> Person:
    """The account as it may be shown: whether there is an authenticator, but not its secret."""
    return replace(person, password_hash="", totp_secret="set" if person.totp_secret else "")


def end_sessions(unit: UnitOfWork, person_id: str, at: datetime, but: str = "") -> int:
    """Revoke a person's sessions, all ``but`` one; how many."""
    ended = [s.id for s in unit.people.sessions_of(person_id) if s.id != but]
    for session_id in ended:
        unit.people.revoke(session_id, at)
    return len(ended)


def _reset(person: Person, password_hash: str, at: datetime) -> Person:
    return replace(
        person,
        password_hash=password_hash,
        password_changed_at=at,
        must_change_password=True,
        totp_secret="",
        totp_step=0,
        failures=0,
        locked_until=None,
    )


def _add(unit: UnitOfWork, actor: Actor, person: Person) -> None:
    unit.people.add(person)
    details: dict[str, Value] = {"roles": [role.value for role in sorted(person.roles)]}
    entry = Entry(Action.PERSON_CREATED, actor.id, person.id, details)
    unit.trail.append(entry, person.created_at)
    unit.commit()


def _refuse_last_administrator(unit: UnitOfWork, person: Person) -> None:
    if not _administers(person):
        return
    if not any(_administers(p) for p in unit.people.everyone() if p.id != person.id):
        raise NotAllowedInState(
            "This is the last active administrator. Make somebody else administrator first."
        )


def _administers(person: Person) -> bool:
    return person.active and Role.ADMINISTRATOR in person.roles


def _checked_name(name: str) -> str:
    cleaned = clean_line(name, "name", LONGEST_NAME)
    if len(cleaned) < SHORTEST_NAME:
        raise InvalidInput("name", f"Use a name of at least {SHORTEST_NAME} characters.")
    return cleaned


def _checked_roles(roles: Collection[Role]) -> frozenset[Role]:
    if not roles:
        raise InvalidInput("roles", "Choose at least one role.")
    return frozenset(roles)
