"""The only wiring, with ``bootstrap_model``: from settings to use cases with their adapters."""

import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from triage_app import __version__
from triage_app.config import Settings, usual_environment
from triage_app.domain.errors import ConfigurationError
from triage_app.domain.shown import shown
from triage_app.domain.triage import Policy
from triage_app.imaging.decoding.pool import DecoderPool
from triage_app.imaging.intake import IntakeLimits
from triage_app.inference.card import ModelCard
from triage_app.ports.adapters import UnitOfWorkFactory
from triage_app.services.accounts.accounts import Accounts
from triage_app.services.batches.work import Workers
from triage_app.services.cases.copies import Filling
from triage_app.services.images.assessment import Assessor
from triage_app.services.images.storing import now
from triage_app.services.site.application import Application
from triage_app.services.site.safety import Safety
from triage_app.services.site.schedule import Schedule
from triage_app.services.site.startup import (
    IMPRESSION_FIRST,
    SYNTHETIC,
    is_set,
    keep,
    record_migration,
    record_start,
)
from triage_app.services.site.upkeep import Upkeep
from triage_app.services.trail.trail import Trail
from triage_app.storage.backup.folder import BackupFolder, Source
from triage_app.storage.backup.sealing import read_passphrase
from triage_app.storage.database.engine import open_engine, session_factory
from triage_app.storage.database.migrate import current, head, upgrade
from triage_app.storage.database.mounts import refuse_network
from triage_app.storage.database.occupancy import alone
from triage_app.storage.files import DiskFileStore
from triage_app.storage.unit_of_work import SqlUnitOfWork
from triage_app.wiring.model import load_model
from triage_app.wiring.place import found_there, make_data_dir
from triage_app.wiring.services import ANALYSES_AT_ONCE, Wiring

log = logging.getLogger(__name__)

# Under the data folder: images and reports, and copies of the database before a migration.
FILES, COPIES = "files", "backups"
# Never used to show a level: without a model every decision is "cannot assess".
NO_MODEL_POLICY = Policy(rule_out=0.5, rule_in=0.5)


@dataclass(frozen=True)
class Store:
    """The open database and the folder of the images."""

    units: UnitOfWorkFactory
    files: DiskFileStore


@dataclass(frozen=True)
class Unstored:
    """What assesses images that are not stored.

    ``refusal`` says why nothing is assessed, empty when it is. ``impression_first``: the site shows
    findings only of stored images, after an impression.
    """

    assessor: Assessor
    refusal: str
    impression_first: bool


@contextmanager
def opened(settings: Settings, *, migrated: bool = True) -> Iterator[Store]:
    """Database and files; both are closed at the end.

    With ``migrated`` the database is made or brought up to date first. Without, nothing is changed,
    and ConfigurationError says when there is none of this version. Raises it also where the folder
    is not whole, or the database would lie on a network.
    """
    before = found_there(settings)
    if migrated:
        before = migrated_to_head(settings)
    elif before != head():
        raise ConfigurationError(
            f"There is no database of this version at {shown(settings.database)}. Check "
            "TRIAGE_DATA_DIR and TRIAGE_DATABASE_URL, or bring it up to date with `migrate`."
        )
    engine = open_engine(settings.database_url)
    try:
        store = Store(
            partial(SqlUnitOfWork, session_factory(engine)),
            DiskFileStore(settings.data_dir / FILES),
        )
        if migrated:
            _take_over(store, before)
        yield store
    finally:
        engine.dispose()


def migrated_to_head(settings: Settings) -> str | None:
    """Make the database or bring it up to date; the revision that it had, None when it was new.

    A database that is to be changed is checked and copied first, and never under a server that
    runs: that would be an earlier version, and read what it doesn't know.
    """
    make_data_dir(settings.data_dir)
    before = current(settings.database_url)
    with alone(settings.data_dir, settings.database) if before != head() else nullcontext():
        upgrade(settings.database_url, copies=settings.data_dir / COPIES)
    return before


@contextmanager
def occupied(settings: Settings) -> Iterator[None]:
    """The data folder, made if need be, for this process alone; raises FolderOccupied."""
    refuse_network(settings.database)
    make_data_dir(settings.data_dir)
    with alone(settings.data_dir, settings.database):
        yield


def backup_folder(
    settings: Settings, folder: Path | None = None, keep: int | None = None
) -> BackupFolder | None:
    """The folder of backups: the one that is named, or else the setting's; None without both."""
    place = folder or settings.backup_dir
    if place is None:
        return None
    source = Source(
        settings.database,
        settings.data_dir / FILES,
        settings.data_dir / COPIES,
    )
    return BackupFolder(
        source,
        place,
        keep=settings.backup_keep if keep is None else keep,
        passphrase_file=settings.backup_passphrase_file,
    )


