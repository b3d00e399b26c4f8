"""Accounts, the check and anchors from the terminal, over the real wiring."""

import json
import re
from argparse import Namespace
from pathlib import Path

import pytest

from tests.samples.storage_trail import bend
from triage_app.cli import analyze
from triage_app.cli.main import main
from triage_app.config import Settings
from triage_app.domain.errors import SignInRefused
from triage_app.domain.people import TERMINAL, Actor, Permission, Role
from triage_app.domain.trail import Action
from triage_app.services.site.application import Application
from triage_app.storage.database.migrate import upgrade
from triage_app.wiring import bootstrap


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TRIAGE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("TRIAGE_MODEL_DIR", str(tmp_path / "no model"))
    monkeypatch.setenv("TRIAGE_LOG_LEVEL", "ERROR")
    return tmp_path / "data"


def password_in(printed: str) -> str:
    found = re.search(r"one-time password: +(\S+)", printed)
    assert found
    return found.group(1)


def sign_in(name: str, password: str) -> Actor:
    settings = Settings.from_env()
    with bootstrap.opened(settings) as store:
        return bootstrap.accounts_of(settings, store).sign_in(name, password, "", "127.0.0.1")[1]


def actions() -> list[tuple[str, str]]:
    with bootstrap.opened(Settings.from_env(), migrated=False) as store, store.units() as unit:
        return [(event.action, event.actor) for event in unit.trail.every()]


