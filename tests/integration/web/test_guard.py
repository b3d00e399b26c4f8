"""The guard in front of everything: who may ask for what, from where, and with which headers."""

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from tests.stations import web_station
from triage_app.ui.kit import places
from triage_app.web.app import create_app

ORIGIN = "http://127.0.0.1:7860"
CASE = "0" * 32


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A client that speaks as a page of the application does."""
    with (
        web_station.station(tmp_path_factory.mktemp("data"), "No model in this test.") as station,
        TestClient(create_app(station), ORIGIN, headers={"origin": ORIGIN}) as found,
    ):
        yield found


@pytest.mark.parametrize(
    "path",
    [
        "/gradio_api/file=https://example.org/",
        "/gradio_api/file=/etc/passwd",
        "/gradio_api/file/etc/passwd",
        "/gradio_api/proxy=https://example.org/",
        "/gradio_api/info",
        "/gradio_api/openapi.json",
        "/gradio_api/runs",
        "/gradio_api/deep_link",
        "/gradio_api/stream/a/1/2/playlist.m3u8",
        "/gradio_api/upload_progress",
        "/gradio_api/token",
        "/config",
        "/monitoring",
        "/login",
        "/docs",
        "/openapi.json",
        "/analyse?deep_link=abc",
        "/analyse?deep%5Flink=abc",
        "/assets/../../config.py",
        "/components/..%2Faccess.py",
        "/somewhere",
    ],
)
def test_everything_that_no_page_needs_is_not_there(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/gradio_api/upload",
        "/gradio_api/run/predict",
        "/gradio_api/api/predict",
        "/gradio_api/call/predict",
        "/gradio_api/component_server",
        "/gradio_api/cancel",
        "/gradio_api/reset",
    ],
)
def test_no_other_way_of_sending_is_open(client: TestClient, path: str) -> None:
    assert client.post(path, content=b"{}").status_code == 404


@pytest.mark.parametrize("page", list(places.BY_NAME))
def test_each_page_answers_under_its_own_address(client: TestClient, page: str) -> None:
    answer = client.get(f"/{page}")
    assert answer.status_code == 200
    assert "gradio_config" in answer.text


def test_the_start_address_leads_to_the_first_page(client: TestClient) -> None:
    answer = client.get("/", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/analyse")


def test_another_host_name_is_refused(client: TestClient) -> None:
    for host in ("evil.example", "127.0.0.1.evil.example:7860", "", "[::1"):
        assert client.get("/analyse", headers={"host": host}).status_code == 421
    for host in ("localhost:1", "[::1]:7860"):
        headers = {"host": host, "origin": f"http://{host}"}
        assert client.get("/healthz", headers=headers).status_code == 200


def test_another_origin_is_refused(client: TestClient) -> None:
    draft = {"version": 1, "fields": {}}
    for origin in ("http://evil.example", "null", "http://127.0.0.1:1", "https://127.0.0.1:7860"):
        headers = {"origin": origin}
        assert (
            client.put(f"/api/cases/{CASE}/draft", json=draft, headers=headers).status_code == 403
        )
        assert client.get("/healthz", headers=headers).status_code == 403


def test_a_change_without_an_origin_is_refused(client: TestClient) -> None:
    del client.headers["origin"]
    try:
        assert client.post("/api/uploads", content=b"x").status_code == 403
        fetched = client.post(
            "/api/uploads", content=b"x", headers={"sec-fetch-site": "same-origin"}
        )
        assert fetched.status_code == 422
        assert client.get("/healthz").status_code == 200
    finally:
        client.headers["origin"] = ORIGIN


def test_every_answer_carries_the_security_headers(client: TestClient) -> None:
    for path in ("/analyse", "/healthz", "/nothing", f"/cases/{CASE}/images/crop"):
        headers = client.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "http:" not in policy and "https:" not in policy and "*" not in policy
        assert "'unsafe-inline'" not in policy.split("style-src")[0]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert headers["cache-control"] == "no-store"


def test_the_scripts_of_a_page_carry_its_own_nonce_and_no_other(client: TestClient) -> None:
    first, second = client.get("/analyse"), client.get("/analyse")
    nonces = [
        a.headers["content-security-policy"].split("nonce-")[1].split("'")[0]
        for a in (first, second)
    ]
    assert nonces[0] != nonces[1]
    assert f"<script nonce={nonces[0]}" in first.text
    assert "<script>" not in first.text


def test_a_page_holds_no_patient_text_before_its_events_ask_for_it(client: TestClient) -> None:
    case = client.post("/api/uploads", content=web_station.lesion_jpeg()).json()["case"]
    fields = {"patient_reference": "SECRET-REFERENCE"}
    client.put(f"/api/cases/{case}/draft", json={"version": 1, "fields": fields})
    for page in (f"/case?id={case}", "/history"):
        assert "SECRET-REFERENCE" not in client.get(page).text


def test_a_large_body_is_refused_outside_the_upload_route(client: TestClient) -> None:
    answer = client.put(f"/api/cases/{CASE}/draft", content=b" " * 1_000_001)
    assert answer.status_code == 413


def test_a_body_of_unknown_length_is_refused_outside_the_upload_route(client: TestClient) -> None:
    answer = client.put(f"/api/cases/{CASE}/draft", content=iter([b"{}"]))
    assert answer.status_code == 411
