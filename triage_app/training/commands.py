"""The commands ``train``, ``export``, ``calibrate``, ``evaluate`` and ``repeatability``.

Heavy libraries are imported when a command runs, so that ``--help`` stays quick.
"""

from __future__ import annotations

import argparse
import datetime
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from triage_app.training.splits import SplitPlan

Subparsers = Any  # argparse's type for this has no public name


def register(subparsers: Subparsers) -> None:
    """Add the five commands; each sets ``run``, called with the arguments and the settings."""
    _train_options(subparsers.add_parser("train", help="train a classifier on labelled images"))
    _export_options(subparsers.add_parser("export", help="turn a .keras file into a model folder"))
    _calibrate_options(
        subparsers.add_parser("calibrate", help="fit probabilities and operating points on val")
    )
    _evaluate_options(
        subparsers.add_parser("evaluate", help="measure a model folder on labelled images")
    )
    _repeat_options(
        subparsers.add_parser(
            "repeatability", help="measure how photographs of one lesion differ in the answer"
        )
    )


def _data_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--images", type=Path, required=True, help="folder of the photographs")
    parser.add_argument(
        "--labels",
        type=Path,
        nargs="+",
        required=True,
        help="CSV with image, group, dx, split; or the tables of HAM10000, ISIC or MILK10k",
    )
    parser.add_argument(
        "--split-out", type=Path, help="where a split is written down, if the labels hold none"
    )
    parser.add_argument("--split-seed", type=int, default=0, help="of such a split")


def _share(text: str) -> float:
    """An argument from 0 to 1."""
    value = float(text)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text} isn't between 0 and 1")
    return value


def _train_options(parser: argparse.ArgumentParser) -> None:
    _data_options(parser)
    parser.add_argument("--out", type=Path, required=True, help="folder of the run; resumes there")
    parser.add_argument(
        "--architecture", default="mobilenet_v1", help="name of the network; a wrong one lists all"
    )
    start = parser.add_mutually_exclusive_group()
    start.add_argument(
        "--pretrained", type=Path, help=".keras file to start from, all layers but the last"
    )
    start.add_argument(
        "--continue-from", type=Path, help=".keras file of an earlier run: its last layer too"
    )
    parser.add_argument(
        "--teacher",
        action="append",
        default=[],
        metavar="FILE:SIZE",
        help="distil from this .keras file at SIZE pixels; may be given several times",
    )
    parser.add_argument(
        "--teacher-share", type=_share, default=0.5, help="part of the target that teachers give"
    )
    parser.add_argument("--mixup", type=_share, default=0.0, help="chance of blending two images")
    parser.add_argument("--peak-rate", type=float, default=1e-3, help="highest learning rate")
    parser.add_argument("--weight-decay", type=float, default=0.02, help="pull towards zero")
    parser.add_argument("--seed", type=int, default=20, help="of order, views, first weights")
    parser.add_argument("--width", type=float, default=1.0, help="width multiplier")
    parser.add_argument("--batch", type=int, default=32, help="images in a step")
    parser.add_argument(
        "--stages",
        default="head:128:1,128:8,192:4,224:6",
        help="comma-separated SIZE:EPOCHS; head:SIZE:EPOCHS trains the last layer only",
    )
    parser.add_argument(
        "--full-precision", action="store_true", help="float32 instead of mixed bfloat16"
    )
    parser.add_argument("--check-duplicates", action="store_true", help="report near-duplicates")
    parser.set_defaults(run=train)


def _export_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--weights", type=Path, required=True, help=".keras file of a run")
    parser.add_argument("--model", type=Path, required=True, help="model folder to make")
    parser.add_argument("--size", type=int, default=224, help="input side in pixels")
    parser.set_defaults(run=export)


def _calibrate_options(parser: argparse.ArgumentParser) -> None:
    _data_options(parser)
    parser.add_argument("--model", type=Path, required=True, help="model folder from export")
    parser.add_argument("--run", dest="run_record", type=Path, help="run.json of the training run")
    parser.add_argument("--name", help="default: the architecture's name and -dermoscopy")
    parser.add_argument("--version", default="1.0.0", help="folders sort by it")
    parser.add_argument("--size", type=int, default=224, help="as exported")
    parser.add_argument(
        "--views", default="", help="comma-separated; default the eight of a square"
    )
    parser.add_argument("--alpha", type=float, default=0.05, help="miss rate of prediction sets")
    parser.add_argument("--refused", type=float, default=0.005, help="share of val to refuse")
    parser.add_argument(
        "--competence-images", type=int, default=3000, help="training images for the detector"
    )
    parser.add_argument("--cache", type=Path, help="keep network outputs here for a repeat")
    parser.set_defaults(run=calibrate)


def _evaluate_options(parser: argparse.ArgumentParser) -> None:
    _data_options(parser)
    parser.add_argument("--model", type=Path, required=True, help="model folder with its card")
    parser.add_argument("--split", default="test", choices=["train", "val", "test"])
    parser.add_argument("--out", type=Path, required=True, help="folder for the report")
    parser.add_argument("--prevalence", type=float, default=0.03, help="for PPV and NPV")
    parser.add_argument(
        "--robustness", type=int, default=0, metavar="N", help="damage N images of each kind"
    )
    parser.add_argument("--masks", type=Path, help="folder of lesion masks, for the overlay")
    parser.add_argument("--resamples", type=int, default=1000, help="bootstrap samples")
    parser.add_argument(
        "--record", action="store_true", help="also write the figures into the model's card"
    )
    parser.set_defaults(run=evaluate)


def _repeat_options(parser: argparse.ArgumentParser) -> None:
    _data_options(parser)
    parser.add_argument("--model", type=Path, required=True, help="model folder with its card")
    parser.add_argument("--split", default="val", choices=["val", "test"])
    parser.add_argument("--resamples", type=int, default=2000, help="bootstrap samples")
    parser.add_argument(
        "--record", action="store_true", help="also write the result into the model's card"
    )
    parser.set_defaults(run=repeatability)


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
    from triage_app.training.package import PackageSettings, calibrate_folder
    from triage_app.training.record import read_record
    from triage_app.training.run import card_training

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
        views=views,
    )
    card = calibrate_folder(
        arguments.model,
        arguments.images,
        read_labels(arguments.labels, plan=_plan(arguments, cache), report=_say),
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

    settings = EvaluateSettings(
        arguments.split,
        arguments.prevalence,
        arguments.resamples,
        arguments.record,
        arguments.robustness,
        arguments.masks,
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
