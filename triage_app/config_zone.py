"""The time zone of the site: the one that is set, or else the one that the system names."""

from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from zoneinfo import available_timezones

from triage_app.domain.calendar import UTC_ZONE, SiteZone, UnknownZone, Zone
from triage_app.domain.errors import ConfigurationError

VARIABLE = "TRIAGE_TIME_ZONE"
ROOT = Path("/")
_DATABASES = ("usr/share/zoneinfo", "usr/lib/zoneinfo", "usr/share/lib/zoneinfo", "etc/zoneinfo")


def site_zone(given: str, environ: Mapping[str, str], root: Path = ROOT) -> SiteZone:
    """The zone ``given``; for an empty name that of the system below ``root``.

    The system is asked as its other programs ask it: the variable TZ, the file /etc/localtime,
    the file /etc/timezone. One that names none is in UTC, and the origin says so. Raises
    ConfigurationError for a name that no zone has, also where the system gives it: a guess would
    put images and letters on the wrong day.
    """
    if given:
        return SiteZone(_known(given, VARIABLE), f"set by {VARIABLE}")
    named = environ.get("TZ", "").strip().removeprefix(":")
    if named and (root / named.lstrip("/")) != root / "etc/localtime":
        return SiteZone(_known(_below_database(named), "TZ"), "named by the system (TZ)")
    if "TZ" in environ and not named:
        return SiteZone(UTC_ZONE, "named by the system (TZ is empty, which means UTC)")
    return _of_files(root)


def _of_files(root: Path) -> SiteZone:
    link, name_file = root / "etc/localtime", root / "etc/timezone"
    name = _of_link(link)
    if name:
        return SiteZone(_known(name, "/etc/localtime"), "named by the system (/etc/localtime)")
    name = _first_line(name_file)
    if name:
        return SiteZone(_known(name, "/etc/timezone"), "named by the system (/etc/timezone)")
    name = _same_rules(link, root)
    if name:
        return SiteZone(_known(name, "/etc/localtime"), "found by the rules in /etc/localtime")
    if link.exists():
        raise ConfigurationError(
            f"The rules in /etc/localtime are those of no known time zone. Set {VARIABLE}, "
            "for example to Europe/Berlin."
        )
    return SiteZone(UTC_ZONE, f"UTC, because the system names no time zone; {VARIABLE} sets one")


def _known(name: str, where: str) -> Zone:
    try:
        return Zone(name)
    except UnknownZone:
        near = _near(name)
        meant = f" Did you mean {near}?" if near else ""
        advice = "" if where == VARIABLE else f" Set {VARIABLE}."
        raise ConfigurationError(
            f"{where} says {name!r}, which is no time zone of the IANA database. A zone is named "
            f"by area and city, such as Europe/Berlin or Australia/Sydney.{meant}{advice}"
        ) from None


def _near(name: str) -> str:
    known = {zone.casefold(): zone for zone in available_timezones()}
    asked = name.strip().replace(" ", "_").casefold()
    cities = {zone.rpartition("/")[2]: zone for zone in sorted(known, reverse=True)}
    found = get_close_matches(asked, known, 1, 0.8)
    if not found:
        city = get_close_matches(asked.rpartition("/")[2], cities, 1, 0.8)
        found = [cities[city[0]]] if city else []
    return known[found[0]] if found else ""


def _below_database(text: str) -> str:
    """The name of a zone from a path into a time zone database; other text as it is."""
    _, found, name = text.partition("zoneinfo/")
    return name.removeprefix("posix/").removeprefix("right/") if found else text


def _of_link(link: Path) -> str:
    # Not resolved to the end: a zone's file may itself be a link to one with an older name.
    for _ in range(8):
        try:
            target = link.readlink()
        except OSError:
            return ""
        name = _below_database(str(target))
        if name != str(target):
            return name
        link = link.parent / target
    return ""


def _first_line(path: Path) -> str:
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    return next((line.strip() for line in lines if line.strip() and line[0] != "#"), "")


def _same_rules(copied: Path, root: Path) -> str:
    """The zone whose file /etc/localtime is a copy of; several that share their rules are one."""
    try:
        rules = copied.read_bytes()
    except OSError:
        return ""
    names = sorted(available_timezones(), key=lambda name: ("/" not in name, name))
    for folder in _DATABASES:
        for name in names:
            file = root / folder / name
            if file.is_file() and file.read_bytes() == rules:
                return name
    return ""
