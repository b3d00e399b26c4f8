"""What a page of the application sends, sent without a browser, and what it was told."""

import json
import re
import secrets
from collections.abc import Mapping
from http.client import HTTPConnection
from typing import Any

SECONDS = 60.0


class Refused(AssertionError):
    """The server answered a well-formed step with anything but success."""


class Window:
    """One connection to a server; every call raises OSError or HTTPException when it is killed."""

    def __init__(self, address: tuple[str, int]) -> None:
        self._connection = HTTPConnection(*address, timeout=SECONDS)
        self._origin = f"http://{address[0]}:{address[1]}"
        self._events: dict[str, int] = {}

    def ask(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> bytes:
        """The body of a successful answer."""
        named = {"Origin": self._origin, **(headers or {})}
        self._connection.request(method, path, body or None, named)
        answer = self._connection.getresponse()
        content = answer.read()
        if answer.status not in (200, 201):
            raise Refused(f"{method} {path}: {answer.status} {content[:300]!r}")
        return content

    def send(self, method: str, path: str, values: object) -> Any:
        """Send JSON, return the answer's JSON."""
        body = json.dumps(values).encode()
        return self.parsed(self.ask(method, path, body, {"Content-Type": "application/json"}))

    @staticmethod
    def parsed(answer: bytes) -> Any:
        """The JSON of an answer."""
        return json.loads(answer)

    def press(self, event: str, case_id: str, version: int) -> list[Any]:
        """Press a button on the page of a case; the values that the page shows then."""
        if not self._events:
            self._events = self._events_of_the_case_page()
        window = secrets.token_hex(5)
        sent = {
            "data": [case_id, version],
            "fn_index": self._events[event],
            "session_hash": window,
            "event_data": None,
            "trigger_id": None,
        }
        self.send("POST", "/gradio_api/queue/join", sent)
        said = self.ask("GET", f"/gradio_api/queue/data?session_hash={window}").decode()
        messages = [json.loads(line) for line in re.findall(r"data: (.*)", said)]
        done = [message for message in messages if message["msg"] == "process_completed"]
        if not done:
            raise ConnectionError("the server was killed before it had answered")
        if not done[0]["success"]:
            raise Refused(f"{event}: {done[0]['output']}")
        values: list[Any] = done[0]["output"]["data"]
        return values

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _events_of_the_case_page(self) -> dict[str, int]:
        page = self.ask("GET", "/case").decode()
        found = re.search(r"window\.gradio_config = (\{.*?\});</script>", page, re.DOTALL)
        assert found, "the page holds its own description"
        dependencies = json.loads(found.group(1))["dependencies"]
        return {event["api_name"]: event["id"] for event in dependencies}
