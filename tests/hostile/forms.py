"""Requests with hostile values to every form of the application, each made from its number."""

import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from tests.hostile.typed import text, value
from tests.stations.people_station import House
from tests.tables.doors import EVENTS
from triage_app.services.cases.forms import FIELD_LABELS
from triage_app.ui.words.texts import UNEXPECTED as UNEXPECTED_ON_A_PAGE
from triage_app.web.door.failures import UNEXPECTED

# Starting a backup or ending everybody's sessions is no matter of typed values, and the forms of
# passwords are slow on purpose.
LEFT_OUT = frozenset({"SitePage.back_up", "PeoplePage.end", "AccountPage.end", "PeoplePage.reset"})
STALE = 99  # as a version, in the values of tests/tables/doors.py
# What elements of the pages name in the data of their events, beside the case.
NAMED = (
    "answers",
    "batch",
    "digest",
    "lesion",
    "person",
    "reference",
    "show",
    "site",
    "step",
    "text",
    "version",
    "view",
    "whose",
    "x",
    "y",
)
# After these nothing could be typed into the case any more.
LAST_STEPS = frozenset({"CasePage.delete", "CasePage.erase"})
SIGNED_IN = ("administrator", "clinician", "photographer", "auditor")


@dataclass
class Forms:
    """All forms of one application, and the cases that they are about."""

    house: House
    cases: list[str]
    outcome: str = "0" * 32
    events: dict[str, list[int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for number, event in self.house.pages.fns.items():
            if event.fn is not None and event.fn.__qualname__ not in LEFT_OUT:
                self.events.setdefault(event.fn.__qualname__, []).append(number)

    def renew(self) -> None:
        """Other cases: those before may lie in the bin by now, where most forms only refuse."""
        self.cases[:] = [self.house.upload("clinician") for _ in self.cases]

    def send(self, number: int) -> tuple[str, int, str]:
        """Send the request of this number; the form's name, the status and the answer's text."""
        rng = random.Random(number)
        kinds: tuple[Callable[[random.Random], tuple[str, int, str]], ...] = (
            self._draft,
            self._draft,
            self._event,
            self._event,
            self._event,
            self._body,
            self._plain_form,
            self._address,
            self._upload,
            self._document,
        )
        return rng.choice(kinds)(rng)

    def _draft(self, rng: random.Random) -> tuple[str, int, str]:
        names = rng.sample(sorted(FIELD_LABELS), rng.randint(1, 4))
        case_id = rng.choice(self.cases)
        body = {"version": self._version(case_id), "fields": {name: value(rng) for name in names}}
        return self._put("draft", case_id, body)

    def _version(self, case_id: str) -> int:
        return self.house.station.cases.get(self.house.actors["clinician"], case_id).version

    def _body(self, rng: random.Random) -> tuple[str, int, str]:
        """A draft whose body itself is not as it should be."""
        case_id = rng.choice(self.cases)
        body: Any = {"version": value(rng), "fields": {text(rng): value(rng)}}
        if rng.random() < 0.4:
            body = rng.choice((value(rng), {"version": 1}, {"fields": {}, "version": 1, "x": 1}))
        raw = json.dumps(body).encode()
        if rng.random() < 0.4:
            raw = raw[: rng.randrange(len(raw) + 1)]
        if rng.random() < 0.1:
            raw = b"[" * 200_000
        return self._put("body", case_id, raw)

    def _put(self, name: str, case_id: str, body: Any) -> tuple[str, int, str]:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"content-type": "application/json"}
        path = f"/api/cases/{case_id}/draft"
        answer = self.house.ask("clinician", "PUT", path, content=raw, headers=headers)
        return name, answer.status_code, answer.text

    def _event(self, rng: random.Random) -> tuple[str, int, str]:
        name = rng.choice(sorted(self.events))
        event = EVENTS[name]
        who = rng.choice([person for person in SIGNED_IN if person in event.who])
        values: list[Any] = list(event.values)
        if event.case and not event.data:
            values.insert(0, rng.choice((*self.cases, text(rng))))
        # The right number of values most of the time, so that the handler is reached.
        values = [value(rng) if rng.random() < 0.7 else kept for kept in values]
        if STALE in values and name not in LAST_STEPS and rng.random() < 0.5:
            # The version that is stored, so that the step itself is reached.
            case_id = values[0] = rng.choice(self.cases)
            values[values.index(STALE)] = self._version(case_id)
        if rng.random() < 0.1:
            values = [*values, value(rng)][rng.randrange(2) :]
        more = {}
        if event.data:
            case_id = rng.choice((rng.choice(self.cases), value(rng)))
            more["event_data"] = {"case": case_id} | {name: value(rng) for name in NAMED}
        return self._press(name, who, rng.choice(self.events[name]), values, more)

    def _press(
        self, name: str, who: str, number: int, values: list[Any], more: dict[str, Any]
    ) -> tuple[str, int, str]:
        window = self.house.window()
        sent = {"data": values, "fn_index": number, "session_hash": window, **more}
        headers = {"content-type": "application/json"}
        raw = json.dumps(sent).encode()
        path = "/gradio_api/queue/join"
        answer = self.house.ask(who, "POST", path, content=raw, headers=headers)
        if answer.status_code != 200:
            return name, answer.status_code, answer.text
        said = self.house.ask(who, "GET", f"/gradio_api/queue/data?session_hash={window}")
        return name, said.status_code, said.text

    def _plain_form(self, rng: random.Random) -> tuple[str, int, str]:
        path, who, names = rng.choice(
            (
                ("/patients/export", "administrator", ("reference",)),
                ("/cases/export", "clinician", ("level", "show", "since", "patient", "text")),
                ("/two-factor", "clinician", ("code", "password", "secret", "step")),
                ("/password", "clinician", ("old", "new", "repeat")),
            )
        )
        fields = [(rng.choice((name, text(rng))), text(rng)) for name in names]
        raw = urlencode(fields, errors="surrogatepass").encode()
        if rng.random() < 0.2:
            raw = text(rng).encode("utf-8", "surrogatepass")
        kinds = ("application/x-www-form-urlencoded", "multipart/form-data", "text/plain")
        headers = {"content-type": rng.choice((kinds[0], *kinds))}
        answer = self.house.ask(who, "POST", path, content=raw, headers=headers)
        return path, answer.status_code, answer.text

    def _address(self, rng: random.Random) -> tuple[str, int, str]:
        typed = quote(text(rng)[:500], safe="", errors="surrogatepass")
        path = rng.choice(
            (
                f"/case?id={typed}",
                f"/history?level={typed}&order={typed}&cursor={typed}&since={typed}",
                f"/batch?id={typed}",
                f"/patient?id={typed}",
                f"/lesion?id={typed}",
                f"/outcomes/{typed}.pdf",
                f"/letters/{typed}.pdf",
                f"/cases/{typed}/images/{typed}",
                f"/reports/{typed}.pdf",
                f"/certificates/{typed}.pdf",
                f"/components/{typed}",
                f"/sign-in?next={typed}",
                f"/{typed}",
            )
        )
        answer = self.house.ask(rng.choice(SIGNED_IN), "GET", path)
        return path.partition("?")[0].partition("%")[0], answer.status_code, ""

    def _upload(self, rng: random.Random) -> tuple[str, int, str]:
        """Names and batches of a file that is no image; see the test of names for one that is."""
        headers = {
            "x-file-name": quote(text(rng)[:3_000], errors="surrogatepass"),
            "x-batch": quote(text(rng)[:100], errors="surrogatepass"),
        }
        content = text(rng).encode("utf-8", "surrogatepass")
        answer = self.house.ask(
            "photographer", "POST", "/api/uploads", content=content, headers=headers
        )
        return "upload", answer.status_code, answer.text

    def _document(self, rng: random.Random) -> tuple[str, int, str]:
        """A pathologist's report that is none, or for an outcome that is none."""
        outcome = rng.choice(
            (self.outcome, "f" * 32, quote(text(rng)[:100], safe="", errors="surrogatepass"))
        )
        content = b"%PDF-" * rng.randrange(2) + text(rng).encode("utf-8", "surrogatepass")
        path = f"/api/cases/{rng.choice(self.cases)}/outcomes/{outcome}/document"
        answer = self.house.ask("clinician", "POST", path, content=content)
        return "document", answer.status_code, answer.text


def is_fault(status: int, said: str) -> bool:
    """Whether an answer says that the program failed, rather than what was wrong with a value."""
    return status >= 500 or UNEXPECTED in said or UNEXPECTED_ON_A_PAGE in said
