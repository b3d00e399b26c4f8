"""The model folder that serving loads: weights, competence arrays and card, written together."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from triage_app.inference.card import (
    CARD_FILE,
    COMPETENCE_FILE,
    KERAS_FILE,
    LABELS,
    SCHEMA,
    WEIGHTS_FILE,
    CompetenceLimit,
    Data,
    Input,
    Licence,
    ModelCard,
    OperatingPoints,
    SplitSize,
    dump,
    file_sha256,
)
from triage_app.inference.competence import save_detector
from triage_app.inference.preprocessing import SCALING, resized_crop
from triage_app.training.augment import AugmentSettings, view
from triage_app.training.calibrate import (
    ValidationSet,
    fit_calibration,
    fit_conformal,
    operating_points,
)
from triage_app.training.competence import fit_detector, limit_for
from triage_app.training.data import SPLITS, Record, class_counts, of_split, photographs_of
from triage_app.training.errors import NothingToMeasure
from triage_app.training.observe import EIGHT_VIEWS, Observations, observe_once
from triage_app.training.photographs import Crops

LIMITS_OF_USE = (
    "For dermoscopic images of single skin lesions; not for clinical photographs, mucosa or nails.",
    "Trained on images of almost only light skin; nothing measured speaks for Fitzpatrick V-VI.",
    "Squamous cell carcinoma, Merkel cell carcinoma, metastases and inflammatory disease were not "
    "in the training images; nodular and amelanotic melanomas were few.",
    "Few facial, acral, nail and mucosal lesions, and few children, were in the training images.",
    "Positive and negative predictive values depend on prevalence, which was far above a clinic's.",
)
ATTRIBUTION = (
    "Trained on HAM10000 (c) ViDIR Group, Department of Dermatology, Medical University of Vienna "
    "(Tschandl, Rosendahl, Kittler, Sci Data 5:180161, 2018), CC BY-NC 4.0, and on ISIC 2017 "
    "challenge images (Codella et al., arXiv:1710.05006). Started from MobileNet weights released "
    "by Google under Apache-2.0. Not for commercial use."
)

# px. A random view is sampled from a copy of this side, near which sampling is free of aliasing.
_CHANGED_SIDE = 256


@dataclass(frozen=True)
class PackageSettings:
    """How a model folder is made. ``refused`` is the share of validation images to refuse."""

    name: str = "mobilenet_v1-dermoscopy"
    version: str = "1.0.0"
    architecture: str = "mobilenet_v1"
    created: str = ""
    size: int = 224
    views: Sequence[str] = EIGHT_VIEWS
    alpha: float = 0.05
    refused: float = 0.005
    competence_images: int = 3000
    resamples: int = 1000
    seed: int = 0
    licence: str = "CC-BY-NC-4.0"
    attribution: str = ATTRIBUTION
    description: str = (
        "HAM10000 and ISIC 2017 dermoscopic images, central square crops, split by lesion."
    )


def calibrate_folder(
    folder: Path,
    images: Path,
    records: Sequence[Record],
    *,
    settings: PackageSettings,
    training: dict[str, Any],
    data_sha256: str,
    cache: Path,
    report: Callable[[str], None],
) -> ModelCard:
    """Calibrate ``folder/model.tflite`` on the ``val`` records and write its card.

    Network outputs are kept in ``cache``, so that a repeat with other settings takes seconds.
    Raises NothingToMeasure without validation images.
    """

    def seen(pixels: Crops, views: Sequence[str]) -> Observations:
        weights = folder / WEIGHTS_FILE
        return observe_once(weights, pixels, settings.size, views, cache=cache, report=report)

    train, val = of_split(records, "train"), of_split(records, "val")
    if not val:
        raise NothingToMeasure("val")
    report(f"running {len(val)} validation images in {len(settings.views)} views")
    watched = seen(photographs_of(images, val), settings.views)
    counts = class_counts(train).astype(np.float64)
    data = ValidationSet(
        val,
        watched.logits,
        np.log(np.maximum(counts / counts.sum(), 1e-6)),
        settings.seed,
        settings.resamples,
    )
    report("running training images for the competence detector")
    sample = _sample(train, settings.competence_images, settings.seed)
    usual = seen(_WithChangedCopies(photographs_of(images, sample), settings.seed), ("identity",))
    competence = _fit_competence(folder, settings, usual, watched, report)
    card = _card(
        folder,
        records,
        settings,
        data=data,
        competence=competence,
        training=training,
        data_sha256=data_sha256,
    )
    dump(card, folder / CARD_FILE)
    return card


def _sample(records: Sequence[Record], count: int, seed: int) -> list[Record]:
    chosen = np.random.default_rng(seed).permutation(len(records))[:count]
    return [records[i] for i in sorted(chosen.tolist())]


class _WithChangedCopies:
    """Crops and one random view of each: another camera's colours are no reason to refuse."""

    def __init__(self, crops: Crops, seed: int) -> None:
        self._crops, self._seed = crops, seed

    def __len__(self) -> int:
        return 2 * len(self._crops)

    def __iter__(self) -> Iterator[NDArray[np.uint8]]:
        settings = AugmentSettings()
        for number, crop in enumerate(self._crops):
            yield crop
            rng = np.random.default_rng([self._seed, number])
            yield view(resized_crop(crop, _CHANGED_SIDE), _CHANGED_SIDE, rng, settings)


