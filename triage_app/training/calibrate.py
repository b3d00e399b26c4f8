"""From the logits of validation lesions to probabilities, operating points and prediction sets.

Every figure reported here is cross-fitted: the calibration, threshold or set that is judged on a
lesion was fitted on other lesions. What ships is fitted on all of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from triage_app.domain.diagnosis import CLASS_OF, Diagnosis, FindingClass
from triage_app.inference.card import Calibration, Conformal, OperatingPoint, Rate
from triage_app.statistics.calibration import TemperatureBias, fit_temperature_bias
from triage_app.statistics.conformal import coverage, threshold
from triage_app.statistics.intervals import Interval, bootstrap, share
from triage_app.statistics.points import threshold_for_sensitivity, threshold_for_specificity
from triage_app.training.data import BENIGN_LABELS, CLASSES, UNNAMED, Record
from triage_app.training.folds import FOLDS, lesion_folds

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
    """Validation lesions with the class-balanced logits float (n, C) that the network gave."""

    records: Sequence[Record]
    logits: NDArray[np.float32]
    log_prior: Floats
    seed: int = 0
    resamples: int = 1000

    @property
    def labels(self) -> NDArray[np.int64]:
        """Index of the diagnosis, int64 (n,); UNNAMED for what is only known to be benign."""
        return np.array([record.label for record in self.records])

    @property
    def admitted(self) -> Flags:
        """The diagnoses that each label admits, bool (n, C): one, or all the benign ones."""
        return admitted(self.labels)

    @property
    def weights(self) -> Floats:
        """Each lesion counts once, however many photographs it has: float64 (n,)."""
        counts = Counter(self.groups)
        return np.array([1 / counts[group] for group in self.groups])

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


@dataclass(frozen=True)
class CrossFit:
    """Probabilities float64 (n, C): as shipped, and as each fold's own calibration gives them.

    ``by_fold[k]`` holds all images under the calibration that was fitted without fold k: its rows
    outside the fold choose, its rows inside are judged.
    """

    shipped: Floats
    by_fold: Sequence[Floats]
    folds: NDArray[np.int64]

    @property
    def outside(self) -> Floats:
        """Each image under the calibration that didn't see its lesion."""
        return np.stack(self.by_fold)[self.folds, np.arange(len(self.folds))]


def fit_calibration(data: ValidationSet) -> tuple[Calibration, CrossFit]:
    """The shipped calibration, fitted on all lesions, and the cross-fit to judge it by."""
    folds = data.folds
    by_fold = [_fitted(data, folds != fold).apply(data.logits) for fold in range(FOLDS)]
    shipped = _shipped(_fitted(data, np.ones(len(folds), bool)))
    return shipped, CrossFit(apply_calibration(shipped, data.logits), by_fold, folds)


def _fitted(data: ValidationSet, own: Flags) -> TemperatureBias:
    return fit_temperature_bias(
        data.logits[own], data.admitted[own], data.log_prior, weights=data.weights[own]
    )


def admitted(labels: NDArray[np.int64]) -> Flags:
    """The diagnoses that labels admit, bool (n, C); UNNAMED admits all benign ones."""
    members = np.zeros((len(labels), len(CLASSES)), bool)
    named = labels != UNNAMED
    members[np.flatnonzero(named), labels[named]] = True
    members[np.ix_(~named, BENIGN_LABELS)] = True
    return members


def _shipped(fitted: TemperatureBias) -> Calibration:
    bias = tuple(round(float(b), 6) for b in fitted.bias)
    return Calibration("temperature_bias", round(fitted.temperature, 6), bias)


def apply_calibration(calibration: Calibration, logits: NDArray[np.float32]) -> Floats:
    """Probabilities float64 (n, C) of mean logits, as serving computes them."""
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


def melanoma_score(probabilities: Floats) -> Floats:
    """P(melanoma), float64 (n,)."""
    return probabilities[:, MELANOMA]


