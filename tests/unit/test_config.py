"""Settings are checked at the start and all of them are documented."""

import re
from pathlib import Path

import pytest

from triage_app.config import SETTINGS, Settings
from triage_app.domain.context import RedFlag
from triage_app.domain.errors import ConfigurationError

README = Path(__file__).resolve().parents[2] / "README.md"


def test_defaults_listen_on_loopback_and_keep_data_outside_the_checkout() -> None:
    settings = Settings.from_env({})
    assert settings.host == "127.0.0.1"
    assert settings.data_dir == Path("~/.local/share/dermoscopy-triage").expanduser()
    assert settings.database_url == f"sqlite:///{settings.data_dir}/triage.sqlite3"


def test_values_are_taken_from_the_environment(tmp_path: Path) -> None:
    settings = Settings.from_env(
        {
            "TRIAGE_DATA_DIR": str(tmp_path),
            "TRIAGE_PORT": "0",
            "TRIAGE_MAX_UPLOAD_MB": "1.5",
            "TRIAGE_RULE_OUT": "0.05",
            "TRIAGE_URGENT_RED_FLAGS": "bleeding_or_ulcerated, firm_and_growing",
        }
    )
    assert settings.data_dir == tmp_path
    assert settings.max_upload_bytes == 1_500_000
    assert settings.rule_out == 0.05
    assert settings.urgent_red_flags == {RedFlag.BLEEDING_OR_ULCERATED, RedFlag.FIRM_AND_GROWING}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TRIAGE_PORT", "http"),
        ("TRIAGE_PORT", "70000"),
        ("TRIAGE_PORT", "80.5"),
        ("TRIAGE_HOST", "0.0.0.0"),
        ("TRIAGE_HOST", "192.168.1.5"),
        ("TRIAGE_HOST", "example.org"),
        ("TRIAGE_RULE_OUT", "1"),
        ("TRIAGE_RULE_IN", "nan"),
        ("TRIAGE_URGENT_RED_FLAGS", "itching"),
        ("TRIAGE_DATABASE_URL", "postgresql://x/y"),
        ("TRIAGE_DATABASE_URL", "sqlite:///"),
        ("TRIAGE_LOG_LEVEL", "LOUD"),
        ("TRIAGE_MAX_UPLOAD_MB", "0"),
        ("TRIAGE_DECODE_SECONDS", "inf"),
        ("TRIAGE_RULEOUT", "0.1"),
    ],
)
def test_a_bad_or_misspelt_setting_stops_the_start_and_is_named(name: str, value: str) -> None:
    with pytest.raises(ConfigurationError, match=name):
        Settings.from_env({name: value})


def test_every_setting_is_documented_in_the_readme_with_its_default() -> None:
    text = README.read_text(encoding="utf-8")
    for setting in SETTINGS:
        row = re.search(rf"^\| `{setting.variable}` \| (.*?) \|", text, re.MULTILINE)
        assert row, f"{setting.variable} is missing from the README"
        assert (setting.default or "empty") in row.group(1)


def test_the_readme_names_no_setting_that_does_not_exist() -> None:
    named = set(re.findall(r"TRIAGE_[A-Z_]+[A-Z]", README.read_text(encoding="utf-8")))
    assert named <= {s.variable for s in SETTINGS}
