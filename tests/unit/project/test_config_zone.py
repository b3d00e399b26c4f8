"""The site's zone: set, or found as the system's other programs find it; never guessed."""

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from triage_app.config import Settings
from triage_app.config_zone import site_zone
from triage_app.domain.errors import ConfigurationError

RULES = b"TZif rules of Sydney"


def system(root: Path, *, link: str = "", copied: bytes = b"", named: str = "") -> Path:
    """A machine below ``root``, with its database of time zones."""
    database = root / "usr/share/zoneinfo/Australia"
    database.mkdir(parents=True)
    (database / "Sydney").write_bytes(RULES)
    (root / "etc").mkdir()
    if link:
        (root / "etc/localtime").symlink_to(link)
    if copied:
        (root / "etc/localtime").write_bytes(copied)
    if named:
        (root / "etc/timezone").write_text(named)
    return root


def found(root: Path, **environ: str) -> str:
    return site_zone("", environ, root).zone.name


@pytest.mark.parametrize(
    ("machine", "environ", "zone"),
    [
        ({"link": "/usr/share/zoneinfo/Australia/Sydney"}, {}, "Australia/Sydney"),
        ({"link": "../usr/share/zoneinfo/Asia/Kathmandu"}, {}, "Asia/Kathmandu"),
        ({"link": "/usr/share/zoneinfo/posix/Europe/Berlin"}, {}, "Europe/Berlin"),
        ({"link": "/var/db/timezone/zoneinfo/America/Sao_Paulo"}, {}, "America/Sao_Paulo"),
        ({"named": "# comment\n\nPacific/Apia\n"}, {}, "Pacific/Apia"),
        ({"copied": RULES, "named": "Pacific/Apia"}, {}, "Pacific/Apia"),
        ({"copied": RULES}, {}, "Australia/Sydney"),
        ({"named": "Pacific/Apia"}, {"TZ": "America/Los_Angeles"}, "America/Los_Angeles"),
        ({"named": "Pacific/Apia"}, {"TZ": ":Asia/Kathmandu"}, "Asia/Kathmandu"),
        ({}, {"TZ": "/usr/share/zoneinfo/Asia/Kathmandu"}, "Asia/Kathmandu"),
        ({"named": "Pacific/Apia"}, {"TZ": ":/etc/localtime"}, "Pacific/Apia"),
        ({"named": "Pacific/Apia"}, {"TZ": ""}, "UTC"),
        ({}, {}, "UTC"),
    ],
)
def test_the_systems_zone_is_found_wherever_it_is_named(
    tmp_path: Path, machine: dict[str, str], environ: dict[str, str], zone: str
) -> None:
    assert found(system(tmp_path, **machine), **environ) == zone  # type: ignore[arg-type]


def test_a_system_that_names_no_zone_is_in_utc_and_that_is_said(tmp_path: Path) -> None:
    assert "names no time zone" in site_zone("", {}, system(tmp_path)).origin
    assert "TRIAGE_TIME_ZONE" in site_zone("Asia/Kathmandu", {}, tmp_path).origin


@pytest.mark.parametrize(
    ("machine", "environ"),
    [
        ({}, {"TZ": "<+03>-3"}),
        ({}, {"TZ": "EST5EDT,M3.2.0,M11.1.0"}),
        ({"link": "/usr/share/zoneinfo/Mars/Olympus"}, {}),
        ({"named": "Mars/Olympus"}, {}),
        ({"copied": b"rules of nowhere"}, {}),
    ],
)
def test_a_zone_of_the_system_that_is_not_understood_stops_the_start(
    tmp_path: Path, machine: dict[str, str], environ: dict[str, str]
) -> None:
    root = system(tmp_path, **machine)  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match="Set TRIAGE_TIME_ZONE"):
        site_zone("", environ, root)
    assert site_zone("Europe/Berlin", environ, root).zone.name == "Europe/Berlin"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("sydney", "Australia/Sydney"),
        ("europe/berlin", "Europe/Berlin"),
        ("Europe/Belrin", "Europe/Berlin"),
        ("Los Angeles", "America/Los_Angeles"),
        ("utc", "UTC"),
        ("Mars/Olympus", ""),
        ("../../etc/passwd", ""),
    ],
)
def test_a_name_that_no_zone_has_is_refused_with_the_likeliest(typed: str, meant: str) -> None:
    with pytest.raises(ConfigurationError, match="TRIAGE_TIME_ZONE says") as refused:
        Settings.from_env({"TRIAGE_TIME_ZONE": typed})
    assert (f"Did you mean {meant}?" in str(refused.value)) == bool(meant)


def test_the_zones_of_the_tests_are_those_of_the_database() -> None:
    assert Settings.from_env({"TRIAGE_TIME_ZONE": "Asia/Kathmandu"}).time_zone.zone.name == (
        ZoneInfo("Asia/Kathmandu").key
    )
