"""The only wiring, with ``bootstrap_model``: from settings to use cases with their adapters."""

import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path

from triage_app import __version__
from triage_app.bootstrap_model import load_model
from triage_app.config import Settings
from triage_app.domain.errors import ConfigurationError, StorageUnavailable
from triage_app.domain.triage import Policy
from triage_app.imaging.decoder import DecoderPool
from triage_app.imaging.intake import IntakeLimits
from triage_app.inference.card import ModelCard
from triage_app.report import render, render_certificate
from triage_app.services.accounts import Accounts
from triage_app.services.application import Application
from triage_app.services.assessment import Assessor
from triage_app.services.backups import Backups
from triage_app.services.cases import Cases
from triage_app.services.ports import UnitOfWorkFactory
from triage_app.services.privacy import Privacy
from triage_app.services.reports import Reports
from triage_app.services.safety import Safety
from triage_app.services.schedule import Schedule
from triage_app.services.startup import record_migration, record_start
from triage_app.services.statistics import Statistics
from triage_app.services.storing import now
from triage_app.services.trail import Trail
from triage_app.services.upkeep import Upkeep
from triage_app.services.windows import WindowKeys
from triage_app.storage.backup import BackupFolder, Source
from triage_app.storage.engine import open_engine, session_factory
from triage_app.storage.files import DiskFileStore
from triage_app.storage.migrate import current, head, upgrade
from triage_app.storage.sealing import read_passphrase
from triage_app.storage.snapshot import database_file
from triage_app.storage.unit_of_work import SqlUnitOfWork

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


@contextmanager
def opened(settings: Settings, *, migrated: bool = True) -> Iterator[Store]:
    """Database and files; both are closed at the end.

    With ``migrated`` the database is made or brought up to date first. Without, nothing is changed,
    and ConfigurationError says when there is none of this version.
    """
    before: str | None = None
    if migrated:
        _make_data_dir(settings.data_dir)
        before = migrated_to_head(settings)
    elif current(settings.database_url) != head():
        raise ConfigurationError(
            f"There is no database of this version at {settings.database_url}. Check "
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

    A database that is to be changed is checked and copied first.
    """
    before = current(settings.database_url)
    upgrade(settings.database_url, copies=settings.data_dir / COPIES)
    return before


def backup_folder(
    settings: Settings, folder: Path | None = None, keep: int | None = None
) -> BackupFolder | None:
    """The folder of backups: the one that is named, or else the setting's; None without both."""
    place = folder or settings.backup_dir
    if place is None:
        return None
    source = Source(
        database_file(settings.database_url),
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
        limits, seconds=settings.decode_seconds, memory_bytes=settings.decode_memory_bytes
    ) as decoder:
        model, card, refusal = load_model(settings)
        yield (
            Assessor(decoder, model, refusal, NO_MODEL_POLICY, suspended),
            card,
            refusal,
        )


@contextmanager
def assessing_only(settings: Settings) -> Iterator[tuple[Assessor, str]]:
    """The assessor for images that are not stored, and the reason why it refuses, if it does.

    Where there is a database, a suspension of the model holds here too.
    """
    with ExitStack() as stack:
        suspended: Callable[[], str] = str
        if current(settings.database_url) == head():
            store = stack.enter_context(opened(settings, migrated=False))
            suspended = Safety(store.units).suspended
        assessor, _, refusal = stack.enter_context(assessing(settings, suspended))
        yield assessor, refusal or suspended()


@contextmanager
def build(settings: Settings) -> Iterator[Application]:
    """Migrate the database, load the model, start the decoder; all are closed at the end."""
    with opened(settings) as store, _application(settings, store) as app:
        _record_start(settings, store, app, "command")
        yield app


@contextmanager
def serving(settings: Settings) -> Iterator[Application]:
    """As ``build``, with what a server does by itself: tidying up, retention and backups."""
    if settings.backup_passphrase_file:
        # Now, and not in the night: a backup that nobody can make must stop the start.
        read_passphrase(settings.backup_passphrase_file)
    with (
        opened(settings) as store,
        _application(settings, store) as app,
        _upkeep(settings, store, app),
        Schedule(app.backups) if settings.backup_dir else nullcontext(),
    ):
        yield app


def _upkeep(settings: Settings, store: Store, app: Application) -> Upkeep:
    return Upkeep(
        {"forget_sessions": accounts_of(settings, store).forget_old_sessions},
        {"retention": partial(app.privacy.apply_retention, settings.retention_months)},
        pause=_record_start(settings, store, app, "serve"),
    )


@contextmanager
def _application(settings: Settings, store: Store) -> Iterator[Application]:
    units, files = store.units, store.files
    safety = Safety(units)
    with assessing(settings, safety.suspended) as (assessor, card, refusal):
        yield Application(
            site_name=settings.site_name,
            max_upload_bytes=settings.max_upload_bytes,
            assessor=assessor,
            cases=Cases(
                assessor,
                units,
                files,
                settings.max_upload_bytes,
                uploads_per_day=settings.uploads_per_day,
            ),
            reports=Reports(units, files, render, settings.site_name),
            card=card,
            refusal=refusal,
            single_user=settings.single_user,
            accounts=None if settings.single_user else accounts_of(settings, store),
            trail=Trail(units, files),
            safety=safety,
            statistics=Statistics(units),
            privacy=Privacy(units, files, render_certificate, settings.site_name),
            backups=Backups(units, backup_folder(settings), timedelta(hours=settings.backup_hours)),
            windows=WindowKeys(units),
        )


def _record_start(settings: Settings, store: Store, app: Application, command: str) -> timedelta:
    details = {
        "command": command,
        "version": __version__,
        "model": app.card.weights_sha256 if app.card else "",
    }
    usual = Settings.from_env({}).environment()
    return record_start(store.units, now(), settings.environment(), usual, details)


def _take_over(store: Store, before: str | None) -> None:
    Trail(store.units, store.files).adopt()
    if before not in (None, head()):
        record_migration(store.units, now(), str(before), head())
    with store.units() as unit:
        swept = store.files.sweep(unit.cases.known_files)
    if swept:
        log.warning("files without a row removed", extra={"files": swept})


def _make_data_dir(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise StorageUnavailable(
            f"The data folder {folder} cannot be created: {error.strerror}."
        ) from error
