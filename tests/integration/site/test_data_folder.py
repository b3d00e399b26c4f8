"""The data folder: one workstation at a time, whole or refused, and files whatever their names."""

import fcntl
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.requests import Request

from tests.samples import tiny_model
from tests.samples.images import jpeg
from tests.stations.backup_station import no_passphrase
from triage_app.cli import demo
from triage_app.cli.main import FAILED, main
from triage_app.config import PROJECT_ROOT, Settings
from triage_app.domain.case import CaseFilter, Order
from triage_app.domain.errors import ArchiveRefused, ConfigurationError
from triage_app.domain.people import TERMINAL
from triage_app.storage.backup.restore import restore
from triage_app.storage.database.migrate import current, head, upgrade
from triage_app.storage.database.occupancy import LOCK_FILE, alone
from triage_app.storage.database.unfinished import MAKING
from triage_app.web.routes.uploads import source_name
from triage_app.wiring import bootstrap

ROOT = PROJECT_ROOT
Captured = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "backups").mkdir()
    monkeypatch.setenv("TRIAGE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("TRIAGE_MODEL_DIR", str(tmp_path / "no model"))
    monkeypatch.setenv("TRIAGE_LOG_LEVEL", "ERROR")
    # What a server is started for comes after all that is tested here.
    monkeypatch.setattr("triage_app.web.serve.run", lambda app, settings: 0)
    return tmp_path / "data"


@pytest.fixture
def image(tmp_path: Path) -> Path:
    path = tmp_path / "lesion.jpg"
    path.write_bytes(jpeg())
    return path


@contextmanager
def another_server(data: Path) -> Iterator["subprocess.Popen[str]"]:
    """A process that works alone on the folder."""
    script = (
        "import sys, time\nfrom pathlib import Path\n"
        "from triage_app.storage.database.occupancy import alone\n"
        "place = Path(sys.argv[1])\n"
        "with alone(place, place / 'triage.sqlite3'):\n    print('alone', flush=True)\n"
        "    time.sleep(600)\n"
    )
    command = [sys.executable, "-c", script, str(data)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "alone\n"
        try:
            yield process
        finally:
            process.kill()


def said(capsys: Captured) -> str:
    """The one line of a refusal."""
    line = capsys.readouterr().err.strip()
    assert line.startswith("error: ") and line.isprintable(), line
    return line


def test_a_second_server_is_refused_and_commands_beside_the_first_are_not(
    data: Path, image: Path, tmp_path: Path, capsys: Captured
) -> None:
    assert main(["migrate"]) == 0
    with another_server(data) as server:
        capsys.readouterr()
        assert main(["serve"]) == FAILED
        assert f"running already on the data in {data} (process {server.pid})" in said(capsys)
        beside = (
            ["analyze", str(image), "--save", "--patient", "P-1"],
            ["people", "add", "anna", "--role", "clinician"],
            ["people", "list"],
            ["backup", str(tmp_path / "backups")],
            ["backups", "list", str(tmp_path / "backups")],
            ["verify"],
            ["anchor"],
            ["migrate"],
        )
        assert [main(command) for command in beside] == [0] * len(beside)
        server.kill()
        server.wait()
        assert main(["serve"]) == 0
    assert main(["serve"]) == 0  # nor does the first one's end stand in the way


def test_a_database_is_never_migrated_under_the_server_that_uses_it(
    data: Path, capsys: Captured
) -> None:
    url = Settings.from_env().database_url
    upgrade(url, "0003")
    with another_server(data):
        for command in (["migrate"], ["people", "list"], ["serve"]):
            assert main(command) == FAILED
            assert "running already" in said(capsys)
        assert current(url) == "0003"
    assert main(["migrate"]) == 0
    assert current(url) == head()


def test_two_data_folders_cannot_share_one_database(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    database = tmp_path / "elsewhere" / "a?b.sqlite3"
    monkeypatch.setenv("TRIAGE_DATABASE_URL", f"sqlite:///{database.parent}/a%3Fb.sqlite3")
    assert main(["serve"]) == 0
    lock = database.with_name(f"{database.name}.lock")
    with lock.open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        monkeypatch.setenv("TRIAGE_DATA_DIR", str(tmp_path / "other data"))
        capsys.readouterr()
        assert main(["serve"]) == FAILED
    assert "running already" in said(capsys)


def test_a_lock_that_is_no_file_of_ours_is_refused(data: Path, tmp_path: Path) -> None:
    data.mkdir()
    (data / LOCK_FILE).symlink_to(tmp_path / "somebody's")
    assert main(["serve"]) == FAILED
    assert not (tmp_path / "somebody's").exists()
    with pytest.raises(Exception, match="cannot be used"), alone(data, data / "t.sqlite3"):
        pass


KILLED_AT = {
    "before the first file": "restore.examine",
    "before the check": "restore.check_sound",
    "while files are compared": "restore._hash",
    "before the files are moved": "os.sync",
    "between files and database": "restore.sync_folder",
}
KILLED = (
    "import os, signal, sys\nfrom pathlib import Path\n"
    "from triage_app.storage.backup import restore\n"
    "def kill(*_, **__):\n    os.kill(os.getpid(), signal.SIGKILL)\n"
    "{at} = kill\n"
    "restore.restore(Path(sys.argv[1]), Path(sys.argv[2]), str)\n"
)


@pytest.fixture
def archive(data: Path, image: Path, tmp_path: Path) -> Path:
    assert main(["analyze", str(image), "--save", "--patient", "P-1"]) == 0
    assert main(["backup", str(tmp_path / "backups")]) == 0
    return next((tmp_path / "backups").glob("*.tar"))


def test_a_restore_that_was_killed_is_no_new_workstation_and_can_be_run_again(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    for number, at in enumerate(KILLED_AT.values()):
        place = tmp_path / f"place {number}"
        command = [sys.executable, "-c", KILLED.format(at=at), str(archive), str(place)]
        assert subprocess.run(command, cwd=ROOT, check=False).returncode == -signal.SIGKILL
        monkeypatch.setenv("TRIAGE_DATA_DIR", str(place))
        for attempt in (["serve"], ["migrate"], ["people", "list"], ["verify"]):
            capsys.readouterr()
            assert main(attempt) == FAILED, (at, attempt)
            assert "cut short" in said(capsys)
        assert not (place / "triage.sqlite3").exists()
        assert main(["restore", str(archive), "--to", str(place)]) == 0
        assert main(["verify"]) == 0
        assert {p.name for p in place.iterdir()} - {LOCK_FILE} == {"files", "triage.sqlite3"}


def test_a_restore_that_was_killed_when_all_was_there_is_whole(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "place"
    restore(archive, place, no_passphrase)
    (place / ".restoring").mkdir()
    monkeypatch.setenv("TRIAGE_DATA_DIR", str(place))
    assert main(["serve"]) == 0
    assert not (place / ".restoring").exists()


def test_two_restores_into_one_folder_do_not_mix(archive: Path, tmp_path: Path) -> None:
    place = tmp_path / "place"
    (place / ".restoring").mkdir(parents=True)
    other = os.open(place / ".restoring", os.O_RDONLY)
    fcntl.flock(other, fcntl.LOCK_EX)
    with pytest.raises(ArchiveRefused, match="under way"):
        restore(archive, place, no_passphrase)
    os.close(other)
    restore(archive, place, no_passphrase)


def test_what_was_stored_since_a_restore_was_cut_short_is_not_overwritten(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    """An earlier version took the folder for a new workstation, and somebody worked with it."""
    place = tmp_path / "place"
    restore(archive, place, no_passphrase)
    (place / ".restoring" / "files").mkdir(parents=True)
    with pytest.raises(ArchiveRefused, match="not empty"):
        restore(archive, place, no_passphrase)
    monkeypatch.setenv("TRIAGE_DATA_DIR", str(place))
    assert main(["serve"]) == FAILED
    assert "remove .restoring" in said(capsys)


@pytest.mark.parametrize("lost", ["gone", "empty"])
def test_images_without_their_database_are_no_new_workstation(
    data: Path, image: Path, capsys: Captured, lost: str
) -> None:
    assert main(["analyze", str(image), "--save", "--patient", "P-1"]) == 0
    kept = (data / "triage.sqlite3").read_bytes()
    (data / "triage.sqlite3").unlink()
    if lost == "empty":
        (data / "triage.sqlite3").touch()
    for command in (["serve"], ["migrate"], ["people", "list"]):
        capsys.readouterr()
        assert main(command) == FAILED
        assert "no database at" in said(capsys)
    (data / "triage.sqlite3").write_bytes(kept)
    assert main(["serve"]) == 0


def test_a_first_start_that_was_killed_is_begun_again(data: Path) -> None:
    data.mkdir()
    (data / "triage.sqlite3").touch()
    assert main(["serve"]) == 0


@pytest.mark.parametrize("name", ["a%41b", "x?y"])
def test_a_database_that_an_earlier_version_put_elsewhere_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured, name: str
) -> None:
    earlier = {"a%41b": tmp_path / "aAb" / "triage.sqlite3", "x?y": tmp_path / "x"}[name]
    upgrade(f"sqlite:///{earlier}")
    monkeypatch.setenv("TRIAGE_DATA_DIR", str(tmp_path / name))
    assert main(["serve"]) == FAILED
    assert str(earlier) in said(capsys)
    (tmp_path / name).mkdir()
    earlier.rename(tmp_path / name / "triage.sqlite3")
    assert main(["serve"]) == 0


def test_a_demo_that_was_cut_short_is_not_shown_and_can_be_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    folder = tmp_path / "it's a demo?"

    def cut_short(settings: Settings, **_: object) -> None:
        with bootstrap.opened(settings):
            (settings.data_dir / "files").mkdir()
        raise KeyboardInterrupt

    def made(settings: Settings, **_: object) -> None:
        assert [p.name for p in settings.data_dir.iterdir() if p.name != LOCK_FILE] == [MAKING]
        with bootstrap.opened(settings):
            (settings.data_dir / "truth.json").write_text("{}")

    monkeypatch.setattr(demo, "make", cut_short)
    assert main(["demo", "--dir", str(folder)]) == 130
    monkeypatch.setenv("TRIAGE_DATA_DIR", str(folder))
    assert main(["serve"]) == FAILED
    assert "cut short" in said(capsys)
    monkeypatch.setattr(demo, "make", made)
    assert main(["demo", "--dir", str(folder)]) == 0
    assert main(["serve"]) == 0
    assert not (folder / MAKING).exists()


ODD = [
    b"plain.jpg", b"\xff\xfe.jpg", b"latin-\xe4.jpg", "Zoë.jpg".encode(), b"two\nlines.jpg",
    b"\x1b[2J\x1b]0;x\x07.jpg", b"-save", b"$'x'.jpg", "\u202egpj.exe".encode(), b"a\\b.jpg",
    b"quote\"'.jpg", b"x" * 250, b"\xf0\x9f", b"50%.jpg",
]  # fmt: skip


def test_analyze_answers_for_files_whatever_their_names_and_stores_them(tmp_path: Path) -> None:
    tiny_model.write(tmp_path / "model")
    folder = os.fsencode(tmp_path / "images")
    os.mkdir(folder)
    for name in ODD:
        Path(os.fsdecode(folder + b"/" + name)).write_bytes(jpeg())
    paths = [folder + b"/" + name for name in (*ODD[:3], b"\xff missing", *ODD[3:])]
    command = [
        sys.executable,
        "-m",
        "triage_app",
        "analyze",
        "--json",
        "--save",
        "--patient",
        "P-1",
    ]
    environment = {**os.environ, "TRIAGE_MODEL_DIR": str(tmp_path / "model")}
    done = subprocess.run(
        [*command, "--heatmap", str(tmp_path / "heat"), "--", *paths, "/dev", "/dev/zero"],
        cwd=ROOT,
        env=environment | {"TRIAGE_MAX_UPLOAD_MB": "1"},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    lines = [json.loads(line) for line in done.stdout.decode().splitlines()]
    stored = [line for line in lines if "case" in line]
    assert len(lines) == len(ODD) + 3
    assert len({line["image"] for line in lines}) == len(lines)
    assert len(stored) == len(ODD)
    assert [line["reason_codes"] for line in lines if "case" not in line] == [
        ["not_readable"],
        ["not_readable"],
        ["too_large"],
    ]
    with bootstrap.opened(Settings.from_env(), migrated=False) as store, store.units() as unit:
        rows = unit.cases.page(CaseFilter(), Order.NEWEST, None, 100).items
    assert len(rows) == len(ODD)
    assert all(row.source_name.isprintable() for row in rows)
    assert len({row.source_name for row in rows}) == len(ODD)


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_the_json_is_valid_whatever_the_output_can_hold(tmp_path: Path, encoding: str) -> None:
    names = [str(tmp_path / name) for name in ("Zoë", "皮膚", "\udcff", "a\nb")]
    done = subprocess.run(
        [sys.executable, "-m", "triage_app", "analyze", "--json", *names],
        cwd=ROOT,
        env={**os.environ, "PYTHONIOENCODING": encoding},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    lines = done.stdout.decode(encoding).splitlines()
    shown = [json.loads(line)["image"] for line in lines]
    assert [shown[0], shown[1], shown[3]] == [names[0], names[1], names[3]]
    assert shown[2] == f"$'{tmp_path}/\\xff'"


def test_a_terminal_gets_no_command_from_the_name_of_a_file(
    tmp_path: Path, capsys: Captured
) -> None:
    names = ["\x1b[2J.jpg", "two\nlines.jpg", "\udcff.jpg", "\u202egpj.exe"]
    assert main(["analyze", *(str(tmp_path / name) for name in names)]) == 1
    printed = capsys.readouterr().out
    assert "\x1b" not in printed and "\u202e" not in printed
    assert sum(line.startswith("$'") for line in printed.splitlines()) == len(names)


@settings(max_examples=200, deadline=None)
@given(name=st.binary(max_size=60))
def test_the_name_of_an_upload_is_text_whatever_was_sent(name: bytes) -> None:
    quoted = "".join(f"%{byte:02X}" for byte in name).encode()
    kept = source_name(Request({"type": "http", "headers": [(b"x-file-name", quoted)]}))
    assert kept.isprintable() and kept.encode() is not None
    assert "/" not in kept and "\\" not in kept


def test_backups_are_listed_beside_files_of_any_name(
    archive: Path, tmp_path: Path, capsys: Captured
) -> None:
    folder = os.fsencode(archive.parent)
    for name in (b"\xff.tar", b"triage-\n.tar", b"-rf", b"\x1b[2J", archive.name.encode() + b"\n"):
        Path(os.fsdecode(folder + b"/" + name)).touch()
    capsys.readouterr()
    assert main(["backups", "list", str(archive.parent)]) == 0
    printed = capsys.readouterr().out
    assert printed.count("\n") == 1 and archive.name in printed
    copy = Path(os.fsdecode(folder + b"/\xe4 copy\n.tar"))
    copy.write_bytes(archive.read_bytes())
    assert main(["restore", str(copy), "--to", str(tmp_path / "50% of\nit?")]) == 0
    assert "it?" in capsys.readouterr().out


@pytest.mark.parametrize("command", [["restore", "ARCHIVE", "--to"], ["demo", "--dir"]])
def test_a_folder_that_cannot_be_kept_is_refused(
    command: list[str], tmp_path: Path, capsys: Captured
) -> None:
    assert main([*command, str(tmp_path / "x\udcff")]) == FAILED
    assert "UTF-8" in said(capsys)


def test_the_owner_alone_reads_what_a_start_makes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "new" / "parents" / "data"
    monkeypatch.setenv("TRIAGE_DATA_DIR", str(folder))
    before = os.umask(0)
    try:
        assert main(["serve"]) == 0
    finally:
        os.umask(before)
    made = [*folder.rglob("*"), folder, folder.parent, folder.parent.parent]
    assert {path.stat().st_mode & 0o077 for path in made} == {0}


def test_an_error_of_the_system_is_a_sentence_with_status_2(
    image: Path, tmp_path: Path, capsys: Captured
) -> None:
    (tmp_path / "file").touch()
    assert main(["analyze", str(image), "--heatmap", str(tmp_path / "file" / "x")]) == FAILED
    assert "Check the name" in said(capsys)


def test_a_database_of_no_file_here_is_named_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    monkeypatch.setenv("TRIAGE_DATA_DIR", str(tmp_path / "new\nline\x1b[2J"))
    assert main(["verify"]) == FAILED
    assert r"new\nline\x1b[2J" in said(capsys)
    with pytest.raises(ConfigurationError), bootstrap.opened(Settings.from_env(), migrated=False):
        pass
    assert TERMINAL.id
