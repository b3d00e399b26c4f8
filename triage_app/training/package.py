"""The model folder that serving loads: weights, competence arrays and card, written together."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from triage_app.inference.card import (
    CARD_FILE,
    COMPETENCE_FILE,
    GATE_FILE,
    KERAS_FILE,
    LABELS,
    LIT_FIELD,
    SCHEMA,
    WEIGHTS_FILE,
    CompetenceLimit,
    Data,
    DermoscopyGate,
    Input,
    Licence,
    ModelCard,
    OperatingPoints,
    SplitSize,
    dump,
    file_sha256,
)
from triage_app.inference.competence import save_detector
from triage_app.inference.preprocessing import SCALING
from triage_app.training.calibrate import (
    ValidationSet,
    fit_calibration,
    fit_conformal,
    operating_points,
)
from triage_app.training.competence import fit_detector, limit_for
from triage_app.training.data import SPLITS, Record, class_counts, of_split, photographs_of
from triage_app.training.errors import NothingToMeasure
from triage_app.training.gating import Dermoscopic, GateMaterial, make_gate
from triage_app.training.observe import EIGHT_VIEWS, Observations, observe_once
from triage_app.training.others import Others, WithChangedCopies
from triage_app.training.photographs import Crops

LIMITS_OF_USE = (
    "For dermoscopic images of single skin lesions; not for clinical photographs, mucosa or nails.",
    "Trained on images of almost only light skin; nothing measured speaks for Fitzpatrick V-VI.",
    "Merkel cell carcinoma, metastases and inflammatory disease were not in the training images; "
    "nodular and amelanotic melanomas were few.",
    "Few facial, nail and mucosal lesions, and few children, were in the training images.",
    "Positive and negative predictive values depend on prevalence, which was far above a clinic's.",
)
ATTRIBUTION = (
    "Trained on HAM10000 (c) ViDIR Group, Department of Dermatology, Medical University of Vienna "
    "(Tschandl, Rosendahl, Kittler, Sci Data 5:180161, 2018), CC BY-NC 4.0; on ISIC 2017 challenge "
    "images (Codella et al., arXiv:1710.05006), ISIC Archive terms; on ISIC 2020 (Rotemberg et "
    "al., Sci Data 8:34, 2021), CC BY-NC 4.0; on MILK10k (MILK study team, ISIC Archive, 2025), "
    "CC BY-NC; and on acral images of the ISIC Archive (Memorial Sloan Kettering, Hospital Clinic "
    "of Barcelona, London, Buenos Aires, International Dermoscopy Society), CC BY, CC BY-NC or "
    "CC-0. Started from MobileNet weights released by Google under Apache-2.0. Not for commercial "
    "use."
)


@dataclass(frozen=True)
class PackageSettings:
    """How a model folder is made.

    ``refused``: share of dermoscopic validation images that the gate may refuse, and share of them
    that the competence detector calls unlike the training images. ``others``: folders of pictures
    that the gate must refuse, beside drawn ones and spoilt dermoscopic ones.
    """

    name: str = "mobilenet_v1-dermoscopy"
    version: str = "1.0.0"
    architecture: str = "mobilenet_v1"
    created: str = ""
    size: int = 224
    views: Sequence[str] = EIGHT_VIEWS
    alpha: float = 0.05
    refused: float = 0.005
    competence_images: int = 3000
    others: Sequence[Others] = ()
    resamples: int = 1000
    seed: int = 0
    licence: str = "CC-BY-NC-4.0"
    attribution: str = ATTRIBUTION
    description: str = (
        "Dermoscopic images of HAM10000, ISIC 2017, ISIC 2020, MILK10k and of palms, soles and "
        "nails, central square crops inside the lit field, split by lesion and patient."
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
    usual = seen(WithChangedCopies(photographs_of(images, sample), settings.seed), settings.views)
    competence = _fit_competence(folder, settings, usual, watched, report)
    known = Dermoscopic(images, sample, val, usual.gate, watched.gate)
    material = GateMaterial(known, settings.others, settings.size, settings.seed)
    gate = make_gate(
        folder / GATE_FILE,
        material,
        lambda crops: seen(crops, settings.views).gate,
        refused=settings.refused,
        report=report,
    )
    card = _card(
        folder,
        records,
        settings,
        data=data,
        competence=competence,
        gate=gate,
        training=training,
        data_sha256=data_sha256,
    )
    dump(card, folder / CARD_FILE)
    return card


def _sample(records: Sequence[Record], count: int, seed: int) -> list[Record]:
    chosen = np.random.default_rng(seed).permutation(len(records))[:count]
    return [records[i] for i in sorted(chosen.tolist())]


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
    gate: DermoscopyGate,
    training: dict[str, Any],
    data_sha256: str,
) -> ModelCard:
    calibration, fit = fit_calibration(data)
    names = [
        n for n in (WEIGHTS_FILE, KERAS_FILE, COMPETENCE_FILE, GATE_FILE) if (folder / n).exists()
    ]
    sizes = {split: _size(of_split(records, split)) for split in SPLITS}
    return ModelCard(
        schema=SCHEMA,
        name=settings.name,
        version=settings.version,
        architecture=settings.architecture,
        created=settings.created,
        input=Input(settings.size, "RGB", SCALING, LIT_FIELD),
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
        gate=gate,
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
