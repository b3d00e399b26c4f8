"""Every route, own and Gradio's, asked for by everybody: shut unless ``doors.py`` says so."""

import re
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from starlette.routing import Mount

from tests.samples import closed_loop
from tests.stations import people_station
from tests.stations.people_station import NOTE, OWN, SECRET, House
from tests.tables.doors import APART, DOORS, GRADIO, PAGES, PEOPLE, QUEUE, SIGNED_IN, Door
from triage_app.domain.batch import Upload
from triage_app.services.images.storing import new_id
from triage_app.web.door import policy

REFUSALS = {401, 403, 404}
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


@dataclass(frozen=True)
class Objects:
    """What the requests are about, by the names that tests/tables/doors.py uses."""

    own: str
    other: str
    report: str
    certificate: str
    outcome: str
    letter: str
    own_batch: str
    other_batch: str
    own_upload: str
    other_upload: str
    patient: str = SECRET

    def fill(self, text: str) -> str:
        """Put the objects into a path."""
        return text.format(**vars(self))


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A workstation to which everybody has signed in."""
    with people_station.house(tmp_path_factory.mktemp("house")) as found:
        yield found


@pytest.fixture(scope="module")
def objects(house: House) -> Objects:
    """A photographer's draft, a clinician's filed case with a report, and a certificate."""
    own, other = house.upload("photographer"), house.upload("clinician", "dark")
    house.write("photographer", own, patient_reference=OWN)
    house.write("clinician", other, patient_reference=SECRET, note=NOTE)
    clinician, administrator = house.actors["clinician"], house.actors["administrator"]
    house.station.cases.file(clinician, other, 2)
    report = house.station.reports.issue(clinician, other)
    closed = closed_loop.go_through(house.station, clinician, other)
    gone = house.upload("clinician")
    house.write("clinician", gone, patient_reference="PT-GONE")
    certificate = house.station.privacy.erase_patient(administrator, "PT-GONE", "patient_request")
    sent = {who: _send_batch(house, who) for who in ("photographer", "clinician")}
    return Objects(
        own,
        other,
        report.id,
        certificate.id,
        closed.outcome,
        closed.letter,
        own_batch=sent["photographer"].batch_id,
        other_batch=sent["clinician"].batch_id,
        own_upload=sent["photographer"].id,
        other_upload=sent["clinician"].id,
    )


def _send_batch(house: House, who: str) -> Upload:
    """One file of a batch that cannot be used, under a name that only some may read."""
    intake = house.station.intake
    upload = intake.receive(house.actors[who], new_id(), new_id(), b"no picture", f"{SECRET}.jpg")
    intake.work.step()
    return upload


def _routes(router: Any, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Method and template of each route, those of included routers too."""
    for route in router.routes:
        inner = getattr(route, "original_router", None)
        if inner is not None:
            yield from _routes(inner, prefix + route.include_context.prefix)
        elif not isinstance(route, Mount):
            for method in sorted(getattr(route, "methods", None) or {"GET"}):
                yield method, prefix + route.path


def _mounted(house: House) -> Any:
    app: Any = house.client.app
    return next(route.app for route in app.routes if isinstance(route, Mount))


def _sent(door: Door, objects: Objects) -> dict[str, Any]:
    if "headers" in door.sent:
        headers = {k: objects.fill(v) for k, v in door.sent["headers"].items()}
        return {**door.sent, "headers": headers}
    if "data" not in door.sent:
        return dict(door.sent)
    return {"data": {k: objects.fill(v) for k, v in door.sent["data"].items()}}


def test_every_own_route_stands_in_the_table(house: House) -> None:
    found = {(m, path) for m, path in _routes(house.client.app) if m != "HEAD"}
    assert found == {(door.method, door.route) for door in DOORS} | APART


@pytest.mark.parametrize("door", DOORS, ids=lambda d: f"{d.method} {d.asked}")
def test_an_own_route_is_open_to_those_listed_and_shut_to_all_others(
    house: House, objects: Objects, door: Door
) -> None:
    for who in PEOPLE:
        answer = house.ask(who, door.method, objects.fill(door.asked), **_sent(door, objects))
        if who in door.who:
            assert answer.status_code == door.status, (who, answer.text[:300])
            continue
        led_away = answer.status_code == 303 and answer.headers["location"].partition("?")[0] in (
            "/sign-in",
            "/password",
            "/",
        )
        assert answer.status_code in REFUSALS or led_away, (who, answer.status_code)
        assert SECRET not in answer.text and NOTE not in answer.text


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_open_to_those_listed_and_shut_to_all_others(house: House, page: str) -> None:
    for who in PEOPLE:
        answer = house.ask(who, "GET", page)
        shown = "gradio_config" in answer.text
        assert shown == (who in PAGES[page]), who
        if who == "nobody":
            assert answer.headers["location"] == f"/sign-in?next=%2F{page[1:]}"
        elif who == "forced":
            assert answer.headers["location"] == "/password"
        elif not shown:
            assert answer.status_code == 403
            assert "may not do this" in answer.text


