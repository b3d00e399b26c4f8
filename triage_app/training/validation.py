"""The few figures followed during training, on the validation split."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from triage_app.statistics.calibration import softmax
from triage_app.statistics.confusion import balanced_accuracy
from triage_app.statistics.ranking import roc_auc
from triage_app.training.data import CLASSES, Record

NEEDS_ACTION = ("mel", "bcc", "scc", "akiec")


def quick_figures(records: Sequence[Record], logits: NDArray[np.floating]) -> dict[str, float]:
    """AUCs by source, their means, and balanced accuracy; ``logits`` (n, C) are class-balanced.

    Ranked by probabilities of equally frequent diagnoses, since a source's own shares would tell
    more of how it was collected than of what the network sees.
    """
    posterior = softmax(logits)
    dx = np.array([record.dx for record in records])
    action = [CLASSES.index(name) for name in NEEDS_ACTION]
    bad, melanoma = np.isin(dx, NEEDS_ACTION), dx == "mel"
    score = posterior[:, action].sum(1)
    score_melanoma = posterior[:, CLASSES.index("mel")]
    named = np.isin(dx, CLASSES)
    labels = np.array([CLASSES.index(name) for name in dx[named]])
    figures = {
        "auc_needs_action": roc_auc(bad, score),
        "balanced_accuracy": balanced_accuracy(labels, logits[named].argmax(1)),
    }
    sources = np.array([record.source for record in records])
    for source in sorted(set(sources)):
        own = sources == source
        name = source or "unknown"
        figures[f"auc_needs_action_{name}"] = roc_auc(bad[own], score[own])
        figures[f"auc_melanoma_{name}"] = roc_auc(melanoma[own], score_melanoma[own])
    figures["mean_auc_melanoma"] = float(
        np.mean([v for k, v in figures.items() if k.startswith("auc_melanoma_")])
    )
    return {name: round(float(value), 4) for name, value in figures.items()}
