"""What has been recorded in reading a case, as HTML; nothing is left out."""

from collections.abc import Iterable
from datetime import date

from triage_app.domain.calendar import said_day
from triage_app.domain.checklists import ABCD_NAME, SEVEN_POINT_NAME
from triage_app.domain.outcome import (
    OUTCOME_METHOD_LABELS,
    Outcome,
    OutcomeMethod,
    Withdrawal,
    current_outcome,
)
from triage_app.domain.pathology import PATHOLOGY_LABELS, PROOF_LABELS
from triage_app.domain.reading import (
    DISPOSITION_LABELS,
    IMPRESSION_LABELS,
    REVEAL_LABELS,
    STEP_LABELS,
    Impression,
    NextStep,
    RevealCause,
    Verdict,
)
from triage_app.domain.triage import LEVEL_LABELS
from triage_app.ui.kit.local import today
from triage_app.ui.kit.markup import badge, esc, notice, when
from triage_app.ui.reading.parts import Seen
from triage_app.ui.words import review as words


def taken(seen: Seen) -> str:
    """Who reads the case, as long as somebody has to."""
    reader = seen.case.taken_by
    if not seen.reviews or (seen.case.verdict and not reader):
        return ""
    if not reader:
        said = words.TAKEN_BY_NOBODY
    elif reader == seen.actor.id:
        said = words.TAKEN_BY_YOU
    else:
        said = words.TAKEN_BY.format(name=seen.name(reader))
    return f'<p class="taken"><bdi>{esc(said)}</bdi></p>'


def reveal(seen: Seen) -> str:
    """Why findings that had been withheld are shown; loud where nobody had read them."""
    shown = seen.case.reveal
    if shown is None:
        return ""
    label, at = REVEAL_LABELS[shown.cause], when(shown.at)
    if shown.cause is RevealCause.IMPRESSION:
        name = f"<bdi>{esc(seen.name(shown.by))}</bdi>"
        said = words.REVEALED_BY.format(label=label, when=at, name=name)
        return f'<p class="hint">{said}</p>'
    said = words.REVEALED.format(label=label, when=at)
    return f'<p class="note unblinded">{said}</p>'


def verdicts(seen: Seen) -> str:
    """The present verdict, then the superseded ones."""
    if not seen.case.verdicts:
        return ""
    *earlier, present = seen.case.verdicts
    shown = f'<div class="verdict present"><h3>{words.PRESENT}</h3>{_verdict(seen, present)}</div>'
    older = "".join(
        f'<li><span class="state">{words.SUPERSEDED}</span> {_verdict(seen, verdict)}</li>'
        for verdict in reversed(earlier)
    )
    return shown + _folded(words.VERDICTS_BEFORE, older, len(earlier))


def _verdict(seen: Seen, verdict: Verdict) -> str:
    found = LEVEL_LABELS[verdict.found].lower()
    agrees = words.AGREED if verdict.agrees else words.OVERRIDDEN.format(found=found)
    disposition = DISPOSITION_LABELS[verdict.disposition]
    if verdict.due:
        disposition += " " + words.DUE_BY.format(day=said_day(verdict.due))
    return (
        f"<p>{badge(verdict.level)} {esc(agrees)}</p><p><strong>{esc(disposition)}</strong></p>"
        f"{_text(words.REASON_OF, verdict.reason)}{_text(words.NOTE_OF, verdict.note)}"
        f"{_signed(seen, verdict.by, verdict)}"
    )


def impressions(seen: Seen) -> str:
    """All impressions; each says whether it was given without sight of the findings."""
    lines = "".join(
        f"<li>{_impression(seen, impression)}</li>" for impression in seen.case.impressions
    )
    return f'<h3>{words.IMPRESSIONS}</h3><ul class="record">{lines}</ul>' if lines else ""


