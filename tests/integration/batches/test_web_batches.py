"""The routes of batches, and what a busy server says."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from httpx import Response
from starlette.testclient import TestClient

from tests.stations import web_station
from tests.stations.batch_desk import BATCH, NO_PICTURE, number
from triage_app.domain.case import CaseFilter
from triage_app.domain.people import LOCAL_USER
from triage_app.services.ground.queueing import FairQueue
from triage_app.services.site.application import Application
from triage_app.web.app import create_app

ORIGIN = "http://127.0.0.1:7860"
PATH = f"/api/batches/{BATCH}"


@pytest.fixture
def station(tmp_path: Path) -> Iterator[Application]:
    """A workstation of one person, at which batches wait until the test works on them."""
    with web_station.station(tmp_path) as found:
        yield found


@pytest.fixture
def client(station: Application) -> Iterator[TestClient]:
    """A client that speaks as a page of the application does."""
    with TestClient(create_app(station), ORIGIN, headers={"origin": ORIGIN}) as found:
        yield found


def _send(client: TestClient, data: bytes, upload: str, name: str = "a.jpg") -> Response:
    headers = {"x-upload": upload, "x-file-name": quote(name)}
    return client.post(f"{PATH}/files", content=data, headers=headers)


def test_a_batch_is_acknowledged_at_once_and_its_progress_is_the_servers(
    client: TestClient, station: Application
) -> None:
    good, bad = number(), number()
    answer = _send(client, web_station.lesion_jpeg("dark"), good)
    assert (answer.status_code, answer.json()) == (202, {"file": good, "state": "waiting"})
    assert _send(client, NO_PICTURE, bad, "folder/notes <b>.txt").status_code == 202
    assert client.get(PATH).json() == {
        "total": 2,
        "waiting": 2,
        "done": 0,
        "failed": 0,
        "per_minute": None,
        "remaining_s": None,
        "pause": "",
        "failures": [],
    }
    while station.intake.work.step():
        pass
    seen = client.get(PATH).json()
    assert (seen["done"], seen["failed"]) == (1, 1)
    (failure,) = seen["failures"]
    assert (failure["file"], failure["name"]) == (bad, "notes <b>.txt")
    assert "urgent" not in str(seen) and "malignant" not in str(seen).lower()

    assert client.post(f"{PATH}/retry", json={"files": [bad]}).json()["waiting"] == 1
    assert client.post(f"{PATH}/dismiss", json={"files": [bad]}).json()["total"] == 1
    assert _send(client, NO_PICTURE, bad).json()["state"] == "dismissed"


def test_a_batch_is_stopped_and_what_was_dismissed_stays_so(client: TestClient) -> None:
    sent = [number() for _ in range(3)]
    for upload in sent:
        _send(client, web_station.lesion_jpeg(), upload)
    seen = client.post(f"{PATH}/stop", json={}).json()
    assert (seen["total"], seen["waiting"]) == (0, 0)
    assert _send(client, web_station.lesion_jpeg(), sent[0]).json()["state"] == "dismissed"
    assert client.post(f"/api/batches/{'9' * 32}/stop", json={}).status_code == 404


@pytest.mark.parametrize("upload", ["", "12", "../" + "a" * 29, "G" * 32])
def test_a_file_without_a_number_of_its_own_is_refused(client: TestClient, upload: str) -> None:
    assert _send(client, NO_PICTURE, upload).status_code == 400
    assert client.get(PATH).json()["total"] == 0


def test_a_selection_that_is_none_is_refused(client: TestClient) -> None:
    for body in ({"files": ["x"]}, {"files": "all"}, {}, {"files": [], "more": 1}):
        assert client.post(f"{PATH}/dismiss", json=body).status_code == 400


def test_beyond_what_waits_the_server_says_busy_and_when_to_come_back(
    station: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    # No place to wait: whoever is not served at once is turned away.
    monkeypatch.setattr(
        "triage_app.web.routes.uploads.FairQueue", lambda *_, **__: FairQueue(1, most_waiting=0)
    )
    with TestClient(create_app(station), ORIGIN, headers={"origin": ORIGIN}) as client:
        for answer in (
            client.post("/api/uploads", content=web_station.lesion_jpeg()),
            _send(client, web_station.lesion_jpeg(), number()),
        ):
            assert (answer.status_code, answer.json()["code"]) == (503, "busy")
            assert "Try again in a moment" in answer.json()["error"]
            assert 1 <= int(answer.headers["retry-after"]) <= 30
    assert station.cases.page(LOCAL_USER, CaseFilter()).total == 0
