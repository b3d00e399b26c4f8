"""Passwords, one-time passwords, time-based codes and session tokens; stores nothing."""

import io
import re
import secrets
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from threading import BoundedSemaphore

import pyotp
import segno
from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from triage_app.domain.errors import TooManyRequests
from triage_app.domain.people import MAX_PASSWORD

# Argon2id, RFC 9106, section 4, second recommended option: 64 MiB, three passes, four lanes.
HASHER = PasswordHasher(time_cost=3, memory_cost=65_536, parallelism=4)
# Each check takes 64 MiB: more at once would let strangers use up the memory.
CHECKS_AT_ONCE = 2
LONGEST_WAIT_S = 10.0
# No letter or digit that is taken for another one when it is read from a screen.
READABLE = "abcdefghjkmnpqrstuvwxyz23456789"
STEP_SECONDS = 30


class Passwords:
    """Hashes and checks passwords with Argon2id, a few at a time."""

    def __init__(self, hasher: PasswordHasher = HASHER) -> None:
        self._hasher = hasher
        self._slots = BoundedSemaphore(CHECKS_AT_ONCE)
        self._nobody = ""

    def hash(self, password: str) -> str:
        """An Argon2id string with a salt of its own; raises TooManyRequests."""
        with self._slot():
            return self._hasher.hash(_plain(password))

    def matches(self, password: str, stored: str) -> bool:
        """Whether ``stored`` was made from this password; raises TooManyRequests."""
        # Made here too: the first unknown name would else take twice as long as a known one.
        self._decoy()
        with self._slot():
            try:
                return self._hasher.verify(stored, _plain(password))
            except (Argon2Error, InvalidHashError):
                return False

    def matches_nobody(self, password: str) -> bool:
        """False, after the same work as a real check: a name without account must not show."""
        self.matches(password, self._decoy())
        return False

    def outdated(self, stored: str) -> bool:
        """Whether ``stored`` was made with weaker parameters than today's."""
        return self._hasher.check_needs_rehash(stored)

    def _decoy(self) -> str:
        self._nobody = self._nobody or self.hash(secrets.token_hex(16))
        return self._nobody

    @contextmanager
    def _slot(self) -> Iterator[None]:
        if not self._slots.acquire(timeout=LONGEST_WAIT_S):
            raise TooManyRequests("Too many people sign in at this moment. Try again in a minute.")
        try:
            yield
        finally:
            self._slots.release()


def one_time_password() -> str:
    """Sixteen letters and digits in four groups, 79 bits, easy to read out."""
    groups = ("".join(secrets.choice(READABLE) for _ in range(4)) for _ in range(4))
    return "-".join(groups)


def new_token() -> str:
    """The secret of a session: 32 random bytes, for the cookie alone."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """What is stored of a token: a stolen database opens no session."""
    return sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True)
class TotpEnrolment:
    """What a person needs to set up an authenticator: ``svg`` draws ``uri`` as a QR code."""

    secret: str
    uri: str
    svg: str


def enrolment(name: str, issuer: str) -> TotpEnrolment:
    """A new secret of 160 bits for this person; nothing is stored until a code proves it."""
    secret = pyotp.random_base32()
    uri = pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=issuer)
    drawn = io.BytesIO()
    segno.make(uri, error="m").save(
        drawn, kind="svg", xmldecl=False, scale=5, title="QR code of the secret", light="#fff"
    )
    return TotpEnrolment(secret, uri, drawn.getvalue().decode())


def is_secret(text: str) -> bool:
    """Whether this can be a secret that ``enrolment`` made."""
    return re.fullmatch(r"[A-Z2-7]{32}", text) is not None


def accepted_step(secret: str, code: str, at: datetime, used: int) -> int | None:
    """The time step of a code that counts now, or None.

    RFC 6238: one step before and after is allowed for clocks that differ. A step at or below
    ``used`` was spent, so a code that somebody looked at is worth nothing.
    """
    typed = re.sub(r"\s", "", code)
    if not re.fullmatch(r"[0-9]{6}", typed):
        return None
    now, found = int(at.timestamp()) // STEP_SECONDS, None
    for step in (now - 1, now, now + 1):
        right = secrets.compare_digest(pyotp.TOTP(secret).generate_otp(step), typed)
        if right and step > used:
            found = step
    return found


def _plain(password: str) -> bytes:
    # Keyboards compose accents differently; what is too long to be a password is cut.
    folded = unicodedata.normalize("NFKC", password[: 32 * MAX_PASSWORD])
    return folded[: MAX_PASSWORD + 1].encode("utf-8", "surrogatepass")
