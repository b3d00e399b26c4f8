"""The run record: seed, data, settings, versions and results of a training run."""

from __future__ import annotations

import json
import platform
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from triage_app.inference.card import file_sha256
from triage_app.training.data import CLASSES, SPLITS, Record, class_counts, of_split
from triage_app.training.errors import TrainingError, WeightsUnreadable
from triage_app.training.settings import TrainSettings

RECORD = "run.json"
_LIBRARIES = ("keras", "tensorflow", "tensorflow-cpu", "jax", "torch", "numpy", "pillow")


class RecordUnreadable(TrainingError):
    """The record of a run is missing or damaged."""


def versions() -> dict[str, str]:
    """Versions of Python and of the libraries that are installed."""
    found = {"python": platform.python_version()}
    for name in _LIBRARIES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def describe_data(records: Sequence[Record], sha256: str) -> dict[str, Any]:
    """Size of each split, images by diagnosis, and the hash that names the data."""
    return {
        "sha256": sha256,
        **{
            split: {
                "images": len(own),
                "groups": len({record.group for record in own}),
                "by_diagnosis": dict(zip(CLASSES, class_counts(own).tolist(), strict=True)),
            }
            for split in SPLITS
            for own in [of_split(records, split)]
        },
    }


def describe_origin(
    start: Path | None, teachers: Sequence[tuple[Path, int]], *, with_head: bool
) -> dict[str, Any]:
    """What a run learned from besides its data, each file by its SHA-256.

    ``start`` are the weights it began with, ``teachers`` what it was distilled from, with the side
    in pixels. Raises WeightsUnreadable for a file that isn't there.
    """
    begun = {**_named(start), "head": with_head} if start else None
    return {
        "starting_weights": begun,
        "teachers": [{**_named(path), "size": size} for path, size in teachers],
    }


def _named(path: Path) -> dict[str, Any]:
    try:
        return {"file": path.name, "sha256": file_sha256(path)}
    except OSError as fault:
        raise WeightsUnreadable(path.name, fault.strerror) from fault


def write_record(
    folder: Path,
    settings: TrainSettings,
    data: dict[str, Any],
    origin: dict[str, Any],
    *,
    backend: str,
    log: Path,
) -> dict[str, Any]:
    """Write ``run.json`` beside the run's log and return what it holds."""
    lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
    record = {
        "settings": settings.as_dict(),
        "data": data,
        **origin,
        "backend": backend,
        "versions": versions(),
        "epochs": [json.loads(line) for line in lines],
    }
    (folder / RECORD).write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    return record


def read_record(path: Path) -> dict[str, Any]:
    """Read a run record; raises RecordUnreadable."""
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as fault:
        raise RecordUnreadable(
            f"The run record {path.name} can't be read ({fault}). Point --run at the run.json that "
            "training wrote."
        ) from fault
    return found
