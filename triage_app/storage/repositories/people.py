"""Accounts and sessions."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, delete, func, insert, select, update
from sqlalchemy.orm import Session

from triage_app.domain.errors import InvalidInput, PersonNotFound, StalePerson
from triage_app.domain.people import Person, Role, SignIn
from triage_app.storage.database.transaction import Transaction
from triage_app.storage.records.cases import DamagedEntry, reading_records
from triage_app.storage.records.folding import can_occur, fold
from triage_app.storage.schema.base import Values
from triage_app.storage.schema.cases import PersonRow, SignInRow


class SqlPeopleRepository:
    """Accounts and sessions inside one unit of work.

    Every method raises StorageUnavailable when the disk is full, read-only or at fault, or when
    another writer holds the database for too long; those that read raise DamagedEntry for a row
    that cannot be read, so that nobody gets in by a damaged account.
    """

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    @property
    def _session(self) -> Session:
        return self._transaction.session

    def count(self) -> int:
        """Number of accounts."""
        return self._session.scalars(select(func.count()).select_from(PersonRow)).one()

    def add(self, person: Person) -> None:
        """Store a new account; raises InvalidInput("name", ...) when the name is taken."""
        values = _person_values(person)
        self._transaction.write()
        self._refuse_taken(person)
        self._session.execute(insert(PersonRow).values(values))

    def get(self, person_id: str) -> Person:
        """The account; raises PersonNotFound."""
        person = self._read(PersonRow.id == person_id) if can_occur(person_id) else None
        if person is None:
            raise PersonNotFound
        return person

    def by_name(self, name: str) -> Person | None:
        """The account with this sign-in name, whatever its case."""
        return self._read(PersonRow.name_key == fold(name)) if can_occur(name) else None

    def everyone(self) -> Sequence[Person]:
        """All accounts by name."""
        query = select(PersonRow).order_by(PersonRow.name_key)
        with reading_records(DamagedEntry):
            rows = self._session.scalars(query.execution_options(populate_existing=True))
            return [self._seen(row) for row in rows]

    def save(self, person: Person) -> None:
        """Store a changed account.

        Raises PersonNotFound, InvalidInput("name", ...) when the new name is taken, and StalePerson
        when somebody else changed the account after it was read in this unit of work: a failed
        sign-in must not be forgotten because another one was counted at the same time.
        """
        values = _person_values(person)
        expected = self._transaction.people_seen.get(person.id)
        self._transaction.write()
        current = self.get(person.id)
        if expected not in (None, current):
            raise StalePerson
        self._refuse_taken(person)
        self._session.execute(
            update(PersonRow)
            .where(PersonRow.id == person.id)
            .values(values)
            .execution_options(synchronize_session=False)
        )
        self._transaction.people_seen[person.id] = person

    def add_session(self, session: SignIn) -> None:
        """Store a new session."""
        self._transaction.write()
        self._session.execute(
            insert(SignInRow).values(
                id=session.id,
                token_hash=session.token_hash,
                person_id=session.person_id,
                created_at=session.created_at,
                last_seen_at=session.last_seen_at,
                address=session.address,
                revoked_at=session.revoked_at,
            )
        )

    def session(self, token_hash: str) -> SignIn | None:
        """The session of this token, also when it has ended."""
        if not can_occur(token_hash):
            return None
        query = select(SignInRow).where(SignInRow.token_hash == token_hash)
        with reading_records(DamagedEntry):
            row = self._session.scalar(query.execution_options(populate_existing=True))
        return None if row is None else _session(row)

    def sessions_of(self, person_id: str) -> Sequence[SignIn]:
        """Sessions of a person that were not revoked, newest first."""
        if not can_occur(person_id):
            return []
        query = (
            select(SignInRow)
            .where(SignInRow.person_id == person_id, SignInRow.revoked_at.is_(None))
            .order_by(SignInRow.created_at.desc(), SignInRow.id)
            .execution_options(populate_existing=True)
        )
        with reading_records(DamagedEntry):
            return [_session(row) for row in self._session.scalars(query)]

    def touch(self, session_id: str, at: datetime) -> None:
        """Note when the session was last used; one that was revoked stays as it is."""
        self._change_session(session_id, {"last_seen_at": at})

    def revoke(self, session_id: str, at: datetime) -> None:
        """End a session; one that has ended stays as it is."""
        self._change_session(session_id, {"revoked_at": at})

    def forget_sessions(self, before: datetime) -> int:
        """Delete sessions last used before ``before``; how many."""
        self._transaction.write()
        forgotten = self._session.scalars(
            delete(SignInRow)
            .where(SignInRow.last_seen_at < before)
            .returning(SignInRow.id)
            .execution_options(synchronize_session=False)
        )
        return len(forgotten.all())

    def _read(self, which: ColumnElement[bool]) -> Person | None:
        query = select(PersonRow).where(which).execution_options(populate_existing=True)
        with reading_records(DamagedEntry):
            row = self._session.scalar(query)
            return None if row is None else self._seen(row)

    def _seen(self, row: PersonRow) -> Person:
        person = _person(row)
        self._transaction.people_seen[person.id] = person
        return person

    def _refuse_taken(self, person: Person) -> None:
        query = select(PersonRow.id).where(
            PersonRow.name_key == fold(person.name), PersonRow.id != person.id
        )
        if self._session.scalar(query) is not None:
            raise InvalidInput("name", "This name is taken. Choose another one.")

    def _change_session(self, session_id: str, values: Values) -> None:
        if not can_occur(session_id):
            return
        self._transaction.write()
        self._session.execute(
            update(SignInRow)
            .where(SignInRow.id == session_id, SignInRow.revoked_at.is_(None))
            .values(values)
            .execution_options(synchronize_session=False)
        )


def _person_values(person: Person) -> Values:
    if not person.name or not can_occur(person.name):
        raise ValueError("an account needs a name that can be stored")
    return {
        "id": person.id,
        "name": person.name,
        "name_key": fold(person.name),
        "roles": sorted(person.roles),
        "password_hash": person.password_hash,
        "created_at": person.created_at,
        "password_changed_at": person.password_changed_at,
        "active": person.active,
        "must_change_password": person.must_change_password,
        "totp_secret": person.totp_secret,
        "totp_step": person.totp_step,
        "failures": person.failures,
        "locked_until": person.locked_until,
    }


def _person(row: PersonRow) -> Person:
    return Person(
        id=row.id,
        name=row.name,
        roles=frozenset(map(Role, row.roles)),
        password_hash=row.password_hash,
        created_at=row.created_at,
        password_changed_at=row.password_changed_at,
        active=row.active,
        must_change_password=row.must_change_password,
        totp_secret=row.totp_secret,
        totp_step=row.totp_step,
        failures=row.failures,
        locked_until=row.locked_until,
    )


def _session(row: SignInRow) -> SignIn:
    return SignIn(
        id=row.id,
        token_hash=row.token_hash,
        person_id=row.person_id,
        created_at=row.created_at,
        last_seen_at=row.last_seen_at,
        address=row.address,
        revoked_at=row.revoked_at,
    )
