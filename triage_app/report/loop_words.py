"""How impressions, verdicts, next steps and outcomes read in the documents."""

from collections.abc import Mapping

from triage_app.domain.calendar import Zone, said_day
from triage_app.domain.checklists import (
    ABCD_NAME,
    SEVEN_POINT_LABELS,
    SEVEN_POINT_NAME,
    SevenPointChecklist,
    StolzAbcd,
)
from triage_app.domain.outcome import Outcome, OutcomeMethod, Withdrawal
from triage_app.domain.pathology import PATHOLOGY_LABELS, PROOF_LABELS
from triage_app.domain.reading import (
    DISPOSITION_LABELS,
    REVEAL_LABELS,
    Impression,
    NextStep,
    Reveal,
    RevealCause,
    StepEnd,
    Verdict,
)
from triage_app.domain.triage import LEVEL_LABELS, Level

Names = Mapping[str, str]

STEP_END_WORDS: Mapping[StepEnd, str] = {
    StepEnd.DONE: "Done",
    StepEnd.SUPERSEDED: "Replaced by a later verdict",
    StepEnd.POSTPONED: "Postponed",
    StepEnd.CANCELLED: "Cancelled",
}


def person(names: Names, person_id: str) -> str:
    """The name shown for an internal id; the id where no name is known."""
    return names.get(person_id, person_id)


def level(of: Level) -> str:
    """A triage level inside a sentence."""
    return LEVEL_LABELS[of].lower()


def blinding(impression: Impression) -> str:
    """Whether the findings were known when the impression was recorded."""
    if impression.blinded:
        return "Blinded: recorded before the findings were shown to anybody."
    return "Not blinded: the findings had been shown before."


def checklists(impression: Impression) -> str:
    """Scores of the checklists that were filled in, each under its name."""
    said = [
        *([_abcd(impression.abcd)] if impression.abcd else []),
        *([_seven_point(impression.seven_point)] if impression.seven_point else []),
    ]
    return "\n".join(said) or "None filled in."


def _abcd(counted: StolzAbcd) -> str:
    return (
        f"{ABCD_NAME}: score {counted.score:.1f}, {counted.meaning}. Asymmetry "
        f"{counted.asymmetry}, border {counted.border}, colours {counted.colours}, structures "
        f"{counted.structures}."
    )


def _seven_point(checklist: SevenPointChecklist) -> str:
    seen = [label for point, label in SEVEN_POINT_LABELS.items() if point in checklist.seen]
    return (
        f"{SEVEN_POINT_NAME}: score {checklist.score}, {checklist.meaning}. Seen: "
        f"{'; '.join(seen) or 'none of the criteria'}."
    )


def reveal(shown: Reveal, names: Names, zone: Zone) -> str:
    """When and why findings that had been withheld were shown."""
    said = f"{REVEAL_LABELS[shown.cause]}, {zone.said(shown.at)}"
    by_person = shown.cause is RevealCause.IMPRESSION
    return f"{said}, {person(names, shown.by)}." if by_person else f"{said}."


def agreement(verdict: Verdict) -> str:
    """How the verdict stands to the level that the software gave at that time."""
    if verdict.agrees:
        return f"Agrees with the triage level, {level(verdict.found)}."
    return f"Overrides the triage level: {level(verdict.level)} instead of {level(verdict.found)}."


def disposition(verdict: Verdict) -> str:
    """What happens next, with the day where there is one."""
    label = DISPOSITION_LABELS[verdict.disposition]
    return f"{label} by {said_day(verdict.due)}" if verdict.due else label


def given(verdict: Verdict, names: Names, zone: Zone) -> str:
    """Who gave a verdict, and when."""
    return f"{person(names, verdict.by)}, {zone.said(verdict.at)}"


def step_state(step: NextStep, names: Names, zone: Zone) -> str:
    """Open, or how, when and by whom it ended.

    Not whether it is overdue: a report says what is recorded, and reads the same tomorrow.
    """
    if step.ended_at is None or step.end is None:
        return "Open"
    at = zone.said(step.ended_at)
    return f"{STEP_END_WORDS[step.end]}, {at}, {person(names, step.ended_by)}"


def result(outcome: Outcome) -> str:
    """What was found, in the pathologist's words or those of the follow-up."""
    if outcome.method is OutcomeMethod.FOLLOW_UP:
        change = "a change was seen" if outcome.changed else "no change was seen"
        return f"Follow-up with paired images over {outcome.months} months: {change}"
    label = PATHOLOGY_LABELS[outcome.diagnosis] if outcome.diagnosis else "No diagnosis"
    breslow = f", Breslow {outcome.breslow_mm:g} mm" if outcome.breslow_mm is not None else ""
    return f"{label}{breslow}"


def withdrawn(withdrawal: Withdrawal, names: Names, zone: Zone) -> str:
    """That an outcome counts no more, since when and by whom."""
    said = f"{zone.said(withdrawal.at)}, {person(names, withdrawal.by)}"
    return f"Withdrawn, {said}. It was recorded by mistake and counts for nothing."


def summary(outcome: Outcome) -> str:
    """The outcome in one sentence, with what it proves."""
    proof = PROOF_LABELS[outcome.proof].lower()
    return f"Outcome of {said_day(outcome.on)}: {result(outcome)}. Counts as {proof}."
