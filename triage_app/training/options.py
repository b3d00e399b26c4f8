"""The options of the training commands."""

from __future__ import annotations

import argparse
from pathlib import Path


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


def _leave_out_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--leave-out", default="", metavar="SOURCE", help="no image of this source takes part"
    )


def _others_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--not-dermoscopic",
        action="append",
        default=[],
        metavar="KIND=FOLDER[=TABLE]",
        help="pictures that the gate must refuse, with a CSV of image and split; may be repeated",
    )


def _share(text: str) -> float:
    """An argument from 0 to 1."""
    value = float(text)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text} isn't between 0 and 1")
    return value


def train_options(parser: argparse.ArgumentParser) -> None:
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
    parser.add_argument(
        "--consistency",
        type=float,
        default=0.5,
        help="weight of how far the logits of two views of one lesion may lie apart",
    )
    _leave_out_option(parser)
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


def export_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--weights", type=Path, required=True, help=".keras file of a run")
    parser.add_argument("--model", type=Path, required=True, help="model folder to make")
    parser.add_argument("--size", type=int, default=224, help="input side in pixels")


def calibrate_options(parser: argparse.ArgumentParser) -> None:
    _data_options(parser)
    parser.add_argument("--model", type=Path, required=True, help="model folder from export")
    parser.add_argument("--run", dest="run_record", type=Path, help="run.json of the training run")
    parser.add_argument("--name", help="default: the architecture's name and -dermoscopy")
    parser.add_argument("--version", default="1.0.0", help="folders sort by it")
    parser.add_argument("--size", type=int, default=224, help="as exported")
    parser.add_argument(
        "--views", default="", help="comma-separated; default the eight of a square"
    )
    _leave_out_option(parser)
    parser.add_argument("--alpha", type=float, default=0.05, help="miss rate of prediction sets")
    parser.add_argument("--refused", type=float, default=0.005, help="share of val to refuse")
    _others_option(parser)
    parser.add_argument(
        "--competence-images", type=int, default=3000, help="training images for the detector"
    )
    parser.add_argument("--cache", type=Path, help="keep network outputs here for a repeat")


def evaluate_options(parser: argparse.ArgumentParser) -> None:
    _data_options(parser)
    parser.add_argument("--model", type=Path, required=True, help="model folder with its card")
    parser.add_argument("--split", default="test", choices=["train", "val", "test"])
    parser.add_argument("--only", default="", metavar="SOURCE", help="images of this source only")
    parser.add_argument("--out", type=Path, required=True, help="folder for the report")
    parser.add_argument("--prevalence", type=float, default=0.03, help="for PPV and NPV")
    parser.add_argument(
        "--robustness", type=int, default=0, metavar="N", help="damage N images of each kind"
    )
    parser.add_argument(
        "--saved-anew",
        type=int,
        default=0,
        metavar="N",
        help="judge N images of each source again from copies in other formats and sizes",
    )
    _others_option(parser)
    parser.add_argument("--masks", type=Path, help="folder of lesion masks, for the overlay")
    parser.add_argument("--resamples", type=int, default=1000, help="bootstrap samples")
    parser.add_argument(
        "--record", action="store_true", help="also write the figures into the model's card"
    )


def repeat_options(parser: argparse.ArgumentParser) -> None:
    _data_options(parser)
    parser.add_argument("--model", type=Path, required=True, help="model folder with its card")
    parser.add_argument("--split", default="val", choices=["val", "test"])
    parser.add_argument("--resamples", type=int, default=2000, help="bootstrap samples")
    parser.add_argument(
        "--record", action="store_true", help="also write the result into the model's card"
    )