def test_every_page_stands_in_the_table(house: House) -> None:
    assert {f"/{name}" for name, *_ in house.pages.pages if name} == set(PAGES)


def test_of_gradios_routes_only_those_in_the_table_answer(house: House) -> None:
    listed = set(GRADIO) | QUEUE | {("GET", page) for page in PAGES}
    seen = set()
    for method, template in _routes(_mounted(house)):
        path = re.sub(r"\{[^}]*\}", "x", template)
        seen.add((method, template))
        # The start and what lies under an own route never reach Gradio.
        if (method, template) in listed or path in ("/", "/favicon.ico") or method == "HEAD":
            continue
        for who in PEOPLE:
            answer = house.ask(who, method, path, content=b"{}")
            assert answer.status_code == 404, (who, method, path)
            assert answer.text == "There is nothing at this address."
    assert len(seen) > 60, "Gradio's routes were not found"
    assert listed - {("GET", page) for page in PAGES} <= seen


@pytest.mark.parametrize(("method", "template"), GRADIO)
def test_what_is_listed_of_gradio_is_open_to_those_listed(
    house: House, method: str, template: str
) -> None:
    path = re.sub(r"\{[^}]*\}", "x", template)
    for who in PEOPLE:
        answer = house.ask(who, method, path)
        shut = answer.status_code in (401, 403) or answer.text.startswith("There is nothing")
        assert shut == (who not in GRADIO[method, template]), (who, answer.status_code)


def test_every_rule_of_the_guard_is_used_by_a_listed_route(house: House, objects: Objects) -> None:
    asked = [(d.method, objects.fill(d.asked).partition("?")[0]) for d in DOORS]
    asked += [("GET", page) for page in PAGES] + list(APART)
    asked += [(m, re.sub(r"\{[^}]*\}", "x", p)) for m, p in [*GRADIO, *QUEUE]]
    used = {policy.rule_for(method, path, "") for method, path in asked}
    assert set(policy.RULES) <= used


@pytest.mark.parametrize("method", METHODS)
def test_no_method_opens_what_the_table_does_not_list(
    house: House, objects: Objects, method: str
) -> None:
    known = {(door.method, objects.fill(door.asked).partition("?")[0]) for door in DOORS} | APART
    for path in sorted({path for _, path in known} | set(PAGES)):
        asked = "GET" if method == "HEAD" else method
        if (asked, path) in known or (asked == "GET" and path in PAGES):
            continue
        answer = house.ask("clinician", method, path, content=b"{}")
        assert answer.status_code == 404, (method, path)


def test_a_photographer_never_learns_which_other_cases_exist(
    house: House, objects: Objects
) -> None:
    unknown = "f" * 32
    for path in ("/cases/{}/images/crop", "/cases/{}/images/original"):
        other = house.ask("photographer", "GET", path.format(objects.other))
        nothing = house.ask("photographer", "GET", path.format(unknown))
        assert (other.status_code, other.text) == (nothing.status_code, nothing.text)


def test_an_upload_answers_a_photographer_without_a_level(house: House) -> None:
    shown = {}
    for who in ("clinician", "photographer"):
        picture = people_station.web_station.lesion_jpeg("dark")
        answer = house.ask(who, "POST", "/api/uploads", content=picture).json()
        changed = {"version": 1, "fields": {"dermoscopic": "yes"}}
        saved = house.ask(who, "PUT", f"/api/cases/{answer['case']}/draft", json=changed).json()
        shown[who] = (answer["level"], saved["level"], saved["reasons"])
    assert shown["clinician"][:2] == ("urgent", "urgent")
    assert shown["photographer"] == (None, None, ["withheld"])


def test_each_person_seals_typed_text_with_a_key_of_the_own(house: House) -> None:
    keys = {who: house.ask(who, "GET", "/api/me").json()["key"] for who in sorted(SIGNED_IN)}
    again = {who: house.ask(who, "GET", "/api/me").json()["key"] for who in sorted(SIGNED_IN)}
    assert keys == again
    assert len(set(keys.values())) == len(keys)
    assert all(len(b64decode(key)) == 32 for key in keys.values())


def test_signing_out_is_open_to_every_session_and_to_nobody_else(house: House) -> None:
    assert house.ask("nobody", "POST", "/sign-out").headers["location"] == "/sign-in"
    for who in sorted(SIGNED_IN):
        name = "administrator" if who == "administrator" else f"second {who}"
        if name == "administrator":
            continue
        answer = house.ask(name, "POST", "/sign-out")
        assert answer.headers["location"] == "/sign-in?out"
        assert house.ask(name, "GET", "/api/me").status_code == 401
