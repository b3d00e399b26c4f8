"""What stands in a report, read back from the finished PDF."""

import re
from dataclasses import replace
from io import BytesIO

import pytest
from pypdf import PdfReader

from tests.samples.report_samples import (
    ANCHOR,
    CASE_ID,
    CROP_SHA256,
    FONTS,
    IMAGE_SHA256,
    LIMITS,
    MODEL_SHA256,
    OPERATING_POINTS,
    REASSURING,
    REPORT_ID,
    Sample,
    details,
    overlay_png,
    routine,
    urgent,
)
from triage_app.domain.context import NO_CONTEXT, RED_FLAG_LABELS
from triage_app.domain.diagnosis import CLASS_LABELS, DIAGNOSIS_LABELS
from triage_app.domain.findings import EvidenceLocation
from triage_app.domain.quality import Grade
from triage_app.ports.documents import ReportContent
from triage_app.report import PdfReport, render

RESEARCH = (
    "Research software. Not CE- or UKCA-marked, not cleared by the FDA. "
    "Decision support for clinicians, not a diagnosis."
)
PROBABILITY = re.compile(r"P\(|\d %")


@pytest.fixture(scope="module")
def draw() -> PdfReport:
    return PdfReport(FONTS)


def _pages(pdf: bytes) -> list[str]:
    return [page.extract_text() for page in PdfReader(BytesIO(pdf), strict=True).pages]


def _flowing(pdf: bytes) -> str:
    """All text with its white space folded, so that line breaks do not matter."""
    return " ".join(" ".join(_pages(pdf)).split()).replace("Grad- CAM", "Grad-CAM")


def test_an_ordinary_report_names_whose_lesion_it_is(draw: PdfReport) -> None:
    text = _flowing(draw(routine().content()))
    for item in (
        "Example Dermatology Clinic",
        "Dermoscopy triage report",
        "Report no. 1 of this case",
        "Issued 22 Nov 2026, 14:05 UTC",
        f"Case id {CASE_ID}",
        f"Report id {REPORT_ID}",
        "Patient reference MRN-004217",
        "Lesion 2, left scapula",
        "Clinical question Is short-term follow-up needed?",
        "Note Seen at the routine skin check.",
    ):
        assert item in text


def test_every_answer_of_the_intake_is_stated(draw: PdfReport) -> None:
    text = _flowing(draw(routine().content()))
    for item in (
        "Age 52 years",
        "Sex Female",
        "Fitzpatrick skin type II",
        "Body site Back",
        "Laterality Left",
        "Dermoscopic image Confirmed by the clinician",
        "Red flags Asked, none present",
    ):
        assert item in text


def test_answers_that_are_missing_are_spelled_out(draw: PdfReport) -> None:
    bare = details(context=NO_CONTEXT, note="", clinical_question="", lesion_label="")
    text = _flowing(draw(routine(details=bare).content()))
    assert text.count("Not given") == 10
    assert "Not given (not asked)" in text


def test_the_decision_names_level_reasons_in_order_and_the_level_from_findings(
    draw: PdfReport,
) -> None:
    content = urgent(grade=Grade.BORDERLINE).content()
    text = _flowing(draw(content))
    assert "Triage level Urgent" in text
    reasons = content.case.analysis.decision.reasons
    places = [text.index(f"{n}. {reason.text}") for n, reason in enumerate(reasons, start=1)]
    assert len(places) > 8
    assert places == sorted(places)
    assert "Level from findings alone, without the context: urgent." in text


def test_the_level_from_findings_stands_beside_a_level_that_the_context_raised(
    draw: PdfReport,
) -> None:
    unknown_age = details(context=replace(REASSURING, age=None))
    text = _flowing(draw(routine(details=unknown_age).content()))
    assert "Triage level Review" in text
    assert "Level from findings alone, without the context: routine." in text


