"""Who asks. Every route and every handler of a page goes through ``authorise``."""

from dataclasses import dataclass

from starlette.requests import HTTPConnection


@dataclass(frozen=True)
class Actor:
    """A person who uses the workstation."""

    name: str


LOCAL_USER = Actor("local user")


def authorise(connection: HTTPConnection) -> Actor:  # noqa: ARG001 - accounts will read it
    """The person behind a request.

    The server listens on loopback only and has no accounts, so everyone who reaches it is the one
    local user. Callers already pass each request through here and never assume who it is.
    """
    return LOCAL_USER