def _fit_competence(
    folder: Path,
    settings: PackageSettings,
    train: Observations,
    val: Observations,
    report: Callable[[str], None],
) -> CompetenceLimit:
    detector = fit_detector(train.features)
    save_detector(detector, folder / COMPETENCE_FILE)
    scores = detector.scores(val.features)
    limit = limit_for(scores, settings.refused)
    report(f"competence limit {limit:.2f}")
    return CompetenceLimit(
        "Mahalanobis distance of a middle layer's mean features, averaged over the views, from "
        f"{len(train.features) // 2} training images and a changed copy of each",
        limit,
        float((scores > limit).mean()),
    )


def _card(
    folder: Path,
    records: Sequence[Record],
    settings: PackageSettings,
    *,
    data: ValidationSet,
    competence: CompetenceLimit,
    training: dict[str, Any],
    data_sha256: str,
) -> ModelCard:
    calibration, fit = fit_calibration(data)
    names = [n for n in (WEIGHTS_FILE, KERAS_FILE, COMPETENCE_FILE) if (folder / n).exists()]
    sizes = {split: _size(of_split(records, split)) for split in SPLITS}
    return ModelCard(
        schema=SCHEMA,
        name=settings.name,
        version=settings.version,
        architecture=settings.architecture,
        created=settings.created,
        input=Input(settings.size, "RGB", SCALING),
        labels=LABELS,
        files={name: file_sha256(folder / name) for name in names},
        licence=Licence(settings.licence, settings.attribution),
        data=Data(**sizes, sha256=data_sha256, description=settings.description),
        training=training,
        views=tuple(settings.views),
        calibration=calibration,
        operating_points=OperatingPoints(**operating_points(data, fit)),
        conformal=fit_conformal(data, fit, settings.alpha),
        competence=competence,
        measured={},
        limits_of_use=LIMITS_OF_USE,
    )


def _size(records: Sequence[Record]) -> SplitSize:
    return SplitSize(len(records), len({record.group for record in records}))


def install_weights(keras_file: Path, folder: Path, size: int) -> None:
    """Put a .keras file into a model folder and convert it; any earlier card is removed.

    A card beside other weights would only be refused, but a half-made folder is better seen.
    """
    from triage_app.training.export import export_litert

    folder.mkdir(parents=True, exist_ok=True)
    (folder / CARD_FILE).unlink(missing_ok=True)
    export_litert(keras_file, folder / WEIGHTS_FILE, size)
    shutil.copyfile(keras_file, folder / KERAS_FILE)
