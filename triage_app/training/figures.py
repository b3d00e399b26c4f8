"""The figures of an evaluation, each with its 95 % bootstrap interval by lesion."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from triage_app.domain.diagnosis import CLASS_OF, Diagnosis, FindingClass
from triage_app.domain.triage import Level
from triage_app.statistics import calibration, confusion, points, ranking
from triage_app.statistics.intervals import Interval, bootstrap, share
from triage_app.training.assess import Assessed
from triage_app.training.calibrate import MELANOMA, NEEDS_ACTION, rule_out_score
from triage_app.training.data import CLASSES, UNNAMED

MALIGNANT = tuple(
    i for i, name in enumerate(CLASSES) if CLASS_OF[Diagnosis(name)] is FindingClass.MALIGNANT
)
Flags = NDArray[np.bool_]
Measure = Callable[[Any, Any], float]
Figure = dict[str, Any]


def as_figure(found: Interval, n: int) -> Figure:
    """An interval as JSON; values that aren't defined become null."""
    values = {"value": found.value, "low": found.low, "high": found.high}
    return {k: v if np.isfinite(v) else None for k, v in values.items()} | {"n": n}


class Meter:
    """Applies measures to one table, resampling its lesions ``resamples`` times."""

    def __init__(self, table: Assessed, resamples: int, seed: int = 0) -> None:
        self.table, self._resamples, self._seed = table, resamples, seed
        self.labels = table.labels
        self.needs_action: Flags = np.isin(self.labels, NEEDS_ACTION)
        self.melanoma: Flags = self.labels == MELANOMA
        self.malignant: Flags = np.isin(self.labels, MALIGNANT)
        self.concern = rule_out_score(table.probabilities)

    def among(self, kept: Flags) -> Meter:
        """The same measures on some of the rows."""
        return Meter(self.table.subset(kept), self._resamples, self._seed)

    def pair(self, measure: Measure, truth: NDArray[Any], score: NDArray[Any]) -> Figure:
        """A measure of truth and score over all rows."""
        found = bootstrap(
            lambda rows: measure(truth[rows], score[rows]),
            self.table.groups,
            self._resamples,
            self._seed,
        )
        return as_figure(found, len(truth))

    def rate(self, flags: Flags, among: Flags) -> Figure:
        """Share of ``flags`` among some rows."""
        groups = [g for g, inside in zip(self.table.groups, among, strict=True) if inside]
        return as_figure(share(flags[among], groups, self._resamples, self._seed), len(groups))


def discrimination(meter: Meter) -> dict[str, Figure]:
    """Ranking: areas under curves, and rates at 95 %."""
    auc, chance = ranking.roc_auc, meter.table.probabilities
    out = {
        "auc_needs_action": meter.pair(auc, meter.needs_action, meter.concern),
        "auc_malignant": meter.pair(auc, meter.malignant, chance[:, list(MALIGNANT)].sum(1)),
        "auc_melanoma": meter.pair(auc, meter.melanoma, chance[:, MELANOMA]),
    }
    naevi = np.isin(meter.labels, (MELANOMA, CLASSES.index("nv")))
    pair = meter.among(naevi)
    out["auc_melanoma_against_naevi"] = pair.pair(
        auc, pair.melanoma, pair.table.probabilities[:, MELANOMA]
    )
    out["average_precision_needs_action"] = meter.pair(
        ranking.average_precision, meter.needs_action, meter.concern
    )
    for name, measure in (
        ("specificity_at_95_sensitivity", points.specificity_at_sensitivity),
        ("sensitivity_at_95_specificity", points.sensitivity_at_specificity),
    ):
        out[name] = meter.pair(
            lambda truth, score, m=measure: m(truth, score, 0.95),  # type: ignore[misc]
            meter.needs_action,
            meter.concern,
        )
    return out


def leading_diagnosis(everything: Meter) -> dict[str, Any]:
    """Accuracy of the leading diagnosis, as shown and with every diagnosis weighted alike.

    Images that are only known to be benign have no diagnosis to be compared with and are left out.
    """
    meter = everything.among(everything.labels != UNNAMED)
    shown = meter.table.probabilities.argmax(axis=1)
    even = meter.table.logits.argmax(axis=1)
    counts = confusion.confusion(meter.labels, shown, len(CLASSES))
    auc = {
        name: meter.pair(ranking.roc_auc, meter.labels == i, meter.table.probabilities[:, i])
        for i, name in enumerate(CLASSES)
    }
    return {
        "accuracy": meter.pair(confusion.accuracy, meter.labels, shown),
        "balanced_accuracy_as_shown": meter.pair(confusion.balanced_accuracy, meter.labels, shown),
        "balanced_accuracy_even_weights": meter.pair(
            confusion.balanced_accuracy, meter.labels, even
        ),
        "confusion_as_shown": counts.tolist(),
        "confusion_even_weights": confusion.confusion(meter.labels, even, len(CLASSES)).tolist(),
        "by_diagnosis": {
            name: {
                "auc": auc[name],
                **{k: _null(v) for k, v in rates._asdict().items()},
            }
            for name, rates in zip(CLASSES, confusion.class_rates(counts), strict=True)
        },
    }


def calibration_figures(meter: Meter) -> dict[str, Any]:
    """Brier score, calibration error (15 bins), slope and intercept of three probabilities."""
    chance = meter.table.probabilities
    wanted = {
        "malignant": (meter.malignant, chance[:, list(MALIGNANT)].sum(axis=1)),
        "needs_action": (meter.needs_action, meter.concern),
        "melanoma": (meter.melanoma, chance[:, MELANOMA]),
    }
    out: dict[str, Any] = {}
    for name, (truth, summed) in wanted.items():
        score = np.clip(summed, 0, 1)
        slope, intercept = calibration.slope_and_intercept(truth, score)
        out[name] = {
            "brier": meter.pair(calibration.brier, truth, score),
            "calibration_error": meter.pair(calibration.calibration_error, truth, score),
            "slope": _null(slope),
            "intercept": _null(intercept),
            "bins": [b._asdict() for b in calibration.reliability(truth, score)],
        }
    return out