def test_all_probabilities_stand_beside_their_full_labels(draw: PdfReport) -> None:
    content = urgent().content()
    text = _flowing(draw(content))
    findings = content.case.analysis.evidence.findings
    assert findings is not None
    for name, share in findings.by_class().items():
        assert f"{CLASS_LABELS[name]} {100 * share:.2f} %" in text
    for diagnosis, share in findings.probabilities.items():
        assert f"{DIAGNOSIS_LABELS[diagnosis]} {100 * share:.2f} %" in text


def test_operating_points_come_with_what_was_measured_there(draw: PdfReport) -> None:
    text = _flowing(draw(routine().content()))
    for item in (
        "P(malignant)+P(suspicious) 2.32 %: below the point 12.34 % (10.11–14.99 %)",
        "95.1 % (93.2–96.7 %) n = 312",
        "70.3 % (68.1–72.4 %) n = 1201",
        "P(melanoma) 1.23 %: below the point 43.21 % (39.87–47.02 %)",
        "Melanoma 95.3 % (91.1–97.6 %), n = 194 61.2 % (54.1–67.9 %), n = 194",
        "Basal cell carcinoma 98.7 % (93.1–99.8 %), n = 77 not measured",
        "Rule-out measured on: validation lesions of HAM10000 and ISIC 2017; prevalence 20.6 %.",
        "Rule-in measured on: validation lesions of HAM10000 and ISIC 2017; prevalence 12.8 %.",
    ):
        assert item in text


def test_a_point_that_the_site_made_stricter_stands_beside_the_cards_own(draw: PdfReport) -> None:
    stricter = {**OPERATING_POINTS["rule_out"], "value": 0.08, "card_value": 0.1234}
    content = routine().content()
    analysis = content.case.analysis
    points = {**OPERATING_POINTS, "rule_out": stricter}
    case = replace(content.case, analysis=replace(analysis, operating_points=points))
    text = _flowing(draw(replace(content, case=case)))
    assert "8.00 %, set by the site card: 12.34 % (10.11–14.99 %)" in text
    assert text.count("set by the site") == 1


def test_a_score_on_the_point_reads_as_at_or_above(draw: PdfReport) -> None:
    text = _flowing(draw(urgent().content()))
    assert "P(melanoma) 76.04 %: at or above the point 43.21 %" in text


def test_model_image_and_software_can_be_checked(draw: PdfReport) -> None:
    text = _flowing(draw(routine().content()))
    for item in (
        "mobilenet_v1-dermoscopy, version 1.0.0",
        f"Model SHA-256 {MODEL_SHA256}",
        f"Image SHA-256 {IMAGE_SHA256}",
        f"Analysed crop SHA-256 {CROP_SHA256}",
        "4032 × 3024 px, JPEG",
        "Image notes rotated by its EXIF orientation",
        "Application version 0.1.0",
        "Sharpness Good (0.412, limit 0.25).",
        "Like the images that the model was trained on (distance 12.3, limit 21).",
        "Prediction set Benign.",
        *LIMITS,
    ):
        assert item in text


def test_there_is_room_for_the_clinicians_verdict(draw: PdfReport) -> None:
    text = _flowing(draw(routine().content()))
    for item in (
        "Own impression",
        "Agree with the triage level",
        "Override; level given instead",
        "Discharge",
        "Short-term follow-up, due",
        "Biopsy or excision",
        "Urgent referral",
        "Name Signature Date",
    ):
        assert item in text


def test_the_overlay_comes_with_what_it_says_and_what_it_does_not(draw: PdfReport) -> None:
    text = _flowing(draw(urgent().content()))
    assert "support for melanoma against the rest (Grad-CAM)" in text
    assert "opacity of 60 %" in text
    assert "shows where the model looked, not where disease is" in text
    assert "83 % of the support lies in the image centre" in text


def test_evidence_off_the_centre_is_pointed_out(draw: PdfReport) -> None:
    text = _flowing(draw(routine(location=EvidenceLocation.OFF_CENTRE).content()))
    assert "It lies off the centre: the model may have reacted to the border" in text


