"""Serving on loopback until stopped."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from triage_app.config import Settings
from triage_app.domain.errors import ConfigurationError
from triage_app.domain.shown import shown
from triage_app.services.ground import stopping
from triage_app.services.ground.terminal import say
from triage_app.services.site.application import Application
from triage_app.ui.words.people import SINGLE_USER
from triage_app.web.app import create_app
from triage_app.web.memory import giving_back

HEADER_BYTES = 32_768


class _Server(uvicorn.Server):
    """A server that signals stop, after which everything else is closed.

    Uvicorn's own handlers raise SIGTERM once more when it has shut down, which ends the process
    before that.
    """

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Instead of uvicorn's own."""
        with stopping.instead(self._end):
            yield

    def _end(self) -> None:
        # A second signal waits for no browser any longer.
        self.force_exit = self.should_exit
        self.should_exit = True


def run(station: Application, settings: Settings) -> int:
    """Listen, print the address and where data lies, serve until stopped; the exit status."""
    listener = listen(settings.host, settings.port)
    server = _Server(
        uvicorn.Config(
            create_app(station, settings.public_origin),
            # The application has set up logging already, without patient text.
            log_config=None,
            log_level="warning",
            access_log=False,
            server_header=False,
            # The guard does it itself, and only behind a reverse proxy that the site has named.
            proxy_headers=False,
            h11_max_incomplete_event_size=HEADER_BYTES,
            timeout_graceful_shutdown=5,
        )
    )
    say(greeting(station, settings, listener.getsockname()[1]))
    with listener, giving_back():
        server.run(sockets=[listener])
    return 0


def greeting(station: Application, settings: Settings, port: int) -> str:
    """What a person needs to see at the start."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    model = f"{station.card.name} {station.card.version}" if station.card else station.refusal
    lines = [
        f"Open http://{host}:{port}/",
        f"Data folder: {shown(settings.data_dir)}",
        f"Database:    {shown(settings.database)}",
        f"Model:       {model}",
    ]
    if settings.public_origin:
        lines.append(f"Behind:      {settings.public_origin}")
    if station.single_user:
        lines.append(f"Note:        {SINGLE_USER}")
    return "\n".join([*lines, "Stop with Ctrl+C."])


def listen(host: str, port: int) -> socket.socket:
    """A socket that takes connections from now on; raises ConfigurationError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With the protocol named: only then asyncio sends answers at once (TCP_NODELAY), and not 40 ms
    # later, when the browser has acknowledged the headers.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        # From here on a browser waits instead of being refused, though nobody answers yet.
        listener.listen()
    except OSError as error:
        listener.close()
        raise ConfigurationError(
            f"Cannot listen on {host} port {port}: {error.strerror}. "
            "Set TRIAGE_PORT to another port, or to 0 for any free one."
        ) from error
    return listener
