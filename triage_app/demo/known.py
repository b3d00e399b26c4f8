"""A lesion as the made-up clinic knows it."""

from dataclasses import dataclass, field
from datetime import datetime

from triage_app.demo.truth import TrueLesion, TruePatient


@dataclass
class Known:
    """``since`` is its first visit; ``cases`` and ``photographed`` go with each other, in order."""

    patient: TruePatient
    truth: TrueLesion
    lesion_id: str
    since: datetime
    cases: list[str] = field(default_factory=list)
    photographed: list[datetime] = field(default_factory=list)

    def years(self, at: datetime) -> float:
        """Time since the first visit."""
        return (at - self.since).days / 365

    @property
    def watched_for_a_year(self) -> bool:
        """Whether the first and the last image lie twelve months apart, with some days to spare."""
        return (self.photographed[-1] - self.photographed[0]).days > 368
