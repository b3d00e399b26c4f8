"""Signing in and out through the plain pages: cookies, forced change, second factor, limits."""

import re
import time
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pyotp
import pytest
from httpx import Response
from starlette.testclient import TestClient

from tests.stations import people_station, web_station
from tests.stations.accounts_desk import PASSWORD
from tests.stations.people_station import NOBODY, House, sign_in
from triage_app.domain.errors import StorageUnavailable, TooManyRequests
from triage_app.web.app import create_app
from triage_app.web.door.access import COOKIE
from triage_app.web.door.limits import ATTEMPTS, Attempts, InFlight

FORM = "application/x-www-form-urlencoded"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A workstation to which everybody has signed in."""
    with people_station.house(tmp_path_factory.mktemp("house")) as found:
        yield found


def _text(answer: Response) -> str:
    return unescape(re.sub(r"<[^>]+>", " ", answer.text))


def _enter(house: House, name: str, password: str, **more: str) -> str:
    """Sign in anew; the token."""
    answer = sign_in(house, name, password, **more)
    assert answer.status_code == 303, _text(answer)
    return answer.cookies[COOKIE]


def _hire(house: House, name: str) -> str:
    """A new clinician's one-time password."""
    administrator = house.actors["administrator"]
    return house.accounts.create(administrator, name, [people_station.Role.CLINICIAN])[1]


def test_the_cookie_is_out_of_reach_for_scripts_and_other_sites(house: House) -> None:
    answer = sign_in(house, "clinician", PASSWORD)
    cookie = answer.headers["set-cookie"]
    assert re.match(rf"{COOKIE}=[A-Za-z0-9_-]{{43}};", cookie)
    assert {part.strip().lower() for part in cookie.split(";")[1:]} == {
        "httponly",
        "path=/",
        "samesite=strict",
    }


def test_each_sign_in_gives_another_token_and_leaves_the_offered_one_unused(house: House) -> None:
    offered = "A" * 43
    headers = {"cookie": f"{COOKIE}={offered}"}
    form = {"name": "clinician", "password": PASSWORD}
    first = house.ask(NOBODY, "POST", "/sign-in", data=form, headers=headers).cookies[COOKIE]
    second = house.ask(NOBODY, "POST", "/sign-in", data=form, headers=headers).cookies[COOKIE]
    house.client.cookies.clear()
    assert len({offered, first, second}) == 3
    assert house.ask(NOBODY, "GET", "/api/me", headers=headers).status_code == 401


def test_name_password_and_shut_account_are_refused_in_the_same_words(house: House) -> None:
    answers = [
        sign_in(house, "clinician", "wrong password 1"),
        sign_in(house, "no such name", "wrong password 1"),
        sign_in(house, "clinician", ""),
    ]
    assert {answer.status_code for answer in answers} == {401}
    assert len({_text(answer) for answer in answers}) == 1
    assert "Name, password or code is not right." in _text(answers[0])
    assert all("wrong password" not in answer.text for answer in answers)


def test_after_signing_in_one_is_led_to_the_page_that_was_asked_for(house: House) -> None:
    case = "0" * 32
    away = house.ask(NOBODY, "GET", f"/case?id={case}")
    assert away.headers["location"] == f"/sign-in?next=%2Fcase%3Fid%3D{case}"
    form = house.ask(NOBODY, "GET", away.headers["location"])
    assert f'value="/case?id={case}"' in form.text
    assert "session has ended" in form.text
    answer = sign_in(house, "clinician", PASSWORD, next=f"/case?id={case}")
    assert answer.headers["location"] == f"/case?id={case}"


@pytest.mark.parametrize(
    "after",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "/sign-out",
        "/case?id=<script>",
        "/case\r\nx: y",
        "javascript:alert(1)",
        "/analyse/../sign-out",
    ],
)
def test_nobody_is_led_anywhere_but_to_a_page_of_ours(house: House, after: str) -> None:
    answer = sign_in(house, "auditor", PASSWORD, next=after)
    assert answer.headers["location"] == "/trail"
    form = house.client.get("/sign-in", params={"next": after})
    assert after not in form.text and 'name="next"' not in form.text


def test_each_role_starts_on_a_page_of_its_own(house: House) -> None:
    for who, start in (
        ("administrator", "/privacy"),
        ("clinician", "/analyse"),
        ("photographer", "/analyse"),
        ("auditor", "/trail"),
    ):
        assert house.ask(who, "GET", "/").headers["location"] == start


def test_a_one_time_password_must_be_changed_before_anything_else(house: House) -> None:
    once = _hire(house, "newcomer")
    token = _enter(house, "newcomer", once)
    house.tokens["newcomer"] = token
    assert house.ask("newcomer", "GET", "/analyse").headers["location"] == "/password"
    assert house.ask("newcomer", "GET", "/api/me").status_code == 403
    for form, said in (
        ({"old": once, "new": PASSWORD, "repeat": "another"}, "differ"),
        ({"old": once, "new": "short", "repeat": "short"}, "at least 12"),
        ({"old": once, "new": once, "repeat": once}, "another password"),
        ({"old": "wrong", "new": PASSWORD, "repeat": PASSWORD}, "present password is not right"),
    ):
        answer = house.ask("newcomer", "POST", "/password", data=form)
        assert answer.status_code == 422 and said in _text(answer)
        assert PASSWORD not in answer.text
    form = {"old": once, "new": PASSWORD, "repeat": PASSWORD}
    assert house.ask("newcomer", "POST", "/password", data=form).headers["location"] == "/"
    assert house.ask("newcomer", "GET", "/").headers["location"] == "/analyse"


