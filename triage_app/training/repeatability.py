"""How much the shipped model's answer varies between photographs of one lesion."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from triage_app.inference.card import CARD_FILE, dump
from triage_app.inference.classifier import Classifier
from triage_app.inference.repeatability import MeasuredRepeatability
from triage_app.statistics.repeatability import pair_limit, pairs_within, within_sd
from triage_app.training.assess import Assessed, ShippedRule, assess_files
from triage_app.training.calibrate import rule_out_score
from triage_app.training.data import Record, of_split
from triage_app.training.errors import NothingRepeated
from triage_app.training.labels import read_labels
from triage_app.training.model_card import CARD_TEXT, render_card
from triage_app.training.splits import SplitPlan

# As in domain.change: both must cut the ends off alike.
_EDGE = 1e-6


@dataclass(frozen=True)
class RepeatSettings:
    """Which split is measured and how precisely; ``record`` writes the card."""

    split: str = "val"
    resamples: int = 2000
    record: bool = False


def measure_repeatability(
    model: Path,
    images: Path,
    labels: Path | Sequence[Path],
    *,
    settings: RepeatSettings,
    report: Callable[[str], None],
    plan: SplitPlan | None = None,
) -> MeasuredRepeatability:
    """Run the model on every lesion of a split with two photographs or more.

    With ``settings.record`` the result goes into the card and its MODEL_CARD.md; weights and
    operating points stay. ``plan`` is for labels without a split. Raises NothingRepeated without
    two such lesions.
    """
    classifier = Classifier.load(model)
    records = repeated(of_split(read_labels(labels, plan=plan, report=report), settings.split))
    if len({lesion_of(record) for record in records}) < 2:
        raise NothingRepeated(settings.split)
    report(f"running {len(records)} photographs of lesions that have two or more")
    found = spread_of(assess_files(ShippedRule(classifier), images, records, report), settings)
    if settings.record:
        updated = replace(classifier.card, repeatability=found)
        dump(updated, model / CARD_FILE)
        (model / CARD_TEXT).write_text(render_card(updated), encoding="utf-8")
    return found


def lesion_of(record: Record) -> str:
    """The lesion as published; near-identical pictures of other names share only the group."""
    return record.lesion_id or record.group


def repeated(records: Sequence[Record]) -> list[Record]:
    """The records of lesions that have two photographs or more."""
    counts = Counter(lesion_of(record) for record in records)
    return [record for record in records if counts[lesion_of(record)] > 1]


def spread_of(table: Assessed, settings: RepeatSettings) -> MeasuredRepeatability:
    """The spread of the answers that would have been shown; refused images have none.

    Raises NothingRepeated where fewer than two lesions are left.
    """
    kept = _repeated_rows(table, ~table.refused)
    lesions = [lesion_of(record) for record in kept.records]
    if len(set(lesions)) < 2:
        raise NothingRepeated(settings.split)
    shares = np.clip(rule_out_score(kept.probabilities), _EDGE, 1 - _EDGE)
    odds: NDArray[np.float64] = np.log(shares / (1 - shares))
    found = within_sd(odds, lesions, settings.resamples)
    return MeasuredRepeatability(
        score="P(malignant)+P(suspicious)",
        log_odds_sd=found.value,
        low=found.low,
        high=found.high,
        lesions=len(set(lesions)),
        images=len(lesions),
        pairs_within=pairs_within(odds, lesions, pair_limit(found.value)),
        measured_on=_described(kept, settings.split),
    )


def _repeated_rows(table: Assessed, shown: NDArray[np.bool_]) -> Assessed:
    counts = Counter(lesion_of(r) for r, ok in zip(table.records, shown, strict=True) if ok)
    many = np.array([counts[lesion_of(record)] > 1 for record in table.records])
    return table.subset(shown & many)


def _described(table: Assessed, split: str) -> str:
    sources = sorted({record.source for record in table.records} - {""})
    return (
        f"{split} images ({', '.join(sources) or 'own data'}) of lesions with two photographs or "
        "more, whose angles, magnifications and days the data do not tell; images that could not "
        "be assessed left out"
    )
