"""From the logits of validation lesions to probabilities, operating points and prediction sets.

Every figure reported here is cross-fitted: the calibration, threshold or set that is judged on a
lesion was fitted on other lesions. What ships is fitted on all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from triage_app.domain.diagnosis import CLASS_OF, Diagnosis, FindingClass
from triage_app.inference.card import Calibration, Conformal, OperatingPoint, Rate
from triage_app.statistics.calibration import TemperatureBias, fit_temperature_bias
from triage_app.statistics.conformal import coverage, membership, threshold
from triage_app.statistics.intervals import Interval, bootstrap, share
from triage_app.statistics.points import threshold_for_sensitivity, threshold_for_specificity
from triage_app.training.data import CLASSES, Record
from triage_app.training.folds import lesion_folds

FOLDS = 5
WANTED = 0.95
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
FINDING_CLASSES: tuple[str, ...] = tuple(c.value for c in FindingClass)
NEEDS_ACTION = tuple(
    index for index, d in enumerate(Diagnosis) if CLASS_OF[d] is not FindingClass.BENIGN
)
MELANOMA = CLASSES.index("mel")


@dataclass(frozen=True)
class ValidationSet:
    """Validation lesions with the class-balanced logits float (n, 7) that the network gave."""

    records: Sequence[Record]
    logits: NDArray[np.float32]
    log_prior: Floats
    seed: int = 0
    resamples: int = 1000

    @property
    def labels(self) -> NDArray[np.int64]:
        """Index of the diagnosis, int64 (n,)."""
        return np.array([record.label for record in self.records])

    @property
    def groups(self) -> list[str]:
        """The lesion of each image."""
        return [record.group for record in self.records]

    @property
    def needs_action(self) -> Flags:
        """Malignant or suspicious, by the label."""
        return np.isin(self.labels, NEEDS_ACTION)

    @property
    def folds(self) -> NDArray[np.int64]:
        """Fold of each image, int64 (n,)."""
        return lesion_folds(self.records, FOLDS, self.seed)


def fit_calibration(data: ValidationSet) -> tuple[Calibration, Floats]:
    """The shipped calibration, and cross-fitted probabilities float64 (n, 7) to judge it by."""
    folds, labels = data.folds, data.labels
    outside = np.empty((len(labels), len(CLASSES)))
    for fold in range(FOLDS):
        rest, own = folds != fold, folds == fold
        fitted = fit_temperature_bias(data.logits[rest], labels[rest], data.log_prior)
        outside[own] = fitted.apply(data.logits[own])
    whole = fit_temperature_bias(data.logits, labels, data.log_prior)
    return _shipped(whole), outside


def _shipped(fitted: TemperatureBias) -> Calibration:
    bias = tuple(round(float(b), 6) for b in fitted.bias)
    return Calibration("temperature_bias", round(fitted.temperature, 6), bias)


def apply_calibration(calibration: Calibration, logits: NDArray[np.float32]) -> Floats:
    """Probabilities float64 (n, 7) of mean logits, as serving computes them."""
    return TemperatureBias(calibration.temperature, np.array(calibration.bias)).apply(logits)


def by_class(probabilities: Floats) -> Floats:
    """Sums over the diagnoses of benign, suspicious, malignant: float64 (n, 3)."""
    columns = [
        [i for i, d in enumerate(Diagnosis) if CLASS_OF[d] is wanted] for wanted in FindingClass
    ]
    return np.stack([probabilities[:, own].sum(axis=1) for own in columns], axis=1)


def rule_out_score(probabilities: Floats) -> Floats:
    """P(malignant) + P(suspicious), float64 (n,)."""
    scores: Floats = probabilities[:, list(NEEDS_ACTION)].sum(axis=1)
    return scores


def rule_out_threshold(labels: NDArray[np.int64], scores: Floats) -> float:
    """The lower of the points that keep 95 % of malignant or suspicious, and of melanomas.

    Frequent basal cell carcinomas must not hide missed melanomas.
    """
    every = threshold_for_sensitivity(np.isin(labels, NEEDS_ACTION), scores, WANTED)
    return min(every, threshold_for_sensitivity(labels == MELANOMA, scores, WANTED))


def rule_in_threshold(labels: NDArray[np.int64], scores: Floats) -> float:
    """The point on P(melanoma) below which 95 % of the images without melanoma lie."""
    return threshold_for_specificity(labels == MELANOMA, scores, WANTED)


def operating_points(data: ValidationSet, outside: Floats) -> dict[str, OperatingPoint]:
    """Both points, fitted on cross-fitted probabilities, with cross-fitted rates."""
    return {
        "rule_out": _point(
            data,
            rule_out_score(outside),
            rule_out_threshold,
            data.needs_action,
            "P(malignant)+P(suspicious)",
        ),
        "rule_in": _point(
            data,
            outside[:, MELANOMA],
            rule_in_threshold,
            data.labels == MELANOMA,
            "P(melanoma)",
        ),
    }


def _point(
    data: ValidationSet,
    scores: Floats,
    choose: Callable[[NDArray[np.int64], Floats], float],
    positive: Flags,
    name: str,
) -> OperatingPoint:
    labels, folds, groups = data.labels, data.folds, data.groups
    flagged = np.empty(len(labels), bool)
    for fold in range(FOLDS):
        rest, own = folds != fold, folds == fold
        flagged[own] = scores[own] >= choose(labels[rest], scores[rest])
    spread = bootstrap(
        lambda rows: choose(labels[rows], scores[rows]), groups, data.resamples, data.seed
    )
    return OperatingPoint(
        score=name,
        value=spread.value,
        interval=(spread.low, spread.high),
        sensitivity=rate(flagged, positive, data),
        specificity=rate(~flagged, ~positive, data),
        sensitivity_by_diagnosis={
            dx: rate(flagged, labels == index, data)
            for index, dx in enumerate(CLASSES)
            if positive[labels == index].any()
        },
        measured_on=(
            f"{len(labels)} validation images of {len(set(groups))} lesions "
            f"({', '.join(sorted({r.source for r in data.records} - {''})) or 'own data'}), "
            f"cross-fitted over {FOLDS} folds of lesions"
        ),
        prevalence=float(positive.mean()),
    )


def rate(flags: Flags, among: Flags, data: ValidationSet) -> Rate:
    """Share of ``flags`` among some images, with its 95 % interval."""
    groups = [group for group, inside in zip(data.groups, among, strict=True) if inside]
    found = share(flags[among], groups, data.resamples, data.seed)
    return as_rate(found, int(among.sum()))


def as_rate(found: Interval, n: int) -> Rate:
    """An interval as the card holds it."""
    return Rate(found.value, found.low, found.high, n)


def fit_conformal(data: ValidationSet, outside: Floats, alpha: float) -> Conformal:
    """One threshold for all three classes, with the coverage measured across folds.

    One threshold promises the coverage over all lesions, not within each class. A threshold of
    its own for "suspicious" would rest on the second-lowest of about thirty images and put that
    class into nearly every set; the rule-out point guards the classes that need action instead.
    """
    chance, folds = by_class(outside), data.folds
    truth = _finding_labels(data.labels)
    given = chance[np.arange(len(truth)), truth]
    members = np.empty(chance.shape, bool)
    for fold in range(FOLDS):
        own = folds == fold
        members[own] = membership(chance[own], [threshold(given[~own], alpha)] * chance.shape[1])
    limit = threshold(given, alpha)
    measured: dict[str, Any] = {
        "all": coverage(members, truth),
        "mean_set_size": float(members.sum(axis=1).mean()),
        "sets_of_benign_alone": float((members == [True, False, False]).all(axis=1).mean()),
        "measured_on": "validation lesions, cross-fitted",
    }
    for index, name in enumerate(FINDING_CLASSES):
        measured[name] = coverage(members[truth == index], truth[truth == index])
    limits: Mapping[str, float] = dict.fromkeys(FINDING_CLASSES, limit)
    return Conformal(FINDING_CLASSES, limits, alpha, measured)


def _finding_labels(labels: NDArray[np.int64]) -> NDArray[np.int64]:
    place = [FINDING_CLASSES.index(CLASS_OF[d].value) for d in Diagnosis]
    return np.array(place)[labels]
