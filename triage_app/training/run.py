"""A training run from command-line options to its record."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from triage_app.training.data import Record, data_hash, load_images, of_split, read_labels
from triage_app.training.errors import ScheduleUnreadable
from triage_app.training.settings import Stage, TrainSettings


def train_run(arguments: argparse.Namespace, report: Callable[[str], None]) -> Path:
    """Read the data, train or resume in ``arguments.out``, write the record."""
    from triage_app.training.fit import LOG, Trainer, TrainingData

    settings = settings_from(arguments)
    records = read_labels(arguments.labels)
    train, val = of_split(records, "train"), of_split(records, "val")
    report(f"decoding {len(train)} training and {len(val)} validation images")
    data_train = load_images(arguments.images, train)
    data_val = load_images(arguments.images, val)
    digest = data_hash(train, data_train)
    if arguments.check_duplicates:
        _report_duplicates(train, val, (data_train, data_val), report)
    data = TrainingData(train, data_train, val, data_val, digest)
    path = Trainer(settings, data, arguments.out, arguments.pretrained, report).run()
    _record(arguments.out, settings, records, digest, arguments.out / LOG)
    return path


def _record(
    folder: Path, settings: TrainSettings, records: Sequence[Record], digest: str, log: Path
) -> None:
    import keras

    from triage_app.training.record import describe_data, write_record

    data = describe_data(records, digest)
    write_record(folder, settings, data, keras.backend.backend(), log)


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
        "stages": ", ".join(
            f"{stage['name']}: {stage['epochs']} epochs at {stage['size']} px"
            for stage in settings["stages"]
        ),
        "optimiser": (
            f"AdamW, peak rate {settings['peak_rate']}, weight decay {settings['weight_decay']}, "
            f"batch {settings['batch']}, cosine"
        ),
        "loss": (
            "logit-adjusted cross-entropy, sampling by class frequency to the power "
            f"{settings['sampling_power']}, label smoothing {settings['label_smoothing']}"
        ),
        "weight_average": settings["average"],
    }
