"""Judging one attempt to sign in: what is wrong with it, and what it does to the account."""

import unicodedata
from collections import OrderedDict
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from threading import Lock

from triage_app.domain.people import LONGEST_LOCK, Person, locked_until
from triage_app.services.accounts.credentials import accepted_step

# A one-time password travels on paper or by telephone; it must not lie about for long.
ONE_TIME_LIFE = timedelta(hours=72)
STRANGERS = 10_000


@dataclass(frozen=True)
class Outcome:
    """The account as it is after the attempt.

    ``reason`` is empty when the person may come in, else a code for the trail alone: "locked",
    "shut", "password", "expired" or "code". ``wait_s``: seconds until the next attempt counts.
    """

    person: Person
    reason: str = ""
    wait_s: float = 0.0


def judge(person: Person, right_password: bool, code: str, at: datetime) -> Outcome:
    """Let in, or refuse and count; while the account is locked nothing is counted."""
    wait = remaining(person.locked_until, at)
    if wait:
        return Outcome(person, "locked", wait)
    step = person.totp_step
    if person.totp_secret:
        step = accepted_step(person.totp_secret, code, at, person.totp_step) or 0
    reason = _fault(person, right_password, bool(step) or not person.totp_secret, at)
    if reason:
        failed = failed_once(person, at)
        return Outcome(failed, reason, remaining(failed.locked_until, at))
    return Outcome(replace(person, totp_step=step, failures=0, locked_until=None))


def failed_once(person: Person, at: datetime) -> Person:
    """The account after one more failure."""
    failures = person.failures + 1
    return replace(person, failures=failures, locked_until=locked_until(failures, at))


def remaining(until: datetime | None, at: datetime) -> float:
    """Seconds that a lock still lasts; one beyond the longest was set by a clock that jumped."""
    if until is None or not timedelta() < until - at <= LONGEST_LOCK:
        return 0.0
    return (until - at).total_seconds()


def _fault(person: Person, right_password: bool, right_code: bool, at: datetime) -> str:
    if not person.active:
        return "shut"
    if not right_password:
        return "password"
    if person.must_change_password and at - person.password_changed_at > ONE_TIME_LIFE:
        return "expired"
    return "" if right_code else "code"


class Strangers:
    """Locks names without an account just as accounts are: a lock must not show that one exists.

    In memory, for the names tried last; a restart forgets them.
    """

    def __init__(self) -> None:
        self._failures: OrderedDict[str, tuple[int, datetime | None]] = OrderedDict()
        self._lock = Lock()

    def attempt(self, name: str, at: datetime) -> float:
        """Count an attempt unless the name is locked; seconds until the next one counts."""
        key = unicodedata.normalize("NFKC", name[:200]).casefold().strip()
        with self._lock:
            failures, until = self._failures.pop(key, (0, None))
            if not remaining(until, at):
                failures, until = failures + 1, locked_until(failures + 1, at)
            self._failures[key] = (failures, until)
            while len(self._failures) > STRANGERS:
                self._failures.popitem(last=False)
        return remaining(until, at)