def start(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> str:
    """Start as ``serve`` does, without listening; what was printed."""
    monkeypatch.setattr("triage_app.web.serve.run", lambda app, settings: 0)
    assert main(["serve"]) == 0
    return capsys.readouterr().out


def test_the_first_start_prints_a_one_time_password_and_the_second_does_not(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    password = password_in(start(capsys, monkeypatch))
    assert "one-time" not in start(capsys, monkeypatch)
    actor = sign_in("administrator", password)
    assert actor.must_change_password
    assert Permission.MANAGE_PEOPLE in actor.permissions


def test_in_single_user_mode_no_account_is_made(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRIAGE_SINGLE_USER", "yes")
    seen: list[Application] = []
    monkeypatch.setattr("triage_app.web.serve.run", lambda app, _: seen.append(app) or 0)
    assert analyze.serve(Namespace(), Settings.from_env()) == 0
    assert "password" not in capsys.readouterr().out
    assert seen[0].single_user
    assert seen[0].accounts is None
    assert main(["people", "list"]) == 0
    assert capsys.readouterr().out == ""


def test_a_start_and_what_changed_in_the_settings_are_in_the_trail_without_paths(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, data: Path
) -> None:
    start(capsys, monkeypatch)
    monkeypatch.setenv("TRIAGE_SESSION_HOURS", "8")
    monkeypatch.setenv("TRIAGE_SITE_NAME", "Clinic of the River")
    start(capsys, monkeypatch)
    start(capsys, monkeypatch)
    with bootstrap.opened(Settings.from_env(), migrated=False) as store, store.units() as unit:
        events = list(unit.trail.every())
    starts = [e for e in events if e.action == Action.STARTED]
    assert len(starts) == 3
    later = [e for e in events if e.number > starts[0].number]
    changed = [json.loads(e.details) for e in later if e.action == Action.SETTING_CHANGED]
    assert [d["name"] for d in changed] == ["TRIAGE_SESSION_HOURS", "TRIAGE_SITE_NAME"]
    assert changed[0]["value"] == "8"
    assert changed[1]["value"].startswith("sha256:")
    text = "".join(e.details for e in events)
    assert str(data) not in text
    assert "River" not in text


def test_people_are_added_reset_and_shut(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["people", "add", "Desk Four", "--role", "clinician", "--role", "auditor"]) == 0
    first = password_in(capsys.readouterr().out)
    assert sign_in("Desk Four", first).must_change_password
    assert main(["people", "reset", "desk four"]) == 0
    second = password_in(capsys.readouterr().out)
    with pytest.raises(SignInRefused):
        sign_in("Desk Four", first)
    assert sign_in("Desk Four", second).permissions >= {
        Permission.SEE_FINDINGS,
        Permission.READ_TRAIL,
    }
    assert main(["people", "shut", "Desk Four"]) == 0
    with pytest.raises(SignInRefused):
        sign_in("Desk Four", second)
    capsys.readouterr()
    assert main(["people", "list"]) == 0
    listed = capsys.readouterr().out
    assert "Desk Four  (auditor, clinician); shut" in listed
    assert (Action.PERSON_CREATED, TERMINAL.id) in actions()


def test_a_wrong_call_is_said_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["people", "add", "Desk Four", "--role", "clinician"]) == 0
    assert main(["people", "add", "DESK FOUR", "--role", "clinician"]) == 2
    assert "taken" in capsys.readouterr().err
    assert main(["people", "shut", "nobody"]) == 2
    assert "does not exist" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["people", "add", "Desk Five"])
    with pytest.raises(SystemExit):
        main(["people", "add", "Desk Five", "--role", "surgeon"])


def test_the_check_answers_by_its_exit_status(
    capsys: pytest.CaptureFixture[str], data: Path
) -> None:
    assert main(["verify"]) == 2, "nothing to check is not sound"
    assert not data.exists(), "a check creates nothing"
    capsys.readouterr()

    settings = Settings.from_env()
    with bootstrap.build(settings) as app:
        assert app.refusal
        case = app.cases.analyse_upload(TERMINAL, _photograph(), "a.jpg")
    assert main(["anchor"]) == 0
    anchor = capsys.readouterr().out.strip()
    assert main(["verify", "--anchor", anchor]) == 0
    assert "as they were written" in capsys.readouterr().out
    assert main(["verify", "--anchor", "12:abc"]) == 2
    capsys.readouterr()

    beyond = f"{int(anchor.split(':')[0]) + 5}:{anchor.split(':')[1]}"
    assert main(["verify", "--anchor", beyond, "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert (found["sound"], len(found["breaks"]), found["damaged"]) == (False, 1, [])

    for path in (data / "files").rglob("*"):
        if path.is_file():
            path.write_bytes(path.read_bytes() + b"x")
    assert main(["verify"]) == 1
    printed = capsys.readouterr().out
    assert f"of case {case.id}: " in printed
    assert "NOT SOUND: 0 in the trail, 3 in cases and files." in printed


def test_an_edited_note_is_found_and_its_case_named(
    capsys: pytest.CaptureFixture[str], data: Path
) -> None:
    with bootstrap.build(Settings.from_env()) as app:
        case = app.cases.analyse_upload(TERMINAL, _photograph(), "a.jpg")
    bend(data / "triage.sqlite3", "UPDATE cases SET note = 'edited by hand'")
    assert main(["verify"]) == 1
    assert f"Case {case.id}: " in capsys.readouterr().out


def test_a_suspended_model_judges_nothing_from_the_terminal_either(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TRIAGE_MODEL_DIR")
    image = tmp_path / "a.jpg"
    image.write_bytes(_photograph())
    settings = Settings.from_env()
    with bootstrap.build(settings) as app:
        app.safety.suspend(TERMINAL, "under review")
    assert main(["analyze", str(image), "--json"]) == 0
    output = capsys.readouterr()
    assert "The model is suspended: under review." in output.err
    assert json.loads(output.out)["probabilities"] is None
    assert main(["analyze", str(image), "--json", "--save", "--patient", "P-1"]) == 0
    line = json.loads(capsys.readouterr().out)
    assert (line["triage"], line["probabilities"]) == ("cannot_assess", None)
    assert (Action.CASE_FILED, TERMINAL.id) in actions()


def test_a_migration_is_copied_first_and_is_in_the_trail(
    capsys: pytest.CaptureFixture[str], data: Path
) -> None:
    settings = Settings.from_env()
    upgrade(settings.database_url, "0002")
    assert main(["verify"]) == 2
    assert "bring it up to date with `migrate`" in capsys.readouterr().err
    assert main(["migrate"]) == 0
    assert list((data / "backups").iterdir())
    with bootstrap.opened(settings, migrated=False) as store, store.units() as unit:
        (event,) = unit.trail.every()
    assert event.action == Action.MIGRATED
    assert json.loads(event.details)["from"] == "0002"
    assert main(["migrate"]) == 0
    assert len(actions()) == 1
    assert main(["verify"]) == 0


def test_an_administrator_of_the_terminal_is_no_account(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["people", "add", "Desk One", "--role", Role.ADMINISTRATOR.value]) == 0
    assert main(["people", "shut", "Desk One"]) == 2
    assert "last active administrator" in capsys.readouterr().err


def test_settings_shows_what_was_set_and_what_is_usual(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRIAGE_MAX_UPLOAD_MB", "12")
    assert main(["settings"]) == 0
    printed = capsys.readouterr().out
    assert re.search(r"TRIAGE_MAX_UPLOAD_MB  \(40\).*\n    now: 12\n", printed)
    assert not re.search(r"TRIAGE_PORT .*\n    now:", printed)


def _photograph() -> bytes:
    from tests.stations.service_station import photograph

    return photograph()
