"""What clinicians recorded, as a report states it, read back from the finished PDF."""

from dataclasses import replace
from io import BytesIO

import pytest
from pypdf import PdfReader

from tests.samples.loop_samples import (
    EARLIER_ID,
    EXCISION,
    HISTOLOGY,
    IMPRESSION,
    LESION,
    OVERRIDE,
    REVEAL,
    ROWE,
    UNCHANGED,
    closed,
    compared,
    earlier_case,
    read,
    with_loop,
)
from tests.samples.report_samples import FONTS, Sample, routine, urgent
from triage_app.domain.change import compare
from triage_app.domain.outcome import Withdrawal
from triage_app.domain.quality import Grade
from triage_app.domain.reading import RevealCause
from triage_app.domain.triage import Level
from triage_app.domain.withholding import IMPRESSION_FIRST, without_findings
from triage_app.ports.documents import ReportContent
from triage_app.report import PdfReport

BLANK = ("Own impression", "Agree with the triage level", "Override; level given instead")


@pytest.fixture(scope="module")
def draw() -> PdfReport:
    return PdfReport(FONTS)


def _pages(pdf: bytes) -> list[str]:
    pages = PdfReader(BytesIO(pdf), strict=True).pages
    return [" ".join(page.extract_text().split()) for page in pages]


def _text(draw: PdfReport, content: ReportContent) -> str:
    return " ".join(_pages(draw(content)))


def test_a_blinded_impression_says_so_and_a_later_one_says_that_it_was_not(
    draw: PdfReport,
) -> None:
    text = _text(draw, closed())
    for item in (
        "a.rowe 22 Nov 2026, 15:05 UTC",
        "Atypical naevus Level review, confidence moderate",
        "Blinded: recorded before the findings were shown to anybody.",
        "b.okafor 22 Nov 2026, 16:05 UTC",
        "Melanocytic naevus Level review, confidence moderate",
        "Not blinded: the findings had been shown before.",
        "Revealed after an impression was recorded, 22 Nov 2026, 15:05 UTC, a.rowe.",
    ):
        assert item in text


def test_checklists_stand_with_name_score_and_what_the_score_means(draw: PdfReport) -> None:
    text = _text(draw, read())
    assert "ABCD rule of dermoscopy (Stolz 1994): score 5.1, 4.75 to 5.45: suspicious" in text
    assert "Asymmetry 1, border 3, colours 4, structures 3." in text
    assert (
        "Seven-point checklist (Argenziano 1998): score 3, 3 or more: suggestive of melanoma."
        in text
    )
    assert "Seen: Atypical pigment network (2); Irregular dots or globules (1)." in text


def test_an_escalated_case_is_marked_as_unblinded(draw: PdfReport) -> None:
    reveal = replace(REVEAL, by="system", cause=RevealCause.ESCALATED)
    content = with_loop(
        urgent().content(), reveal=reveal, impressions=(replace(IMPRESSION, blinded=False),)
    )
    text = _text(draw, content)
    assert "Unblinded: urgent and unread for too long, 22 Nov 2026, 15:05 UTC." in text
    assert "Blinded:" not in text


def test_the_verdict_stands_right_under_the_triage_level(draw: PdfReport) -> None:
    first = _pages(draw(read()))[0]
    assert (
        "Verdict of the clinician Review: short-term follow-up by 22 Feb 2027 "
        "Overrides the triage level: review instead of routine. "
        "Given by a.rowe, 22 Nov 2026, 16:05 UTC." in first
    )
    assert first.index("Triage level Routine") < first.index("Verdict of the clinician")
    assert first.index("Verdict of the clinician") < first.index("Findings: probability")


def test_an_override_comes_with_its_reason_and_its_note(draw: PdfReport) -> None:
    text = _text(draw, read())
    assert f"Reason for the override {OVERRIDE.reason}" in text
    assert f"Note to the verdict {OVERRIDE.note}" in text


