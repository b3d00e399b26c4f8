"""What the page of a case and the worklist say of a reading: nothing hidden, typed text as text."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from tests.samples.loop_cases import START, case
from triage_app.domain.case import Case, CaseState
from triage_app.domain.errors import InvalidInput
from triage_app.domain.outcome import Outcome, OutcomeMethod, Withdrawal
from triage_app.domain.pathology import Pathology
from triage_app.domain.people import LOCAL_USER
from triage_app.domain.reading import (
    Confidence,
    Disposition,
    Impression,
    ImpressionDiagnosis,
    NextStep,
    Reveal,
    RevealCause,
    StepEnd,
    StepKind,
    Terms,
    Verdict,
)
from triage_app.domain.triage import Level
from triage_app.domain.withholding import IMPRESSION_FIRST, without_findings
from triage_app.domain.worklist import DueItem, Whose, WorkCounts, WorkItem, WorkPage
from triage_app.ui.case import head
from triage_app.ui.cases import result
from triage_app.ui.cases.query import HistoryQuery
from triage_app.ui.patients import lesion_history
from triage_app.ui.reading import record, verdict, withdraw
from triage_app.ui.reading.impression import ImpressionPart
from triage_app.ui.reading.parts import Seen
from triage_app.ui.reading.steps import endings
from triage_app.ui.waiting import parts, recall
from triage_app.ui.waiting.parts import Sight

ROWE = "1" * 32
EVIL = "<img src=x onerror=alert(1)>"
FIRST = Verdict(
    "v1", START, ROWE, Level.ROUTINE, Level.REVIEW, False, Disposition.FOLLOW_UP,
    reason=EVIL, due=date(2026, 6, 1),
)  # fmt: skip
SECOND = replace(FIRST, id="v2", level=Level.ROUTINE, agrees=True, reason="", due=None,
                 disposition=Disposition.DISCHARGE)  # fmt: skip
STEP = NextStep("s1", StepKind.FOLLOW_UP, ROWE, date(2026, 6, 1), START, "v1")
IMPRESSION = Impression(
    "i1", START, ROWE, ImpressionDiagnosis.MELANOMA, Level.URGENT, Confidence.HIGH, blinded=True
)
TISSUE = Outcome(
    "o1", START, ROWE, OutcomeMethod.HISTOPATHOLOGY, date(2026, 5, 1), Pathology.NAEVUS
)
WITHDRAWAL = Withdrawal(START, ROWE, EVIL)


def seen(shown: Case) -> Seen:
    return Seen(LOCAL_USER, shown, {ROWE: "a.rowe"}, {ROWE: "a.rowe"})


def withheld() -> Case:
    return without_findings(replace(case("a" * 32, 0, 0.9), blinded=True), IMPRESSION_FIRST)


def test_a_superseded_verdict_stays_readable_below_the_present_one() -> None:
    said = record.verdicts(seen(replace(case("a", 0), verdicts=(FIRST, SECOND))))
    assert said.index("Discharge") < said.index("Earlier verdicts (1)")
    assert said.index("Superseded") < said.index("Short-term follow-up by 1 Jun 2026")
    assert "overrides “routine”" in said and "agrees with the finding" in said
    assert EVIL not in said and "&lt;img" in said


def test_an_impression_says_whether_it_was_blinded() -> None:
    second = replace(IMPRESSION, id="i2", blinded=False)
    said = record.impressions(seen(replace(case("a", 0), impressions=(IMPRESSION, second))))
    assert said.count(">Blinded<") == said.count(">Not blinded<") == 1
    assert "High confidence" in said and "a.rowe" in said


def test_findings_that_were_shown_unread_say_so() -> None:
    shown = replace(case("a", 0), reveal=Reveal(START, "system", RevealCause.ESCALATED))
    assert "Unblinded: urgent and unread for too long" in record.reveal(seen(shown))
    assert record.reveal(seen(case("a", 0))) == ""


@pytest.mark.parametrize(
    ("days", "said"),
    [(0, ""), (1, "Overdue by 1 day<"), (9, "Overdue by 9 days<"), (-1, "")],
)
def test_a_day_that_has_passed_is_told_in_words(days: int, said: str) -> None:
    mark = record.due_mark(STEP.due, STEP.due + timedelta(days=days))
    assert "due 1 Jun 2026" in mark
    assert (said in mark) if said else ("Overdue" not in mark)


def test_a_step_that_ended_keeps_how_and_why() -> None:
    over = replace(STEP, ended_at=START, ended_by=ROWE, end=StepEnd.POSTPONED, end_note=EVIL)
    said = record.steps(seen(replace(case("a", 0), next_steps=(over, STEP))))
    assert said.index("Responsible: a.rowe") < said.index("Follow-up visit: Postponed.")
    assert EVIL not in said and "&lt;img" in said


def test_the_outcome_that_counts_is_marked_and_names_its_proof() -> None:
    worse = replace(TISSUE, id="o2", diagnosis=Pathology.MELANOMA_INVASIVE, breslow_mm=0.4)
    said = record.outcomes(seen(replace(case("a", 0), outcomes=(worse, TISSUE))))
    assert said.count("This outcome counts") == 1
    assert "Melanoma, invasive, Breslow 0.4 mm</strong> <span" in said
    assert "Counts as: Malignant" in said and "Counts as: Benign" in said


def test_a_withdrawn_outcome_is_struck_out_and_says_why_when_and_by_whom() -> None:
    gone = replace(TISSUE, id="o2", diagnosis=Pathology.MELANOMA_INVASIVE, withdrawal=WITHDRAWAL)
    said = record.outcomes(seen(replace(case("a", 0), outcomes=(gone,))))
    assert "<del>Melanoma, invasive</del>" in said and ">Withdrawn</span>" in said
    assert "Withdrawn by <bdi>a.rowe</bdi>, <time" in said
    assert EVIL not in said and "&lt;img" in said
    assert "counts" not in said and "Counts" not in said and "<triage-document" not in said
    said = record.outcomes(seen(replace(case("a", 0), outcomes=(gone, TISSUE))))
    assert said.count("This outcome counts") == 1 and "Counts as: Malignant" not in said


def test_the_page_says_beforehand_what_a_withdrawal_does() -> None:
    waited = replace(STEP, kind=StepKind.HISTOLOGY)
    done = replace(waited, ended_at=TISSUE.at, ended_by=ROWE, end=StepEnd.DONE)
    shown = replace(case("a", 0), outcomes=(TISSUE,), next_steps=(done,), closed_at=START)
    said = withdraw.consequences(shown, [TISSUE])
    assert "can&#x27;t be undone" in said
    assert "“Histology awaited”, due 1 Jun 2026, is open again." in said
    assert "which is closed, is opened again" in said
    still = replace(shown, next_steps=(), closed_at=None)
    assert "again." not in withdraw.consequences(still, [TISSUE]).replace("recorded again", "")


def test_a_lesion_shows_what_was_withdrawn_and_what_counts() -> None:
    gone = replace(TISSUE, id="o2", diagnosis=Pathology.MELANOMA_INVASIVE, withdrawal=WITHDRAWAL)
    shown = replace(case("a" * 32, 0), outcomes=(gone, TISSUE))
    said = lesion_history.images([shown], {ROWE: "a.rowe"})
    assert '<span class="sub">Outcome: Benign</span>' in said
    assert "<del>Outcome: Malignant</del> Withdrawn by <bdi>a.rowe</bdi>, <time" in said
    assert EVIL not in said and "&lt;img" in said


def test_a_report_can_be_added_only_where_none_is_stored() -> None:
    assert "<triage-document" in record.outcomes(seen(replace(case("a", 0), outcomes=(TISSUE,))))
    followed = replace(TISSUE, method=OutcomeMethod.FOLLOW_UP, diagnosis=None, months=14)
    said = record.outcomes(seen(replace(case("a", 0), outcomes=(followed,))))
    assert "<triage-document" not in said
    assert "14 months between the first and the last image, without change" in said


@pytest.mark.parametrize("found", Level)
def test_a_verdict_agrees_with_what_was_found_or_overrides_it(found: Level) -> None:
    values = [value for _, value in verdict.choices(found)]
    assert values[0] == f"agree:{found}"
    assert f"override:{found}" not in values
    assert "override:cannot_assess" not in values
    assert set(values) <= {value for _, value in verdict.every_choice()}


def test_without_findings_there_is_neither_a_verdict_form_nor_a_level() -> None:
    waiting = seen(withheld())
    assert waiting.waits and not waiting.decides
    assert "Record your impression first" in verdict.hint(waiting)
    shown = result.whole(waiting.case) + head.head(waiting.case)
    assert "Your impression first" in shown
    assert "Urgent" not in shown and "%" not in shown and "Cannot assess" not in shown


def test_a_page_that_records_no_impression_leads_to_the_one_that_does() -> None:
    address = f'href="/case?id={"a" * 32}"'
    assert address in result.whole(withheld(), link=True)
    assert address not in result.whole(withheld())


def test_a_photographer_is_told_nothing_of_an_impression() -> None:
    shown = replace(without_findings(case("a", 0)), blinded=False)
    assert "impression" not in result.whole(shown, link=True)


def test_a_draft_is_filed_before_a_verdict() -> None:
    draft = replace(case("a", 0), state=CaseState.DRAFT)
    assert not seen(draft).decides
    assert "File it below first" in verdict.hint(seen(draft))


def test_scores_are_told_only_when_they_are_complete() -> None:
    part = ImpressionPart(_Open(), _Open())  # type: ignore[arg-type]
    assert part.score("", "", "", "", [], None) == ""  # type: ignore[arg-type]
    some = part.score("2", "", "", "", [], None)  # type: ignore[arg-type]
    assert "Score all four parts" in some
    whole = part.score("2", "3", "4", "3", ["atypical_network", "none"], None)  # type: ignore[arg-type]
    assert "ABCD rule of dermoscopy (Stolz 1994): 6.4, above 5.45" in whole
    assert "Seven-point checklist (Argenziano 1998): 2, below 3" in whole


class _Open:
    def authorise(self, *_: object) -> None:
        """Lets everybody in."""


def test_a_step_of_one_kind_names_what_done_means() -> None:
    assert endings([STEP], can_hand=True)[0][0] == "Done: the patient was seen"
    assert "hand_over" not in [value for _, value in endings([STEP], can_hand=False)]


ITEM = WorkItem(
    "c" * 32, 1, case("a", 0).state, START, EVIL, "", "", Level.REVIEW, "", False, False
)


def sight(days: float) -> Sight:
    people = {ROWE: "a.rowe", LOCAL_USER.id: "local user"}
    return Sight(LOCAL_USER, START + timedelta(days=days), Terms(), people, people)


def test_a_line_of_the_worklist_says_how_long_it_waits_and_that_it_is_overdue() -> None:
    fresh = parts.unread(WorkPage((ITEM,), None), sight(0.5))
    assert "waiting 12 hours" in fresh and "Overdue" not in fresh
    late = parts.unread(WorkPage((ITEM,), None), sight(8))
    assert "waiting 8 days" in late and "Overdue" in late
    assert EVIL not in late and "&lt;img" in late


def test_a_withheld_line_shows_no_level() -> None:
    line = parts.unread(WorkPage((replace(ITEM, level=None),), None), sight(1))
    assert "Withheld" in line and "level-" not in line


def test_a_line_says_who_reads_it_and_offers_it_to_the_others() -> None:
    taken = parts.unread(WorkPage((replace(ITEM, taken_by=ROWE),), None), sight(1))
    assert "With a.rowe" in taken and 'data-step="release"' in taken
    assert f'<option value="{ROWE}">' not in taken and "local user</option>" in taken


def test_the_cards_count_what_waits_and_what_is_late() -> None:
    kinds = dict.fromkeys(StepKind, 0)
    counts = WorkCounts(
        7, 2, 1, 3, {**kinds, StepKind.HISTOLOGY: 4}, {**kinds, StepKind.HISTOLOGY: 1}
    )
    said = parts.cards(counts, "histology")
    assert said.count('aria-pressed="true"') == 1
    assert '<span class="count">7</span><span class="what">To read</span>' in said
    assert said.count("overdue</span>") == 4 and "2 overdue" in said and "1 overdue" in said


def test_a_step_has_always_somebody_responsible_so_none_is_free() -> None:
    assert "Free" in parts.whose_buttons("read", Whose.ALL, 3)
    assert "Free" not in parts.whose_buttons("histology", Whose.ALL, 3)


def test_the_recall_list_names_days_and_letters() -> None:
    item = DueItem("s", "c" * 32, 1, StepKind.FOLLOW_UP, ROWE, date(2026, 3, 1), EVIL, "", True)
    names, on = {ROWE: "a.rowe"}, date(2026, 3, 4)
    said = recall.whole([item, replace(item, letter_id="d" * 32)], names, on)
    assert "Overdue by 3 days" in said and "a.rowe" in said and EVIL not in said
    assert "None yet" in said and f"/letters/{'d' * 32}.pdf" in said
    assert "Nobody is to be recalled" in recall.whole([], names, on)


@pytest.mark.parametrize(("show", "reviewed"), [("unread", False), ("read", True), ("filed", None)])
def test_the_history_can_be_narrowed_to_what_was_read(show: str, reviewed: bool | None) -> None:
    wanted = HistoryQuery(show=show).filter()
    assert wanted.reviewed is reviewed
    assert (wanted.state is not None) == (show == "filed")
    with pytest.raises(InvalidInput):
        HistoryQuery(show="reviewed").filter()
