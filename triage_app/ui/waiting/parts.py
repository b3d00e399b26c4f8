"""Parts of the worklist, as HTML."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from triage_app.domain.people import Actor
from triage_app.domain.reading import STEP_LABELS, Terms
from triage_app.domain.worklist import DueItem, Whose, WorkCounts, WorkItem, WorkPage
from triage_app.ui.cases import listing
from triage_app.ui.kit.markup import badge, esc, withheld_mark
from triage_app.ui.reading.parts import BY_PROGRAM
from triage_app.ui.reading.record import due_mark
from triage_app.ui.words import texts
from triage_app.ui.words import worklist as words

AN_HOUR, A_DAY = timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True)
class Sight:
    """Who looks, when, and what people are called."""

    actor: Actor
    at: datetime
    terms: Terms
    names: Mapping[str, str]
    clinicians: Mapping[str, str]

    def name(self, person: str) -> str:
        """What a person is called."""
        return self.names.get(person) or BY_PROGRAM.get(person, person[:8])


def cards(counts: WorkCounts, show: str) -> str:
    """One button for each section, with how much waits in it."""
    waiting = {"read": (counts.unread, _late(counts.overdue))}
    waiting["urgent"] = (counts.urgent_unread, words.URGENT_HINT)
    for name, kind in words.KIND_OF.items():
        waiting[name] = (counts.open.get(kind, 0), _late(counts.late.get(kind, 0)))
    buttons = "".join(
        f'<li><button type="button" class="card{_warns(name, *waiting[name])}" data-step="show" '
        f'data-show="{name}" aria-pressed="{"true" if name == show else "false"}">'
        f'<span class="count">{waiting[name][0]:,}</span><span class="what">{label}</span>'
        f'<span class="sub">{waiting[name][1]}</span></button></li>'
        for name, label in words.SHOW.items()
    )
    return f'<ul class="cards" aria-label="{words.SECTIONS}">{buttons}</ul>'


def _late(count: int) -> str:
    return words.LATE.format(count=f"{count:,}") if count else words.NONE_LATE


def _warns(name: str, count: int, hint: str) -> str:
    late = hint != words.NONE_LATE if name != "urgent" else count > 0
    return " warns" if late else ""


def whose_buttons(show: str, whose: Whose, mine: int) -> str:
    """Whose part of a section is shown; a step always has somebody, so none is free."""
    offered = list(Whose) if show not in words.KIND_OF else [Whose.ALL, Whose.MINE]
    labels = dict(words.WHOSE)
    if show == "read":
        labels[Whose.MINE] = words.MINE_COUNT.format(count=mine)
    buttons = "".join(
        f'<button type="button" class="button" data-step="show" data-whose="{one}" '
        f'aria-pressed="{"true" if one is whose else "false"}">{labels[one]}</button>'
        for one in offered
    )
    return f'<div class="whose" role="group" aria-label="{words.WHOSE_LABEL}">{buttons}</div>'


def unread(page: WorkPage, sight: Sight) -> str:
    """Cases to be read, each with the way to take it."""
    lines = "".join(_unread_line(item, sight) for item in page.items)
    return f'<ul class="work-list">{lines}</ul>'


def _unread_line(item: WorkItem, sight: Sight) -> str:
    level = withheld_mark(words.WITHHELD_HELP) if item.level is None else badge(item.level)
    late = f' <span class="late">{words.OVERDUE}</span>' if _overdue(item, sight) else ""
    shown = f'<span class="late">{words.ESCALATED}</span>' if item.escalated else ""
    waits = waiting(sight.at - item.created_at)
    return (
        f'<li data-line="{item.case_id}"><a class="opens" '
        f'href="/case?id={item.case_id}&amp;from=worklist">{_picture(item)}'
        f"<span>{_who(item)}</span><span>{level}{shown}</span>"
        f'<span class="sub">{waits}{late}<br>{texts.STATES[item.state]}</span></a>'
        f'<div class="acts">{_acts(item, sight)}</div></li>'
    )


def _overdue(item: WorkItem, sight: Sight) -> bool:
    return item.overdue(sight.at, sight.terms)


def waiting(since: timedelta) -> str:
    """How long a case has waited."""
    if since >= A_DAY:
        days = since // A_DAY
        return words.WAITS_DAY if days == 1 else words.WAITS_DAYS.format(count=days)
    hours = since // AN_HOUR
    if hours < 1:
        return words.WAITS_LESS
    return words.WAITS_HOUR if hours == 1 else words.WAITS_HOURS.format(count=hours)


def _picture(item: WorkItem | DueItem) -> str:
    return listing.picture(item.case_id, shown=item.has_thumbnail)


def _who(item: WorkItem | DueItem) -> str:
    reference = esc(item.patient_reference) or texts.NO_REFERENCE
    lesion = f"<bdi>{esc(item.lesion_label)}</bdi>" if item.lesion_label else ""
    return f'<span class="who"><bdi>{reference}</bdi></span> {lesion}'


def _acts(item: WorkItem, sight: Sight) -> str:
    who = item.patient_reference or texts.NO_REFERENCE
    if not item.taken_by:
        said, step, label, name = words.FREE, "take", words.TAKE, words.TAKE_LABEL
    else:
        mine = item.taken_by == sight.actor.id
        reader = words.WITH.format(name=sight.name(item.taken_by))
        said = words.WITH_YOU if mine else reader
        step, label, name = "release", words.RELEASE, words.RELEASE_LABEL
    return (
        f'<span class="sub"><bdi>{esc(said)}</bdi></span>'
        f'<button type="button" class="button" data-step="{step}" data-case="{item.case_id}" '
        f'data-reader="{esc(item.taken_by)}" aria-label="{esc(name.format(who=who))}">'
        f"{label}</button>{_assign(item, sight, who)}"
    )


def _assign(item: WorkItem, sight: Sight, who: str) -> str:
    others = {p: name for p, name in sight.clinicians.items() if p != item.taken_by}
    if len(sight.clinicians) < 2 or not others:
        return ""
    options = "".join(f'<option value="{esc(p)}">{esc(n)}</option>' for p, n in others.items())
    return (
        f'<select data-step="assign" data-case="{item.case_id}" '
        f'data-reader="{esc(item.taken_by)}" '
        f'aria-label="{esc(words.ASSIGN_LABEL.format(who=who))}">'
        f'<option value="">{words.ASSIGN}</option>{options}</select>'
    )


def due(items: Sequence[DueItem], sight: Sight, day: date) -> str:
    """Open next steps; each leads to its case, where it ends."""
    lines = "".join(_due_line(item, sight, day) for item in items)
    return f'<ul class="work-list">{lines}</ul>'


def _due_line(item: DueItem, sight: Sight, day: date) -> str:
    mine = item.owner == sight.actor.id
    owner = words.RESPONSIBLE.format(name=sight.name(item.owner))
    said = words.RESPONSIBLE_YOU if mine else owner
    return (
        f'<li data-line="{item.case_id}"><a class="opens" href="/case?id={item.case_id}">'
        f"{_picture(item)}<span>{_who(item)}</span>"
        f"<span>{esc(STEP_LABELS[item.kind])}</span><span>{due_mark(item.due, day)}"
        f'<br><span class="sub"><bdi>{esc(said)}</bdi></span></span></a></li>'
    )


def pager(page: WorkPage, cursor: str) -> str:
    """The way to the next part and back to the first."""
    first = more = ""
    if cursor:
        first = _turn("", words.FIRST_PART)
    if page.next_cursor:
        more = _turn(page.next_cursor, words.NEXT_PART)
    return f'<div class="work-pager">{first}{more}</div>' if first or more else ""


def _turn(cursor: str, label: str) -> str:
    return (
        f'<button type="button" class="button" data-step="show" data-cursor="{esc(cursor)}">'
        f"{label}</button>"
    )
