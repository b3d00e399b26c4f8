"""What is asked of a site by channels that take more than a line."""

import zipfile
from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from typing import Any

from tests.stations.web_station import lesion_jpeg
from tests.tables.doors import DOORS, EVENTS, NOT_STORED
from tests.tables.withheld_world import BATCH, PATIENT, World
from triage_app.domain.case import CaseFilter, Order
from triage_app.domain.diagnosis import FindingClass
from triage_app.domain.errors import TriageError
from triage_app.domain.trail import TrailFilter
from triage_app.domain.triage import Level
from triage_app.services.images.storing import new_id

# Between events, so that lists which are ordered by time have one order.
A_MOMENT = timedelta(seconds=1)


def tried(step: Callable[[], object]) -> str:
    """What a step answers, or why it is refused."""
    try:
        return repr(step())
    except TriageError as error:
        return f"{type(error).__name__}: {error}"


def lists(wanted: CaseFilter, order: Order) -> Callable[[World], str]:
    """Asks for a list."""
    return lambda w: repr(w.house.station.cases.page(w.actor(), wanted, order))


def by_level(w: World) -> str:
    """One list for each level."""
    every = [frozenset({level}) for level in Level]
    return "\n".join(lists(CaseFilter(levels=levels), Order.NEWEST)(w) for levels in every)


def by_class(w: World) -> str:
    """One list for each leading class."""
    every = [CaseFilter(finding_class=found) for found in FindingClass]
    return "\n".join(lists(wanted, Order.NEWEST)(w) for wanted in every)


def export(w: World) -> str:
    """Every file of the patient's archive."""
    station, administrator = w.house.station, w.actor("administrator")
    data = b"".join(station.privacy.export_patient(administrator, PATIENT))
    with zipfile.ZipFile(BytesIO(data)) as archive:
        return "\n".join(f"{i.filename} {archive.read(i)!r}" for i in archive.infolist())


def trail(w: World) -> str:
    """All events about the image."""
    station, auditor = w.house.station, w.actor("auditor")
    events = station.trail.page(auditor, TrailFilter(subject=w.target), size=500)
    return "\n".join(f"{e.action} {e.actor} {e.details}" for e in reversed(events))


def report_of_the_image_before(w: World) -> str:
    """What a report of the earlier image would print."""
    w.house.station.reports.issue(w.actor(), w.earlier)
    return repr(w.drawn[-1])


def problem(w: World) -> str:
    """A safety problem that is reported now."""
    station = w.house.station
    w.clock.at += A_MOMENT
    return repr(station.safety.report_problem(w.actor(), w.target, "other", "Once more."))


def every_event(w: World) -> str:
    """What the pages answer to the events of tests/tables/doors.py, sent by a clinician."""
    said = []
    for name, event in EVENTS.items():
        # The page about one's own account tells of sign-ins alone, by another clock.
        if "clinician" not in event.who or name.startswith("AccountPage"):
            continue
        w.clock.at += A_MOMENT
        values = [v.format(patient=PATIENT) if isinstance(v, str) else v for v in event.values]
        if event.case and not event.data:
            values = [w.target, *values]
        more: dict[str, Any] = (
            {"event_data": {**about_target(w), "batch": BATCH}} if event.data else {}
        )
        said.append(f"{name} {w.event(name, values, address=address_of(w), **more)}")
    return "\n".join(said)


def every_route(w: World) -> str:
    """What the routes of tests/tables/doors.py that name a case answer to a clinician."""
    said = []
    for door in DOORS:
        if "clinician" in door.who and ("{own}" in door.asked or "{other}" in door.asked):
            path = door.asked.format(own=w.target, other=w.target, outcome=NOT_STORED)
            said.append(f"{path} {w.ask('clinician', door.method, path, **door.sent)}")
    return "\n".join(said)


def verified(w: World) -> str:
    """What the check of trail and files finds."""
    found = w.house.station.trail.verify()
    return f"{found.events} {found.files} {found.breaks} {found.damaged}"


def batch(w: World) -> str:
    """Receipt and progress of a batch of which one file is no image."""
    intake, number, said = w.house.station.intake, new_id(), []
    for data in (lesion_jpeg(), b"no picture"):
        path, sent = f"/api/batches/{number}/files", {"x-upload": new_id()}
        said.append(w.ask("clinician", "POST", path, content=data, headers=sent))
        w.clock.at += A_MOMENT
    while intake.work.step():
        pass
    said.append(w.ask("clinician", "GET", f"/api/batches/{number}"))
    return "\n".join(said)


def search_for(order: str = "newest", levels: tuple[str, ...] = (), leading: str = "") -> list[Any]:
    """The fields of the history's search."""
    return [order, list(levels), leading, "", "", "", "", ""]


def about_target(w: World) -> dict[str, Any]:
    """Data of an event about the image."""
    return {"case": w.target}


def address_of(w: World) -> str:
    """Query of the page about the image."""
    return f"id={w.target}"