def accounts_of(settings: Settings, store: Store) -> Accounts:
    """The use cases on accounts, for the command line also in single-user mode."""
    return Accounts(
        store.units, settings.session_idle, settings.session_longest, issuer=settings.site_name
    )


@contextmanager
def assessing(
    settings: Settings, suspended: Callable[[], str] = str
) -> Iterator[tuple[Assessor, ModelCard | None, str]]:
    """The assessor alone, without storage, with the card or the reason why there is no model."""
    limits = IntakeLimits(max_bytes=settings.max_upload_bytes, max_pixels=settings.max_pixels)
    with DecoderPool(
        limits,
        processes=ANALYSES_AT_ONCE,
        seconds=settings.decode_seconds,
        memory_bytes=settings.decode_memory_bytes,
    ) as decoder:
        model, card, refusal = load_model(settings, ANALYSES_AT_ONCE)
        yield (
            Assessor(decoder, model, refusal, NO_MODEL_POLICY, suspended),
            card,
            refusal,
        )


@contextmanager
def assessing_only(settings: Settings) -> Iterator[Unstored]:
    """What is needed for images that are not stored.

    Where there is a database, a suspension of the model and the wish for an impression first hold
    here too.
    """
    with ExitStack() as stack:
        suspended: Callable[[], str] = str
        impression_first = settings.impression_first
        if current(settings.database_url) == head():
            store = stack.enter_context(opened(settings, migrated=False))
            suspended = Safety(store.units).suspended
            impression_first |= is_set(store.units, IMPRESSION_FIRST)
        assessor, _, refusal = stack.enter_context(assessing(settings, suspended))
        yield Unstored(assessor, refusal or suspended(), impression_first)


@contextmanager
def build(settings: Settings, clock: Callable[[], datetime] = now) -> Iterator[Application]:
    """Migrate the database, load the model, start the decoder; all are closed at the end.

    A site that serves with an impression first keeps to it here, whatever the setting says now.
    """
    with opened(settings) as store:
        impression_first = settings.impression_first or is_set(store.units, IMPRESSION_FIRST)
        with _application(settings, store, impression_first, clock) as app:
            _record_start(settings, store, app, "command", clock())
            yield app


@contextmanager
def serving(settings: Settings) -> Iterator[Application]:
    """As ``build``, with what a server does by itself: batches, tidying, retention, backups."""
    if settings.backup_passphrase_file:
        # Now, and not in the night: a backup that nobody can make must stop the start.
        read_passphrase(settings.backup_passphrase_file)
    found_there(settings)
    with (
        occupied(settings),
        opened(settings) as store,
        _application(settings, store, settings.impression_first, now) as app,
        _upkeep(settings, store, app),
        Workers(app.intake.work),
        Filling(app.copies),
        Schedule(app.backups) if settings.backup_dir else nullcontext(),
    ):
        yield app


def _upkeep(settings: Settings, store: Store, app: Application) -> Upkeep:
    found = settings.time_zone
    log.info("days and times", extra={"zone": found.zone.name, "origin": found.origin})
    pause = _record_start(settings, store, app, "serve", now())
    keep(store.units, now(), IMPRESSION_FIRST, wanted=app.impression_first)
    if not app.impression_first:
        app.reading.unblind_all()
    return Upkeep(
        {
            "forget_sessions": accounts_of(settings, store).forget_old_sessions,
            "forget_uploads": app.intake.forget,
        },
        {
            "retention": partial(app.privacy.apply_retention, settings.retention_months),
            "retention_uploads": partial(app.intake.apply_retention, settings.retention_months),
        },
        pause=pause,
        often={"escalation": app.reading.escalate},
    )


@contextmanager
def _application(
    settings: Settings, store: Store, impression_first: bool, clock: Callable[[], datetime]
) -> Iterator[Application]:
    with assessing(settings, Safety(store.units).suspended) as (assessor, card, refusal):
        yield Wiring(
            settings=settings,
            units=store.units,
            files=store.files,
            assessor=assessor,
            card=card,
            refusal=refusal,
            accounts=None if settings.single_user else accounts_of(settings, store),
            backups=backup_folder(settings),
            impression_first=impression_first,
            synthetic=is_set(store.units, SYNTHETIC),
            clock=clock,
        ).application()


def _record_start(
    settings: Settings, store: Store, app: Application, command: str, at: datetime
) -> timedelta:
    details = {
        "command": command,
        "time_zone": settings.time_zone.zone.name,
        "version": __version__,
        "model": app.card.weights_sha256 if app.card else "",
    }
    return record_start(store.units, at, settings.environment(), usual_environment(), details)


def _take_over(store: Store, before: str | None) -> None:
    Trail(store.units, store.files).adopt()
    if before not in (None, head()):
        record_migration(store.units, now(), str(before), head())
    with store.units() as unit:
        swept = store.files.sweep(unit.cases.known_files)
    if swept:
        log.warning("files without a row removed", extra={"files": swept})
