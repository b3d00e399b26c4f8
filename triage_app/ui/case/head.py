"""Parts of the page of one case, as HTML."""

from triage_app.domain.case import Case, CaseState
from triage_app.domain.files import FileKind
from triage_app.domain.label_words import contradiction
from triage_app.domain.reading import DISPOSITION_LABELS
from triage_app.domain.triage import LEVEL_LABELS
from triage_app.domain.withholding import is_withheld
from triage_app.services.cases.label_questions import place_of
from triage_app.ui.kit.markup import badge, esc, notice, section, when
from triage_app.ui.words import review as words
from triage_app.ui.words import texts


def head(case: Case, *, reads: bool = True) -> str:
    """Who, which lesion, level, state and times; with ``reads`` what a clinician decided."""
    details = case.details
    reference = esc(details.patient_reference) or texts.NO_REFERENCE
    times = [texts.CREATED.format(when=when(case.created_at))]
    if case.filed_at:
        times.append(texts.FILED_AT.format(when=when(case.filed_at)))
    if case.deleted_at:
        times.append(texts.DELETED_AT.format(when=when(case.deleted_at)))
    if case.closed_at:
        times.append(words.CLOSED_AT.format(when=when(case.closed_at)))
    state = words.CLOSED if case.closed_at else texts.STATES[case.state]
    state = texts.IN_BIN if case.deleted_at else state
    level = "" if is_withheld(case) else badge(case.analysis.decision.level)
    decided = _decided(case) if reads else ""
    doubt = notice(contradiction(*place_of(details)), "error")
    way = f'<a class="button to-reading" href="#reading">{words.TO_READING}</a>' if reads else ""
    return (
        f'<div class="case-head"><p class="who"><bdi>{reference}</bdi></p>'
        f"<p><bdi>{esc(details.lesion_label)}</bdi></p>{level}{decided}"
        f'<p><span class="state">{state}</span></p><p class="hint">{", ".join(times)}</p>'
        f"{way}</div>{doubt}"
    )


def _decided(case: Case) -> str:
    if case.verdict is None:
        return ""
    level, disposition = case.verdict.level, case.verdict.disposition
    said = words.DECIDED.format(
        level=LEVEL_LABELS[level].lower(), disposition=DISPOSITION_LABELS[disposition].lower()
    )
    return f'<p class="decided">{esc(said)}</p>'


def way_on(before: str | None, after: str | None) -> str:
    """Links to the unread cases around this one, for the mouse and for the keys j and k."""
    back = f'<a class="button" href="/worklist">{words.GO_BACK}</a>'
    steps = "".join(
        f'<a class="button" data-key="{key}" href="/case?id={case_id}&amp;from=worklist">{text}</a>'
        for key, case_id, text in (("k", before, words.GO_PREVIOUS), ("j", after, words.GO_NEXT))
        if case_id
    )
    end = "" if after else f'<span class="hint">{words.GO_END}</span>'
    return f'<nav class="way-on" aria-label="{words.GO_LABEL}">{back}{steps}{end}</nav>'


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
