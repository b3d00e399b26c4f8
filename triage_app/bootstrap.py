"""The only wiring: from settings to use cases with their adapters."""

import logging
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from triage_app.config import PROJECT_ROOT, Settings
from triage_app.domain.case import ModelIdentity
from triage_app.domain.errors import ConfigurationError, ModelRefused, StorageUnavailable
from triage_app.domain.triage import Policy
from triage_app.imaging.decoder import DecoderPool
from triage_app.imaging.intake import IntakeLimits
from triage_app.inference.card import ModelCard
from triage_app.inference.classifier import Classifier
from triage_app.report import render
from triage_app.services.application import Application
from triage_app.services.assessment import Assessor, ModelInService
from triage_app.services.cases import Cases
from triage_app.services.reports import Reports
from triage_app.storage.engine import open_engine, session_factory
from triage_app.storage.files import DiskFileStore
from triage_app.storage.migrate import upgrade
from triage_app.storage.unit_of_work import SqlUnitOfWork

log = logging.getLogger(__name__)

MODELS_DIR = PROJECT_ROOT / "assets" / "models"
# Never used to show a level: without a model every decision is "cannot assess".
NO_MODEL_POLICY = Policy(rule_out=0.5, rule_in=0.5)


@contextmanager
def assessing(settings: Settings) -> Iterator[tuple[Assessor, ModelCard | None, str]]:
    """The assessor alone, without storage, with the card or the reason why there is no model."""
    limits = IntakeLimits(max_bytes=settings.max_upload_bytes, max_pixels=settings.max_pixels)
    with DecoderPool(
        limits, seconds=settings.decode_seconds, memory_bytes=settings.decode_memory_bytes
    ) as decoder:
        model, card, refusal = _model(settings)
        yield (
            Assessor(decoder, model, refusal, NO_MODEL_POLICY),
            card,
            refusal,
        )


@contextmanager
def build(settings: Settings) -> Iterator[Application]:
    """Migrate the database, load the model, start the decoder; all are closed at the end."""
    _make_data_dir(settings.data_dir)
    upgrade(settings.database_url)
    with ExitStack() as stack:
        engine = open_engine(settings.database_url)
        stack.callback(engine.dispose)
        units = partial(SqlUnitOfWork, session_factory(engine))
        files = DiskFileStore(settings.data_dir / "files")
        with units() as unit:
            swept = files.sweep(unit.cases.known_files)
        if swept:
            log.warning("files without a row removed", extra={"files": swept})
        assessor, card, refusal = stack.enter_context(assessing(settings))
        yield Application(
            site_name=settings.site_name,
            max_upload_bytes=settings.max_upload_bytes,
            assessor=assessor,
            cases=Cases(assessor, units, files, settings.max_upload_bytes),
            reports=Reports(units, files, render, settings.site_name),
            card=card,
            refusal=refusal,
        )


def newest_model(models: Path = MODELS_DIR) -> Path:
    """The folder in ``models`` whose card has the highest version; raises ModelRefused if none."""
    folders = [card.parent for card in models.glob("*/card.json")]
    if not folders:
        raise ModelRefused(f"No model is installed: there is no card.json under {models.name}/.")
    return max(folders, key=_version_key)


def _version_key(folder: Path) -> tuple[int, ...]:
    version = folder.name.rpartition("-")[2]
    return tuple(int(part) if part.isdigit() else 0 for part in version.split("."))


def _model(settings: Settings) -> tuple[ModelInService | None, ModelCard | None, str]:
    try:
        classifier = Classifier.load(settings.model_dir or newest_model(), settings.threads)
    except ModelRefused as error:
        # Fails closed: uploads are still stored, nothing is assessed, every page says so.
        log.error("model refused: %s", error)
        return None, None, f"The model is not in service: {error}"
    return in_service(classifier, settings), classifier.card, ""


def in_service(classifier: Classifier, settings: Settings) -> ModelInService:
    """The model with the policy of its card, made stricter where the site asks for it."""
    card = classifier.card
    points: dict[str, Any] = asdict(card.operating_points)
    for name, wanted in (("rule_out", settings.rule_out), ("rule_in", settings.rule_in)):
        # The measured figures belong to the card's value, so a stricter site must see both.
        points[name]["card_value"] = points[name]["value"]
        if wanted is not None:
            _refuse_laxer(name, wanted, points[name]["value"])
            points[name]["value"] = wanted
    return ModelInService(
        classifier=classifier,
        identity=ModelIdentity(card.name, card.version, card.weights_sha256),
        policy=Policy(
            rule_out=points["rule_out"]["value"],
            rule_in=points["rule_in"]["value"],
            urgent_red_flags=settings.urgent_red_flags,
        ),
        operating_points=points,
        limits_of_use=tuple(card.limits_of_use),
    )


def _refuse_laxer(name: str, wanted: float, measured: float) -> None:
    if wanted > measured:
        raise ConfigurationError(
            f"TRIAGE_{name.upper()} is {wanted}, above the model card's {measured:.4f}. "
            "A site may only make the rule stricter."
        )


def _make_data_dir(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise StorageUnavailable(
            f"The data folder {folder} cannot be created: {error.strerror}."
        ) from error
