"""The commands ``train``, ``export``, ``calibrate``, ``evaluate`` and ``repeatability``.

Heavy libraries are imported when a command runs, so that ``--help`` stays quick.
"""

from __future__ import annotations

import argparse
import datetime
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from triage_app.training import options

if TYPE_CHECKING:
    from triage_app.training.splits import SplitPlan

Options = Callable[[argparse.ArgumentParser], None]
Run = Callable[[argparse.Namespace, object], int]
Subparsers = Any  # argparse's type for this has no public name


def register(subparsers: Subparsers) -> None:
    """Add the five commands; each sets ``run``, called with the arguments and the settings."""
    commands: tuple[tuple[str, str, Options, Run], ...] = (
        ("train", "train a classifier on labelled images", options.train_options, train),
        ("export", "turn a .keras file into a model folder", options.export_options, export),
        (
            "calibrate",
            "fit probabilities and operating points on val",
            options.calibrate_options,
            calibrate,
        ),
        (
            "evaluate",
            "measure a model folder on labelled images",
            options.evaluate_options,
            evaluate,
        ),
        (
            "repeatability",
            "measure how photographs of one lesion differ in the answer",
            options.repeat_options,
            repeatability,
        ),
    )
    for name, meaning, add, run in commands:
        parser = subparsers.add_parser(name, help=meaning)
        add(parser)
        parser.set_defaults(run=run)


def _say(message: str) -> None:
    print(message, file=sys.stderr, flush=True)


def _plan(arguments: argparse.Namespace, folder: Path) -> SplitPlan:
    """How labels without a split are split, written down in ``folder`` unless told otherwise."""
    from triage_app.training.splits import SPLIT_FILE, SplitPlan

    return SplitPlan(arguments.split_out or folder / SPLIT_FILE, arguments.split_seed)


def train(arguments: argparse.Namespace, _: object) -> int:
    """Train, or go on with the run in ``--out``."""
    from triage_app.training.run import train_run

    path = train_run(arguments, _say)
    print(path)
    return 0


def export(arguments: argparse.Namespace, _: object) -> int:
    """Convert a .keras file into a model folder."""
    from triage_app.training.package import install_weights

    install_weights(arguments.weights, arguments.model, arguments.size)
    print(arguments.model)
    return 0


def calibrate(arguments: argparse.Namespace, _: object) -> int:
    """Fit calibration, operating points, prediction sets and competence; write the card."""
    from triage_app.inference.card import card_dict
    from triage_app.training.labels import read_labels
    from triage_app.training.observe import EIGHT_VIEWS
    from triage_app.training.others import parse_others
    from triage_app.training.package import PackageSettings, calibrate_folder
    from triage_app.training.record import read_record
    from triage_app.training.run import card_training
    from triage_app.training.sources import without

    cache = arguments.cache or arguments.model / "cache"
    record = read_record(arguments.run_record) if arguments.run_record else {}
    views = tuple(arguments.views.split(",")) if arguments.views else EIGHT_VIEWS
    architecture = record.get("settings", {}).get("architecture", "mobilenet_v1")
    settings = PackageSettings(
        name=arguments.name or f"{architecture}-dermoscopy",
        version=arguments.version,
        architecture=architecture,
        created=datetime.date.today().isoformat(),
        size=arguments.size,
        alpha=arguments.alpha,
        refused=arguments.refused,
        competence_images=arguments.competence_images,
        others=parse_others(arguments.not_dermoscopic),
        views=views,
    )
    known = read_labels(arguments.labels, plan=_plan(arguments, cache), report=_say)
    card = calibrate_folder(
        arguments.model,
        arguments.images,
        without(known, arguments.leave_out),
        settings=settings,
        training=card_training(record),
        data_sha256=record.get("data", {}).get("sha256", ""),
        cache=cache,
        report=_say,
    )
    shown = card_dict(card)
    print(json.dumps({k: shown[k] for k in ("calibration", "operating_points", "conformal")}))
    return 0


def evaluate(arguments: argparse.Namespace, _: object) -> int:
    """Measure a model folder and write the report."""
    from triage_app.training.evaluate import EvaluateSettings
    from triage_app.training.evaluate import evaluate as measure_folder
    from triage_app.training.others import parse_others

    settings = EvaluateSettings(
        arguments.split,
        arguments.prevalence,
        arguments.resamples,
        arguments.record,
        arguments.robustness,
        arguments.masks,
        arguments.saved_anew,
        parse_others(arguments.not_dermoscopic),
        arguments.only,
    )
    figures = measure_folder(
        arguments.model,
        arguments.images,
        arguments.labels,
        out=arguments.out,
        settings=settings,
        report=_say,
        plan=_plan(arguments, arguments.out),
    )
    print(json.dumps(figures["discrimination"]))
    return 0


def repeatability(arguments: argparse.Namespace, _: object) -> int:
    """Measure how far the answers to photographs of one lesion lie apart."""
    from dataclasses import asdict

    from triage_app.training.repeatability import RepeatSettings, measure_repeatability

    found = measure_repeatability(
        arguments.model,
        arguments.images,
        arguments.labels,
        settings=RepeatSettings(arguments.split, arguments.resamples, arguments.record),
        report=_say,
        plan=_plan(arguments, arguments.model / "cache"),
    )
    print(json.dumps(asdict(found)))
    return 0
