"""A split of photographs for tables that bring none: by group, stratified, and written down."""

from __future__ import annotations

import csv
import hashlib
import io
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from triage_app.training.data import Record
from triage_app.training.errors import SplitUnwritable

SPLIT_FILE = "split.csv"
SHARES: dict[str, float] = {"train": 0.7, "val": 0.15, "test": 0.15}


@dataclass(frozen=True)
class SplitPlan:
    """What decides a split where the labels hold none, and where it is written down.

    The same labels and seed give the same split in every command.
    """

    out: Path | None = None
    seed: int = 0


def split_of(groups: Sequence[str], diagnoses: Sequence[str], seed: int) -> list[str]:
    """The split of each photograph: whole groups, each diagnosis in the shares of SHARES.

    A group counts as its rarest diagnosis. Of every diagnosis with three groups or more, each
    split gets one at least. The order of the photographs plays no part.
    """
    frequency = Counter(diagnoses)
    held: dict[str, list[str]] = defaultdict(list)
    for group, dx in zip(groups, diagnoses, strict=True):
        held[group].append(dx)
    strata: dict[str, list[str]] = defaultdict(list)
    for group, found in held.items():
        strata[min(found, key=lambda dx: (frequency[dx], dx))].append(group)
    sizes = {group: len(found) for group, found in held.items()}
    chosen: dict[str, str] = {}
    for members in strata.values():
        chosen |= _dealt(members, sizes, seed)
    return [chosen[group] for group in groups]


def _dealt(members: Sequence[str], sizes: dict[str, int], seed: int) -> dict[str, str]:
    """The largest groups first, each to the split that lacks most photographs."""
    order = sorted(members, key=lambda group: (-sizes[group], _drawn(group, seed)))
    lacks = {name: share * sum(sizes[g] for g in order) for name, share in SHARES.items()}
    chosen: dict[str, str] = {}
    if len(order) >= 3:
        for name in ("val", "test"):
            chosen[group := order.pop()] = name
            lacks[name] -= sizes[group]
    for group in order:
        name = max(SHARES, key=lacks.__getitem__)
        chosen[group] = name
        lacks[name] -= sizes[group]
    return chosen


def _drawn(group: str, seed: int) -> str:
    """A random place in the order that hangs on nothing but the group's name and the seed."""
    return hashlib.sha256(f"{seed}|{group}".encode(errors="surrogatepass")).hexdigest()


def write_split(path: Path, records: Sequence[Record]) -> None:
    """Write labels with their split as a table that the commands read.

    A file that is there already is left as it is; raises SplitUnwritable where it says otherwise,
    or can't be written.
    """
    out = io.StringIO()
    names = [field.name for field in fields(Record)]
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(names)
    writer.writerows([getattr(record, name) for name in names] for record in records)
    data = out.getvalue().encode()
    try:
        if path.exists():
            if path.read_bytes() != data:
                raise SplitUnwritable(path, "it holds another split already")
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        half = path.with_name(f"{path.name}.part")
        half.write_bytes(data)
        half.replace(path)
    except OSError as fault:
        raise SplitUnwritable(path, fault.strerror or str(fault)) from fault
