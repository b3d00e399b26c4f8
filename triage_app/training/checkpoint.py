"""A run's whole state in one file, replaced in one step, so a kill at any point loses minutes."""

from __future__ import annotations

import json
import os
import zipfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from triage_app.training.errors import CheckpointUnusable

Arrays = list[NDArray[Any]]


@dataclass(frozen=True)
class Position:
    """Where a run stands: the next step to take."""

    stage: int = 0
    epoch: int = 0
    step: int = 0
    done_steps: int = 0


@dataclass(frozen=True)
class Checkpoint:
    """Position, identity of the run, and every array it needs to go on."""

    position: Position
    identity: dict[str, Any]
    model: Arrays
    average: Arrays
    optimiser: Arrays
    average_steps: int


def save_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Write beside the target, flush to disk, then replace: never a half-written file."""
    meta = {
        "position": asdict(checkpoint.position),
        "identity": checkpoint.identity,
        "average_steps": checkpoint.average_steps,
    }
    arrays: dict[str, NDArray[Any]] = {
        "meta": np.frombuffer(json.dumps(meta).encode(), np.uint8),
    }
    for kind in ("model", "average", "optimiser"):
        for index, values in enumerate(getattr(checkpoint, kind)):
            arrays[f"{kind}_{index:04d}"] = values
    part = path.with_suffix(".part")
    with part.open("wb") as handle:
        np.savez(handle, **arrays)  # type: ignore[arg-type]
        handle.flush()
        os.fsync(handle.fileno())
    part.replace(path)


def load_checkpoint(path: Path, identity: dict[str, Any]) -> Checkpoint:
    """Read a checkpoint back; raises CheckpointUnusable if damaged or of another run."""
    try:
        with np.load(path, allow_pickle=False) as stored:
            meta = json.loads(stored["meta"].tobytes())
            names = sorted(stored.files)
            kinds = {
                kind: [stored[name] for name in names if name.startswith(f"{kind}_")]
                for kind in ("model", "average", "optimiser")
            }
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as fault:
        raise CheckpointUnusable(
            f"The checkpoint {path.name} can't be read ({fault}). Start the run afresh."
        ) from fault
    stored_as = meta["identity"]
    # An earlier version's checkpoint knows fewer keys; what it knows must agree.
    differing = [k for k, value in identity.items() if k in stored_as and stored_as[k] != value]
    if differing:
        raise CheckpointUnusable(
            f"The checkpoint {path.name} belongs to another run: {', '.join(differing)} differ. "
            "Choose another output folder, or the settings and data it was started with."
        )
    return Checkpoint(
        Position(**meta["position"]), stored_as, average_steps=meta["average_steps"], **kinds
    )
