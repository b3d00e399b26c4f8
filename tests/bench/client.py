"""What a page of the application sends, sent without a browser, and how long the answers took."""

import json
import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.client import HTTPConnection
from typing import Any

from tests.bench.server import LOOPBACK
from triage_app.web.door.access import COOKIE

SECONDS = 60.0
CONFIG = re.compile(r"window\.gradio_config = (\{.*?\});</script>", re.DOTALL)


class Refused(Exception):
    """The server answered with anything but success."""


@dataclass
class Client:
    """One person at one window, with one connection.

    ``took`` holds (kind, seconds), ``busy`` how often the server asked to send a file again later.
    """

    port: int
    token: str = ""
    took: list[tuple[str, float]] = field(default_factory=list)
    busy: int = 0
    _loads: dict[str, dict[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.reconnect()
        self._headers = {"Origin": f"http://{LOOPBACK}:{self.port}"}
        if self.token:
            self._headers["Cookie"] = f"{COOKIE}={self.token}"

    def reconnect(self) -> None:
        """A new connection, at first and after an error."""
        self._connection = HTTPConnection(LOOPBACK, self.port, timeout=SECONDS)

    def ask(self, method: str, path: str, body: bytes = b"", kind: str = "") -> bytes:
        """The body of a successful answer."""
        headers = {**self._headers, **({"Content-Type": kind} if kind else {})}
        while True:
            self._connection.request(method, path, body or None, headers)
            answer = self._connection.getresponse()
            content = answer.read()
            if answer.status in (200, 201):
                return content
            again = answer.headers.get("Retry-After")
            if answer.status != 503 or again is None:
                where = f"{method} {path.partition('?')[0]}"
                raise Refused(f"{where}: {answer.status} {content[:200]!r}")
            # As the page does.
            self.busy += 1
            time.sleep(float(again))

    def page(self, name: str, query: str = "") -> str:
        """Open a page: its HTML, then the event with which it is filled; what came back."""

        def opened() -> str:
            html = self.ask("GET", f"/{name}{query}").decode()
            return self._filled(name, query, html)

        return self._timed("page", opened)

    def analyse(self, photograph: bytes, name: str = "bench.jpg") -> str:
        """Upload an image and wait for its analysis; the id of its case."""

        def uploaded() -> str:
            sent = self.ask("POST", "/api/uploads", photograph, "application/octet-stream")
            case: str = json.loads(sent)["case"]
            return case

        return self._timed("analysis", uploaded)

    def _timed(self, kind: str, step: Callable[[], str]) -> str:
        start = time.perf_counter()
        found = step()
        self.took.append((kind, time.perf_counter() - start))
        return found

    def _filled(self, name: str, query: str, html: str) -> str:
        load = self._load_event(name, html)
        window = secrets.token_hex(5)
        sent = {
            "data": [None] * len(load["inputs"]),
            "fn_index": load["id"],
            "session_hash": window,
            "event_data": None,
            "trigger_id": None,
        }
        body = json.dumps(sent).encode()
        self.ask("POST", f"/gradio_api/queue/join{query}", body, "application/json")
        said = self.ask("GET", f"/gradio_api/queue/data?session_hash={window}").decode()
        done = [m for m in _messages(said) if m["msg"] == "process_completed"]
        if not done or not done[0]["success"]:
            raise Refused(f"the page {name} was not filled: {said[-200:]}")
        return said

    def _load_event(self, name: str, html: str) -> dict[str, Any]:
        if name not in self._loads:
            found = CONFIG.search(html)
            assert found, "the page holds its own description"
            events = json.loads(found.group(1))["dependencies"]
            self._loads[name] = next(e for e in events if _fills_the_page(e))
        return self._loads[name]


def _fills_the_page(event: dict[str, Any]) -> bool:
    return event["backend_fn"] and any(kind == "load" for _, kind in event["targets"])


def _messages(stream: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in re.findall(r"data: (.*)", stream)]
