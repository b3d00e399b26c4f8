"""One site with a fixed story on it, of which only the findings of two images can be chosen.

Two such sites differ in nothing but findings (and random ids), so whatever they answer differently
tells a finding.
"""

import json
import logging
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from tests.stations import people_station
from tests.stations.people_station import House
from tests.stations.web_station import LESIONS, PDF, ColourAssessor, evidence_of, lesion_jpeg
from triage_app.domain.findings import Competence
from triage_app.domain.people import Actor
from triage_app.domain.triage import Evidence
from triage_app.logs import JsonLines
from triage_app.ports.documents import ReportContent

PATIENT, OTHER_PATIENT = "PT-ONE", "PT-TWO"
BATCH = "ab" * 16
# Complete and reassuring, so that the findings alone set the level.
CONTEXT = {
    "age": "45",
    "skin_type": "II",
    "site": "back",
    "red_flags": [],
    "red_flags_asked": True,
    "dermoscopic": "yes",
}
IMPRESSION = {"diagnosis": "naevus", "level": "routine", "confidence": "high"}
_RANDOM = re.compile(r"\b(?:[0-9a-f]{64}|[0-9a-f]{32}|[0-9a-f]{8})\b")
# Made by clocks or counters of the program that runs, and no part of what is shown.
_MACHINE = frozenset(
    {"id", "duration", "average_duration", "key", "layout", "dependencies", "page"}
)


class ScriptedAssessor(ColourAssessor):
    """Gives the findings that the story chose, whatever the picture shows."""

    def __init__(self) -> None:
        self.kind = "doubtful"

    def evidence(self, crop: "np.ndarray[Any, Any]") -> Evidence:
        """Findings of the kind; "unlike" cannot be assessed, and has no overlay either."""
        colour = LESIONS["mild" if self.kind == "unlike" else self.kind]
        found = evidence_of(np.full((9, 9, 3), colour, np.uint8))
        if self.kind == "unlike":
            return replace(found, competence=Competence(9.0, 4.0))
        return found


class Clock:
    """A clock that only the story turns."""

    def __init__(self) -> None:
        self.at = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at


