"""A workstation with accounts behind the real web application, and everybody signed in to it."""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from httpx import Response
from starlette.routing import Mount
from starlette.testclient import TestClient

from tests.stations import web_station
from tests.stations.accounts_desk import PASSWORD
from triage_app.domain.people import Actor, Role
from triage_app.services.accounts.accounts import Accounts
from triage_app.services.site.application import Application
from triage_app.web.app import create_app
from triage_app.web.door.access import COOKIE

ORIGIN = "http://127.0.0.1:7860"
NOBODY, FORCED = "nobody", "forced"
# Text that stands in one clinician's case; nobody without sight of it may ever get it.
SECRET = "PT-SECRET-REFERENCE"
NOTE = "a note that names the patient"
OWN = "PT-OWN-REFERENCE"


@dataclass
class House:
    """The application, one client for all, and each person's cookie and actor by name."""

    station: Application
    client: TestClient
    tokens: dict[str, str] = field(default_factory=dict)
    actors: dict[str, Actor] = field(default_factory=dict)
    one_time: dict[str, str] = field(default_factory=dict)
    windows: int = 0

    @property
    def accounts(self) -> Accounts:
        """The accounts, which this workstation has."""
        assert self.station.accounts is not None
        return self.station.accounts

    @property
    def pages(self) -> Any:
        """Gradio's pages as they are mounted."""
        app: Any = self.client.app
        mounted = next(route for route in app.routes if isinstance(route, Mount))
        gradio_app: Any = mounted.app
        return gradio_app.get_blocks()

    def ask(self, who: str, method: str, path: str, **request: Any) -> Response:
        """A request as ``who`` sends it, without following redirects."""
        token = self.tokens.get(who)
        given: Mapping[str, str] = request.pop("headers", {})
        headers = {"cookie": f"{COOKIE}={token}"} if token else {}
        return self.client.request(
            method, path, headers={**headers, **given}, follow_redirects=False, **request
        )

    def upload(self, who: str, kind: str = "doubtful", batch: str = "") -> str:
        """The case of a new upload."""
        headers = {"x-batch": batch} if batch else {}
        answer = self.ask(
            who, "POST", "/api/uploads", content=web_station.lesion_jpeg(kind), headers=headers
        )
        assert answer.status_code == 201, answer.text
        found: str = answer.json()["case"]
        return found

    def write(self, who: str, case: str, **fields: object) -> None:
        """Type into a new draft."""
        body = {"version": 1, "fields": fields}
        assert self.ask(who, "PUT", f"/api/cases/{case}/draft", json=body).status_code == 200

    def window(self) -> str:
        """A session hash as Gradio's front end makes one."""
        self.windows += 1
        return f"window{self.windows:05d}"

    def join(self, who: str, number: int, data: list[Any], window: str, **more: Any) -> Response:
        """Send an event of a page to the queue."""
        body = {"data": data, "fn_index": number, "session_hash": window, **more}
        return self.ask(who, "POST", "/gradio_api/queue/join", json=body)

    def event(self, who: str, number: int, data: list[Any], **more: Any) -> "Outcome":
        """Send an event of a page and wait for its end."""
        window = more.pop("window", "") or self.window()
        answer = self.join(who, number, data, window, **more)
        if answer.status_code != 200:
            return Outcome(False, answer.status_code, answer.text)
        path = f"/gradio_api/queue/data?session_hash={window}"
        said = self.ask(who, "GET", path)
        messages = [json.loads(line) for line in re.findall(r"data: (.*)", said.text)]
        done = next(m for m in messages if m["msg"] == "process_completed")
        return Outcome(done["success"], 200, json.dumps(done["output"], ensure_ascii=False))


@dataclass(frozen=True)
class Outcome:
    """How an event ended: whether it ran, the status of joining, and everything that came back."""

    ran: bool
    status: int
    text: str


@contextmanager
def house(folder: Path, **options: Any) -> Iterator[House]:
    """Administrator, clinician, photographer and auditor have signed in; one must change first.

    ``options`` are those of ``web_station.station``.
    """
    with (
        web_station.station(folder, accounts=True, **options) as station,
        TestClient(create_app(station), ORIGIN, headers={"origin": ORIGIN}) as client,
    ):
        found = House(station, client)
        _hire(found)
        yield found


def _hire(found: House) -> None:
    first = found.accounts.first_start()
    assert first is not None
    found.one_time["administrator"] = first[1]
    _enter(found, "administrator")
    administrator = found.actors["administrator"]
    for role in (Role.CLINICIAN, Role.PHOTOGRAPHER, Role.AUDITOR):
        for name in (role.value, f"second {role.value}"):
            found.one_time[name] = found.accounts.create(administrator, name, [role])[1]
            _enter(found, name)
    everything = found.accounts.create(administrator, FORCED, list(Role))
    found.one_time[FORCED] = everything[1]
    found.tokens[FORCED] = sign_in(found, FORCED, everything[1]).cookies[COOKIE]


def _enter(found: House, name: str) -> None:
    once = found.one_time[name]
    found.tokens[name] = sign_in(found, name, once).cookies[COOKIE]
    form = {"old": once, "new": PASSWORD, "repeat": PASSWORD}
    assert found.ask(name, "POST", "/password", data=form).status_code == 303
    found.actors[name] = found.accounts.who(found.tokens[name])


def sign_in(found: House, name: str, password: str, **more: str) -> Response:
    """Send the form for signing in."""
    form = {"name": name, "password": password, **more}
    answer = found.ask(NOBODY, "POST", "/sign-in", data=form)
    # The client would send it with every further request, whoever asks.
    found.client.cookies.clear()
    return answer