def test_without_positive_evidence_the_report_says_so(draw: PdfReport) -> None:
    text = _flowing(draw(routine(location=EvidenceLocation.NONE).content()))
    assert (
        "no positive evidence. Nothing of weight in the image supports malignant or suspicious"
        in text
    )
    assert "Grad-CAM" not in text


def test_an_overlay_that_is_not_stored_is_said_to_be_missing(draw: PdfReport) -> None:
    assert "No overlay is stored" in _flowing(draw(routine().content(overlay=None)))


REFUSED = {
    "poor image": routine(grade=Grade.POOR),
    "unlike training": routine(within=False),
    "not dermoscopic": routine(details=details(context=replace(REASSURING, dermoscopic=False))),
    "melanoma, not dermoscopic": urgent(
        details=details(context=replace(REASSURING, dermoscopic=False))
    ),
    "no model": routine(model=False),
}


@pytest.mark.parametrize("sample", REFUSED.values(), ids=REFUSED)
def test_a_case_that_cannot_be_assessed_shows_no_finding_anywhere(
    sample: Sample, draw: PdfReport
) -> None:
    # An overlay that slipped through must not be drawn either.
    pdf = draw(sample.content(overlay=overlay_png()))
    text = _flowing(pdf)
    assert "Triage level Cannot assess" in text
    assert "No finding is shown. This outcome says nothing about the lesion." in text
    assert not PROBABILITY.search(text)
    assert "Level from findings" not in text
    assert "Prediction set" not in text
    assert "No overlay" in text
    pictures = [image for page in PdfReader(BytesIO(pdf)).pages for image in page.images]
    assert len(pictures) == 1


@pytest.mark.parametrize("sample", REFUSED.values(), ids=REFUSED)
def test_a_refusal_keeps_its_reasons(sample: Sample, draw: PdfReport) -> None:
    content = sample.content()
    text = _flowing(draw(content))
    for reason in content.case.analysis.decision.reasons:
        assert reason.text in text


def test_red_flags_of_a_refused_image_still_ask_for_referral(draw: PdfReport) -> None:
    text = _flowing(draw(urgent(grade=Grade.POOR).content()))
    for label in RED_FLAG_LABELS.values():
        assert f"Red flag: {label}. Do not wait for a better image" in text


def test_without_a_model_the_report_says_that_nothing_was_assessed(draw: PdfReport) -> None:
    text = _flowing(draw(routine(model=False).content()))
    assert text.count("No model was in service when this image was analysed") >= 4
    assert "Model SHA-256 None: no model." in text
    assert "Competence of the model Not measured." in text


def test_figures_that_were_not_measured_are_not_made_up(draw: PdfReport) -> None:
    content = routine().content()
    bare = replace(content.case.analysis, operating_points={})
    text = _flowing(draw(replace(content, case=replace(content.case, analysis=bare))))
    assert "not recorded" in text
    assert "n = " not in text


def test_header_and_footer_stand_on_every_page(draw: PdfReport) -> None:
    long_note = details(note="A line of the note.\n" * 450)
    pages = _pages(draw(routine(details=long_note).content(number=3)))
    assert len(pages) >= 5
    for number, text in enumerate(pages, start=1):
        folded = " ".join(text.split())
        assert f"Page {number} of {len(pages)}" in folded
        assert RESEARCH in folded
        assert "MRN-004217" in folded
        assert f"Report {REPORT_ID}, no. 3" in folded
        assert f"Trail anchor {ANCHOR.number}:{ANCHOR.hash[:16]}…" in folded


def test_an_ordinary_case_takes_two_pages_with_decision_and_verdict_on_the_first(
    draw: PdfReport,
) -> None:
    pages = _pages(draw(routine().content()))
    assert len(pages) == 2
    assert pages[0].index("Routine") < pages[0].index("Findings") < pages[0].index("Signature")


def test_the_use_cases_get_a_renderer_that_needs_no_setting_up(draw: PdfReport) -> None:
    content: ReportContent = routine().content()
    assert render(content) == draw(content)
