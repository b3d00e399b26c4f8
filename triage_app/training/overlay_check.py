"""How honest the overlay is: where its evidence lies, and what happens without it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from triage_app.domain.diagnosis import CONCERN, Diagnosis
from triage_app.domain.findings import EvidenceLocation
from triage_app.imaging.field import Square, analysed_square, lit_part
from triage_app.inference.card import LIT_FIELD
from triage_app.inference.classifier import Classifier
from triage_app.inference.heatmap import describe, grad_cam
from triage_app.training.calibrate import NEEDS_ACTION
from triage_app.training.data import CLASSES, Record, photographs_of

GRID = 56  # the map of 7 x 7 cells is compared at this side
CURVE_STEPS = (0.0, 0.1, 0.2, 0.3, 0.5, 0.7, 1.0)  # shares of the cells
CURVE_IMAGES = 60


def overlay_figures(
    classifier: Classifier, images: Path, masks: Path, records: list[Record], limit: int = 150
) -> dict[str, Any]:
    """Share of positive evidence inside the lesion masks, against a centred Gaussian.

    The Gaussian has the second moment of the mean map, so it shows what looking at the centre alone
    would give. Deletion blurs the cells with the most evidence first and reports the mean fall of
    the log-odds; random order is the comparison. Only malignant or suspicious lesions with a
    mask count, and of these the ones with evidence that is drawn: on benign ones the overlay holds
    what little speaks against benign, which needn't lie on the lesion. The curves are those of the
    first of them: mean log-odds at each share of cells covered (deletion) or shown (insertion).
    """
    concern = [r for r in records if r.label in NEEDS_ACTION]
    own = [r for r in concern if (masks / f"{Path(r.image).stem}.png").exists()]
    own = own[:: max(1, len(own) // limit)][:limit]
    pixels = photographs_of(images, own, lit=False)
    maps, lesions, falls, chance = [], [], [], []
    curves: dict[str, list[list[float]]] = {}
    rng = np.random.default_rng(0)
    lit = classifier.card.input.field == LIT_FIELD
    for record, whole in zip(own, pixels, strict=True):
        picture = lit_part(whole) if lit else whole
        cam = _map_of(classifier, picture)
        if describe(cam, "").location is EvidenceLocation.NONE:
            continue
        maps.append(_enlarged(cam))
        lesions.append(_mask(masks / f"{Path(record.image).stem}.png", whole, picture))
        falls.append(_fall(classifier, picture, np.argsort(-cam.ravel())[:10], cam.shape))
        chance.append(_fall(classifier, picture, rng.permutation(cam.size)[:10], cam.shape))
        if len(maps) <= CURVE_IMAGES:
            for order, cells in (
                ("top", np.argsort(-cam.ravel())),
                ("random", rng.permutation(cam.size)),
            ):
                for kind in ("deletion", "insertion"):
                    curve = _curve(classifier, picture, cells, cam.shape, kind)
                    curves.setdefault(f"{kind}_{order}", []).append(curve)
    inside = [float((m * w).sum() / m.sum()) for m, w in zip(maps, lesions, strict=True)]
    gaussian = _gaussian(np.mean(maps, axis=0))
    centred = [float((gaussian * w).sum() / gaussian.sum()) for w in lesions]
    return {
        "images_with_mask": len(own),
        "with_positive_evidence": len(maps),
        "evidence_inside_lesion": float(np.mean(inside)),
        "centred_gaussian_inside_lesion": float(np.mean(centred)),
        "lesion_share_of_image": float(np.mean([w.mean() for w in lesions])),
        "fall_of_log_odds_without_top_cells": float(np.mean(falls)),
        "fall_of_log_odds_without_random_cells": float(np.mean(chance)),
        "curves": _mean_curves(curves),
    }


def _mean_curves(curves: dict[str, list[list[float]]]) -> dict[str, Any]:
    """Mean log-odds at each share of cells, and what top cells gain over random ones on average."""
    means = {name: np.mean(found, axis=0) for name, found in curves.items()}
    if not means:
        return {}
    between = {
        kind: float(np.trapezoid(means[f"{kind}_top"] - means[f"{kind}_random"], CURVE_STEPS))
        for kind in ("deletion", "insertion")
    }
    return {
        "images": len(curves["deletion_top"]),
        "share_of_cells": list(CURVE_STEPS),
        **{name: [round(float(value), 3) for value in mean] for name, mean in means.items()},
        **{f"mean_gap_{kind}": value for kind, value in between.items()},
    }


def _map_of(classifier: Classifier, picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    found = classifier.run(picture)
    return grad_cam(
        found.feature_map,
        found.head_weights,
        found.explained_logits,
        CONCERN,
        found.diagnoses,
    )


def _log_odds(classifier: Classifier, picture: NDArray[np.uint8]) -> float:
    given = classifier.run(picture).findings.probabilities
    concern = sum(given[Diagnosis(name)] for name in CLASSES if Diagnosis(name) in CONCERN)
    return float(np.log(max(concern, 1e-9) / max(1 - concern, 1e-9)))


def _fall(
    classifier: Classifier,
    picture: NDArray[np.uint8],
    cells: NDArray[np.int64],
    shape: tuple[int, ...],
) -> float:
    """Fall of the log-odds when some cells are replaced by the picture's border colour."""
    damaged = covered(picture, cells, shape)
    return _log_odds(classifier, picture) - _log_odds(classifier, damaged)


