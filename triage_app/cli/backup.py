"""Backups from the terminal: ``backup``, ``backups`` and ``restore``."""

import argparse
import getpass
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from triage_app.config import Settings
from triage_app.domain.backups import Archive, Contents
from triage_app.domain.calendar import Zone
from triage_app.domain.errors import ConfigurationError
from triage_app.domain.people import TERMINAL
from triage_app.domain.shown import shown
from triage_app.paths import chosen
from triage_app.services.site.backups import NO_FOLDER, Backups
from triage_app.storage.backup.archive import examine
from triage_app.storage.backup.restore import restore as restore_archive
from triage_app.storage.backup.sealing import read_passphrase
from triage_app.wiring import bootstrap

Commands = argparse._SubParsersAction  # the type that add_subparsers returns has no public name


def add_backup(sub: "Commands[argparse.ArgumentParser]") -> None:
    """``backup``, ``backups list``, ``backups check`` and ``restore``."""
    one = sub.add_parser(
        "backup",
        help="back up database, images and reports, also while the server runs",
        description="Write one archive with everything, read it back and check it. Encrypted when "
        "TRIAGE_BACKUP_PASSPHRASE_FILE is set. Exit status: 0 when it holds everything, 1 when "
        "stored files were already missing or damaged, 2 when there is no backup.",
    )
    one.add_argument(
        "target",
        nargs="?",
        type=Path,
        metavar="FOLDER",
        help="an existing folder; without it TRIAGE_BACKUP_DIR, where old archives are removed",
    )
    one.set_defaults(run=backup)
    many = sub.add_parser("backups", help="list archives, or check one")
    steps = many.add_subparsers(dest="step", required=True, metavar="STEP")
    listing = steps.add_parser("list", help="archives in a folder, the newest first")
    listing.add_argument("folder", nargs="?", type=Path, help="without it TRIAGE_BACKUP_DIR")
    listing.set_defaults(run=print_archives)
    check = steps.add_parser("check", help="read an archive and check every hash in it")
    _add_archive(check)
    check.set_defaults(run=check_archive)
    back = sub.add_parser(
        "restore",
        help="write an archive back into a new folder",
        description="Write database and images into a folder that is new or empty, and check "
        "everything there. Then start with TRIAGE_DATA_DIR set to that folder.",
    )
    _add_archive(back)
    back.add_argument("--to", required=True, type=Path, metavar="FOLDER")
    back.set_defaults(run=restore)


def _add_archive(command: argparse.ArgumentParser) -> None:
    command.add_argument("archive", type=Path, metavar="ARCHIVE")
    command.add_argument(
        "--passphrase-file",
        type=Path,
        metavar="FILE",
        help="without it TRIAGE_BACKUP_PASSPHRASE_FILE, or else it is asked for",
    )


def backup(arguments: argparse.Namespace, settings: Settings) -> int:
    """Make one backup."""
    with bootstrap.opened(settings, migrated=False) as store:
        if arguments.target is None:
            folder = bootstrap.backup_folder(settings)
        else:
            # A folder that was named for once is the operator's: nothing is removed there.
            folder = bootstrap.backup_folder(settings, arguments.target, keep=0)
        backups = Backups(store.units, folder, timedelta(hours=settings.backup_hours))
        archive = backups.make(TERMINAL)
    print(_line(archive, settings.time_zone.zone))
    if not archive.encrypted:
        print("It is not encrypted: whoever holds it can read every patient's data.")
    if not archive.complete:
        print("INCOMPLETE: stored files are missing or damaged. `verify` names them.")
    return 0 if archive.complete else 1


def print_archives(arguments: argparse.Namespace, settings: Settings) -> int:
    """One line for each archive."""
    folder = bootstrap.backup_folder(settings, arguments.folder)
    if folder is None:
        raise ConfigurationError(NO_FOLDER)
    for archive in folder.archives():
        print(_line(archive, settings.time_zone.zone))
    return 0


def check_archive(arguments: argparse.Namespace, settings: Settings) -> int:
    """Read an archive to its end."""
    contents = examine(arguments.archive, _passphrase(arguments, settings))
    _print_contents(contents, settings.time_zone.zone)
    return 0


def restore(arguments: argparse.Namespace, settings: Settings) -> int:
    """Write an archive into a clean folder."""
    target = chosen("--to", str(arguments.to))
    contents = restore_archive(arguments.archive, target, _passphrase(arguments, settings))
    _print_contents(contents, settings.time_zone.zone)
    print(
        f"Restored into {shown(target)}. Every hash was checked there.\n"
        f"Start with TRIAGE_DATA_DIR={shown(target)} and without TRIAGE_DATABASE_URL, then run "
        "`verify` with the newest anchor you have: it shows what came after this backup.\n"
        "Patients who were erased after it are back and have to be erased again."
    )
    return 0


def _print_contents(contents: Contents, zone: Zone) -> None:
    print(
        f"Backup of {zone.said(contents.made_at)} by version {contents.app_version}: "
        f"{contents.cases} cases, {contents.files} files.\n"
        f"Trail up to {contents.trail}\n"
        f"SHA-256 of the archive: {contents.sha256}"
    )
    for file_id in contents.damaged:
        print(f"INCOMPLETE: file {file_id} was already missing or damaged.")


def _line(archive: Archive, zone: Zone) -> str:
    marks = [
        "encrypted" if archive.encrypted else "not encrypted",
        *([] if archive.complete else ["INCOMPLETE"]),
    ]
    return (
        f"{archive.number}  {zone.said(archive.made_at)}  {archive.size / 1e6:.1f} MB  "
        f"{', '.join(marks)}  {archive.name}"
    )


def _passphrase(arguments: argparse.Namespace, settings: Settings) -> Callable[[], str]:
    file = arguments.passphrase_file or settings.backup_passphrase_file
    return _asked if file is None else lambda: read_passphrase(file)


def _asked() -> str:
    if not sys.stdin.isatty():
        raise ConfigurationError(
            "The archive is encrypted. Name the file of its passphrase with --passphrase-file."
        )
    return getpass.getpass("Passphrase of the archive: ")