class _Logged(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []
        self.setFormatter(JsonLines())

    def emit(self, record: logging.LogRecord) -> None:
        line = json.loads(self.format(record))
        self.lines.append(json.dumps({k: v for k, v in line.items() if k not in ("at", "ms")}))


@dataclass
class World:
    """The site after its story; ``said`` holds what it answered meanwhile, by channel."""

    house: House
    clock: Clock
    lesion: str
    patient: str
    earlier: str
    target: str
    other: str
    said: Mapping[str, str]
    logged: list[str] = field(repr=False)
    drawn: list[ReportContent] = field(repr=False)

    def actor(self, who: str = "clinician") -> Actor:
        """Who is signed in under this name."""
        return self.house.actors[who]

    def ask(self, who: str, method: str, path: str, **request: Any) -> str:
        """Status, kind and body of an answer."""
        answer = self.house.ask(who, method, path, **request)
        kind = answer.headers.get("content-type", "")
        return f"{answer.status_code} {kind}\n{answer.content.decode('latin-1')}"

    def event(self, name: str, values: list[Any], who: str = "clinician", **more: Any) -> str:
        """Everything that comes back from an event of a page, sent to Gradio's own queue.

        ``address`` is the query of the page on which it happens.
        """
        fns = self.house.pages.fns
        number = next(n for n, e in fns.items() if e.fn is not None and e.fn.__qualname__ == name)
        window, address = self.house.window(), more.pop("address", "")
        body = {"data": values, "fn_index": number, "session_hash": window, **more}
        path = f"/gradio_api/queue/join?{address}"
        joined = self.house.ask(who, "POST", path, json=body)
        assert joined.status_code == 200, joined.text
        said = self.house.ask(who, "GET", f"/gradio_api/queue/data?session_hash={window}")
        messages = [json.loads(line) for line in re.findall(r"data: (.*)", said.text)]
        done = next(m for m in messages if m["msg"] == "process_completed")
        return f"{done['success']}\n" + "\n".join(_leaves(done["output"]))

    def reveal(self) -> None:
        """A clinician records an impression of the image in question."""
        case = self.house.station.cases.get(self.actor(), self.target)
        self.house.station.reading.record_impression(
            self.actor("second clinician"), case.id, case.version, IMPRESSION
        )


def without_random(text: str) -> str:
    """The text with each random id or hash as its number of first appearance."""
    seen: dict[str, str] = {}
    return _RANDOM.sub(lambda m: seen.setdefault(m[0], f"<{len(seen) + 1}>"), text)


def _leaves(value: Any) -> Iterator[str]:
    """Every text, number and mark of an answer, with its name."""
    if isinstance(value, dict):
        for key, item in value.items():
            if key not in _MACHINE:
                yield from (f"{key}: {leaf}" for leaf in _leaves(item))
    elif isinstance(value, list):
        for item in value:
            yield from _leaves(item)
    else:
        yield str(value)


@contextmanager
def world(folder: Path, target: str, other: str, *, impression_first: bool) -> Iterator[World]:
    """A site where a lesion has an earlier image, and two newer images wait.

    ``target`` is the kind of the newer image of the lesion, ``other`` that of another patient's.
    """
    clock, assessor, logged = Clock(), ScriptedAssessor(), _Logged()
    drawn: list[ReportContent] = []

    def draw(content: ReportContent) -> bytes:
        drawn.append(content)
        return PDF

    log = logging.getLogger("triage_app")
    before = log.level
    log.addHandler(logged)
    log.setLevel(logging.DEBUG)
    try:
        options = {"impression_first": impression_first, "clock": clock, "draw": draw}
        with people_station.house(folder, stand_in=assessor, **options) as house:
            told = _story(house, clock, assessor, (target, other))
            yield World(house, clock, *told, logged=logged.lines, drawn=drawn)
    finally:
        log.removeHandler(logged)
        log.setLevel(before)


def _story(
    house: House,
    clock: Clock,
    assessor: ScriptedAssessor,
    kinds: tuple[str, str],
) -> tuple[str, str, str, str, str, dict[str, str]]:
    station, clinician = house.station, house.actors["clinician"]
    said: dict[str, str] = {}
    earlier = _image(house, "clinician", PATIENT, {})
    case = station.cases.get(clinician, earlier)
    case = station.reading.record_impression(clinician, earlier, case.version, IMPRESSION)
    place = {"site": "back", "laterality": "left", "label": "L1"}
    lesion = station.lesions.create(clinician, PATIENT, place)
    station.lesions.assign(clinician, earlier, case.version, lesion.id)
    clock.at += timedelta(days=30)
    assessor.kind = kinds[0]
    target = _image(house, "clinician", PATIENT, said, BATCH)
    case = station.cases.get(clinician, target)
    station.lesions.assign(clinician, target, case.version, lesion.id)
    clock.at += timedelta(minutes=1)
    assessor.kind = kinds[1]
    other = _image(house, "photographer", OTHER_PATIENT, {})
    station.safety.report_problem(clinician, target, "wrong_level", "Look again.")
    return lesion.id, lesion.patient_id, earlier, target, other, said


def _image(house: House, who: str, reference: str, said: dict[str, str], batch: str = "") -> str:
    """Upload, answer the questions, and file where the person may; what came back is kept."""
    headers = {"x-batch": batch} if batch else {}
    answer = house.ask(who, "POST", "/api/uploads", content=lesion_jpeg(), headers=headers)
    case: str = answer.json()["case"]
    said["answer to an upload"] = answer.text
    body = {"version": 1, "fields": {"patient_reference": reference, "note": "Note.", **CONTEXT}}
    answer = house.ask(who, "PUT", f"/api/cases/{case}/draft", json=body)
    said["answer to a saved draft"] = answer.text
    if who == "clinician":
        answer = house.ask(who, "POST", f"/api/cases/{case}/file", json={"version": 2})
        said["answer to filing"] = answer.text
    return case
