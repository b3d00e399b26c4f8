"""The few figures followed during training, on the validation split."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from triage_app.statistics.calibration import softmax
from triage_app.statistics.confusion import balanced_accuracy
from triage_app.statistics.ranking import roc_auc
from triage_app.training.data import CLASSES, Record

NEEDS_ACTION = ("mel", "bcc", "akiec")


def quick_figures(
    records: Sequence[Record], logits: NDArray[np.floating], prior: NDArray[np.float64]
) -> dict[str, float]:
    """AUCs by source and balanced accuracy; ``logits`` (n, 7) are class-balanced."""
    labels = np.array([record.label for record in records])
    sources = np.array([record.source for record in records])
    posterior = softmax(logits + np.log(np.maximum(prior, 1e-12)))
    action = [CLASSES.index(name) for name in NEEDS_ACTION]
    melanoma = CLASSES.index("mel")
    figures = {
        "auc_needs_action": roc_auc(np.isin(labels, action), posterior[:, action].sum(1)),
        "balanced_accuracy": balanced_accuracy(labels, logits.argmax(1)),
        "log_loss": float(-np.log(posterior[np.arange(len(labels)), labels] + 1e-12).mean()),
    }
    for source in sorted(set(sources)):
        own = sources == source
        name = source or "unknown"
        figures[f"auc_needs_action_{name}"] = roc_auc(
            np.isin(labels[own], action), posterior[own][:, action].sum(1)
        )
        figures[f"auc_melanoma_{name}"] = roc_auc(labels[own] == melanoma, posterior[own, melanoma])
    return figures
