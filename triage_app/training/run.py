"""A training run from command-line options to its record."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from triage_app.training.data import Record, data_hash, load_once, of_split
from triage_app.training.errors import NothingToMeasure, ScheduleUnreadable, TeacherUnreadable
from triage_app.training.labels import read_labels
from triage_app.training.record import describe_data, describe_origin, write_record
from triage_app.training.settings import Stage, TrainSettings
from triage_app.training.sources import without
from triage_app.training.splits import SPLIT_FILE, SplitPlan


def train_run(arguments: argparse.Namespace, report: Callable[[str], None]) -> Path:
    """Read the data, train or resume in ``arguments.out``, write the record."""
    from triage_app.training.fit import LOG, Trainer, TrainingData

    settings = settings_from(arguments)
    teachers = parse_teachers(arguments.teacher)
    start, whole = _start(arguments)
    origin = describe_origin(start, teachers, with_head=whole)
    plan = SplitPlan(arguments.split_out or arguments.out / SPLIT_FILE, arguments.split_seed)
    known = read_labels(arguments.labels, plan=plan, report=report)
    records = without(known, arguments.leave_out)
    train, val = of_split(records, "train"), of_split(records, "val")
    for split, own in (("train", train), ("val", val)):
        if not own:
            raise NothingToMeasure(split)
    report(f"decoding {len(train)} training and {len(val)} validation images")
    side = max(stage.size for stage in settings.stages) * 5 // 4
    data_train, data_val = (
        load_once(arguments.images, own, side, arguments.out) for own in (train, val)
    )
    digest = data_hash(train, data_train)
    if arguments.check_duplicates:
        _report_duplicates(train, val, (data_train, data_val), report)
    soft = _soft_labels(teachers, data_train, settings, arguments.out, report)
    data = TrainingData(train, data_train, val, data_val, digest, soft)
    path = Trainer(settings, data, arguments.out, start, report, with_head=whole).run()
    _record(arguments.out, settings, describe_data(records, digest), origin, arguments.out / LOG)
    return path


def _start(arguments: argparse.Namespace) -> tuple[Path | None, bool]:
    """The file of starting weights, and whether its head is taken too."""
    if arguments.continue_from is not None:
        return arguments.continue_from, True
    return arguments.pretrained, False


def _soft_labels(
    teachers: Sequence[tuple[Path, int]],
    images: Any,
    settings: TrainSettings,
    cache: Path,
    report: Callable[[str], None],
) -> Any:
    if not teachers:
        return None
    from triage_app.training.teachers import teacher_logits

    return teacher_logits(
        teachers,
        images,
        architecture=settings.architecture,
        width=settings.width,
        cache=cache,
        report=report,
    )


def parse_teachers(given: Sequence[str]) -> list[tuple[Path, int]]:
    """Files and sides from "FILE:SIZE"; raises TeacherUnreadable."""
    teachers = []
    for text in given:
        file, _, size = text.rpartition(":")
        if not file or not size.isdecimal() or int(size) < 32 or int(size) % 32:
            raise TeacherUnreadable(text)
        teachers.append((Path(file), int(size)))
    return teachers


def _record(
    folder: Path, settings: TrainSettings, data: dict[str, Any], origin: dict[str, Any], log: Path
) -> None:
    import keras

    write_record(folder, settings, data, origin, backend=keras.backend.backend(), log=log)


def _report_duplicates(
    train: Sequence[Record],
    val: Sequence[Record],
    images: tuple[Any, Any],
    report: Callable[[str], None],
) -> None:
    import numpy as np

    from triage_app.training.duplicates import near_duplicates

    pairs = near_duplicates([*train, *val], np.concatenate(images))
    report(f"{len(pairs)} pairs of near-identical photographs in different splits")
    for first, second, alike in pairs[:20]:
        report(
            f"  {first} and {second} ({alike:.3f}): if they show one lesion, give them one group"
        )


def settings_from(arguments: argparse.Namespace) -> TrainSettings:
    """Settings of a run; raises ScheduleUnreadable for stages that make no sense."""
    return TrainSettings(
        architecture=arguments.architecture,
        width=arguments.width,
        seed=arguments.seed,
        batch=arguments.batch,
        mixed=not arguments.full_precision,
        peak_rate=arguments.peak_rate,
        weight_decay=arguments.weight_decay,
        consistency=arguments.consistency,
        teacher_share=arguments.teacher_share if arguments.teacher else 0.0,
        stages=parse_stages(arguments.stages),
    )


def parse_stages(text: str) -> tuple[Stage, ...]:
    """Stages from "head:128:1,128:8,224:6"; raises ScheduleUnreadable."""
    stages = []
    for part in text.split(","):
        head = part.startswith("head:")
        try:
            size, epochs = (int(number) for number in part.removeprefix("head:").split(":"))
        except ValueError as fault:
            raise ScheduleUnreadable(part) from fault
        if size < 32 or size % 32 or epochs < 0:
            raise ScheduleUnreadable(part)
        stages.append(Stage(f"{'head' if head else 'all'}-{size}", size, epochs, head))
    return tuple(stages)


def card_training(record: dict[str, Any]) -> dict[str, Any]:
    """What the model card says of a run: settings without the fine print, versions, epochs."""
    if not record:
        return {"note": "no run record was given"}
    settings = record["settings"]
    return {
        "seed": settings["seed"],
        "backend": record["backend"],
        "versions": record["versions"],
        "starting_weights": _begun_from(record),
        "teachers": _learned_from(record),
        "stages": ", ".join(
            f"{stage['name']}: {stage['epochs']} epochs at {stage['size']} px"
            for stage in settings["stages"]
        ),
        "optimiser": (
            f"AdamW, peak rate {settings['peak_rate']}, weight decay {settings['weight_decay']}, "
            f"batch {settings['batch']}, cosine"
        ),
        "loss": (
            "cross-entropy of logits adjusted to each source's diagnoses, sampling by source and "
            f"diagnosis to the power {settings['sampling_power']}, label smoothing "
            f"{settings['label_smoothing']}, {settings['twins']} twins in each batch of weight "
            f"{settings['consistency']}"
        ),
        "weight_average": settings["average"],
    }


def _begun_from(record: dict[str, Any]) -> str:
    if "starting_weights" not in record:
        return "not recorded"
    start = record["starting_weights"]
    if start is None:
        return "random"
    taken = "every layer" if start["head"] else "every layer but the last"
    return f"{taken} from {start['file']}, SHA-256 {start['sha256']}"


def _learned_from(record: dict[str, Any]) -> str:
    if "teachers" not in record:
        return "not recorded"
    if not record["teachers"]:
        return "none"
    named = "; ".join(
        f"{teacher['file']} at {teacher['size']} px, SHA-256 {teacher['sha256']}"
        for teacher in record["teachers"]
    )
    return f"share {record['settings']['teacher_share']} of the target from the mean of {named}"
