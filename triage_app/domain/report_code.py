"""The text of the QR code on a report: enough to look up what was issued, and nothing else."""

import re
from dataclasses import dataclass

_FORM = re.compile(
    r"dermoscopy-triage report ([0-9a-f]{32}) no ([1-9][0-9]{0,8}) content ([0-9a-f]{64})"
)


@dataclass(frozen=True)
class ReportCode:
    """Which report it is: id (32 hex digits), number within its case, and the hash over all that
    the report states (64 hex digits)."""

    report_id: str
    number: int
    content_hash: str

    def __str__(self) -> str:
        return (
            f"dermoscopy-triage report {self.report_id} no {self.number} "
            f"content {self.content_hash}"
        )


def parse_report_code(text: str) -> ReportCode:
    """The code from its text, with any white space between the words; raises ValueError."""
    found = _FORM.fullmatch(" ".join(text.split()).lower())
    if not found:
        raise ValueError(
            "This is not the text of a report's QR code. It begins with "
            '"dermoscopy-triage report"; scan the code again and copy the whole line.'
        )
    return ReportCode(found[1], int(found[2]), found[3])
