"""Everything that a report states, gathered from what is stored."""

from dataclasses import dataclass
from datetime import datetime

from triage_app.domain.case import Case
from triage_app.domain.trail import Anchor


@dataclass(frozen=True)
class ReportContent:
    """Input of the report renderer.

    ``crop`` is a JPEG of the analysed crop, ``overlay`` an RGBA PNG of the same area or None where
    no cell supports the group or nothing was assessed. ``report_id`` is 32 hex digits, ``number``
    counts the reports of the case from 1. ``site_name`` heads the page. ``anchor`` is the last
    event of the trail when the report was drawn. Times are UTC.
    """

    case: Case
    report_id: str
    number: int
    issued_at: datetime
    crop: bytes
    overlay: bytes | None
    site_name: str
    anchor: Anchor
