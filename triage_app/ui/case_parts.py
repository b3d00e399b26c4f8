"""Parts of the page of one case, as HTML."""

from triage_app.domain.case import Case, CaseState, FileKind
from triage_app.domain.withholding import is_withheld
from triage_app.ui import texts
from triage_app.ui.markup import badge, esc, section, when


def head(case: Case) -> str:
    """Who, which lesion, level, state and times."""
    details = case.details
    reference = esc(details.patient_reference) or texts.NO_REFERENCE
    times = [texts.CREATED.format(when=when(case.created_at))]
    if case.filed_at:
        times.append(texts.FILED_AT.format(when=when(case.filed_at)))
    if case.deleted_at:
        times.append(texts.DELETED_AT.format(when=when(case.deleted_at)))
    state = texts.IN_BIN if case.deleted_at else texts.STATES[case.state]
    level = "" if is_withheld(case) else badge(case.analysis.decision.level)
    return (
        f'<div class="case-head"><p class="who"><bdi>{reference}</bdi></p>'
        f"<p><bdi>{esc(details.lesion_label)}</bdi></p>{level}"
        f'<p><span class="state">{state}</span></p><p class="hint">{", ".join(times)}</p></div>'
    )


def reports(case: Case) -> str:
    """Issued reports with their numbers and hashes, and the original image."""
    original = ""
    if FileKind.ORIGINAL in case.files:
        address = f"/cases/{case.id}/images/original"
        original = f'<p><a href="{address}" download>{texts.ORIGINAL_LINK}</a></p>'
    if is_withheld(case):
        return section(texts.IMAGE, original)
    lines = "".join(
        f'<li><a href="/reports/{report.id}.pdf" download>'
        f"{esc(texts.REPORT_LINK.format(number=report.number))}</a> {when(report.issued_at)}"
        f"<small>SHA-256 <code>{esc(report.file.sha256)}</code></small></li>"
        for report in reversed(case.reports)
    )
    listed = f'<ul class="reports-list">{lines}</ul>' if lines else f"<p>{texts.NO_REPORTS}</p>"
    if case.state is not CaseState.FILED:
        listed += f'<p class="hint">{texts.REPORT_NEEDS_FILING}</p>'
    return section(texts.REPORTS, listed + original)