def rule_out_threshold(labels: NDArray[np.int64], scores: Floats) -> float:
    """The lower of the points that keep 95 % of malignant or suspicious, and of melanomas.

    Frequent basal cell carcinomas must not hide missed melanomas.
    """
    every = threshold_for_sensitivity(np.isin(labels, NEEDS_ACTION), scores, WANTED)
    return min(every, threshold_for_sensitivity(labels == MELANOMA, scores, WANTED))


def rule_in_threshold(labels: NDArray[np.int64], scores: Floats) -> float:
    """The point on P(melanoma) below which 95 % of the images without melanoma lie."""
    return threshold_for_specificity(labels == MELANOMA, scores, WANTED)


def operating_points(data: ValidationSet, fit: CrossFit) -> dict[str, OperatingPoint]:
    """Both points as shipped, with rates measured fold by fold on lesions that chose nothing."""
    return {
        "rule_out": _point(
            data,
            fit,
            rule_out_score,
            rule_out_threshold,
            positive=data.needs_action,
            name="P(malignant)+P(suspicious)",
        ),
        "rule_in": _point(
            data,
            fit,
            melanoma_score,
            rule_in_threshold,
            positive=data.labels == MELANOMA,
            name="P(melanoma)",
        ),
    }


def _point(
    data: ValidationSet,
    fit: CrossFit,
    score: Callable[[Floats], Floats],
    choose: Callable[[NDArray[np.int64], Floats], float],
    *,
    positive: Flags,
    name: str,
) -> OperatingPoint:
    labels, groups = data.labels, data.groups
    flagged = np.empty(len(labels), bool)
    for fold in range(FOLDS):
        own, scores = fit.folds == fold, score(fit.by_fold[fold])
        flagged[own] = scores[own] >= choose(labels[~own], scores[~own])
    shipped = score(fit.shipped)
    spread = bootstrap(
        lambda rows: choose(labels[rows], shipped[rows]), groups, data.resamples, data.seed
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


def fit_conformal(data: ValidationSet, fit: CrossFit, alpha: float) -> Conformal:
    """A threshold for each class, which promises the coverage within the class, not only overall.

    ``coverage`` holds what was measured across folds: thresholds from other lesions.
    """
    truth = _finding_labels(data.labels)
    members = np.empty((len(truth), len(FINDING_CLASSES)), bool)
    for fold in range(FOLDS):
        own = fit.folds == fold
        chance = by_class(fit.by_fold[fold])
        members[own] = chance[own] >= _class_limits(chance[~own], truth[~own], alpha)
    limits = _class_limits(by_class(fit.outside), truth, alpha)
    measured: dict[str, Any] = {
        "all": coverage(members, truth),
        "mean_set_size": float(members.sum(axis=1).mean()),
        "sets_of_benign_alone": float((members == [True, False, False]).all(axis=1).mean()),
        "measured_on": "validation lesions, cross-fitted",
    }
    for index, name in enumerate(FINDING_CLASSES):
        measured[name] = coverage(members[truth == index], truth[truth == index])
    named: Mapping[str, float] = dict(zip(FINDING_CLASSES, limits.tolist(), strict=True))
    return Conformal(FINDING_CLASSES, named, alpha, measured)


def _class_limits(chance: Floats, truth: NDArray[np.int64], alpha: float) -> Floats:
    """The conformal threshold of each class from its own images, float64 (3,)."""
    return np.array(
        [threshold(chance[truth == index, index], alpha) for index in range(chance.shape[1])]
    )


def _finding_labels(labels: NDArray[np.int64]) -> NDArray[np.int64]:
    place = [FINDING_CLASSES.index(CLASS_OF[d].value) for d in Diagnosis]
    benign = FINDING_CLASSES.index(FindingClass.BENIGN.value)
    return np.where(labels == UNNAMED, benign, np.array(place)[labels])
