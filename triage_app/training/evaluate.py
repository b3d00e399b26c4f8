"""Evaluation of a shipped model folder on labelled images: figures, report, model card text."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from triage_app.domain.triage import Level
from triage_app.inference.card import CARD_FILE, ModelCard, OperatingPoints, dump
from triage_app.inference.classifier import Classifier
from triage_app.statistics.intervals import wilson
from triage_app.training.assess import Assessed, ShippedRule, assess_files, refused_foreign
from triage_app.training.data import of_split
from triage_app.training.errors import NothingToMeasure
from triage_app.training.figures import (
    Meter,
    as_figure,
    at_prevalence,
    calibration_figures,
    discrimination,
    leading_diagnosis,
    rule_figures,
    subgroups,
)
from triage_app.training.labels import read_labels
from triage_app.training.model_card import CARD_TEXT, render_card
from triage_app.training.others import Others
from triage_app.training.overlay_check import overlay_figures
from triage_app.training.plots import all_plots, curve_plot
from triage_app.training.report_html import render
from triage_app.training.robustness import robustness
from triage_app.training.saved_anew import saved_anew
from triage_app.training.sources import only
from triage_app.training.splits import SplitPlan

JSON_FILE = "evaluation.json"
HTML_FILE = "evaluation.html"
Report = Callable[[str], None]


@dataclass(frozen=True)
class EvaluateSettings:
    """What to measure and how precisely.

    ``robustness`` is the number of images that are damaged of each kind, ``saved_anew`` that of
    each source that are judged again from copies; ``others`` are pictures that must be refused;
    ``only`` names the one source to measure, if any.
    """

    split: str = "test"
    prevalence: float = 0.03
    resamples: int = 1000
    record: bool = False
    robustness: int = 0
    masks: Path | None = None
    saved_anew: int = 0
    others: Sequence[Others] = ()
    only: str = ""


def evaluate(
    model: Path,
    images: Path,
    labels: Path | Sequence[Path],
    *,
    out: Path,
    settings: EvaluateSettings,
    report: Report,
    plan: SplitPlan | None = None,
) -> dict[str, Any]:
    """Measure a model folder; write JSON and HTML to ``out`` and return the figures.

    ``plan`` is for labels without a split. With ``settings.record`` the figures also go into the
    card and its MODEL_CARD.md.
    """
    classifier = Classifier.load(model)
    known = only(read_labels(labels, plan=plan, report=report), settings.only)
    records = of_split(known, settings.split)
    if not records:
        raise NothingToMeasure(settings.split)
    rule = ShippedRule(classifier)
    table = assess_files(rule, images, records, report)
    report("computing intervals")
    figures = measure(table, classifier.card, settings)
    figures["drawn_foreign_pictures_refused"] = refused_foreign(rule)
    if settings.others:
        report("judging pictures that are not dermoscopic")
        figures["other_pictures_refused"] = refused_others(rule, settings)
    if settings.saved_anew:
        report("judging copies that were saved anew")
        figures["saved_anew"] = saved_anew(rule, images, records, settings.saved_anew)
    if settings.robustness:
        report("damaging images step by step")
        figures["robustness"] = robustness(rule, images, records, settings.robustness)
    if settings.masks is not None:
        report("comparing overlays with lesion masks")
        figures["overlay"] = overlay_figures(classifier, images, settings.masks, records)
    out.mkdir(parents=True, exist_ok=True)
    text = json.dumps(figures, indent=2, allow_nan=False)
    (out / JSON_FILE).write_text(text + "\n", encoding="utf-8")
    meter = Meter(table, settings.resamples)
    plots = all_plots(meter, figures["leading_diagnosis"]["confusion_as_shown"])
    if curves := figures.get("overlay", {}).get("curves"):
        plots["Overlay: what its cells carry"] = curve_plot(curves)
    (out / HTML_FILE).write_text(render(figures, plots), encoding="utf-8")
    if settings.record:
        record_figures(model, classifier.card, settings.split, figures)
    return figures


def measure(table: Assessed, card: ModelCard, settings: EvaluateSettings) -> dict[str, Any]:
    """All figures of a table of assessed images."""
    meter = Meter(table, settings.resamples)
    points = card.operating_points
    rule = rule_figures(meter, points.rule_out.value, points.rule_in.value)
    return {
        "about": {
            "model": card.name,
            "version": card.version,
            "weights_sha256": card.weights_sha256,
            "split": settings.split,
            "images": len(table.records),
            "lesions": len(set(table.groups)),
            "share_needing_action": float(meter.needs_action.mean()),
            "rule_out_point": points.rule_out.value,
            "rule_in_point": points.rule_in.value,
        },
        "discrimination": discrimination(meter),
        "leading_diagnosis": leading_diagnosis(meter),
        "calibration": calibration_figures(meter),
        "shipped_rule": rule,
        "at_prevalence": at_prevalence(rule, settings.prevalence),
        "subgroups": subgroups(table, points.rule_out.value, min(settings.resamples, 300)),
        "by_source": _by_source(table, points, settings),
    }


def refused_others(rule: ShippedRule, settings: EvaluateSettings) -> dict[str, Any]:
    """The share of pictures that are not dermoscopic and were refused, by kind."""
    out: dict[str, Any] = {}
    for kind in settings.others:
        crops = kind.of_split(settings.split, lit=rule.lit)
        levels = [rule(crop)[1].findings_level for crop in crops]
        if levels:
            found = wilson(levels.count(Level.CANNOT_ASSESS), len(levels))
            out[kind.kind] = as_figure(found, len(levels))
    return out


def _by_source(
    table: Assessed, points: OperatingPoints, settings: EvaluateSettings
) -> dict[str, Any]:
    """Ranking, the shipped rule and calibration within each source: sources differ."""
    out: dict[str, Any] = {}
    for source in sorted({record.source for record in table.records} - {""}):
        own = table.subset(_flags(table, source))
        meter = Meter(own, settings.resamples)
        diagnoses = leading_diagnosis(meter)
        out[source] = {
            **discrimination(meter),
            "balanced_accuracy_as_shown": diagnoses["balanced_accuracy_as_shown"],
            "balanced_accuracy_even_weights": diagnoses["balanced_accuracy_even_weights"],
            "shipped_rule": rule_figures(meter, points.rule_out.value, points.rule_in.value),
            "calibration": calibration_figures(meter),
        }
    return out


def _flags(table: Assessed, source: str) -> NDArray[np.bool_]:
    return np.array([record.source == source for record in table.records])


def record_figures(model: Path, card: ModelCard, split: str, figures: dict[str, Any]) -> None:
    """Put the figures into the card, and write MODEL_CARD.md from it."""
    kept = {name: part for name, part in figures.items() if name != "subgroups"}
    updated = replace(card, measured={**card.measured, split: kept})
    dump(updated, model / CARD_FILE)
    (model / CARD_TEXT).write_text(render_card(updated), encoding="utf-8")
