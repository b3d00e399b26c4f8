"""Keys with which a browser seals what it keeps of typed text until the server has it."""

import hmac
import secrets
from collections.abc import Callable
from datetime import datetime
from hashlib import sha256

from triage_app.domain.people import Actor
from triage_app.ports.adapters import UnitOfWorkFactory
from triage_app.services.images.storing import now

SECRET = "window_secret"  # noqa: S105 - the name of a setting


class WindowKeys:
    """One key for each person.

    It outlasts a session and a restart, so that text typed while the connection was down can be
    sent afterwards; and without signing in as that person it cannot be had, so that what a
    browser leaves on its disk cannot be read.
    """

    def __init__(self, units: UnitOfWorkFactory, clock: Callable[[], datetime] = now) -> None:
        self._units = units
        self._clock = clock

    def key(self, actor: Actor) -> bytes:
        """32 bytes, always the same for the same person of this site."""
        return hmac.digest(self._secret(), actor.id.encode(), sha256)

    def _secret(self) -> bytes:
        with self._units() as unit:
            stored = unit.site.setting(SECRET)
        if stored:
            return bytes.fromhex(stored)
        with self._units() as unit:
            unit.lock()
            # Two windows may ask at the same time; the first one makes it.
            stored = unit.site.setting(SECRET) or secrets.token_hex(32)
            unit.site.set(SECRET, stored, self._clock())
            unit.commit()
        return bytes.fromhex(stored)
