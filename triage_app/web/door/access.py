"""Who asks, and from where. Every route and every handler of a page goes through ``authorise``."""

from dataclasses import dataclass
from ipaddress import ip_address
from typing import Protocol
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import Scope

from triage_app.domain.errors import NotSignedIn
from triage_app.domain.people import LOCAL_USER, Actor, Permission
from triage_app.web.door import policy

# The guard puts the person here, under a name that no other middleware uses.
ACTOR = "triage_app.actor"
COOKIE, SECURE_COOKIE = "triage_session", "__Host-triage_session"
FORWARDED = frozenset(
    f"x-forwarded-{part}".encode() for part in ("for", "host", "proto", "port", "prefix", "server")
) | {b"forwarded", b"x-gradio-server"}


class SessionKeeper(Protocol):
    """What the front end needs of the accounts to know who asks."""

    def who(self, token: str, touch: bool = True) -> Actor:
        """Raises NotSignedIn."""


def authorise(connection: HTTPConnection, *any_of: Permission) -> Actor:
    """The person behind a request, who has at least one of ``any_of`` where any is named.

    Raises NotSignedIn for a request that the guard has let pass without a person, NotPermitted.
    """
    actor = connection.scope.get(ACTOR)
    if not isinstance(actor, Actor):
        raise NotSignedIn
    if any_of and not any(actor.may(permission) for permission in any_of):
        actor.require(any_of[0])
    return actor


@dataclass(frozen=True)
class Access:
    """How people come in.

    ``accounts`` is None in single-user mode. ``public_origin`` is that of a reverse proxy with
    TLS, empty without one.
    """

    accounts: SessionKeeper | None
    public_origin: str = ""

    @property
    def public_host(self) -> str:
        """Host header that the reverse proxy passes on, empty without one."""
        return urlsplit(self.public_origin).netloc

    def identify(self, connection: HTTPConnection, *, touch: bool) -> Actor:
        """The person whose session the cookie opens; raises NotSignedIn. Asks the database."""
        if self.accounts is None:
            return LOCAL_USER
        token = self.token(connection)
        if not token:
            raise NotSignedIn
        return self.accounts.who(token, touch)

    def token(self, connection: HTTPConnection) -> str:
        """The cookie's token, empty without one."""
        return connection.cookies.get(self._cookie, "")

    def set_cookie(self, response: Response, token: str) -> None:
        """Let the browser keep the token until it is closed, for this server alone."""
        response.set_cookie(
            self._cookie,
            token,
            path="/",
            httponly=True,
            samesite="strict",
            secure=bool(self.public_origin),
        )

    def drop_cookie(self, response: Response) -> None:
        """Take the token back."""
        response.delete_cookie(
            self._cookie,
            path="/",
            httponly=True,
            samesite="strict",
            secure=bool(self.public_origin),
        )

    def seen_from_outside(self, scope: Scope) -> Scope:
        """The request as the browser sent it, where a reverse proxy passed it on.

        Headers that a client can make up are taken away, since the pages build addresses of them.
        """
        headers = [(k, v) for k, v in scope["headers"] if k not in FORWARDED]
        seen = {**scope, "headers": headers}
        host = next((v for k, v in headers if k == b"host"), b"").decode("latin-1")
        if self.public_origin and policy.as_sent("https", host) == self.public_host:
            # In one spelling from here on, since the pages build addresses of it.
            named = (b"host", self.public_host.encode("ascii"))
            seen["headers"] = [named if k == b"host" else (k, v) for k, v in headers]
            seen["scheme"] = "https"
            seen["client"] = (self._client(scope), 0)
        return seen

    def _client(self, scope: Scope) -> str:
        direct: str = (scope.get("client") or ("", 0))[0]
        forwarded = [v for k, v in scope["headers"] if k == b"x-forwarded-for"]
        if not forwarded or not policy.is_loopback(direct):
            return direct
        # The last one is what the proxy saw itself; those before it may be made up.
        last = forwarded[-1].decode("latin-1").rpartition(",")[2].strip()
        try:
            return str(ip_address(last))
        except ValueError:
            return direct

    @property
    def _cookie(self) -> str:
        # The prefix makes the browser refuse it from another host or without TLS.
        return SECURE_COOKIE if self.public_origin else COOKIE


def address_of(connection: HTTPConnection) -> str:
    """Network address of the client, empty where there is none."""
    return connection.client.host if connection.client else ""
