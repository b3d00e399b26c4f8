"""Parts of the page of one lesion, as HTML: its images over time and what changed between two."""

from collections.abc import Mapping, Sequence

from triage_app.domain.case import Case
from triage_app.domain.change import Comparison, TimePoint
from triage_app.domain.outcome import Outcome, current_outcome
from triage_app.domain.pathology import PROOF_LABELS
from triage_app.domain.reading import DISPOSITION_LABELS
from triage_app.domain.triage import LEVEL_LABELS
from triage_app.domain.withholding import is_withheld
from triage_app.services.patients.lesion_views import LesionLine, LesionMove, LesionView
from triage_app.ui.kit.markup import badge, esc, percent, section, table, when
from triage_app.ui.patients import timeline
from triage_app.ui.patients.lesion_parts import choices, level_of, shown_level, thumbnail, who
from triage_app.ui.patients.place_form import place
from triage_app.ui.words import lesions as words


def as_line(view: LesionView) -> LesionLine:
    """The lesion as it stands among those of its patient."""
    return LesionLine(
        lesion=view.lesion,
        level=view.level,
        images=len(view.cases),
        last=view.cases[0] if view.cases else None,
        withheld=any(is_withheld(case) for case in view.cases),
    )


def head(view: LesionView) -> str:
    """Which lesion of whom, where, and its level."""
    lesion, line = view.lesion, as_line(view)
    link = f'<a class="button" href="/patient?id={view.record.id}">{words.PATIENT_OF}</a>'
    return (
        f'<div class="case-head"><p class="who"><bdi>{esc(lesion.label)}</bdi></p>'
        f"<p>{esc(place(lesion))}</p>{level_of(line)}"
        f'<div class="of-patient">{who(view.record)}</div><p class="ways">{link}</p></div>'
        f'<p class="hint">{words.WITHHELD_HELP if line.withheld else words.LEVEL_HELP}</p>'
    )


def pair(compared: Comparison) -> str:
    """Two images with what changed in the findings, the earlier first."""
    before, after = compared.before, compared.after
    (earlier, _), (later, _) = choices([before, after])
    stated = {
        "before": f"/cases/{before.id}/images/crop",
        "after": f"/cases/{after.id}/images/crop",
        "before-words": words.EARLIER_WORDS.format(day=earlier),
        "after-words": words.LATER_WORDS.format(day=later),
    }
    attributes = " ".join(f'data-{name}="{esc(value)}"' for name, value in stated.items())
    return f"<triage-compare {attributes}></triage-compare>{changes(compared)}"


def changes(compared: Comparison) -> str:
    """What changed, in words, or why that is not told."""
    if not compared.sentences:
        return section(words.CHANGES, f"<p>{words.COMPARE_WITHHELD}</p>", "changes")
    both = f"{badge(compared.before.analysis.decision.level)} → "
    both += badge(compared.after.analysis.decision.level)
    lines = "".join(f"<li>{esc(sentence)}</li>" for sentence in compared.sentences)
    return section(words.CHANGES, f"<p>{both}</p><ul>{lines}</ul>", "changes")


def too_few(count: int) -> str:
    """Instead of a comparison."""
    said = words.COMPARE_ONE.format(count=words.COMPARE_COUNT[count])
    return f'<p class="hint">{said}</p>'


def over_time(view: LesionView) -> str:
    """The timeline with the same values as a table."""
    if not view.points:
        return ""
    by_id = {case.id: case for case in view.cases}
    rows = [_row(point, by_id[point.case_id]) for point in reversed(view.points)]
    body = timeline.chart(view.points, view.cases) + timeline.legend(view.points)
    values = table(words.TIMELINE_COLUMNS, rows, words.TIMELINE_TABLE)
    more = f"<details><summary>{words.TIMELINE_TABLE}</summary>{values}</details>"
    return section(words.TIMELINE, body + more, "over-time")


