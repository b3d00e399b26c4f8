"""Signing in and out, and the credentials and sessions of the person who is signed in."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Never

from triage_app.domain.errors import InvalidInput, SignInRefused, StalePerson
from triage_app.domain.people import Actor, Person, check_password
from triage_app.domain.trail import Action, Entry
from triage_app.ports.adapters import UnitOfWork, UnitOfWorkFactory
from triage_app.services.accounts.credentials import (
    Passwords,
    TotpEnrolment,
    accepted_step,
    enrolment,
    is_secret,
)
from triage_app.services.accounts.gate import Strangers, failed_once, judge, remaining
from triage_app.services.accounts.people import People, end_sessions, without_secrets
from triage_app.services.accounts.sessions import Sessions, plain_address, refuse_before_change
from triage_app.services.images.storing import now


class Accounts(People, Sessions):
    """Use cases on accounts and sessions; each call is one transaction.

    ``idle`` and ``longest`` end a session, ``issuer`` is the name that authenticators show.
    """

    def __init__(
        self,
        units: UnitOfWorkFactory,
        idle: timedelta,
        longest: timedelta,
        clock: Callable[[], datetime] = now,
        *,
        issuer: str = "Dermoscopy triage",
        passwords: Passwords | None = None,
    ) -> None:
        Sessions.__init__(self, units, clock, idle, longest)
        People.__init__(self, units, clock, passwords or Passwords())
        self._issuer = issuer
        self._strangers = Strangers()

    def sign_in(self, name: str, password: str, code: str, address: str) -> tuple[str, Actor]:
        """A new session: its token, for the cookie alone, and who it is.

        Raises SignInRefused in the same words and after the same work whether the name, the
        password or the code is wrong, the account is shut or locked, or there is none.
        """
        with self._units() as unit:
            known = unit.people.by_name(name)
        if known is None:
            self._refuse_stranger(name, password, address)
        right = self._passwords.matches(password, known.password_hash)
        fresh = known.password_hash
        if right and self._passwords.outdated(fresh):
            fresh = self._passwords.hash(password)
        with self._units() as unit:
            unit.lock()
            person, at = unit.people.get(known.id), self._clock()
            right = right and person.password_hash == known.password_hash
            outcome = judge(person, right, code, at)
            if outcome.reason:
                unit.people.save(outcome.person)
                self._note_failure(unit, person.id, outcome.reason, address, at)
                raise SignInRefused(outcome.wait_s)
            person = replace(outcome.person, password_hash=fresh)
            unit.people.save(person)
            return self._open(unit, person, plain_address(address), at)

    def own(self, actor: Actor) -> Person:
        """The account of the person who asks, without its secrets."""
        with self._units() as unit:
            return without_secrets(unit.people.get(actor.id))

    def change_password(self, actor: Actor, old: str, new: str) -> None:
        """Set another password and end the person's other sessions.

        Raises InvalidInput("old", ...) or InvalidInput("password", ...), and SignInRefused after
        several wrong old passwords.
        """
        check_password(new, actor.name)
        if new == old:
            raise InvalidInput("password", "Choose another password than the one you have now.")
        known, right = self._check(actor, old)
        hashed = self._passwords.hash(new) if right else ""

        def change(person: Person, at: datetime) -> Person:
            return replace(
                person, password_hash=hashed, password_changed_at=at, must_change_password=False
            )

        entry = Entry(
            Action.PASSWORD_CHANGED, actor.id, actor.id, {"forced": known.must_change_password}
        )
        self._confirmed(actor, known, right, change, entry)

    def begin_totp(self, actor: Actor) -> TotpEnrolment:
        """A secret for an authenticator; stores nothing until ``confirm_totp``."""
        refuse_before_change(actor)
        return enrolment(actor.name, self._issuer)

    def confirm_totp(self, actor: Actor, secret: str, code: str, password: str) -> None:
        """Ask for a code at each sign-in from now on; raises InvalidInput as ``change_password``.

        The password is asked for because whoever finds a session open could else lock its owner
        out. Other sessions end.
        """
        refuse_before_change(actor)
        step = accepted_step(secret, code, self._clock(), 0) if is_secret(secret) else None
        if step is None:
            raise InvalidInput(
                "code", "The code is not right. Check the clock of your device, then type the next."
            )
        spent = step
        known, right = self._check(actor, password)
        self._confirmed(
            actor,
            known,
            right,
            lambda person, _: replace(person, totp_secret=secret, totp_step=spent),
            Entry(Action.TOTP_CHANGED, actor.id, actor.id, {"on": True}),
        )

    def drop_totp(self, actor: Actor, password: str) -> None:
        """Ask for no code any more; raises InvalidInput("old", ...)."""
        refuse_before_change(actor)
        known, right = self._check(actor, password)
        self._confirmed(
            actor,
            known,
            right,
            lambda person, _: replace(person, totp_secret="", totp_step=0),
            Entry(Action.TOTP_CHANGED, actor.id, actor.id, {"on": False}),
        )

    def _refuse_stranger(self, name: str, password: str, address: str) -> Never:
        self._passwords.matches_nobody(password)
        at = self._clock()
        wait = self._strangers.attempt(name, at)
        with self._units() as unit:
            self._note_failure(unit, "", "unknown", address, at)
        raise SignInRefused(wait)

    def _note_failure(
        self, unit: UnitOfWork, subject: str, reason: str, address: str, at: datetime
    ) -> None:
        # What was typed as a name may be a password, so it is never kept.
        details = {"reason": reason, "address": plain_address(address)}
        unit.trail.append(Entry(Action.SIGN_IN_FAILED, "", subject, details), at)
        unit.commit()

    def _check(self, actor: Actor, password: str) -> tuple[Person, bool]:
        with self._units() as unit:
            known = unit.people.get(actor.id)
        return known, self._passwords.matches(password, known.password_hash)

    def _confirmed(
        self,
        actor: Actor,
        known: Person,
        right: bool,
        change: Callable[[Person, datetime], Person],
        entry: Entry,
    ) -> None:
        """Change one's own account if the password was right; otherwise count the failure."""
        with self._units() as unit:
            unit.lock()
            person, at = unit.people.get(actor.id), self._clock()
            wait = remaining(person.locked_until, at)
            if wait:
                raise SignInRefused(wait)
            if not right:
                unit.people.save(failed_once(person, at))
                self._note_failure(unit, person.id, "confirmation", "", at)
                raise InvalidInput("old", "The present password is not right.")
            if person.password_hash != known.password_hash:
                raise StalePerson
            unit.people.save(replace(change(person, at), failures=0, locked_until=None))
            ended = end_sessions(unit, person.id, at, but=actor.session)
            details = {**(entry.details or {}), "sessions_ended": ended}
            unit.trail.append(replace(entry, details=details), at)
            unit.commit()
