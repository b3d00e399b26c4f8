"""The card's part on how far the model's answers to photographs of one lesion lie apart."""

from dataclasses import dataclass


@dataclass(frozen=True)
class MeasuredRepeatability:
    """Spread of log-odds of ``score`` between photographs of one lesion.

    ``log_odds_sd`` is the standard deviation within lesions, ``low`` and ``high`` its 95 %
    interval. ``pairs_within`` in [0, 1] is the share of pairs of photographs of one lesion that
    differ by no more than 1.96 times the square root of two times ``log_odds_sd``.
    """

    score: str
    log_odds_sd: float
    low: float
    high: float
    lesions: int
    images: int
    pairs_within: float
    measured_on: str

    def __post_init__(self) -> None:
        if not (0 <= self.low <= self.log_odds_sd <= self.high and self.log_odds_sd > 0):
            raise ValueError("a standard deviation must be above 0 and lie in its interval")
        if not 2 <= self.lesions <= self.images / 2:
            raise ValueError("repeatability needs two lesions with two images each, or more")
        if not 0 <= self.pairs_within <= 1:
            raise ValueError("the share of pairs must lie in 0 to 1")
