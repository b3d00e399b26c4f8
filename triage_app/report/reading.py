"""What clinicians made of the case: impressions, verdicts, next steps and outcomes."""

from collections.abc import Sequence

from reportlab.platypus import Flowable, Spacer

from triage_app.domain.calendar import said_day
from triage_app.domain.case import Case
from triage_app.domain.outcome import OUTCOME_METHOD_LABELS, Outcome, current_outcome
from triage_app.domain.pathology import PROOF_LABELS
from triage_app.domain.reading import IMPRESSION_LABELS, STEP_LABELS, Impression, Verdict
from triage_app.domain.triage import LEVEL_LABELS
from triage_app.report import loop_words
from triage_app.report.clinical import typed
from triage_app.report.layout import Desk
from triage_app.report.loop_words import Names, person
from triage_app.report.signing import blank_verdict, signature


def reading(desk: Desk, case: Case, names: Names) -> list[Flowable]:
    """Everything that was recorded, and lines to write on for what was not."""
    return [
        *_impressions(desk, case, names),
        *(_verdicts(desk, case, names) if case.verdicts else blank_verdict(desk, case)),
        *_steps(desk, case, names),
        *_outcomes(desk, case.outcomes, names),
    ]


def _impressions(desk: Desk, case: Case, names: Names) -> list[Flowable]:
    if not case.impressions and not case.verdicts:
        return []
    shown = (
        [desk.text(loop_words.reveal(case.reveal, names, desk.zone), desk.styles.small_spaced)]
        if case.reveal
        else []
    )
    if not case.impressions:
        none = desk.text("None was recorded.")
        return desk.section("Impression of the clinician", [none, *shown])
    header = ["Clinician", "Impression", "Checklists"]
    rows = [_impression(desk, impression, names) for impression in case.impressions]
    widths = [share * desk.width for share in (0.18, 0.37, 0.45)]
    table = desk.listing("impressions", header, rows, widths)
    return desk.section("Impression of the clinician", [table, *shown])


def _impression(desk: Desk, impression: Impression, names: Names) -> list[str]:
    return [
        f"{person(names, impression.by)}\n{desk.zone.said(impression.at)}",
        f"{IMPRESSION_LABELS[impression.diagnosis]}\n"
        f"Level {loop_words.level(impression.level)}, confidence {impression.confidence}\n"
        f"{loop_words.blinding(impression)}",
        loop_words.checklists(impression),
    ]


def _verdicts(desk: Desk, case: Case, names: Names) -> list[Flowable]:
    """The verdict that counts, a line to sign it, and those before it, newest first."""
    *earlier, last = case.verdicts
    first, *rest = _verdict(desk, last, names)
    parts: list[Flowable] = [first, *rest]
    if case.closed_at is not None:
        parts.append(desk.text(f"The case was closed on {desk.zone.said(case.closed_at)}."))
    parts.append(signature(desk))
    later = last
    for verdict in reversed(earlier):
        head = f"Earlier verdict, superseded on {desk.zone.said(later.at)}"
        parts += [Spacer(0, 5), desk.text(head, desk.styles.strong)]
        parts += _verdict(desk, verdict, names)
        later = verdict
    return desk.section("Verdict of the clinician", parts)


def _verdict(desk: Desk, verdict: Verdict, names: Names) -> list[Flowable]:
    facts = desk.fields(
        [
            ("Given by", loop_words.given(verdict, names, desk.zone)),
            ("Level", LEVEL_LABELS[verdict.level]),
            ("Disposition", loop_words.disposition(verdict)),
        ],
        3,
    )
    said = [facts, desk.text(loop_words.agreement(verdict), desk.styles.typed_spaced)]
    if verdict.reason:
        said += typed(desk, "Reason for the override", verdict.reason)
    if verdict.note:
        said += typed(desk, "Note to the verdict", verdict.note)
    return said


def _steps(desk: Desk, case: Case, names: Names) -> list[Flowable]:
    if not case.next_steps:
        return []
    rows = [
        [
            STEP_LABELS[step.kind],
            said_day(step.due),
            person(names, step.owner),
            loop_words.step_state(step, names, desk.zone),
        ]
        for step in case.next_steps
    ]
    widths = [share * desk.width for share in (0.25, 0.13, 0.18, 0.44)]
    header = ["Step", "Due", "Responsible", "State when the report was issued"]
    table = desk.listing("steps", header, rows, widths)
    notes: list[Flowable] = [Spacer(0, 4)]
    for step in case.next_steps:
        if step.end_note:
            label = f"Note: {STEP_LABELS[step.kind].lower()}, due {said_day(step.due)}"
            notes += typed(desk, label, step.end_note)
    return desk.section("Next steps", [table, *notes])


def _outcomes(desk: Desk, outcomes: Sequence[Outcome], names: Names) -> list[Flowable]:
    if not outcomes:
        return []
    counting = current_outcome(outcomes)
    parts: list[Flowable] = []
    for outcome in reversed(outcomes):
        if len(outcomes) > 1 or outcome.withdrawal:
            head = f"Recorded {desk.zone.said(outcome.at)}: {_standing(outcome, counting)}"
            parts.append(desk.text(head, desk.styles.strong))
        if outcome.withdrawal:
            parts.append(desk.text(loop_words.withdrawn(outcome.withdrawal, names, desk.zone)))
            parts += typed(desk, "Reason for the withdrawal", outcome.withdrawal.reason)
        parts += _outcome(desk, outcome, names)
    return desk.section("Outcome", parts)


def _standing(outcome: Outcome, counting: Outcome | None) -> str:
    if outcome.withdrawal:
        return "withdrawn"
    return "counts" if outcome is counting else "kept beside the one that counts"


def _outcome(desk: Desk, outcome: Outcome, names: Names) -> list[Flowable]:
    facts = [
        ("Result", loop_words.result(outcome)),
        ("Counts as", "Nothing" if outcome.withdrawal else PROOF_LABELS[outcome.proof]),
        ("Method", OUTCOME_METHOD_LABELS[outcome.method]),
        ("Date", said_day(outcome.on)),
        ("Recorded by", f"{person(names, outcome.by)}, {desk.zone.said(outcome.at)}"),
    ]
    if outcome.specimen:
        facts.append(("Specimen", outcome.specimen))
    said: list[Flowable] = [desk.fields(facts, 3)]
    if outcome.text:
        said += typed(desk, "Text of the outcome", outcome.text)
    if outcome.document:
        line = f"The pathologist's report is stored as PDF, SHA-256 {outcome.document.sha256}."
        said.append(desk.text(line, desk.styles.small))
    return said
