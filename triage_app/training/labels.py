"""Labels of photographs, from one table or from several that a publisher split them into."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from triage_app.tables.errors import TableUnreadable
from triage_app.tables.reader import read_file
from triage_app.training.data import CLASSES, LABELS, SPLITS, Record, check_records
from triage_app.training.diagnoses import CODES, contradicts
from triage_app.training.errors import LabelsUnreadable, UnknownLabel
from triage_app.training.groups import groups_of
from triage_app.training.photographs import EXTENSIONS
from triage_app.training.published import FACTS, Facts, facts_of
from triage_app.training.splits import SplitPlan, split_of, write_split

Report = Callable[[str], None]
_MUST_AGREE = ("dx", "split", "group", "patient", "lesion")


def read_labels(
    labels: Path | Sequence[Path],
    *,
    plan: SplitPlan | None = None,
    report: Report = lambda _: None,
) -> list[Record]:
    """The photographs with a diagnosis of CLASSES or known to be benign, from one table or several.

    Own tables (image, group, dx, split) and those of HAM10000, the ISIC's challenges, the ISIC
    Archive and MILK10k; several are joined by image, and by lesion where a table names no image.
    What is left out is counted and reported. Where the tables hold no split, one is made by
    ``plan`` and written down there.

    Raises TableUnreadable, LabelsUnreadable, UnknownLabel, LeakingLesion and SplitUnwritable.
    """
    paths = [labels] if isinstance(labels, Path) else list(labels)
    names = ", ".join(path.name for path in paths)
    known = _usable(_joined(paths, report), names, report)
    groups = groups_of(known)
    alone = sum(not (facts.group or facts.patient or facts.lesion) for facts in known)
    if alone:
        report(
            f"no lesion or patient is named for {alone:,} of {len(known):,} images: each of them "
            "counts as a lesion of its own"
        )
    records = [_record(facts, group) for facts, group in zip(known, groups, strict=True)]
    records = _with_split(records, known, plan or SplitPlan(), report)
    return _of_known_classes(records, names, report)


def _joined(paths: Sequence[Path], report: Report) -> list[Facts]:
    """What all tables together say of each photograph, in the order of their rows."""
    images: dict[str, Facts] = {}
    lesions: dict[str, Facts] = {}
    for path in paths:
        table = read_file(path)
        for note in table.notes:
            report(note)
        seen: dict[str, int] = {}
        for facts in facts_of(table):
            kept, key = (images, _key(facts.image)) if facts.image else (lesions, facts.lesion)
            if key in seen:
                what = facts.image or facts.lesion
                sentence = f"{what!r} is there twice, in line {seen[key]} before."
                raise TableUnreadable(table.name, sentence, facts.line)
            seen[key] = facts.line
            kept[key] = _merged(kept[key], facts) if key in kept else facts
    if not images:
        names = ", ".join(path.name for path in paths)
        raise LabelsUnreadable(
            f"{names}: no photograph is named. Give the table with the images as well."
        )
    return [
        _merged(facts, lesions[facts.lesion]) if facts.lesion in lesions else facts
        for facts in images.values()
    ]


def _key(image: str) -> str:
    """What joins the rows of two tables: the name without its extension, in lower case."""
    plain = image.casefold().replace("\\", "/")
    found = next((end for end in EXTENSIONS if plain.endswith(end)), "")
    return plain.removesuffix(found)


def _merged(first: Facts, other: Facts) -> Facts:
    """Both together; raises TableUnreadable where they contradict each other."""
    changes = {}
    for name in FACTS:
        mine, theirs = getattr(first, name), getattr(other, name)
        if name == "dx" and mine and theirs and (mine in CODES) != (theirs in CODES):
            # "benign" of one table and "nv" of the other agree; the code says more.
            mine = theirs = mine if mine in CODES else theirs
        if mine and theirs and mine != theirs and name in _MUST_AGREE:
            raise TableUnreadable(
                other.table,
                f"{name} is {theirs!r} for {first.image or first.lesion}, and {mine!r} in "
                f"{first.table}, line {first.line}.",
                other.line,
            )
        changes[name] = mine or theirs
    return replace(first, **changes)


def _usable(found: Sequence[Facts], names: str, report: Report) -> list[Facts]:
    """The dermoscopic photographs with a diagnosis; the rest is counted and reported."""
    known, left = [], Counter[str]()
    for facts in found:
        if facts.kind and "dermoscop" not in facts.kind.casefold():
            left["not dermoscopic"] += 1
        elif not facts.dx:
            left["without a diagnosis"] += 1
        elif contradicts(facts.dx, facts.nature):
            left["called benign and malignant at once"] += 1
        else:
            known.append(facts)
    for why, count in left.items():
        report(f"left out: {count:,} of {len(found):,} images, {why}")
    if not known:
        raise LabelsUnreadable(
            f"{names}: no photograph has a diagnosis. Give the table with the diagnoses (a column "
            "dx or diagnosis, or one column for each diagnosis) as well."
        )
    return known


def _record(facts: Facts, group: str) -> Record:
    return Record(
        image=facts.image,
        group=group,
        dx=facts.dx,
        split=facts.split,
        dx_type=facts.dx_type,
        age=facts.age,
        sex=facts.sex,
        site=facts.site,
        source=facts.source,
        lesion_id=facts.lesion,
    )


def _with_split(
    records: Sequence[Record], known: Sequence[Facts], plan: SplitPlan, report: Report
) -> list[Record]:
    if any(record.split for record in records):
        for facts in known:
            if facts.split not in SPLITS:
                raise UnknownLabel(
                    f"{facts.table}, line {facts.line}: {facts.split!r} is no split; use one of "
                    f"{', '.join(SPLITS)}."
                )
        return list(records)
    groups = [record.group for record in records]
    chosen = split_of(groups, [record.dx for record in records], plan.seed)
    split = [replace(r, split=name) for r, name in zip(records, chosen, strict=True)]
    sizes = ", ".join(f"{name} {chosen.count(name):,}" for name in SPLITS)
    where = ""
    if plan.out is not None:
        write_split(plan.out, split)
        where = f", written to {plan.out}; give that file as --labels to keep it"
    report(f"the labels hold no split: one was made by group, seed {plan.seed} ({sizes}){where}")
    return split


def _of_known_classes(records: Sequence[Record], names: str, report: Report) -> list[Record]:
    check_records(records)
    left = Counter(record.dx for record in records if record.dx not in LABELS)
    if left:
        counts = ", ".join(f"{dx} {count:,}" for dx, count in sorted(left.items()))
        report(
            f"left out: {left.total():,} of {len(records):,} images, of diagnoses that the model "
            f"doesn't know ({counts})"
        )
    kept = [record for record in records if record.dx in LABELS]
    if not kept:
        raise UnknownLabel(
            f"{names}: no diagnosis is one that the model knows; use {', '.join(CLASSES)}."
        )
    return kept
