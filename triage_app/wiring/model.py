"""The wiring of the model: which one is in service, and with which policy."""

import logging
from dataclasses import asdict
from pathlib import Path
from typing import Any

from triage_app.config import PROJECT_ROOT, Settings
from triage_app.domain.case import ModelIdentity
from triage_app.domain.change import Repeatability
from triage_app.domain.errors import ConfigurationError, ModelRefused
from triage_app.domain.triage import Policy
from triage_app.inference.card import LIT_FIELD, ModelCard
from triage_app.inference.classifier import Classifier
from triage_app.services.images.assessment import ModelInService

log = logging.getLogger(__name__)

MODELS_DIR = PROJECT_ROOT / "assets" / "models"


def newest_model(models: Path = MODELS_DIR) -> Path:
    """The folder in ``models`` whose card has the highest version; raises ModelRefused if none."""
    folders = [card.parent for card in models.glob("*/card.json")]
    if not folders:
        raise ModelRefused(f"No model is installed: there is no card.json under {models.name}/.")
    return max(folders, key=_version_key)


def _version_key(folder: Path) -> tuple[int, ...]:
    version = folder.name.rpartition("-")[2]
    return tuple(int(part) if part.isdigit() else 0 for part in version.split("."))


def load_model(
    settings: Settings, copies: int = 1
) -> tuple[ModelInService | None, ModelCard | None, str]:
    """The model with its card, or else the sentence that says why none is in service.

    ``copies``: so many images may be at the model at a time.
    """
    folder = settings.model_dir
    try:
        classifier = Classifier.load(folder or newest_model(), settings.threads, copies)
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
        lit_field=card.input.field == LIT_FIELD,
    )


def _refuse_laxer(name: str, wanted: float, measured: float) -> None:
    if wanted > measured:
        raise ConfigurationError(
            f"TRIAGE_{name.upper()} is {wanted}, above the model card's {measured:.4f}. "
            "A site may only make the rule stricter."
        )


def repeatability_of(card: ModelCard | None) -> Repeatability | None:
    """What the card says of repeated photographs; None without a card, or where it says nothing."""
    if card is None or card.repeatability is None:
        return None
    found = card.repeatability
    return Repeatability(
        log_odds_sd=found.log_odds_sd,
        low=found.low,
        high=found.high,
        lesions=found.lesions,
        images=found.images,
        measured_on=found.measured_on,
        model=ModelIdentity(card.name, card.version, card.weights_sha256),
    )