def test_a_second_factor_is_set_up_asked_for_and_dropped(house: House) -> None:
    once = _hire(house, "careful")
    house.tokens["careful"] = _enter(house, "careful", once)
    form = {"old": once, "new": PASSWORD, "repeat": PASSWORD}
    house.ask("careful", "POST", "/password", data=form)
    page = house.ask("careful", "GET", "/two-factor")
    assert "<svg" in page.text and "http" not in page.text.replace("http://www.w3.org/", "")
    found = re.search(r'name="secret" value="([A-Z2-7]{32})"', page.text)
    assert found is not None
    code = pyotp.TOTP(found[1]).now()
    form = {"secret": found[1], "code": "000000", "password": PASSWORD}
    assert house.ask("careful", "POST", "/two-factor", data=form).status_code == 422
    form = {"secret": found[1], "code": f"{code[:3]} {code[3:]}", "password": PASSWORD}
    done = house.ask("careful", "POST", "/two-factor", data=form)
    assert done.headers["location"] == "/account?done=two-factor-on"
    assert sign_in(house, "careful", PASSWORD).status_code == 401
    following = pyotp.TOTP(found[1]).at(int(time.time()) + 30)
    assert sign_in(house, "careful", PASSWORD, code=following).status_code == 303
    off = house.ask("careful", "POST", "/two-factor", data={"password": PASSWORD})
    assert off.headers["location"] == "/account?done=two-factor-off"
    assert sign_in(house, "careful", PASSWORD).status_code == 303


def test_signing_out_ends_the_session_and_clears_the_browser(house: House) -> None:
    token = _enter(house, "second auditor", PASSWORD)
    house.tokens["leaving"] = token
    answer = house.ask("leaving", "POST", "/sign-out")
    assert answer.headers["clear-site-data"] == '"cache", "storage"'
    assert f'{COOKIE}=""' in answer.headers["set-cookie"] and "Max-Age=0" in str(answer.headers)
    assert house.ask("leaving", "GET", "/api/me").status_code == 401
    assert house.ask("leaving", "POST", "/sign-out").headers["location"] == "/sign-in"


def test_signing_in_or_out_is_refused_to_other_sites_and_to_other_forms(house: House) -> None:
    form = {"name": "clinician", "password": PASSWORD}
    for headers in ({"origin": "http://evil.example"}, {"origin": "null"}):
        for path in ("/sign-in", "/sign-out"):
            answer = house.ask("clinician", "POST", path, data=form, headers=headers)
            assert answer.status_code == 403 and "set-cookie" not in answer.headers
    for content, kind in ((b"{}", "application/json"), (b"x" * 30_000, FORM), (b"\xff", FORM)):
        answer = house.ask(
            NOBODY, "POST", "/sign-in", content=content, headers={"content-type": kind}
        )
        assert answer.status_code == 400


def test_a_page_with_a_form_runs_no_compiled_script(house: House) -> None:
    for who, path in ((NOBODY, "/sign-in"), ("clinician", "/password")):
        headers = house.ask(who, "GET", path).headers
        assert "unsafe-eval" not in headers["content-security-policy"]
        assert headers["cache-control"] == "no-store"


def test_a_request_that_a_page_makes_by_itself_does_not_keep_a_session_alive(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, bool]] = []
    who = house.accounts.who

    def watched(token: str, touch: bool = True) -> object:
        asked.append((token, touch))
        return who(token, touch)

    monkeypatch.setattr(house.accounts, "who", watched)
    for path in ("/api/me", "/gradio_api/app_id", "/analyse", f"/cases/{'0' * 32}/images/crop"):
        house.ask("clinician", "GET", path)
    assert [touch for _, touch in asked] == [False, False, True, True]


def test_without_the_store_of_sessions_nobody_gets_in(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise StorageUnavailable("The database is locked.")

    monkeypatch.setattr(house.accounts, "who", broken)
    for path in ("/analyse", "/api/me", f"/cases/{'0' * 32}/images/crop"):
        answer = house.ask("clinician", "GET", path)
        assert answer.status_code == 503
        assert answer.json()["error"] == "The database is locked."


def test_many_attempts_from_one_address_have_to_wait(tmp_path: Path) -> None:
    with (
        web_station.station(tmp_path, accounts=True) as station,
        TestClient(create_app(station), people_station.ORIGIN) as client,
    ):
        client.headers["origin"] = people_station.ORIGIN
        form = {"name": "x", "password": "y"}
        answers = [client.post("/sign-in", data=form) for _ in range(ATTEMPTS + 1)]
    assert {a.status_code for a in answers[:-1]} == {401}
    assert answers[-1].status_code == 429
    assert "Try again in 5 minutes." in answers[-1].text


def test_attempts_count_by_address_and_are_forgotten_in_time() -> None:
    now = [0.0]
    attempts = Attempts(most=2, window_s=60, clock=lambda: now[0])
    assert [attempts.wait_minutes("a") for _ in range(3)] == [0, 0, 1]
    assert attempts.wait_minutes("b") == 0
    now[0] = 61.0
    assert attempts.wait_minutes("a") == 0


def test_those_who_sign_in_do_not_use_up_the_attempts_of_their_address() -> None:
    attempts = Attempts(most=2, window_s=60, clock=lambda: 0.0)
    for _ in range(5):
        assert attempts.wait_minutes("a") == 0
        attempts.succeeded("a")
    assert [attempts.wait_minutes("a") for _ in range(3)] == [0, 0, 1]


def test_one_person_sends_a_few_images_at_a_time_and_nobody_waits_for_another() -> None:
    uploads = InFlight(most=2)
    with uploads.one("a"), uploads.one("a"):
        with pytest.raises(TooManyRequests, match="already sending 2 files"), uploads.one("a"):
            raise AssertionError("a third one went through")
        with uploads.one("b"):
            pass
    with uploads.one("a"):
        pass
