"""What the server keeps for windows of browsers: bounded, and never at the cost of drawn lines."""

import gc
import tracemalloc
import weakref
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from gradio.state_holder import SessionState

from tests.stations import people_station
from tests.stations.people_station import House
from triage_app.domain.case import CaseState
from triage_app.web import app as web_app
from triage_app.web.door import window_states
from triage_app.web.door.window_states import SPARE_COMPONENTS, WindowStates

KEPT, KEPT_DRAWN = 6, 2
BATCH = "ab" * 16
WHO = "clinician"


@pytest.fixture
def house(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[House]:
    """A workstation that keeps few windows."""
    small = partial(WindowStates, kept=KEPT, kept_drawn=KEPT_DRAWN)
    monkeypatch.setattr(web_app, "WindowStates", small)
    with people_station.house(tmp_path_factory.mktemp("house")) as found:
        yield found


def _number(house: House, name: str) -> int:
    return next(n for n, e in house.pages.fns.items() if e.fn and e.fn.__qualname__ == name)


def _visit(house: House, times: int = 1) -> None:
    for _ in range(times):
        assert house.event(WHO, _number(house, "HistoryPage.open"), ["", ""]).ran


def _draw(house: House, window: str, turn: int = 1) -> None:
    values = [BATCH, turn, 0, ""]
    assert house.event(WHO, _number(house, "Renderable.apply"), values, window=window).ran


def _kept(house: House) -> dict[str, Any]:
    kept: dict[str, Any] = house.pages.state_holder.session_data
    return kept


def _lines(house: House, window: str, name: str) -> list[int]:
    """Numbers of the events that were drawn for a window, by the name of their handler."""
    made = house.pages.state_holder[window].blocks_config.fns.items()
    drawn = [(n, e) for n, e in made if n not in house.pages.fns and e.fn is not None]
    return [n for n, e in drawn if e.fn.__qualname__.endswith(f"_wire_line.<locals>.{name}")]


def _filable(house: House) -> str:
    case = house.upload(WHO, "mild", BATCH)
    house.write(WHO, case, patient_reference="PT-1")
    return case


def test_of_many_windows_only_the_last_are_kept_and_the_others_are_given_back(
    house: House,
) -> None:
    _visit(house)
    first = weakref.ref(next(iter(_kept(house).values())))
    _visit(house, 3 * KEPT)
    assert len(_kept(house)) == KEPT
    gc.collect()
    assert first() is None
    assert set(house.pages.state_holder.time_last_used) == set(_kept(house))
    queue = house.pages._queue
    assert len(queue.pending_event_ids_session) <= KEPT
    assert set(queue.pending_messages_per_session) == set(_kept(house))


@pytest.mark.soak
def test_memory_stays_flat_over_hundreds_of_windows(house: House) -> None:
    _visit(house, 4 * KEPT)
    gc.collect()
    tracemalloc.start()
    try:
        _visit(house, 4 * KEPT)
        gc.collect()
        before = tracemalloc.get_traced_memory()[0]
        _visit(house, 150)
        gc.collect()
        grown = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    # One window with the descriptions of all components takes 0.4 MB.
    assert grown < 150 * 15_000, grown


def _memory(make: Callable[[], object]) -> int:
    """Bytes that something takes which was made and is still held."""
    gc.collect()
    tracemalloc.start()
    try:
        made = make()
        gc.collect()
        taken = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    del made
    return taken


def test_a_window_takes_a_fraction_of_what_gradio_would_keep(house: House) -> None:
    states = WindowStates(house.pages, kept=100)
    ours = _memory(lambda: [states.of(f"new{i}") for i in range(5)])
    whole = _memory(lambda: [SessionState(house.pages) for _ in range(5)])
    assert ours * 4 < whole, (ours, whole)


def test_an_open_batch_goes_on_working_after_many_other_windows(house: House) -> None:
    case = _filable(house)
    batch = house.window()
    _draw(house, batch)
    _visit(house, 5 * KEPT)
    (file,) = _lines(house, batch, "confirm")
    assert house.event(WHO, file, [1, "PT-1", ""], window=batch).ran
    assert house.station.cases.get(house.actors[WHO], case).state is CaseState.FILED


def test_of_many_open_batches_the_oldest_one_asks_for_a_reload(house: House) -> None:
    case = _filable(house)
    windows = [house.window() for _ in range(KEPT_DRAWN + 2)]
    _draw(house, windows[0])
    (file,) = _lines(house, windows[0], "confirm")
    for window in windows[1:]:
        _draw(house, window)
    _visit(house)
    assert windows[0] not in _kept(house)
    answer = house.join(WHO, file, [1, "PT-1", ""], windows[0])
    assert answer.status_code == 400 and "Reload it" in answer.json()["error"]
    assert house.station.cases.get(house.actors[WHO], case).state is CaseState.DRAFT
    _draw(house, windows[0], 2)
    (again,) = _lines(house, windows[0], "confirm")
    assert house.event(WHO, again, [2, "PT-1", ""], window=windows[0]).ran


def test_lines_drawn_over_and_over_leave_nothing_behind_and_work(house: House) -> None:
    cases = [_filable(house) for _ in range(4)]
    batch = house.window()
    for turn in range(1, 60):
        _draw(house, batch, turn)
    state = house.pages.state_holder[batch]
    drawn = len(state.blocks_config.blocks) - len(house.pages.blocks)
    assert drawn < SPARE_COMPONENTS + 100
    assert not state.config_values
    for file in _lines(house, batch, "confirm"):
        assert house.event(WHO, file, [59, "PT-1", ""], window=batch).ran
    found = [house.station.cases.get(house.actors[WHO], case).state for case in cases]
    assert found == [CaseState.FILED] * 4


def test_a_window_whose_event_is_under_way_is_never_dropped(house: House) -> None:
    waiting = house.window()
    number = _number(house, "HistoryPage.open")
    assert house.join(WHO, number, ["", ""], waiting).status_code == 200
    _visit(house, 3 * KEPT)
    assert waiting in _kept(house)
    answer = house.ask(WHO, "GET", f"/gradio_api/queue/data?session_hash={waiting}")
    assert '"success":true' in answer.text


def test_an_event_of_lines_that_are_gone_is_not_remembered(house: House) -> None:
    _filable(house)
    batch = house.window()
    _draw(house, batch)
    (file,) = _lines(house, batch, "confirm")
    line = weakref.ref(house.pages.state_holder[batch].blocks_config.fns[file])
    assert house.event(WHO, file, [1, "PT-1", ""], window=batch).ran
    for turn in range(KEPT_DRAWN + 1):
        _draw(house, house.window(), turn)
    _visit(house, 2)
    gc.collect()
    assert line() is None


def test_places_of_drawn_components_are_not_remembered_without_bound(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(window_states, "SPARE_KEYS", 20)
    _filable(house)
    for turn in range(30):
        _draw(house, house.window(), turn)
    (drawing,) = house.pages.default_config.renderables
    assert len(drawing.key_to_id_map) < 40
