"""Everything that a report states, gathered from what is stored."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from triage_app.domain.calendar import UTC_ZONE, Zone
from triage_app.domain.case import Case
from triage_app.domain.change import Comparison
from triage_app.domain.lesion import Lesion
from triage_app.domain.reading import NextStep, Verdict
from triage_app.domain.trail import Anchor
from triage_app.domain.triage import Level


@dataclass(frozen=True)
class ReportContent:
    """Input of the report renderer.

    ``crop`` is a JPEG of the analysed crop, ``overlay`` a PNG of the same area or None where
    no cell supports the group or nothing was assessed. ``report_id`` is 32 hex digits, ``number``
    counts the reports of the case from 1. ``site_name`` heads the page. ``anchor`` is the last
    event of the trail when the report was drawn. ``content_hash`` covers all that the report
    states. ``lesion_level`` is the worst level among the ``lesion_images`` images of the lesion,
    None without a lesion or while findings of one of them are withheld. ``previous`` is the last
    image of the lesion before this one, without findings where they are withheld;
    ``previous_crop`` is its crop as JPEG, None where the stored file cannot be read. ``names``
    maps internal ids of people to the names shown. ``synthetic`` marks made-up data. Times are in
    UTC, and are drawn as the clocks of ``zone`` showed them.
    """

    case: Case
    report_id: str
    number: int
    issued_at: datetime
    crop: bytes
    overlay: bytes | None
    site_name: str
    anchor: Anchor
    content_hash: str = ""
    lesion: Lesion | None = None
    lesion_level: Level | None = None
    lesion_images: int = 0
    previous: Comparison | None = None
    previous_crop: bytes | None = None
    names: Mapping[str, str] = field(default_factory=dict)
    synthetic: bool = False
    zone: Zone = UTC_ZONE


@dataclass(frozen=True)
class LetterContent:
    """Input of the renderer of letters: only what a verdict says, in plain language.

    ``site_label`` is where the lesion is, in words that a patient knows. ``signed_by`` is the name
    of the clinician who gave the verdict. ``step`` is the open next step, if any. Days are those of
    ``zone``.
    """

    letter_id: str
    issued_at: datetime
    patient_reference: str
    lesion_label: str
    site_label: str
    verdict: Verdict
    step: NextStep | None
    signed_by: str
    site_name: str
    synthetic: bool = False
    zone: Zone = UTC_ZONE