def _row(point: TimePoint, case: Case) -> list[str]:
    when_taken = f'<a href="/case?id={point.case_id}">{when(point.at)}</a>'
    if point.level is None:
        return [when_taken, words.WITHHELD_SHORT, "", "", ""]
    model = case.analysis.model
    named = esc(f"{model.name} {model.version}") if model else ""
    figures = [words.NOT_ASSESSED, ""]
    if point.share is not None:
        figures = [percent(point.share), percent(point.melanoma or 0.0)]
    return [when_taken, badge(point.level), *figures, named]


def images(cases: Sequence[Case], names: Mapping[str, str]) -> str:
    """The images, newest first, each leading to its case; ``names`` of people by internal id."""
    if not cases:
        return section(words.IMAGES, f'<p class="hint">{words.IMAGES_NONE_HELP}</p>')
    rows = "".join(f"<li>{_image(case, names)}</li>" for case in cases)
    return section(words.IMAGES, f'<ul class="lesion-list images">{rows}</ul>')


def _image(case: Case, names: Mapping[str, str]) -> str:
    return (
        f'<a href="/case?id={case.id}">{thumbnail(case)}'
        f'<span class="named">{when(case.created_at)}{_judged(case, names)}</span>'
        f'<span class="level">{shown_level(case)}</span></a>'
    )


def _judged(case: Case, names: Mapping[str, str]) -> str:
    if is_withheld(case):
        return ""
    said = words.NO_VERDICT
    if case.verdict:
        said = words.VERDICT.format(
            level=LEVEL_LABELS[case.verdict.level].lower(),
            disposition=DISPOSITION_LABELS[case.verdict.disposition].lower(),
        )
    told = f'<span class="sub">{esc(said)}</span>'
    outcome = current_outcome(case.outcomes)
    if outcome:
        proof = words.OUTCOME.format(proof=PROOF_LABELS[outcome.proof])
        told += f'<span class="sub">{esc(proof)}</span>'
    return told + "".join(_withdrawn(one, names) for one in case.outcomes)


def _withdrawn(outcome: Outcome, names: Mapping[str, str]) -> str:
    """An outcome that was taken back, with when, by whom and why; empty for any other."""
    gone = outcome.withdrawal
    if gone is None:
        return ""
    proof = words.OUTCOME.format(proof=PROOF_LABELS[outcome.proof])
    who = f"<bdi>{esc(names.get(gone.by, ''))}</bdi>"
    said = words.WITHDRAWN.format(name=who, when=when(gone.at))
    why = f"<bdi>{esc(gone.reason)}</bdi>"
    return f'<span class="sub withdrawn"><del>{esc(proof)}</del> {said}: {why}</span>'


def moves(
    moved: Sequence[LesionMove], lesion_id: str, days: Mapping[str, str], names: Mapping[str, str]
) -> str:
    """Which images were filed here or taken away; ``days`` are those of images still here.

    ``names`` are those of people by internal id.
    """
    if not moved:
        return ""
    rows = [
        [
            when(one.move.at),
            f"<bdi>{esc(names.get(one.move.by, ''))}</bdi>",
            f'<a href="/case?id={one.case_id}">{days.get(one.case_id, words.OPEN_CASE)}</a>',
            _side(one.move.from_lesion, lesion_id),
            _side(one.move.to_lesion, lesion_id),
            f"<bdi>{esc(one.move.reason)}</bdi>",
        ]
        for one in moved
    ]
    body = table(words.MOVES_COLUMNS, rows, words.MOVES)
    return f'<details class="part"><summary>{words.MOVES}</summary>{body}</details>'


def _side(lesion_id: str, here: str) -> str:
    if not lesion_id:
        return words.MOVES_NONE
    if lesion_id == here:
        return words.MOVES_HERE
    return f'<a href="/lesion?id={lesion_id}">{words.MOVES_ELSEWHERE}</a>'
