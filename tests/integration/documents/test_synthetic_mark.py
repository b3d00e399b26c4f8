"""A site of made-up data says so on every page, and a real one nowhere."""

import html
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.stations import web_station
from triage_app.ui.kit.places import PLACES
from triage_app.ui.words import texts
from triage_app.web.app import create_app

ORIGIN = "http://127.0.0.1:7860"
PAGES = [place.path for place in PLACES if not place.accounts]


@pytest.fixture(scope="module", params=[True, False], ids=["made up", "real"])
def site(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[bool, TestClient]]:
    """Whether a single-user site holds made-up data, and a client of it."""
    folder = tmp_path_factory.mktemp("data")
    with (
        web_station.station(folder, synthetic=request.param) as found,
        TestClient(create_app(found), ORIGIN, headers={"origin": ORIGIN}) as client,
    ):
        yield request.param, client


@pytest.mark.parametrize("path", PAGES)
def test_each_page_is_marked_exactly_where_the_data_are_made_up(
    site: tuple[bool, TestClient], path: str
) -> None:
    made_up, client = site
    answer = client.get(path)
    assert answer.status_code == 200
    assert (texts.SYNTHETIC in html.unescape(answer.text)) is made_up


@pytest.mark.parametrize("made_up", [True, False])
def test_the_page_to_sign_in_is_marked_too(tmp_path: Path, made_up: bool) -> None:
    with (
        web_station.station(tmp_path, accounts=True, synthetic=made_up) as found,
        TestClient(create_app(found), ORIGIN) as client,
    ):
        answer = client.get("/sign-in")
    assert answer.status_code == 200
    assert (texts.SYNTHETIC in answer.text) is made_up
