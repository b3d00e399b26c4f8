"""The page of counts: how many cases, of which level, by which model. Nothing of a patient."""

from collections.abc import Mapping

import gradio as gr

from triage_app.domain.calendar import first_of, said_month
from triage_app.domain.errors import TriageError
from triage_app.domain.people import Actor, Permission
from triage_app.domain.reading import STEP_LABELS
from triage_app.domain.site import SiteCounts
from triage_app.domain.triage import LEVEL_LABELS, Level
from triage_app.domain.worklist import WorkCounts
from triage_app.ui.kit import frame
from triage_app.ui.kit.desk import Desk, bind
from triage_app.ui.kit.markup import badge, esc, facts, notice, section, table, withheld_mark
from triage_app.ui.words import site as words

# Cases whose findings nobody has been shown yet are counted apart from the levels.
WITHHELD = "withheld"
ORDER = (Level.URGENT, Level.REVIEW, Level.ROUTINE, Level.CANNOT_ASSESS)


class StatisticsPage:
    """Draws the page and handles its one event."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def build(self, page: gr.Blocks) -> None:
        frame.header(self._desk.station, "statistics")
        self._counts = gr.HTML("")
        bind(page.load, self.open, outputs=[self._counts])

    def open(self, request: gr.Request) -> str:
        """Count anew."""
        actor = self._desk.authorise(request, Permission.READ_STATISTICS)
        try:
            waiting = self._waiting(actor)
            return whole(self._desk.station.statistics.site_counts(actor), waiting)
        except TriageError as error:
            return notice(str(error), "error")

    def _waiting(self, actor: Actor) -> WorkCounts | None:
        if not actor.may(Permission.REVIEW):
            return None
        return self._desk.station.worklist.counts(actor)


def whole(counts: SiteCounts, waiting: WorkCounts | None) -> str:
    """Everything on the page; ``waiting`` for those who read cases."""
    open_work = facts(
        {
            words.OPEN_ROWS["drafts"]: f"{counts.drafts:,}",
            words.OPEN_ROWS["bin"]: f"{counts.in_bin:,}",
            **_waiting(waiting),
        }
    )
    if not counts.by_month:
        months = f"<p>{words.NO_COUNTS}</p>"
    else:
        months = chart(counts.by_month) + by_month(counts.by_month)
    parts = [section(words.COUNTS, months), section(words.OPEN_WORK, open_work)]
    if counts.by_model:
        parts.append(section(words.BY_MODEL, by_model(counts.by_model)))
    return f'<div class="result about-parts">{"".join(parts)}</div>'


def _waiting(counts: WorkCounts | None) -> dict[str, str]:
    if counts is None:
        return {}
    late = {kind: words.OPEN_LATE.format(count=f"{n:,}") for kind, n in counts.late.items() if n}
    steps = {
        label: f"{counts.open.get(kind, 0):,} {late.get(kind, '')}"
        for kind, label in STEP_LABELS.items()
    }
    return {words.OPEN_ROWS["unread"]: f"{counts.unread:,}", **steps}


def chart(months: Mapping[str, Mapping[str, int]]) -> str:
    """One bar a month, newest first, in parts that differ in pattern as well as in colour."""
    most = max(sum(levels.values()) for levels in months.values())
    legend = "".join(
        f'<li><span class="part-of level-{level}"></span>{badge(level)}</li>' for level in ORDER
    )
    legend += f'<li><span class="part-of withheld"></span>{withheld_mark(words.WITHHELD_HELP)}</li>'
    bars = "".join(_bar(month, months[month], most) for month in sorted(months, reverse=True))
    return (
        f'<figure class="chart"><ul class="legend" aria-hidden="true">{legend}</ul>'
        f'<ul class="months">{bars}</ul></figure>'
    )


def _bar(month: str, levels: Mapping[str, int], most: int) -> str:
    counted = {f"level-{level}": levels.get(level.value, 0) for level in ORDER}
    counted[WITHHELD] = levels.get(WITHHELD, 0)
    names = [*(LEVEL_LABELS[level] for level in ORDER), words.WITHHELD]
    pairs = zip(names, counted.values(), strict=True)
    said = ", ".join(f"{name} {count:,}" for name, count in pairs)
    name = said_month(first_of(month))
    label = esc(words.CHART_LABEL.format(month=name, counts=said))
    parts = "".join(
        f'<span class="part-of {kind}" style="width:{100 * count / most:.3f}%"></span>'
        for kind, count in counted.items()
        if count
    )
    total = sum(counted.values())
    return (
        f'<li><span class="month">{esc(name)}</span>'
        f'<span class="track" role="img" aria-label="{label}">{parts}</span>'
        f'<span class="total-of">{total:,}</span></li>'
    )


def by_month(months: Mapping[str, Mapping[str, int]]) -> str:
    """The same counts as a table."""
    rows = []
    for month in sorted(months, reverse=True):
        counted = [months[month].get(level.value, 0) for level in ORDER]
        counted.append(months[month].get(WITHHELD, 0))
        rows.append(
            [
                esc(said_month(first_of(month))),
                *(f"{count:,}" for count in (*counted, sum(counted))),
            ]
        )
    return table(words.COUNT_COLUMNS, rows, words.COUNTS)


def by_model(models: Mapping[str, int]) -> str:
    """Cases by the model that judged them."""
    ordered = sorted(models.items(), key=lambda one: -one[1])
    rows = [[esc(_model_name(name)), f"{count:,}"] for name, count in ordered]
    return table(words.MODEL_COLUMNS, rows, words.BY_MODEL)


def _model_name(name: str) -> str:
    if name == WITHHELD:
        return words.WITHHELD
    return name or words.NO_MODEL_NAME