def rule_figures(meter: Meter, rule_out: float, rule_in: float) -> dict[str, Any]:
    """The shipped rule: with refusals counted as referred, and among assessed images only."""
    levels = np.array([str(level) for level in meter.table.levels])
    assessed = ~meter.table.refused
    out: dict[str, Any] = {"refused": _refusals(meter)}
    for name, kept, counted in (
        ("refusals_as_referred", np.ones(len(levels), bool), True),
        ("assessed_only", assessed, False),
    ):
        above = (meter.concern >= rule_out) | (counted & ~assessed)
        melanoma = (meter.table.probabilities[:, MELANOMA] >= rule_in) & assessed
        sent = levels != Level.ROUTINE
        out[name] = {
            "sensitivity_at_rule_out": meter.rate(above, meter.needs_action & kept),
            "melanoma_sensitivity_at_rule_out": meter.rate(above, meter.melanoma & kept),
            "specificity_at_rule_out": meter.rate(~above, ~meter.needs_action & kept),
            "sensitivity_of_review_or_urgent": meter.rate(sent, meter.needs_action & kept),
            "melanoma_sensitivity_of_review_or_urgent": meter.rate(sent, meter.melanoma & kept),
            "benign_in_routine": meter.rate(~sent, ~meter.needs_action & kept),
            "in_routine_by_diagnosis": {
                dx: meter.rate(~sent, (meter.labels == i) & kept) for i, dx in enumerate(CLASSES)
            },
            "urgent_ppv_melanoma": meter.rate(meter.melanoma, (levels == Level.URGENT) & kept),
            "urgent_ppv_needs_action": meter.rate(
                meter.needs_action, (levels == Level.URGENT) & kept
            ),
            "sensitivity_at_rule_in": meter.rate(melanoma, meter.melanoma & kept),
            "specificity_at_rule_in": meter.rate(~melanoma, ~meter.melanoma & kept),
        }
    out["reasons"] = _reason_counts(meter.table)
    return out


def _refusals(meter: Meter) -> dict[str, Any]:
    refused, everyone = meter.table.refused, np.ones(len(meter.labels), bool)
    records = meter.table.records
    out: dict[str, Any] = {"all": meter.rate(refused, everyone)}
    for key in ("dx", "source", "site"):
        values = np.array([getattr(record, key) or "not given" for record in records])
        out[f"by_{key}"] = {
            str(v): {"refused": int(refused[values == v].sum()), "n": int((values == v).sum())}
            for v in np.unique(values)
        }
    return out


def _reason_counts(table: Assessed) -> dict[str, int]:
    codes = [code for row in table.reasons for code in set(row)]
    return {code: codes.count(code) for code in sorted(set(codes))}


def subgroups(table: Assessed, rule_out: float, resamples: int) -> dict[str, Any]:
    """Ranking and the rule-out point by source, sex, age band, site, and on proven benign."""
    keys: dict[str, Sequence[str]] = {
        "source": [record.source or "not given" for record in table.records],
        "sex": [record.sex or "not given" for record in table.records],
        "age": [age_band(record.age) for record in table.records],
        "site": [record.site or "not given" for record in table.records],
    }
    out: dict[str, Any] = {
        key: {
            value: _small(Meter(table.subset(np.array(values) == value), resamples), rule_out)
            for value in sorted(set(values))
        }
        for key, values in keys.items()
    }
    proven = np.array([record.dx_type == "histo" for record in table.records])
    keep = proven | np.isin(table.labels, NEEDS_ACTION)
    if (keep & ~np.isin(table.labels, NEEDS_ACTION)).any():
        out["histology_proven_benign"] = _small(Meter(table.subset(keep), resamples), rule_out)
    return out


def _small(meter: Meter, rule_out: float) -> dict[str, Any]:
    flagged = meter.concern >= rule_out
    auc = ranking.roc_auc
    return {
        "images": len(meter.labels),
        "needs_action": int(meter.needs_action.sum()),
        "auc_needs_action": meter.pair(auc, meter.needs_action, meter.concern),
        "auc_melanoma": meter.pair(auc, meter.melanoma, meter.table.probabilities[:, MELANOMA]),
        "sensitivity_at_rule_out": meter.rate(flagged, meter.needs_action),
        "specificity_at_rule_out": meter.rate(~flagged, ~meter.needs_action),
    }


def age_band(age: str) -> str:
    """Twenty-year bands; "not given" for an empty or unreadable age."""
    try:
        years = float(age)
    except ValueError:
        return "not given"
    low = int(years // 20) * 20
    return f"{low:02d}-{low + 19}"


def at_prevalence(rule: dict[str, Any], prevalence: float) -> dict[str, float | None]:
    """PPV and NPV of "not routine" at a prevalence that the reader enters."""
    whole = rule["refusals_as_referred"]
    sens = whole["sensitivity_of_review_or_urgent"]["value"]
    spec = whole["benign_in_routine"]["value"]
    if sens is None or spec is None:
        return {"prevalence": prevalence, "ppv": None, "npv": None}
    ppv, npv = points.predictive_values(sens, spec, prevalence)
    return {"prevalence": prevalence, "ppv": _null(ppv), "npv": _null(npv)}


def _null(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