def _curve(
    classifier: Classifier,
    picture: NDArray[np.uint8],
    order: NDArray[np.int64],
    shape: tuple[int, ...],
    kind: str,
) -> list[float]:
    """Log-odds with the first cells of an order covered (deletion), or alone shown (insertion)."""
    found = []
    for share in CURVE_STEPS:
        count = round(share * order.size)
        hidden = order[:count] if kind == "deletion" else order[count:]
        found.append(_log_odds(classifier, covered(picture, hidden, shape)))
    return found


def covered(
    picture: NDArray[np.uint8], cells: NDArray[np.int64], shape: tuple[int, ...]
) -> NDArray[np.uint8]:
    """The picture with some cells of a map of ``shape`` in the median colour of its border."""
    side = picture.shape[0]
    edge = np.concatenate([picture[0], picture[-1], picture[:, 0], picture[:, -1]])
    damaged = picture.copy()
    for cell in cells.tolist():
        row, column = divmod(cell, shape[1])
        top, low = row * side // shape[0], (row + 1) * side // shape[0]
        left, right = column * side // shape[1], (column + 1) * side // shape[1]
        damaged[top:low, left:right] = np.median(edge, axis=0)
    return damaged


def _enlarged(cam: NDArray[np.float32]) -> NDArray[np.float64]:
    grown = Image.fromarray(cam).resize((GRID, GRID), Image.Resampling.BILINEAR)
    return np.maximum(np.asarray(grown, np.float64), 0)


def _mask(path: Path, whole: NDArray[np.uint8], picture: NDArray[np.uint8]) -> NDArray[np.float64]:
    """The part of a mask of the whole crop that belongs to the analysed picture, in [0, 1]."""
    with Image.open(path) as image:
        part, scale = Square(0, 0, whole.shape[0]), image.width / whole.shape[0]
        if picture.shape != whole.shape:
            part = analysed_square(whole)
        corners = (part.left, part.top, part.left + part.side, part.top + part.side)
        left, top, right, bottom = (round(corner * scale) for corner in corners)
        own = image.convert("L").crop((left, top, right, bottom))
        small = own.resize((GRID, GRID), Image.Resampling.BOX)
        return np.asarray(small, np.float64) / 255


def _gaussian(mean_map: NDArray[np.float64]) -> NDArray[np.float64]:
    axis = (np.arange(GRID) + 0.5) / GRID - 0.5
    squared = axis[:, None] ** 2 + axis[None, :] ** 2
    variance = float((mean_map * squared).sum() / mean_map.sum()) / 2
    result: NDArray[np.float64] = np.exp(-squared / (2 * variance))
    return result