def _impression(seen: Seen, impression: Impression) -> str:
    sure = words.CONFIDENCE_OF.format(confidence=words.CONFIDENCES[impression.confidence])
    mark = words.BLINDED if impression.blinded else words.UNBLINDED
    scores = "".join(
        f"<p>{esc(words.SCORE.format(name=name, score=rule.score, meaning=rule.meaning))}</p>"
        for name, rule in (
            (ABCD_NAME, impression.abcd),
            (SEVEN_POINT_NAME, impression.seven_point),
        )
        if rule is not None
    )
    return (
        f"<p><strong>{esc(IMPRESSION_LABELS[impression.diagnosis])}</strong> "
        f'{badge(impression.level)} <span class="state">{mark}</span></p>'
        f"<p>{esc(sure)}</p>{scores}{_signed(seen, impression.by, impression)}"
    )


def steps(seen: Seen) -> str:
    """Open steps, then those that have ended."""
    if not seen.case.next_steps:
        return ""
    day = today()
    is_open = [step for step in seen.case.next_steps if step.is_open]
    over = [step for step in reversed(seen.case.next_steps) if not step.is_open]
    lines = "".join(f"<li>{_open_step(seen, step, day)}</li>" for step in is_open)
    listed = f'<ul class="record">{lines}</ul>' if lines else ""
    ended = "".join(f"<li>{_ended_step(seen, step)}</li>" for step in over)
    title = f'<h3 id="steps">{words.STEPS}</h3>'
    return title + listed + (f'<ul class="record ended">{ended}</ul>' if ended else "")


def _open_step(seen: Seen, step: NextStep, day: date) -> str:
    owner = words.STEP_OWNER.format(name=seen.name(step.owner))
    return (
        f"<p><strong>{esc(STEP_LABELS[step.kind])}</strong> {due_mark(step.due, day)}</p>"
        f"<p><bdi>{esc(owner)}</bdi></p>"
    )


def _ended_step(seen: Seen, step: NextStep) -> str:
    end = words.STEP_ENDS[step.end] if step.end else ""
    note = f" <bdi>{esc(step.end_note)}</bdi>" if step.end_note else ""
    at = when(step.ended_at) if step.ended_at else ""
    kind = esc(STEP_LABELS[step.kind])
    name = f"<bdi>{esc(seen.name(step.ended_by))}</bdi>"
    return f'<p>{kind}: {esc(end)}.{note}</p><p class="hint">{at}, {name}</p>'


def due_mark(due: date, day: date) -> str:
    """A due day; one that has passed is told by words and a frame, not by colour alone."""
    said = words.STEP_DUE.format(day=said_day(due))
    if due >= day:
        return f'<span class="due">{said}</span>'
    days = (day - due).days
    late = words.STEP_LATE_ONE if days == 1 else words.STEP_LATE.format(days=days)
    return f'<span class="due">{said}</span> <span class="late">{late}</span>'


def outcomes(seen: Seen) -> str:
    """All outcomes with what they prove; the one that counts is marked."""
    counting = current_outcome(seen.case.outcomes)
    lines = "".join(
        f"<li>{_outcome(seen, outcome, counts=outcome is counting)}</li>"
        for outcome in reversed(seen.case.outcomes)
    )
    return f'<h3>{words.OUTCOMES}</h3><ul class="record">{lines}</ul>' if lines else ""


def _outcome(seen: Seen, outcome: Outcome, *, counts: bool) -> str:
    mark = f' <span class="state">{words.OUTCOME_COUNTS}</span>' if counts else ""
    if outcome.withdrawal:
        return _withdrawn(seen, outcome, outcome.withdrawal)
    proof = words.OUTCOME_PROOF.format(proof=PROOF_LABELS[outcome.proof])
    return (
        f"<p><strong>{esc(found(outcome))}</strong>{mark}</p><p>{esc(proof)}</p>"
        f"{_told(seen, outcome)}"
    )