def test_an_agreement_names_the_level_agreed_with(draw: PdfReport) -> None:
    agreed = replace(OVERRIDE, level=Level.ROUTINE, agrees=True, reason="", note="")
    text = _text(draw, with_loop(routine().content(), verdicts=(agreed,)))
    assert "Agrees with the triage level, routine." in text
    assert "Reason for the override" not in text
    assert "Impression of the clinician None was recorded." in text


def test_a_superseded_verdict_stays_below_the_one_that_counts(draw: PdfReport) -> None:
    text = _text(draw, closed())
    assert "Verdict of the clinician Urgent: biopsy or excision" in text
    assert "Earlier verdict, superseded on 23 Nov 2026, 20:05 UTC" in text
    order = [text.index(part) for part in (EXCISION.reason, OVERRIDE.reason)]
    assert order == sorted(order)
    assert "The case was closed on 14 Dec 2026, 14:05 UTC." in text


def test_a_verdict_on_another_level_than_todays_is_pointed_out(draw: PdfReport) -> None:
    assert "The triage level changed after this verdict: it is urgent now." in _text(
        draw, read(urgent())
    )
    assert "changed after this verdict" not in _text(draw, read())


def test_lines_to_write_on_are_blank_only_where_nothing_is_recorded(draw: PdfReport) -> None:
    bare = _text(draw, routine().content())
    impression_only = _text(draw, with_loop(routine().content(), impressions=(IMPRESSION,)))
    decided = _text(draw, read())
    assert [line in bare for line in BLANK] == [True, True, True]
    assert [line in impression_only for line in BLANK] == [False, True, True]
    assert [line in decided for line in BLANK] == [False, False, False]
    for text in (bare, impression_only, decided):
        assert "Name Signature Date" in text


def test_next_steps_have_a_day_an_owner_and_a_state(draw: PdfReport) -> None:
    open_step = _text(draw, read())
    assert "Follow-up visit 22 Feb 2027 a.rowe Open" in open_step
    ended = _text(draw, closed())
    assert (
        "Follow-up visit 22 Feb 2027 a.rowe Replaced by a later verdict, 23 Nov 2026, 20:05 UTC, "
        "b.okafor" in ended
    )
    assert "Histology awaited 14 Dec 2026 b.okafor Done, 13 Dec 2026, 20:05 UTC, a.rowe" in ended
    assert "Note: histology awaited, due 14 Dec 2026 Received by post." in ended


def test_histology_stands_in_the_pathologists_words_with_what_it_counts_as(
    draw: PdfReport,
) -> None:
    pages = _pages(draw(closed()))
    outcome = "Outcome of 9 Dec 2026: Melanoma, invasive, Breslow 0.4 mm. Counts as malignant."
    assert outcome in pages[0]
    text = " ".join(pages)
    for item in (
        "Counts as Malignant",
        "Method Histopathology",
        "Specimen H26-10442",
        f"Text of the outcome {HISTOLOGY.text}",
        f"The pathologist's report is stored as PDF, SHA-256 {'6f' * 32}.",
    ):
        assert item in text


def test_a_follow_up_under_a_year_counts_as_unproven(draw: PdfReport) -> None:
    short = replace(UNCHANGED, months=5)
    text = _text(draw, with_loop(routine().content(), verdicts=(OVERRIDE,), outcomes=(short,)))
    assert "Follow-up with paired images over 5 months: no change was seen" in text
    assert "Counts as unproven." in text
    long = _text(draw, with_loop(routine().content(), verdicts=(OVERRIDE,), outcomes=(UNCHANGED,)))
    assert "Counts as benign." in long


def test_of_two_outcomes_the_report_says_which_counts(draw: PdfReport) -> None:
    both = with_loop(routine().content(), outcomes=(HISTOLOGY, UNCHANGED))
    text = _text(draw, both)
    assert "Recorded 13 Dec 2026, 14:05 UTC: counts" in text
    assert "kept beside the one that counts" in text
    assert "Not recorded yet" in text


