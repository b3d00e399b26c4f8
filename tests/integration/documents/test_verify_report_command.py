"""`verify --report` and `verify --file` from the terminal."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stations.service_station import Station, filed, open_station
from triage_app.cli.main import main
from triage_app.domain.case import Report
from triage_app.domain.report_code import ReportCode
from triage_app.imaging.decoding.pool import DecoderPool

SITE = "Test clinic"


@pytest.fixture
def station(tmp_path: Path, decoder: DecoderPool) -> Iterator[Station]:
    with open_station(tmp_path, decoder) as opened:
        yield opened


def printed_code(report: Report) -> str:
    return str(ReportCode(report.id, report.number, report.content_hash))


@pytest.fixture
def terminal(station: Station, monkeypatch: pytest.MonkeyPatch) -> Station:
    """The station's data as the command line sees them."""
    monkeypatch.setenv("TRIAGE_DATA_DIR", str(station.folder))
    monkeypatch.setenv("TRIAGE_MODEL_DIR", str(station.folder / "no model"))
    monkeypatch.setenv("TRIAGE_SITE_NAME", SITE)
    monkeypatch.setenv("TRIAGE_LOG_LEVEL", "ERROR")
    return station


def test_the_command_answers_for_codes_and_files_by_its_exit_status(
    terminal: Station, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    case = filed(terminal, "P-1")
    code = printed_code(case.reports[0])
    good, bad = tmp_path / "report.pdf", tmp_path / "altered.pdf"
    good.write_bytes(terminal.files.read(case.reports[0].file))
    bad.write_bytes(good.read_bytes() + b" ")

    assert main(["verify", "--report", code, "--file", str(good)]) == 0
    printed = capsys.readouterr().out
    assert printed.count(" GENUINE.") == 2
    assert "It is the newest report of its case." in printed

    assert main(["verify", "--file", str(good), "--file", str(bad)]) == 1
    printed = capsys.readouterr().out
    assert f"{bad}\n    NOT GENUINE. It names a document that was issued here" in printed

    assert main(["verify", "--report", code.replace(" no 1 ", " no 2 "), "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["genuine"] is False
    assert found["checked"][0]["case"] == case.id


def test_what_cannot_be_checked_ends_the_command_with_two(
    terminal: Station, capsys: pytest.CaptureFixture[str]
) -> None:
    filed(terminal, "P-1")
    assert main(["verify", "--report", "some text"]) == 2
    assert "not the text of a report's QR code" in capsys.readouterr().err
    assert main(["verify", "--file", str(terminal.folder / "nowhere.pdf")]) == 2
    assert "cannot be read" in capsys.readouterr().err
    code = str(ReportCode("0" * 32, 1, "0" * 64))
    assert main(["verify", "--report", code, "--anchor", f"1:{'0' * 64}"]) == 2
    assert "without --report and --file" in capsys.readouterr().err


def test_a_check_of_one_report_writes_nothing(terminal: Station) -> None:
    case = filed(terminal, "P-1")
    before = len(terminal.events())
    assert main(["verify", "--report", printed_code(case.reports[0])]) == 0
    assert len(terminal.events()) == before
