"""What changed between two images of one lesion, and how much of it is noise of the model."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from triage_app.domain.case import Analysis, Case, ModelIdentity
from triage_app.domain.triage import LEVEL_LABELS, Level

# Two photographs of an unchanged lesion differ by less than this in 95 % of pairs: 1.96 times the
# square root of two times the standard deviation within lesions (Bland & Altman, 1986).
PAIR_FACTOR = 1.96 * math.sqrt(2)
_EDGE = 1e-6


@dataclass(frozen=True)
class Repeatability:
    """How much the model's answer varies between photographs of one lesion, from its card.

    ``log_odds_sd``: standard deviation within lesions of the log-odds of
    P(malignant)+P(suspicious); ``low`` and ``high`` its 95 % interval. ``lesions`` and ``images``
    are the numbers that it was measured on. It says nothing about another model than ``model``.
    """

    log_odds_sd: float
    low: float
    high: float
    lesions: int
    images: int
    measured_on: str
    model: ModelIdentity

    def band(self, share: float) -> tuple[float, float]:
        """Shares between which a second photograph of the unchanged lesion falls in 95 %."""
        middle, half = log_odds(share), PAIR_FACTOR * self.log_odds_sd
        # At the very ends the share itself lies outside of what its kept log-odds give.
        return min(share, _share(middle - half)), max(share, _share(middle + half))

    def exceeds(self, before: float, after: float) -> bool:
        """Whether two shares differ by more than repeated photographs do."""
        return abs(log_odds(after) - log_odds(before)) > PAIR_FACTOR * self.log_odds_sd


def log_odds(share: float) -> float:
    """Log-odds of a share, kept finite at both ends."""
    kept = min(max(share, _EDGE), 1 - _EDGE)
    return math.log(kept / (1 - kept))


def _share(odds: float) -> float:
    return 1 / (1 + math.exp(-odds))


@dataclass(frozen=True)
class TimePoint:
    """One image of a lesion. ``share`` is P(malignant)+P(suspicious), None when not shown.

    ``level`` is None while findings are withheld. ``series`` counts up where the model or its
    version changed, so that values of two models are never joined by a line. ``band`` is None
    where the repeatability of the model that judged the image is not known.
    """

    case_id: str
    at: datetime
    level: Level | None
    share: float | None
    melanoma: float | None
    series: int
    band: tuple[float, float] | None = None


@dataclass(frozen=True)
class Comparison:
    """Two images of a lesion, the earlier first.

    ``sentences`` say what changed in the findings, in words; they are empty where findings of
    either image are withheld. ``comparable`` is False where two models judged.
    """

    before: Case
    after: Case
    comparable: bool
    sentences: tuple[str, ...]


def timeline(
    cases: Sequence[Case], withheld: frozenset[str], repeatability: Repeatability | None
) -> tuple[TimePoint, ...]:
    """One point for each image, oldest first; ``withheld`` are ids without shown findings."""
    points: list[TimePoint] = []
    series, last = 0, None
    for case in sorted(cases, key=_order):
        hidden, model = case.id in withheld, case.analysis.model
        if not hidden and model is not None:
            series += last is not None and model != last
            last = model
        known = repeatability if repeatability and repeatability.model == model else None
        points.append(_point(case, series, None if hidden else case.analysis, known))
    return tuple(points)


def _point(
    case: Case, series: int, shown: Analysis | None, repeatability: Repeatability | None
) -> TimePoint:
    findings = shown.shown_findings if shown else None
    share = findings.rule_out_score if findings else None
    return TimePoint(
        case_id=case.id,
        at=case.created_at,
        level=shown.decision.level if shown else None,
        share=share,
        melanoma=findings.rule_in_score if findings else None,
        series=series,
        band=repeatability.band(share) if repeatability and share is not None else None,
    )


def _order(case: Case) -> tuple[datetime, str]:
    return case.created_at, case.id


def compare(
    one: Case, other: Case, repeatability: Repeatability | None, *, withheld: bool
) -> Comparison:
    """What changed from the earlier to the later of two images, given in any order."""
    before, after = sorted((one, other), key=_order)
    same = before.analysis.model == after.analysis.model
    sentences = () if withheld else tuple(_changes(before.analysis, after.analysis, repeatability))
    return Comparison(before, after, same, sentences)


def _changes(before: Analysis, after: Analysis, repeatability: Repeatability | None) -> list[str]:
    said = [_levels(before.decision.level, after.decision.level)]
    first, second = before.shown_findings, after.shown_findings
    if first is None or second is None:
        return [*said, "At least one image could not be assessed, so findings are not compared."]
    if before.model != after.model:
        return [*said, "Different models judged the two images, so their figures don't compare."]
    said.append(_figures("P(malignant or suspicious)", first.rule_out_score, second.rule_out_score))
    said.append(_figures("P(melanoma)", first.rule_in_score, second.rule_in_score))
    if repeatability is not None and repeatability.model == after.model:
        said.append(_noise(repeatability, first.rule_out_score, second.rule_out_score))
    if first.rule_out_score > second.rule_out_score:
        said.append("A fall of probability does not lower the level of the lesion.")
    return said


def _levels(before: Level, after: Level) -> str:
    if before is after:
        return f"Triage level: {LEVEL_LABELS[after].lower()} in both."
    return f"Triage level: {LEVEL_LABELS[before].lower()}, then {LEVEL_LABELS[after].lower()}."


def _figures(name: str, before: float, after: float) -> str:
    return f"{name}: {100 * before:.2f} %, then {100 * after:.2f} %."


def _noise(repeatability: Repeatability, before: float, after: float) -> str:
    if repeatability.exceeds(before, after):
        return "The difference is larger than between repeated photographs of one lesion."
    return (
        "The difference is within what repeated photographs of one unchanged lesion show, "
        "so it is no evidence of change."
    )
