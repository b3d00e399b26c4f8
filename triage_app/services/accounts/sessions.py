"""Sessions: opened after a sign-in, looked up at each request, ended by time or by hand."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from ipaddress import ip_address

from triage_app.domain.errors import NotPermitted, NotSignedIn, PersonNotFound
from triage_app.domain.people import Actor, Permission, Person, SignIn, is_current
from triage_app.domain.trail import Action, Entry
from triage_app.ports.adapters import UnitOfWork, UnitOfWorkFactory
from triage_app.services.accounts.credentials import new_token, token_hash
from triage_app.services.images.storing import new_id

TOUCH_EVERY = timedelta(minutes=1)
# Ended sessions stay for a while, so that a person can be asked about them.
FORGET_AFTER = timedelta(days=90)


class Sessions:
    """Use cases on sessions; each call is one transaction.

    A session ends when it was not used for ``idle``, and after ``longest`` in any case.
    """

    def __init__(
        self,
        units: UnitOfWorkFactory,
        clock: Callable[[], datetime],
        idle: timedelta,
        longest: timedelta,
    ) -> None:
        self._units = units
        self._clock = clock
        self._idle = idle
        self._longest = longest

    def who(self, token: str, touch: bool = True) -> Actor:
        """Who this session belongs to; raises NotSignedIn.

        Notes the use, at most once a minute; ``touch=False`` is for requests that a page makes by
        itself, which must not keep a forgotten session alive.
        """
        at = self._clock()
        with self._units() as unit:
            session = unit.people.session(token_hash(token))
            if session is None or not is_current(session, at, self._idle, self._longest):
                raise NotSignedIn
            try:
                person = unit.people.get(session.person_id)
            except PersonNotFound:
                raise NotSignedIn from None
            if not person.active:
                raise NotSignedIn
            if touch and at - session.last_seen_at >= TOUCH_EVERY:
                unit.people.touch(session.id, at)
                unit.commit()
        return _actor(person, session)

    def sign_out(self, token: str) -> None:
        """End the session of this token; one that has ended or never was is no error."""
        with self._units() as unit:
            session, at = unit.people.session(token_hash(token)), self._clock()
            if session is None or session.revoked_at is not None:
                return
            unit.people.revoke(session.id, at)
            unit.trail.append(Entry(Action.SIGNED_OUT, session.person_id, session.id), at)
            unit.commit()

    def sessions(self, actor: Actor, person_id: str = "") -> Sequence[SignIn]:
        """Open sessions, newest first: the own ones, or those of anybody with MANAGE_PEOPLE."""
        refuse_before_change(actor)
        wanted = person_id or actor.id
        if wanted != actor.id:
            actor.require(Permission.MANAGE_PEOPLE)
        at = self._clock()
        with self._units() as unit:
            found = unit.people.sessions_of(wanted)
        return [s for s in found if is_current(s, at, self._idle, self._longest)]

    def revoke(self, actor: Actor, session_id: str) -> None:
        """End a session: an own one, or anybody's with MANAGE_PEOPLE; an ended one stays so."""
        refuse_before_change(actor)
        with self._units() as unit:
            unit.lock()
            at, owners = self._clock(), [actor.id]
            if actor.may(Permission.MANAGE_PEOPLE):
                owners = [person.id for person in unit.people.everyone()]
            for owner in owners:
                if any(s.id == session_id for s in unit.people.sessions_of(owner)):
                    unit.people.revoke(session_id, at)
                    details = {"person": owner}
                    entry = Entry(Action.SESSION_REVOKED, actor.id, session_id, details)
                    unit.trail.append(entry, at)
                    unit.commit()
                    return
        if not actor.may(Permission.MANAGE_PEOPLE):
            raise NotPermitted

    def forget_old_sessions(self) -> int:
        """Delete sessions that were last used 90 days ago; how many."""
        with self._units() as unit:
            gone = unit.people.forget_sessions(self._clock() - FORGET_AFTER)
            unit.commit()
        return gone

    def _open(
        self, unit: UnitOfWork, person: Person, address: str, at: datetime
    ) -> tuple[str, Actor]:
        token = new_token()
        session = SignIn(new_id(), token_hash(token), person.id, at, at, address)
        unit.people.add_session(session)
        details = {"session": session.id, "address": address}
        unit.trail.append(Entry(Action.SIGNED_IN, person.id, person.id, details), at)
        unit.commit()
        return token, _actor(person, session)


def _actor(person: Person, session: SignIn) -> Actor:
    return Actor(
        person.id, person.name, person.permissions, session.id, person.must_change_password
    )


def refuse_before_change(actor: Actor) -> None:
    if actor.must_change_password:
        raise NotPermitted


def plain_address(address: str) -> str:
    # The trail keeps addresses, and nothing that a stranger can make up.
    try:
        return str(ip_address(address))
    except ValueError:
        return ""
