"""Lists of cases as HTML."""

from triage_app.domain.case import CaseSummary, Page
from triage_app.domain.diagnosis import CLASS_LABELS
from triage_app.ui.cases.result import CLASS_ORDER
from triage_app.ui.kit.markup import badge, esc, percent, when, withheld_mark
from triage_app.ui.words import review as words
from triage_app.ui.words import texts


def cases(page: Page, *, with_findings: bool = True) -> str:
    """A page of cases; each line leads to its case."""
    names = texts.HISTORY_COLUMNS if with_findings else texts.HISTORY_COLUMNS_WITHHELD
    head = "".join(f"<span>{esc(column)}</span>" for column in names)
    lines = "".join(f"<li>{line(item, with_findings)}</li>" for item in page.items)
    kind = "case-list" if with_findings else "case-list withheld"
    count = total(page.total, at_least=page.at_least)
    return (
        f'{count}<div class="{kind}"><div class="line head" aria-hidden="true">'
        f"{head}</div><ul>{lines}</ul></div>"
    )


def total(count: int, *, at_least: bool = False) -> str:
    """How many cases match."""
    words = texts.TOTAL_MORE if at_least else texts.TOTAL
    text = texts.TOTAL_ONE if count == 1 else words.format(count=f"{count:,}")
    return f'<p class="total" role="status">{text}</p>'


def nothing(title: str, text: str, link: tuple[str, str]) -> str:
    """Instead of an empty list."""
    address, words = link
    return (
        f'<div class="result-empty" role="status"><h2>{title}</h2><p>{text}</p>'
        f'<p><a class="button" href="{address}">{words}</a></p></div>'
    )


def line(item: CaseSummary, with_findings: bool = True) -> str:
    """One case as a link with its picture."""
    found = ""
    if with_findings:
        found = f'{level(item)}<span class="sub">{shares(item)}</span>'
    return (
        f'<a class="line" href="/case?id={item.id}">{thumbnail(item)}'
        f'<span>{_who(item)}</span>{found}<span class="sub">{when(item.created_at)}</span>'
        f"<span>{state(item)}</span></a>"
    )


def level(item: CaseSummary) -> str:
    """Shape and word of the level, or of its being withheld."""
    return withheld_mark(words.WITHHELD_BATCH) if item.blinded else badge(item.level)


def thumbnail(item: CaseSummary) -> str:
    """The small picture of a line."""
    return picture(item.id, shown=item.has_thumbnail)


def picture(case_id: str, *, shown: bool) -> str:
    """The small picture of a case, or a grey square where there is none."""
    if not shown:
        return "<img alt=''>"
    source = f"/cases/{case_id}/images/thumbnail"
    return f'<img src="{source}" alt="{texts.THUMBNAIL_ALT}" loading="lazy" width="64" height="64">'


def _who(item: CaseSummary) -> str:
    reference = esc(item.patient_reference) or texts.NO_REFERENCE
    lesion = f"<bdi>{esc(item.lesion_label)}</bdi>" if item.lesion_label else ""
    note = f'<span class="sub clip"><bdi>{esc(item.note)}</bdi></span>' if item.note else ""
    return f'<span class="who"><bdi>{reference}</bdi></span> {lesion}{note}'


def shares(item: CaseSummary) -> str:
    """The three classes with their numbers, or nothing where the image was not assessed."""
    if item.classes is None:
        return ""
    values = item.classes
    return "<br>".join(f"{esc(CLASS_LABELS[c])} {percent(values[c])}" for c in CLASS_ORDER)


def state(item: CaseSummary) -> str:
    """Draft, filed, or in the bin; a filed case with a verdict is read, in the end closed."""
    text = texts.IN_BIN if item.deleted_at else texts.STATES[item.state]
    if item.reviewed and not item.deleted_at:
        text = words.CLOSED if item.closed else words.READ
    return f'<span class="state">{text}</span>'
