"""The command ``demo``: a made-up clinic in a folder of its own."""

import argparse
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

from triage_app.cli.analyze import Commands, serve
from triage_app.config import Settings, usual
from triage_app.demo.agenda import Agenda, Clock
from triage_app.demo.clinic import LENGTH, Clinic, Staff
from triage_app.demo.errors import ClinicExists, FolderInUse, NoModelForDemo
from triage_app.demo.record import TRUTH_FILE, write_truth
from triage_app.demo.truth import invent
from triage_app.domain.people import LOCAL_USER, SYSTEM, Actor, Role
from triage_app.domain.shown import shown
from triage_app.logs import configure
from triage_app.paths import chosen
from triage_app.services.accounts.accounts import Accounts
from triage_app.services.ground.terminal import Progress, private
from triage_app.services.images.storing import now
from triage_app.services.site import startup
from triage_app.storage.database.unfinished import clear_unfinished, is_cut_short, making
from triage_app.wiring import bootstrap

SITE_NAME = "Synthetic demo clinic"
ACCOUNTS_FILE = "accounts.txt"
# More than one clinician, so that cases are assigned, handed over and read a second time.
_ACCOUNTS: Mapping[str, Role] = {
    "demo-clinician-1": Role.CLINICIAN,
    "demo-clinician-2": Role.CLINICIAN,
    "demo-photographer": Role.PHOTOGRAPHER,
    "demo-administrator": Role.ADMINISTRATOR,
    "demo-auditor": Role.AUDITOR,
}


def add_demo(sub: "Commands[argparse.ArgumentParser]") -> None:
    """``demo``."""
    command = sub.add_parser(
        "demo",
        help="make a clinic with drawn images and made-up patients, to try things out",
        description="Make a year of a made-up clinic in a database and folder of its own. "
        "Everything in it is drawn or invented and marked as synthetic.",
    )
    command.add_argument(
        "--dir", type=Path, metavar="DIR", help="its folder; default: beside the data folder"
    )
    command.add_argument("--seed", type=int, default=1, help="another number, another clinic")
    command.add_argument("--patients", type=_count, default=75, metavar="N", help="default 75")
    command.add_argument("--serve", action="store_true", help="then start the web app on it")
    command.set_defaults(run=demo)


def _count(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 2000:
        raise argparse.ArgumentTypeError(f"{text} isn't a whole number from 1 to 2000")
    return int(text)


def demo(arguments: argparse.Namespace, settings: Settings) -> int:
    """Make a made-up clinic where there is none; with ``--serve``, show it."""
    beside = settings.data_dir.with_name(f"{settings.data_dir.name}-demo")
    folder = chosen("--dir", str(arguments.dir or beside))
    own = _settings(settings, folder)
    if (folder / TRUTH_FILE).exists() and not is_cut_short(folder):
        if not arguments.serve:
            raise ClinicExists(folder)
        _refuse_real(own, folder)
    else:
        if folder.exists() and any(folder.iterdir()) and not is_cut_short(folder):
            raise FolderInUse(folder)
        # A year in two minutes would flood the terminal with what is logged of each step.
        configure("WARNING")
        with private(), bootstrap.occupied(own):
            if is_cut_short(folder):
                clear_unfinished(folder)
            with making(folder):
                make(own, patients=arguments.patients, seed=arguments.seed, end=now())
        configure(settings.log_level)
        print(
            f"A made-up clinic is in {shown(folder)}; "
            f"what its lesions truly are is in {TRUTH_FILE}."
        )
    accounts = folder / ACCOUNTS_FILE
    if accounts.exists() and not own.single_user:
        print(accounts.read_text(encoding="utf-8"), flush=True)
    return serve(arguments, own) if arguments.serve else 0


def _settings(settings: Settings, folder: Path) -> Settings:
    """The site's settings, but for what would mix the made-up clinic with the real one."""
    given = {f"TRIAGE_{name}": value for name, value in settings.given.items()}
    name = SITE_NAME if settings.site_name == usual()["SITE_NAME"] else settings.site_name
    apart = {
        "TRIAGE_DATA_DIR": str(folder),
        "TRIAGE_DATABASE_URL": "",
        "TRIAGE_BACKUP_DIR": "",
        "TRIAGE_RETENTION_MONTHS": "",
        "TRIAGE_SITE_NAME": name,
        # Also where the system names it, by a variable that is not handed on.
        "TRIAGE_TIME_ZONE": settings.time_zone.zone.name,
    }
    return Settings.from_env({**given, **apart})


def _refuse_real(settings: Settings, folder: Path) -> None:
    with bootstrap.opened(settings, migrated=False) as store:
        if not startup.is_set(store.units, startup.SYNTHETIC):
            raise FolderInUse(folder)


def make(settings: Settings, *, patients: int, seed: int, end: datetime) -> None:
    """Make the clinic in the data folder of ``settings``, as it stands at ``end`` (UTC).

    ``truth.json`` is written last: without it the folder holds no complete clinic. Raises
    NoModelForDemo.
    """
    start = end - LENGTH
    clock = Clock(start - timedelta(days=1))
    with bootstrap.opened(settings) as store:
        # First of all, so that not even a clinic that was cut short passes for a real one.
        startup.keep(store.units, clock(), startup.SYNTHETIC, wanted=True)
        staff = _hire(settings, store, clock)
    with bootstrap.build(settings, clock) as app:
        if app.refusal:
            raise NoModelForDemo(app.refusal)
        progress = Progress()
        agenda = Agenda(clock, end, settings.time_zone.zone)
        clinic = Clinic(app, staff, agenda, seed, lambda images: progress.show(f"{images} images"))
        clinic.live(invent(patients, seed, end.year))
        progress.done()
    write_truth(settings.data_dir, clinic.known, seed=seed, start=start, end=end)


def _hire(settings: Settings, store: bootstrap.Store, clock: Clock) -> Staff:
    """Accounts with passwords that nobody has to change; nobody signs in at a single-user site."""
    if settings.single_user:
        return Staff((LOCAL_USER,), LOCAL_USER)
    accounts = Accounts(store.units, settings.session_idle, settings.session_longest, clock)
    actors, lines = {}, ["Accounts of the made-up clinic:"]
    for name, role in _ACCOUNTS.items():
        person, first = accounts.create(SYSTEM, name, {role})
        password = secrets.token_urlsafe(12)
        actors[name] = Actor(person.id, person.name, person.permissions)
        accounts.change_password(actors[name], first, password)
        lines.append(f"    {name:<20} {password}")
    place = settings.data_dir / ACCOUNTS_FILE
    place.touch(mode=0o600)
    place.write_text("\n".join(lines) + "\n", encoding="utf-8")
    clinicians = [actors[n] for n, role in _ACCOUNTS.items() if role is Role.CLINICIAN]
    return Staff(clinicians, actors["demo-photographer"])
