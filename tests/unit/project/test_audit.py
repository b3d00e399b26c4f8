"""The look-up of vulnerabilities fails when it could not look."""

import json
from pathlib import Path
from typing import Any

from tests import audit
from triage_app.config import PROJECT_ROOT

ROOT = PROJECT_ROOT
PINS = {"six": "1.17.0", "rich": "15.0.0"}
CLEAN: dict[str, Any] = {
    "dependencies": [
        {"name": "six", "version": "1.17.0", "vulns": []},
        {"name": "rich", "version": "15.0.0", "vulns": []},
    ]
}


def test_a_report_that_names_every_pin_and_finds_nothing_passes() -> None:
    assert audit.objections(CLEAN, PINS) == []


def test_a_skipped_package_fails() -> None:
    skipped = {"name": "six", "skip_reason": "not found"}
    report = {"dependencies": [skipped, CLEAN["dependencies"][1]]}
    assert audit.objections(report, PINS) == ["six: could not be looked up: not found"]


def test_an_empty_report_fails_for_each_package() -> None:
    assert len(audit.objections({"dependencies": []}, PINS)) == len(PINS)


def test_a_look_up_of_another_version_fails() -> None:
    assert audit.objections(CLEAN, PINS | {"six": "1.16.0"}) == [
        "six: 1.17.0 was looked up, 1.16.0 is pinned"
    ]


def test_a_vulnerability_fails_and_is_named() -> None:
    known = {"id": "PYSEC-1", "fix_versions": ["2.0"]}
    report = {"dependencies": [{"name": "six", "version": "1.17.0", "vulns": [known]}]}
    assert audit.objections(report, {"six": "1.17.0"}) == ["six 1.17.0: PYSEC-1, fixed in 2.0"]


def test_no_report_at_all_fails(tmp_path: Path) -> None:
    assert audit.main([str(tmp_path / "none.json"), str(ROOT / "requirements.txt")]) == 1


def test_the_exit_status_tells(tmp_path: Path) -> None:
    report, pins = tmp_path / "report.json", tmp_path / "requirements.txt"
    report.write_text(json.dumps(CLEAN))
    pins.write_text("# tools\nsix==1.17.0\nRich==15.0.0; python_version >= '3'\n")
    assert audit.main([str(report), str(pins)]) == 0
    pins.write_text("six==1.17.0\nrich==15.0.0\nwheel==0.48.0\n")
    assert audit.main([str(report), str(pins)]) == 1


def test_every_requirement_of_the_project_is_an_exact_pin() -> None:
    found = audit.pinned((ROOT / "requirements.txt").read_text())
    assert len(found) > 80
    assert all(version and version[0].isdigit() for version in found.values())
