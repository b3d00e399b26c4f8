"""Backups from the terminal and as a use case, over the real wiring."""

import io
import re
import sys
import time
from contextlib import nullcontext
from datetime import timedelta
from pathlib import Path

import pytest

from tests.samples.images import jpeg
from tests.samples.patience import SECONDS
from tests.stations.backup_station import PASSPHRASE, hashes, passphrase_file, rows
from triage_app.cli.main import main
from triage_app.config import Settings
from triage_app.domain.calendar import UTC_ZONE
from triage_app.domain.errors import BackupFailed, ConfigurationError, NotPermitted
from triage_app.domain.people import ROLE_PERMISSIONS, TERMINAL, Actor, Permission, Role
from triage_app.domain.trail import Action, Event, TrailFilter
from triage_app.services.site import schedule
from triage_app.services.site.backups import Backups
from triage_app.services.site.schedule import Schedule
from triage_app.wiring import bootstrap

SECRET = "Patient-0815"


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "backups").mkdir()
    monkeypatch.setenv("TRIAGE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("TRIAGE_MODEL_DIR", str(tmp_path / "no model"))
    monkeypatch.setenv("TRIAGE_LOG_LEVEL", "ERROR")
    return tmp_path / "data"


@pytest.fixture
def stored(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """A data folder with a filed case."""
    image = tmp_path / "lesion.jpg"
    image.write_bytes(jpeg())
    assert main(["analyze", str(image), "--save", "--patient", SECRET, "--age", "44"]) == 0
    capsys.readouterr()
    return data


def backups_recorded() -> list[Event]:
    with bootstrap.opened(Settings.from_env(), migrated=False) as store, store.units() as unit:
        wanted = TrailFilter(actions=frozenset({Action.BACKUP_MADE}))
        return list(unit.trail.page(wanted, None, 50))


@pytest.mark.parametrize("encrypted", [False, True], ids=["plain", "encrypted"])
def test_the_drill_from_the_terminal(
    stored: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    encrypted: bool,
) -> None:
    """Back up, lose everything, restore, check the trail and every file, and go on."""
    monkeypatch.setenv("TRIAGE_BACKUP_DIR", str(tmp_path / "backups"))
    if encrypted:
        monkeypatch.setenv("TRIAGE_BACKUP_PASSPHRASE_FILE", str(passphrase_file(tmp_path)))
    before, images = rows(stored / "triage.sqlite3"), hashes(stored / "files")
    assert len(before["cases"]) == 1
    assert images
    assert main(["backup"]) == 0
    said = capsys.readouterr().out
    assert ("not encrypted" in said) is not encrypted
    assert main(["anchor"]) == 0
    anchor = capsys.readouterr().out.strip()

    (archive,) = (tmp_path / "backups").glob("triage-*.tar")
    place = tmp_path / "restored"
    assert main(["restore", str(archive), "--to", str(place)]) == 0
    said = capsys.readouterr().out
    assert f"TRIAGE_DATA_DIR={place}" in said
    assert "1 cases" in said
    assert rows(place / "triage.sqlite3") == before
    assert hashes(place / "files") == images

    monkeypatch.setenv("TRIAGE_DATA_DIR", str(place))
    assert main(["verify"]) == 0
    # What came after the backup is missing, and an anchor from then says so.
    assert main(["verify", "--anchor", anchor]) == 1
    capsys.readouterr()
    assert main(["backup"]) == 0
    assert capsys.readouterr().out.startswith("2  ")


def test_a_backup_leaves_its_trace_with_hash_and_counts_and_without_names(
    stored: Path, tmp_path: Path
) -> None:
    assert main(["backup", str(tmp_path / "backups")]) == 0
    (event,) = backups_recorded()
    (archive,) = (tmp_path / "backups").iterdir()
    assert event.actor == "terminal"
    assert f'"sha256":"{next(iter(hashes(tmp_path / "backups").values()))}"' in event.details
    assert '"cases":1' in event.details
    assert str(tmp_path) not in event.details
    assert archive.name not in event.details


def test_archives_can_be_listed_and_checked(
    stored: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = str(tmp_path / "backups")
    for _ in range(2):
        main(["backup", folder])
    capsys.readouterr()
    assert main(["backups", "list", folder]) == 0
    listed = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in listed] == ["2", "1"]
    archive = max((tmp_path / "backups").iterdir())
    assert main(["backups", "check", str(archive)]) == 0
    said = capsys.readouterr().out
    assert hashes(tmp_path / "backups")[archive.name] in said
    archive.write_bytes(archive.read_bytes()[:-9000])
    assert main(["backups", "check", str(archive)]) == 2
    assert "cut short" in capsys.readouterr().err


def test_a_damaged_file_gives_status_one_and_is_named(
    stored: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lost = next((stored / "files").glob("*/*"))
    lost.unlink()
    assert main(["backup", str(tmp_path / "backups")]) == 1
    assert "INCOMPLETE" in capsys.readouterr().out
    (archive,) = (tmp_path / "backups").iterdir()
    assert main(["restore", str(archive), "--to", str(tmp_path / "place")]) == 0
    assert f"file {lost.name} was already missing" in capsys.readouterr().out


@pytest.mark.parametrize(
    "command",
    [
        ["backup"],
        ["backups", "list"],
        ["backup", "/no such folder"],
        ["backups", "list", "/no such folder"],
        ["restore", "/no such archive", "--to", "/no such folder"],
    ],
)
def test_what_cannot_be_done_is_said_and_ends_with_status_two(
    stored: Path, capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    assert main(command) == 2
    said = capsys.readouterr().err
    assert re.match(r"error: [A-Z/].*\.$", said)
    assert not Path("/no such folder").exists()


def test_a_place_without_a_database_is_not_backed_up(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["backup", str(tmp_path / "backups")]) == 2
    assert "no database" in capsys.readouterr().err
    assert not data.exists()


def test_an_encrypted_archive_asks_for_its_passphrase(
    stored: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TRIAGE_BACKUP_PASSPHRASE_FILE", str(passphrase_file(tmp_path)))
    main(["backup", str(tmp_path / "backups")])
    (archive,) = (tmp_path / "backups").iterdir()
    monkeypatch.delenv("TRIAGE_BACKUP_PASSPHRASE_FILE")
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    assert main(["backups", "check", str(archive)]) == 2
    assert "--passphrase-file" in capsys.readouterr().err
    file = str(tmp_path / "passphrase")
    assert main(["backups", "check", str(archive), "--passphrase-file", file]) == 0
    monkeypatch.setattr("triage_app.cli.backup._asked", lambda: PASSPHRASE)
    assert main(["backups", "check", str(archive)]) == 0


def actor(*roles: Role) -> Actor:
    return Actor("a" * 32, "name", frozenset().union(*(ROLE_PERMISSIONS[r] for r in roles)))


@pytest.mark.parametrize("role", Role)
def test_only_who_manages_the_site_may_make_or_see_backups(
    stored: Path, tmp_path: Path, role: Role
) -> None:
    settings = Settings.from_env()
    who = actor(role)
    with bootstrap.opened(settings, migrated=False) as store:
        folder = bootstrap.backup_folder(settings, tmp_path / "backups")
        backups = Backups(store.units, folder, timedelta(hours=24))
        refused = pytest.raises(NotPermitted)
        for step in (backups.make, backups.archives, backups.state):
            with nullcontext() if role is Role.ADMINISTRATOR else refused:
                step(who)
    assert len(backups_recorded()) == (role is Role.ADMINISTRATOR)
    assert Permission.MANAGE_SITE in ROLE_PERMISSIONS[Role.ADMINISTRATOR]


def test_the_state_tells_what_is_wrong_until_it_is_right(stored: Path, tmp_path: Path) -> None:
    settings, place = Settings.from_env(), tmp_path / "missing"
    with bootstrap.opened(settings, migrated=False) as store:
        none = Backups(store.units, None, timedelta(hours=24))
        assert "TRIAGE_BACKUP_DIR" in none.state(TERMINAL).sentence(UTC_ZONE)
        assert none.state(TERMINAL).overdue
        with pytest.raises(ConfigurationError, match="TRIAGE_BACKUP_DIR"):
            none.make(TERMINAL)

        folder = bootstrap.backup_folder(settings, place)
        backups = Backups(store.units, folder, timedelta(hours=24))
        with pytest.raises(BackupFailed):
            backups.make(TERMINAL)
        assert "disk is mounted" in backups.state(TERMINAL).sentence(UTC_ZONE)
        place.mkdir()
        assert "does not exist" in backups.state(TERMINAL).sentence(UTC_ZONE)
        archive = backups.make(TERMINAL)
        state = backups.state(TERMINAL)
        assert (state.newest, state.overdue, state.failure) == (archive, False, "")
        next((stored / "files").glob("*/*")).unlink()
        backups.make(TERMINAL)
        assert backups.state(TERMINAL).newest == archive


def test_a_backup_grows_too_old(stored: Path, tmp_path: Path) -> None:
    settings = Settings.from_env()
    with bootstrap.opened(settings, migrated=False) as store:
        folder = bootstrap.backup_folder(settings, tmp_path / "backups")
        made = Backups(store.units, folder, timedelta(hours=24)).make(TERMINAL)
        later = made.made_at + timedelta(hours=49)
        state = Backups(store.units, folder, timedelta(hours=24), lambda: later).state(TERMINAL)
        assert state.overdue
        assert "too old" in state.sentence(UTC_ZONE)


def test_a_running_server_makes_its_backups_by_itself(
    stored: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRIAGE_BACKUP_DIR", str(tmp_path / "backups"))
    monkeypatch.setattr(schedule, "LOOK_EVERY_S", 0.05)
    with bootstrap.serving(Settings.from_env()) as app:
        for _ in range(20 * SECONDS):
            if app.backups.archives(TERMINAL):
                break
            time.sleep(0.05)
        assert app.backups.state(TERMINAL).newest
    (event,) = backups_recorded()
    assert event.actor == "system"


def test_no_schedule_runs_where_no_folder_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[Schedule] = []
    monkeypatch.setattr(Schedule, "__enter__", started.append)
    with bootstrap.serving(Settings.from_env()):
        assert started == []


def test_a_passphrase_that_protects_nothing_stops_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = passphrase_file(tmp_path, "short")
    monkeypatch.setenv("TRIAGE_BACKUP_PASSPHRASE_FILE", str(file))
    assert main(["serve"]) == 2
    assert "16 characters" in capsys.readouterr().err