def _withdrawn(seen: Seen, outcome: Outcome, withdrawal: Withdrawal) -> str:
    """What was taken back: struck out, marked in words, with why, when and by whom."""
    mark = f'<span class="state">{words.WITHDRAWN}</span>'
    why = _text(words.WITHDRAWN_WHY, withdrawal.reason)
    who = f"<bdi>{esc(seen.name(withdrawal.by))}</bdi>"
    said = words.WITHDRAWN_BY.format(name=who, when=when(withdrawal.at))
    return (
        f"<p><del>{esc(found(outcome))}</del> {mark}</p>{why}"
        f'<p class="hint">{said}</p>{_told(seen, outcome)}'
    )


def _told(seen: Seen, outcome: Outcome) -> str:
    text = f'<p class="typed"><bdi>{esc(outcome.text)}</bdi></p>' if outcome.text else ""
    method = f"{OUTCOME_METHOD_LABELS[outcome.method]}, {said_day(outcome.on)}"
    return (
        f"<p>{esc(method)}{_specimen(outcome)}</p>{text}{_document(seen, outcome)}"
        f"{_signed(seen, outcome.by, outcome)}"
    )


def found(outcome: Outcome) -> str:
    """What turned out, in a line."""
    if outcome.method is OutcomeMethod.FOLLOW_UP:
        changed = words.OUTCOME_CHANGED if outcome.changed else words.OUTCOME_SAME
        return f"{words.OUTCOME_MONTHS.format(months=outcome.months)}, {changed}"
    diagnosis = PATHOLOGY_LABELS[outcome.diagnosis] if outcome.diagnosis else ""
    if outcome.breslow_mm is None:
        return diagnosis
    return f"{diagnosis}, {words.OUTCOME_BRESLOW.format(mm=outcome.breslow_mm)}"


def _specimen(outcome: Outcome) -> str:
    if not outcome.specimen:
        return ""
    said = words.OUTCOME_SPECIMEN.format(number=outcome.specimen)
    return f", <bdi>{esc(said)}</bdi>"


def _document(seen: Seen, outcome: Outcome) -> str:
    if outcome.document is not None:
        address = f"/outcomes/{outcome.id}.pdf"
        return f'<p><a href="{address}" download>{words.OUTCOME_DOCUMENT}</a></p>'
    takes_one = outcome.method is OutcomeMethod.HISTOPATHOLOGY and outcome.withdrawal is None
    if not takes_one or not seen.reviews:
        return ""
    return (
        f'<triage-document data-case="{seen.case.id}" data-outcome="{outcome.id}">'
        "</triage-document>"
    )


def letters(seen: Seen) -> str:
    """Issued letters; one of a superseded verdict says so."""
    present = seen.case.verdict.id if seen.case.verdict else ""
    lines = "".join(
        f'<li><a href="/letters/{letter.id}.pdf" download>'
        f"{esc(words.LETTER_LINK.format(number=letter.number))}</a> {when(letter.issued_at)}"
        f"{'' if letter.verdict_id == present else f' ({words.LETTER_OLD})'}</li>"
        for letter in reversed(seen.case.letters)
    )
    if not lines:
        return ""
    return f'<h3 id="letters">{words.LETTERS}</h3><ul class="record">{lines}</ul>'


def _text(template: str, text: str) -> str:
    return f'<p class="typed"><bdi>{esc(template.format(text=text))}</bdi></p>' if text else ""


def _signed(seen: Seen, by: str, made: Verdict | Impression | Outcome) -> str:
    return f'<p class="hint"><bdi>{esc(seen.name(by))}</bdi>, {when(made.at)}</p>'


def _folded(title: str, lines: str, count: int) -> str:
    if not lines:
        return ""
    return (
        f"<details><summary>{esc(title)} ({count})</summary>"
        f'<ul class="record">{lines}</ul></details>'
    )


def whole(parts: Iterable[str]) -> str:
    """The parts one after another, nothing where all are empty."""
    joined = "".join(parts)
    return f'<div class="recorded">{joined}</div>' if joined else notice("")
