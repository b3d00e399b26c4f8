"""Every event of Gradio's pages, sent by everybody to the queue: shut unless tests/tables/doors.py
lists it, also when only the handler itself looks."""

import json
from collections.abc import Iterator
from typing import Any

import gradio as gr
import pytest

from tests.stations import people_station
from tests.stations.people_station import NOTE, OWN, SECRET, House, Outcome
from tests.tables.doors import EVENTS, PEOPLE, UPLOADERS, Event
from triage_app.domain.errors import NotPermitted
from triage_app.domain.people import Actor
from triage_app.web.door.events import EventGate, Windows

REFUSED = "Your account may not do this."
BATCH = "ab" * 16
OTHER_BATCH = "cd" * 16
# Words of a finding: neither may reach somebody who sees none.
FOUND = ("level-urgent", "level-word", "72.0 %", "Malignant")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A workstation to which everybody has signed in, with one case each of two people."""
    with people_station.house(tmp_path_factory.mktemp("house")) as found:
        yield found


@pytest.fixture(scope="module")
def cases(house: House) -> dict[str, str]:
    """The photographer's own case, a clinician's filed one, one in the bin, and batches."""
    own = house.upload("photographer", "dark", BATCH)
    other = house.upload("clinician", "dark", OTHER_BATCH)
    binned = house.upload("clinician", "dark")
    house.write("photographer", own, patient_reference=OWN)
    house.write("clinician", other, patient_reference=SECRET, note=NOTE)
    house.write("clinician", binned, patient_reference=SECRET, note=NOTE)
    clinician = house.actors["clinician"]
    house.station.cases.file(clinician, other, 2)
    house.station.cases.delete(clinician, binned, 2)
    return {"own": own, "other": other, "binned": binned}


@pytest.fixture(params=["guard and handler", "handler alone"])
def checks(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """With and without the guard's own look at the event's page."""
    if request.param == "handler alone":
        monkeypatch.setattr(EventGate, "join", lambda *_: None)
    which: str = request.param
    return which


def _events(house: House) -> Iterator[tuple[int, str]]:
    for number, event in house.pages.fns.items():
        if event.fn is not None:
            yield number, event.fn.__qualname__


def _send(house: House, who: str, number: int, event: Event, case: str) -> Outcome:
    """Send an event about ``case``; values that name objects are filled in."""
    person = house.actors["second clinician"].id
    objects = {"patient": "PT-NOT-STORED", "person": person}
    values = [v.format(**objects) if isinstance(v, str) else v for v in event.values]
    more: dict[str, Any] = {"event_data": {"case": case, "batch": BATCH}} if event.data else {}
    if event.case and not event.data:
        values = [case, *values]
    return house.event(who, number, values, **more)


def test_every_event_stands_in_the_table(house: House) -> None:
    assert {name for _, name in _events(house)} == set(EVENTS)


@pytest.mark.parametrize("name", EVENTS)
def test_an_event_is_open_to_those_listed_and_shut_to_all_others(
    house: House, cases: dict[str, str], name: str, checks: str
) -> None:
    event = EVENTS[name]
    numbers = [number for number, found in _events(house) if found == name]
    for number in numbers if checks == "guard and handler" else numbers[:1]:
        for who in PEOPLE:
            done = _send(house, who, number, event, cases["own"])
            if who in event.who:
                assert done.ran, (who, done)
                continue
            assert not done.ran, (who, done)
            refused = done.status in (401, 403) or REFUSED in done.text
            assert refused, (who, done)
            assert OWN not in done.text and SECRET not in done.text


@pytest.mark.parametrize("name", [name for name, event in EVENTS.items() if event.case])
@pytest.mark.parametrize("which", ["other", "binned"])
def test_an_event_about_somebody_elses_case_tells_a_photographer_nothing(
    house: House, cases: dict[str, str], name: str, which: str
) -> None:
    number = next(n for n, found in _events(house) if found == name)
    case = cases[which]
    done = _send(house, "photographer", number, EVENTS[name], case)
    assert not any(word in done.text for word in (SECRET, NOTE, *FOUND)), done
    if EVENTS[name].who == UPLOADERS:
        assert "This case does not exist" in done.text
    else:
        assert not done.ran


@pytest.mark.parametrize("name", ["AnalysePage.uploaded", "CasePage.redecided"])
def test_the_own_case_is_shown_to_a_photographer_without_findings(
    house: House, cases: dict[str, str], name: str
) -> None:
    number = next(n for n, found in _events(house) if found == name)
    shown = _send(house, "photographer", number, EVENTS[name], cases["own"])
    assert "Findings are shown to clinicians" in shown.text
    assert not any(word in shown.text for word in (*FOUND, "Cannot assess", "cannot_assess"))
    known = _send(house, "clinician", number, EVENTS[name], cases["own"])
    assert "level-urgent" in known.text and "72.0 %" in known.text


def test_a_photographers_list_holds_the_own_cases_without_levels_whatever_is_asked(
    house: House, cases: dict[str, str]
) -> None:
    number = next(n for n, found in _events(house) if found == "HistoryPage.search")
    for level in ([], ["urgent"], ["routine"]):
        for show in ("", "bin"):
            asked: list[Any] = ["risk", level, "malignant", show, "", "", "", ""]
            done = house.event("photographer", number, asked)
            assert cases["own"] in done.text
            assert cases["other"] not in done.text and cases["binned"] not in done.text
            assert not any(word in done.text for word in (SECRET, NOTE, *FOUND))


def _lines(house: House, who: str, batch: str) -> tuple[str, dict[str, int], Outcome]:
    """Let the lines of a batch be drawn in a new window; its hash and the events made for it."""
    window = house.window()
    number = next(n for n, found in _events(house) if found == "Renderable.apply")
    done = house.event(who, number, [batch, 1, 0, ""], window=window)
    made = house.pages.state_holder[window].blocks_config.fns
    events = {
        e.fn.__qualname__.rpartition(".")[2]: n
        for n, e in made.items()
        if n not in house.pages.fns and e.fn is not None
    }
    return window, events, done


def test_a_photographer_draws_the_own_batch_and_cannot_file_it(
    house: House, cases: dict[str, str]
) -> None:
    window, events, drawn = _lines(house, "photographer", BATCH)
    assert drawn.ran and not any(word in drawn.text for word in FOUND)
    assert {"write", "confirm"} <= set(events)
    marks = house.pages.state_holder[window].blocks_config.fns[events["confirm"]].inputs[1:]
    shown = [True if isinstance(one, gr.Checkbox) else "" for one in marks]
    filed = house.event("photographer", events["confirm"], [1, *shown], window=window)
    assert not filed.ran and REFUSED in filed.text
    assert house.station.cases.get(house.actors["clinician"], cases["own"]).state == "draft"


def test_lines_are_drawn_for_a_page_that_sends_no_turn(house: House, cases: dict[str, str]) -> None:
    number = next(n for n, found in _events(house) if found == "Renderable.apply")
    assert house.event("photographer", number, [BATCH, None, None, ""]).ran


def test_a_batch_of_somebody_else_is_empty_for_a_photographer(
    house: House, cases: dict[str, str]
) -> None:
    _, events, drawn = _lines(house, "photographer", OTHER_BATCH)
    assert not events
    assert not any(word in drawn.text for word in (SECRET, cases["other"], *FOUND))


def test_events_drawn_for_one_window_are_shut_to_everybody_else(
    house: House, cases: dict[str, str]
) -> None:
    window, events, _ = _lines(house, "clinician", OTHER_BATCH)
    for who in PEOPLE:
        if who != "clinician":
            assert house.join(who, events["confirm"], [1], window).status_code in (303, 401, 403)
            elsewhere = house.event(who, events["confirm"], [1])
            assert not elsewhere.ran


def test_a_window_belongs_to_the_person_who_opened_it(house: House) -> None:
    number = next(n for n, found in _events(house) if found == "HistoryPage.clear")
    window = house.window()
    assert house.join("clinician", number, [], window).status_code == 200
    data, beat = f"/gradio_api/queue/data?session_hash={window}", f"/gradio_api/heartbeat/{window}"
    for who in ("second clinician", "photographer", "administrator", "forced", "nobody"):
        assert house.ask(who, "GET", data).status_code in (401, 403)
        assert house.ask(who, "GET", beat).status_code in (401, 403)
        assert house.join(who, number, [], window).status_code in (401, 403)
    assert "process_completed" in house.ask("clinician", "GET", data).text


def test_many_windows_of_one_person_never_free_those_of_another() -> None:
    windows = Windows()
    first, second = (Actor(i, i, frozenset()) for i in ("first", "second"))
    windows.claim(first, "mine")
    for count in range(1_000):
        windows.claim(second, f"w{count}")
    with pytest.raises(NotPermitted):
        windows.claim(second, "mine")
    windows.claim(first, "w0")


FILE = {"path": "http://127.0.0.1:9/secret", "meta": {"_type": "gradio.FileData"}}


@pytest.mark.parametrize(
    "changed",
    [
        {"data": [FILE, ""]},
        {"data": [[FILE], ""]},
        {"data": [[["nested"]], ""]},
        {"data": "text"},
        {"event_data": {"case": {"path": "/etc/passwd"}}},
        {"simple_format": True},
        {"batched": True},
        {"event_id": "x"},
        {"oauth_token": "x"},
        {"fn_index": 10_000},
        {"fn_index": True},
        {"fn_index": "11"},
        {"fn_index": None},
        {"session_hash": None},
        {"session_hash": "../x"},
        {"session_hash": "x" * 1_000},
        {"session_hash": ["x"]},
    ],
    ids=lambda changed: json.dumps(changed)[:40],
)
def test_an_event_that_no_page_sends_is_refused_before_gradio_sees_it(
    house: House, changed: dict[str, Any]
) -> None:
    number = next(n for n, found in _events(house) if found == "HistoryPage.open")
    body = {"data": ["", ""], "fn_index": number, "session_hash": house.window(), **changed}
    answer = house.ask("clinician", "POST", "/gradio_api/queue/join", json=body)
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"[" * 100_000, b"\xff"])
def test_a_body_that_is_no_event_is_refused(house: House, body: bytes) -> None:
    answer = house.ask("clinician", "POST", "/gradio_api/queue/join", content=body)
    assert answer.status_code == 400


def test_events_that_run_in_the_browser_alone_are_not_sent(house: House) -> None:
    for number, event in house.pages.fns.items():
        if event.fn is None:
            answer = house.join("clinician", number, [], house.window())
            assert answer.status_code == 400, number


def test_no_field_lets_the_browser_keep_what_is_typed(house: House) -> None:
    fields = [b for b in house.pages.blocks.values() if b.get_block_name() == "textbox"]
    shown = [field for field in fields if field.visible]
    assert len(shown) > 15
    assert all(field.html_attributes.autocomplete == "off" for field in shown)
