"""The letter to the patient, read back from the finished PDF."""

import re
from dataclasses import replace
from datetime import date
from io import BytesIO

import pytest
from pypdf import PdfReader

from tests.samples.loop_samples import (
    EXCISION,
    FOLLOW_UP_STEP,
    HISTOLOGY_STEP,
    OVERRIDE,
    letter,
)
from tests.samples.report_samples import FONTS
from triage_app.domain.reading import Disposition, StepKind
from triage_app.ports.documents import LetterContent
from triage_app.report import PdfReport, render_letter

DISCHARGED = letter(replace(OVERRIDE, disposition=Disposition.DISCHARGE, due=None), None)
REFERRED = letter(
    replace(EXCISION, disposition=Disposition.URGENT_REFERRAL),
    replace(HISTOLOGY_STEP, kind=StepKind.REFERRAL, due=date(2026, 12, 7)),
)
LETTERS = {
    "discharge": DISCHARGED,
    "follow-up": letter(),
    "biopsy": letter(EXCISION, HISTOLOGY_STEP),
    "referral": REFERRED,
}
# Words of clinicians and of the software, which a patient's letter does without.
NOT_FOR_PATIENTS = re.compile(
    r"%|probabilit|\bP\(|model|heatmap|overlay|operating point|malignan|suspicious|benign|melanoma"
    r"|triage|override|routine|cancer|\bAI\b|\bsafe\b",
    re.IGNORECASE,
)


@pytest.fixture(scope="module")
def draw() -> PdfReport:
    return PdfReport(FONTS)


def _text(draw: PdfReport, content: LetterContent) -> str:
    (page,) = PdfReader(BytesIO(draw.letter(content)), strict=True).pages
    return " ".join(page.extract_text().split())


@pytest.mark.parametrize("content", LETTERS.values(), ids=LETTERS)
def test_every_letter_says_what_to_watch_for_and_whom_to_contact(
    draw: PdfReport, content: LetterContent
) -> None:
    text = _text(draw, content)
    for item in (
        "Your skin check",
        "Your reference MRN-004217",
        "The spot Lesion 2",
        "Where it is Back, left side",
        "Date of this letter 22 Nov 2026",
        "it grows, or changes its shape or its colour",
        "it bleeds",
        "Contact us straight away.",
        "Whom to contact Example Dermatology Clinic.",
        "Decided by a.rowe on",
        "Name Signature Date",
        "Research software. Not CE- or UKCA-marked",
    ):
        assert item in text


@pytest.mark.parametrize("content", LETTERS.values(), ids=LETTERS)
def test_no_letter_speaks_of_findings_or_of_the_software(
    draw: PdfReport, content: LetterContent
) -> None:
    text = _text(draw, content).replace("Decision support for clinicians, not a diagnosis.", "")
    assert not NOT_FOR_PATIENTS.findall(text)


def test_notes_that_clinicians_write_for_each_other_stay_out(draw: PdfReport) -> None:
    text = _text(draw, letter())
    assert OVERRIDE.reason not in text
    assert OVERRIDE.note not in text


def test_a_follow_up_names_the_day_to_come_back_by(draw: PdfReport) -> None:
    assert "Please come back by 22 Feb 2027." in _text(draw, letter())


def test_a_postponed_follow_up_names_the_new_day(draw: PdfReport) -> None:
    later = letter(step=replace(FOLLOW_UP_STEP, due=date(2027, 3, 8)))
    text = _text(draw, later)
    assert "Please come back by 8 Mar 2027." in text
    assert "22 February" not in text


def test_a_biopsy_names_the_day_of_the_result(draw: PdfReport) -> None:
    text = _text(draw, LETTERS["biopsy"])
    assert "The result should be there by 14 Dec 2026." in text
    assert "No news does not mean that all is well." in text


def test_a_referral_names_the_day_to_have_heard_by_and_is_no_diagnosis(draw: PdfReport) -> None:
    text = _text(draw, REFERRED)
    assert "You should know the date of your appointment by 7 Dec 2026." in text
    assert "it is not a diagnosis" in text
    assert "If you have not heard by then, contact us." in text


def test_a_letter_without_a_day_does_not_make_one_up(draw: PdfReport) -> None:
    for content in (letter(EXCISION, None), replace(REFERRED, step=None), DISCHARGED):
        text = _text(draw, content)
        assert not re.search(r"\bby \d", text)
        assert "by then" not in text


def test_a_discharge_asks_to_come_back_and_not_sooner(draw: PdfReport) -> None:
    text = _text(draw, DISCHARGED)
    assert "no further appointment is planned" in text
    assert "Come back if" in text
    assert "Come back sooner if" in _text(draw, letter())


def test_the_reference_stays_out_of_the_documents_metadata(draw: PdfReport) -> None:
    metadata = PdfReader(BytesIO(draw.letter(letter()))).metadata
    assert metadata is not None
    assert "MRN-004217" not in str(dict(metadata))


def test_what_people_typed_may_be_long_or_in_any_script(draw: PdfReport) -> None:
    odd = replace(
        letter(), patient_reference="محمد " * 12, lesion_label="李" * 80, site_name="Ś" * 120
    )
    assert _text(draw, odd)


def test_the_same_letter_gives_the_same_bytes(draw: PdfReport) -> None:
    assert draw.letter(letter()) == PdfReport(FONTS).letter(letter()) == render_letter(letter())
