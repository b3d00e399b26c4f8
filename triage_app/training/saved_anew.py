"""Whether the answer hangs on how a photograph was saved: each is judged again from a copy."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from triage_app.domain.triage import Level
from triage_app.inference.classifier import Prediction
from triage_app.statistics.intervals import wilson
from triage_app.training.assess import ShippedRule
from triage_app.training.data import Record, photographs_of
from triage_app.training.figures import as_figure

Pixels = NDArray[np.uint8]
_QUALITY = 80
Answer = tuple[Level, float]


def webp(pixels: Pixels) -> Pixels:
    """As WebP of quality 80, at its size."""
    return _through(Image.fromarray(pixels), "WEBP")


def jpeg(share: float) -> Callable[[Pixels], Pixels]:
    """As JPEG of quality 80, shrunk to this share of its sides."""

    def change(pixels: Pixels) -> Pixels:
        image = Image.fromarray(pixels)
        side = max(1, round(share * image.width))
        return _through(image.resize((side, side), Image.Resampling.LANCZOS), "JPEG")

    return change


WAYS: Mapping[str, Callable[[Pixels], Pixels]] = {
    "WebP": webp,
    "JPEG": jpeg(1.0),
    "JPEG at 80 % of its sides": jpeg(0.8),
}


def _through(image: Image.Image, kind: str) -> Pixels:
    buffer = io.BytesIO()
    image.save(buffer, kind, quality=_QUALITY)
    with Image.open(buffer) as stored:
        return np.asarray(stored.convert("RGB"))


def saved_anew(
    rule: ShippedRule, images: Path, records: list[Record], limit: int
) -> dict[str, dict[str, Any]]:
    """For each way and source: the share of another level, and how far the log-odds move.

    Up to ``limit`` photographs of each source, spread over the records. The log-odds are those of
    malignant or suspicious; their absolute change at the 90th percentile is given.
    """
    out: dict[str, dict[str, Any]] = {way: {} for way in WAYS}
    for source in sorted({record.source for record in records}):
        own = [record for record in records if record.source == source]
        chosen = own[:: max(1, len(own) // limit)][:limit]
        pictures = list(photographs_of(images, chosen, lit=rule.lit))
        whole = [_answer(rule, picture) for picture in pictures]
        for way, change in WAYS.items():
            copies = [_answer(rule, change(picture)) for picture in pictures]
            out[way][source or "not given"] = _compared(whole, copies)
    return out


def _answer(rule: ShippedRule, pixels: Pixels) -> Answer:
    prediction, decision = rule(pixels)
    return decision.findings_level, _log_odds(prediction)


def _log_odds(prediction: Prediction) -> float:
    chance = min(max(prediction.findings.rule_out_score, 1e-6), 1 - 1e-6)
    return float(np.log(chance / (1 - chance)))


def _compared(whole: list[Answer], copies: list[Answer]) -> dict[str, Any]:
    pairs = list(zip(whole, copies, strict=True))
    other = sum(first[0] is not second[0] for first, second in pairs)
    moved = [abs(first[1] - second[1]) for first, second in pairs]
    return {
        "another_level": as_figure(wilson(other, len(pairs)), len(pairs)),
        "log_odds_moved_90": float(np.quantile(moved, 0.9)),
    }
