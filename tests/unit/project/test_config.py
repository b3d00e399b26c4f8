"""Settings are checked at the start and all of them are documented."""

import argparse
import re
from datetime import timedelta
from pathlib import Path

import pytest

from triage_app.cli.main import parser
from triage_app.config import PROJECT_ROOT, SETTINGS, Settings
from triage_app.domain.context import RedFlag
from triage_app.domain.errors import ConfigurationError

README = PROJECT_ROOT / "README.md"


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
        ("TRIAGE_SINGLE_USER", "true"),
        ("TRIAGE_SINGLE_USER", "YES"),
        ("TRIAGE_PUBLIC_ORIGIN", "http://triage.example"),
        ("TRIAGE_PUBLIC_ORIGIN", "triage.example"),
        ("TRIAGE_PUBLIC_ORIGIN", "https://"),
        ("TRIAGE_PUBLIC_ORIGIN", "https://triage.example/path"),
        ("TRIAGE_PUBLIC_ORIGIN", "https://triage.example:port"),
        ("TRIAGE_PUBLIC_ORIGIN", "https://user@triage.example"),
        ("TRIAGE_PUBLIC_ORIGIN", "https://a.example https://b.example"),
        ("TRIAGE_SESSION_IDLE_MINUTES", "0"),
        ("TRIAGE_SESSION_HOURS", "never"),
        ("TRIAGE_UPLOADS_PER_DAY", "0"),
        ("TRIAGE_RETENTION_MONTHS", "-1"),
        ("TRIAGE_BACKUP_HOURS", "0"),
        ("TRIAGE_BACKUP_KEEP", "0"),
    ],
)
def test_a_bad_or_misspelt_setting_stops_the_start_and_is_named(name: str, value: str) -> None:
    with pytest.raises(ConfigurationError, match=name):
        Settings.from_env({name: value})


def test_by_default_people_have_to_sign_in() -> None:
    settings = Settings.from_env({})
    assert not settings.single_user
    assert (settings.session_idle, settings.session_longest) == (
        timedelta(minutes=30),
        timedelta(hours=12),
    )
    assert Settings.from_env({"TRIAGE_SINGLE_USER": "yes"}).single_user


def test_the_origin_of_the_proxy_is_a_host_with_tls() -> None:
    for given, kept in (
        ("https://triage.clinic.example", "https://triage.clinic.example"),
        ("https://Triage.Clinic.Example/", "https://triage.clinic.example"),
        ("https://triage.clinic.example:8443", "https://triage.clinic.example:8443"),
    ):
        assert Settings.from_env({"TRIAGE_PUBLIC_ORIGIN": given}).public_origin == kept


def test_single_user_mode_is_never_behind_a_proxy() -> None:
    with pytest.raises(ConfigurationError, match="can't be combined"):
        Settings.from_env(
            {"TRIAGE_SINGLE_USER": "yes", "TRIAGE_PUBLIC_ORIGIN": "https://triage.example"}
        )


def test_what_is_stated_of_the_settings_holds_no_path_or_name(tmp_path: Path) -> None:
    names = dict.fromkeys(("TRIAGE_DATA_DIR", "TRIAGE_BACKUP_DIR"), f"{tmp_path}/secret")
    stated = Settings.from_env({**names, "TRIAGE_SITE_NAME": "secret clinic"}).environment()
    assert set(stated) == {s.variable for s in SETTINGS}
    assert "secret" not in str(stated)
    assert stated["TRIAGE_PORT"] == "7860"


def test_every_command_is_documented_in_the_readme() -> None:
    text = README.read_text(encoding="utf-8")
    groups = [a for a in parser()._actions if isinstance(a, argparse._SubParsersAction)]
    for name in (name for group in groups for name in group.choices):
        assert re.search(rf"python -m triage_app {name}\b", text), f"{name} is missing"


def test_every_setting_is_documented_in_the_readme_with_its_default() -> None:
    text = README.read_text(encoding="utf-8")
    for setting in SETTINGS:
        row = re.search(rf"^\| `{setting.variable}` \| (.*?) \|", text, re.MULTILINE)
        assert row, f"{setting.variable} is missing from the README"
        assert (setting.default or "empty") in row.group(1)


def test_the_readme_names_no_setting_that_does_not_exist() -> None:
    named = set(re.findall(r"TRIAGE_[A-Z_]+[A-Z]", README.read_text(encoding="utf-8")))
    assert named <= {s.variable for s in SETTINGS}
