"""Plots of an evaluation as PNG data addresses, so that the report is one file."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from triage_app.statistics.calibration import reliability
from triage_app.statistics.ranking import precision_recall_curve, roc_auc, roc_curve
from triage_app.training.data import CLASSES
from triage_app.training.figures import MALIGNANT, Meter

INK, ACCENT, SECOND = "#1f2933", "#1d5d9b", "#b4540a"


def all_plots(meter: Meter, confusion: list[list[int]]) -> dict[str, str]:
    """Title of each plot with its data address."""
    chance = meter.table.probabilities
    malignant = np.clip(chance[:, list(MALIGNANT)].sum(axis=1), 0, 1)
    melanoma = chance[:, CLASSES.index("mel")]
    scores = {
        "malignant or suspicious": (meter.needs_action, meter.concern),
        "melanoma": (meter.melanoma, melanoma),
    }
    return {
        "ROC curves": _roc(scores),
        "Precision and recall": _precision_recall(scores),
        "Reliability of P(malignant), 15 bins": _reliability(meter.malignant, malignant),
        "Confusion of the leading diagnosis as shown": _confusion(np.array(confusion)),
    }


def curve_plot(curves: Mapping[str, Any]) -> str:
    """Deletion and insertion of the overlay's cells, the strongest first and in random order."""
    figure, axes = _figure()
    for kind, colour in (("deletion", ACCENT), ("insertion", SECOND)):
        for order, style in (("top", "-"), ("random", ":")):
            axes.plot(
                curves["share_of_cells"],
                curves[f"{kind}_{order}"],
                color=colour,
                linestyle=style,
                label=f"{kind}, {'strongest first' if order == 'top' else 'random order'}",
            )
    axes.set(xlabel="share of cells covered or shown", ylabel="mean log-odds")
    axes.legend(frameon=False, fontsize=8)
    return _address(figure)


def _figure() -> tuple[Any, Any]:
    # Without pyplot: no global state, and no window system is looked for.
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5, 4.2), layout="constrained")
    axes = figure.add_subplot()
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(colors=INK)
    return figure, axes


def _address(figure: Any) -> str:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=110)
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()


def _roc(scores: dict[str, tuple[NDArray[Any], NDArray[Any]]]) -> str:
    figure, axes = _figure()
    for (name, (truth, score)), colour in zip(scores.items(), (ACCENT, SECOND), strict=True):
        curve = roc_curve(truth, score)
        axes.plot(curve.first, curve.second, color=colour, label=_with_auc(name, truth, score))
    axes.plot([0, 1], [0, 1], color=INK, linewidth=0.7, linestyle=":")
    axes.set(xlabel="1 - specificity", ylabel="sensitivity", xlim=(0, 1), ylim=(0, 1.01))
    axes.legend(loc="lower right", frameon=False)
    return _address(figure)


def _with_auc(name: str, truth: NDArray[Any], score: NDArray[Any]) -> str:
    return f"{name}: AUC {roc_auc(truth, score):.3f}"


def _precision_recall(scores: dict[str, tuple[NDArray[Any], NDArray[Any]]]) -> str:
    figure, axes = _figure()
    for (name, (truth, score)), colour in zip(scores.items(), (ACCENT, SECOND), strict=True):
        curve = precision_recall_curve(truth, score)
        axes.plot(curve.first, curve.second, color=colour, label=name)
    axes.set(xlabel="recall", ylabel="precision", xlim=(0, 1), ylim=(0, 1.01))
    axes.legend(loc="lower left", frameon=False)
    return _address(figure)


def _reliability(truth: NDArray[Any], score: NDArray[Any]) -> str:
    figure, axes = _figure()
    bins = reliability(truth, score)
    sizes = [12 + 160 * b.images / len(truth) for b in bins]
    axes.plot([0, 1], [0, 1], color=INK, linewidth=0.7, linestyle=":")
    axes.scatter([b.mean_probability for b in bins], [b.observed for b in bins], sizes, ACCENT)
    axes.set(xlabel="mean probability", ylabel="observed share", xlim=(0, 1), ylim=(0, 1.02))
    return _address(figure)


def _confusion(counts: NDArray[np.int64]) -> str:
    figure, axes = _figure()
    rows = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    axes.imshow(rows, cmap="Blues", vmin=0, vmax=1)
    for row in range(len(CLASSES)):
        for column in range(len(CLASSES)):
            colour = "white" if rows[row, column] > 0.55 else INK
            axes.text(column, row, int(counts[row, column]), ha="center", va="center", color=colour)
    axes.set_xticks(range(len(CLASSES)), CLASSES)
    axes.set_yticks(range(len(CLASSES)), CLASSES)
    axes.set(xlabel="leading diagnosis", ylabel="truth")
    return _address(figure)