def test_a_withdrawn_outcome_stays_with_its_reason_and_counts_for_nothing(draw: PdfReport) -> None:
    why = "The report of another patient."
    gone = replace(HISTOLOGY, withdrawal=Withdrawal(UNCHANGED.at, ROWE, why))
    alone = _pages(draw(with_loop(routine().content(), verdicts=(OVERRIDE,), outcomes=(gone,))))
    assert "Outcome of" not in alone[0] and "Melanoma, invasive" not in alone[0]
    text = " ".join(alone)
    for item in (
        "Recorded 13 Dec 2026, 14:05 UTC: withdrawn",
        "Withdrawn, 27 Dec 2027, 14:05 UTC, a.rowe. It was recorded by mistake and counts for",
        f"Reason for the withdrawal {why}",
        "Result Melanoma, invasive, Breslow 0.4 mm",
        "Counts as Nothing",
    ):
        assert item in text
    both = with_loop(routine().content(), verdicts=(OVERRIDE,), outcomes=(gone, UNCHANGED))
    text = _text(draw, both)
    assert "Recorded 27 Dec 2027, 14:05 UTC: counts" in text
    assert "Counts as benign." in text and "Counts as malignant." not in text


def test_the_last_image_of_the_lesion_stands_beside_this_one(draw: PdfReport) -> None:
    content = compared(read())
    pdf = draw(content)
    text = " ".join(_pages(pdf))
    assert content.previous is not None
    for sentence in content.previous.sentences:
        assert sentence in text
    assert f"Before, 26 May 2026, 14:05 UTC Triage level: urgent {EARLIER_ID}" in text
    assert "Level of the lesion, the worst of its 2 images: urgent." in text
    assert f"{LESION.label} (Lesion 2, left scapula)" in text
    assert len(PdfReader(BytesIO(pdf)).pages[1].images) == 2


def test_findings_of_an_earlier_image_that_are_withheld_stay_out(draw: PdfReport) -> None:
    content = compared(read())

    def drawn(earlier: Sample) -> bytes:
        hidden = without_findings(earlier_case(earlier), IMPRESSION_FIRST)
        previous = compare(hidden, content.case, None, withheld=True)
        return draw(replace(content, previous=previous, lesion_level=None))

    of_urgent = drawn(urgent())
    text = " ".join(_pages(of_urgent))
    assert "Triage level: withheld" in text
    assert "The findings of the earlier image are withheld until a clinician" in text
    assert "The level of the lesion is not given" in text
    assert of_urgent == drawn(routine())


def test_an_earlier_picture_that_cannot_be_read_is_said_to_be_missing(draw: PdfReport) -> None:
    text = _text(draw, replace(compared(read()), previous_crop=None))
    assert "The stored picture of the earlier image cannot be read." in text


def test_the_first_image_of_a_lesion_has_nothing_to_be_compared_with(draw: PdfReport) -> None:
    first = replace(compared(read()), previous=None, lesion_level=Level.ROUTINE, lesion_images=1)
    text = _text(draw, first)
    assert "This is the earliest image of the lesion" in text
    assert "the worst of its 1 image: routine." in text
    assert "Comparison" not in _text(draw, read())


def test_a_case_that_cannot_be_assessed_shows_no_probability_with_a_verdict_either(
    draw: PdfReport,
) -> None:
    agreed = replace(
        OVERRIDE, found=Level.CANNOT_ASSESS, level=Level.CANNOT_ASSESS, agrees=True, reason=""
    )
    content = with_loop(routine(grade=Grade.POOR).content(), verdicts=(agreed,))
    compared_with_assessed = compared(content)
    text = _text(draw, compared_with_assessed)
    assert "Cannot assess: short-term follow-up by 22 Feb 2027" in text
    assert "findings are not compared" in text
    assert " %" not in text
    assert "P(" not in text
