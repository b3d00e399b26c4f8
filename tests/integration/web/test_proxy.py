"""Behind a reverse proxy with TLS: cookie, host, origin and the client's address."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.stations import people_station, web_station
from tests.stations.people_station import NOBODY, House
from triage_app.web.app import create_app
from triage_app.web.door.access import SECURE_COOKIE
from triage_app.web.door.limits import Attempts

PUBLIC = "https://triage.clinic.example"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A workstation without a proxy, to which everybody has signed in."""
    with people_station.house(tmp_path_factory.mktemp("house")) as found:
        yield found


@pytest.fixture
def proxied(tmp_path: Path) -> Iterator[TestClient]:
    """A workstation behind a reverse proxy on the same machine."""
    with web_station.station(tmp_path, accounts=True) as station:
        assert station.accounts is not None
        first = station.accounts.first_start()
        assert first is not None
        app = create_app(station, PUBLIC)
        with TestClient(app, PUBLIC, client=("127.0.0.1", 1)) as client:
            client.headers.update({"origin": PUBLIC, "x-forwarded-for": "203.0.113.9"})
            client.headers["x-once"] = first[1]
            yield client


def test_behind_a_proxy_the_cookie_is_for_this_host_and_tls_alone(proxied: TestClient) -> None:
    form = {"name": "administrator", "password": proxied.headers["x-once"]}
    answer = proxied.post("/sign-in", data=form, follow_redirects=False)
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"{SECURE_COOKIE}=")
    parts = {part.strip().lower() for part in cookie.split(";")[1:]}
    assert parts == {"httponly", "path=/", "samesite=strict", "secure"}
    assert proxied.get("/", follow_redirects=False).headers["location"] == "/password"


def test_behind_a_proxy_the_client_is_who_the_proxy_saw(
    proxied: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    monkeypatch.setattr(
        Attempts, "wait_minutes", lambda self, address: (seen.append(address), 0)[1]
    )
    form = {"name": "x", "password": "y"}
    for forwarded in ("203.0.113.9", "10.0.0.1, 203.0.113.9", "nonsense"):
        proxied.post("/sign-in", data=form, headers={"x-forwarded-for": forwarded})
    assert seen == ["203.0.113.9", "203.0.113.9", "127.0.0.1"]


def test_behind_a_proxy_other_hosts_and_origins_stay_refused(proxied: TestClient) -> None:
    for host in ("evil.example", "triage.clinic.example.evil.example", "triage.clinic.example:1"):
        answer = proxied.get("/sign-in", headers={"host": host})
        assert answer.status_code == 421
    for origin in ("http://triage.clinic.example", "https://clinic.example", "null"):
        answer = proxied.post("/sign-in", data={}, headers={"origin": origin})
        assert answer.status_code == 403


def test_without_a_proxy_nobody_can_make_up_an_address_or_a_host(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    monkeypatch.setattr(
        Attempts, "wait_minutes", lambda self, address: (seen.append(address), 0)[1]
    )
    made_up = {"x-forwarded-for": "203.0.113.9", "x-forwarded-host": "evil.example"}
    house.ask(NOBODY, "POST", "/sign-in", data={"name": "x"}, headers=made_up)
    assert seen == ["testclient"]
    page = house.ask("clinician", "GET", "/analyse", headers=made_up)
    assert "evil.example" not in page.text
