"""The whole shipped rule on labelled images: what a clinician would have been shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from triage_app.domain.context import NO_CONTEXT
from triage_app.domain.diagnosis import CONCERN, Diagnosis
from triage_app.domain.triage import Decision, Evidence, Level, Policy, Reason, ReasonCode, decide
from triage_app.imaging import quality
from triage_app.inference import heatmap
from triage_app.inference.card import LIT_FIELD
from triage_app.inference.classifier import Classifier, Prediction
from triage_app.training.data import Record, photographs_of
from triage_app.training.foreign import foreign_pictures

MELANOMA = frozenset({Diagnosis.MEL})


@dataclass(frozen=True)
class Assessed:
    """One row for each image, in the order of ``records``.

    ``logits`` float64 (n, 7) class-balanced, ``probabilities`` float64 (n, 7) calibrated; both are
    there for refused images too, to measure the network by itself. ``levels`` hold the level from
    findings alone, ``reasons`` the codes behind it.
    """

    records: Sequence[Record]
    logits: NDArray[np.float64]
    probabilities: NDArray[np.float64]
    levels: Sequence[Level]
    reasons: Sequence[tuple[str, ...]]

    @property
    def labels(self) -> NDArray[np.int64]:
        """Index of the diagnosis, int64 (n,)."""
        return np.array([record.label for record in self.records])

    @property
    def groups(self) -> list[str]:
        """The lesion of each image."""
        return [record.group for record in self.records]

    @property
    def refused(self) -> NDArray[np.bool_]:
        """Images that could not be assessed."""
        return np.array([level is Level.CANNOT_ASSESS for level in self.levels])

    def subset(self, kept: NDArray[np.bool_]) -> Assessed:
        """The rows where ``kept`` is true."""
        rows = np.flatnonzero(kept).tolist()
        return Assessed(
            [self.records[i] for i in rows],
            self.logits[rows],
            self.probabilities[rows],
            [self.levels[i] for i in rows],
            [self.reasons[i] for i in rows],
        )


class ShippedRule:
    """Classifier, quality gate, competence, evidence and triage rule, as serving joins them."""

    def __init__(self, classifier: Classifier) -> None:
        points = classifier.card.operating_points
        self._classifier = classifier
        self._policy = Policy(points.rule_out.value, points.rule_in.value)
        self.lit = classifier.card.input.field == LIT_FIELD

    def __call__(self, crop: NDArray[np.uint8]) -> tuple[Prediction, Decision]:
        """Prediction and decision for one square crop, uint8 (S, S, 3)."""
        prediction = self._classifier.run(crop)
        urgent = prediction.findings.rule_in_score >= self._policy.rule_in
        name, group = ("melanoma", MELANOMA) if urgent else ("malignant_or_suspicious", CONCERN)
        cam = heatmap.grad_cam(
            prediction.feature_map,
            prediction.head_weights,
            prediction.explained_logits,
            group,
            prediction.diagnoses,
        )
        evidence = Evidence(
            findings=prediction.findings,
            prediction_set=prediction.prediction_set,
            quality=quality.measure(crop),
            competence=prediction.competence,
            overlay=heatmap.describe(cam, name),
        )
        return prediction, decide(evidence, NO_CONTEXT, self._policy)


def assess_files(
    rule: ShippedRule,
    folder: Path,
    records: Sequence[Record],
    report: Callable[[str], None] | None = None,
) -> Assessed:
    """Assess labelled files; raises ImageMissing, which names all that can't be read."""
    logits, chances, levels, reasons = [], [], [], []
    for number, crop in enumerate(photographs_of(folder, records, lit=rule.lit), start=1):
        prediction, decision = rule(crop)
        given = prediction.findings.probabilities
        logits.append(_logits_of(prediction))
        chances.append([given.get(d, 0.0) for d in Diagnosis])
        levels.append(decision.findings_level)
        reasons.append(tuple(reason.code.value for reason in _from_image(decision)))
        if report is not None and number % 200 == 0:
            report(f"{number} of {len(records)} images")
    return Assessed(records, np.array(logits), np.array(chances), levels, reasons)


def _logits_of(prediction: Prediction) -> list[float]:
    """In the order of CLASSES; minus infinity for a diagnosis that the model does not know."""
    known = dict(zip(prediction.diagnoses, prediction.logits.tolist(), strict=True))
    return [known.get(diagnosis, -np.inf) for diagnosis in Diagnosis]


def refused_foreign(rule: ShippedRule, each: int = 12) -> dict[str, float]:
    """Share of drawn pictures that are no dermoscopic images and were refused, by kind."""
    pictures, kinds = foreign_pictures(each, 256, seed=7)
    refused = np.array([rule(p)[1].findings_level is Level.CANNOT_ASSESS for p in pictures])
    names = np.array(kinds)
    shares = {str(kind): float(refused[names == kind].mean()) for kind in np.unique(names)}
    return {"all": float(refused.mean()), **shares}


_CONTEXT_CODES = frozenset(
    {
        ReasonCode.SKIN_TYPE,
        ReasonCode.AGE,
        ReasonCode.SITE,
        ReasonCode.RED_FLAG,
        ReasonCode.RED_FLAGS_NOT_ASKED,
        ReasonCode.DERMOSCOPY_NOT_CONFIRMED,
    }
)


def _from_image(decision: Decision) -> list[Reason]:
    """Reasons that the image gave; labelled archives come without a clinician's answers."""
    return [reason for reason in decision.reasons if reason.code not in _CONTEXT_CODES]
