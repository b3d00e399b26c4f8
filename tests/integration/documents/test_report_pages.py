"""How a report with much in it, or little, falls into pages."""

from dataclasses import replace
from datetime import timedelta
from io import BytesIO

import pytest
from pypdf import PdfReader

from tests.samples.loop_samples import (
    FOLLOW_UP_STEP,
    HISTOLOGY,
    OVERRIDE,
    SECOND_IMPRESSION,
    closed,
    compared,
    read,
    with_loop,
)
from tests.samples.report_samples import AT, FONTS, routine, urgent
from triage_app.domain.reading import NextStep, StepEnd, Verdict
from triage_app.ports.documents import ReportContent
from triage_app.report import PdfReport


@pytest.fixture(scope="module")
def draw() -> PdfReport:
    return PdfReport(FONTS)


def _pages(pdf: bytes) -> list[str]:
    pages = PdfReader(BytesIO(pdf), strict=True).pages
    return [" ".join(page.extract_text().split()) for page in pages]


def _many() -> ReportContent:
    impressions = tuple(
        replace(SECOND_IMPRESSION, id=f"i{n}", at=AT + timedelta(hours=n)) for n in range(60)
    )
    verdicts: tuple[Verdict, ...] = tuple(
        replace(OVERRIDE, id=f"v{n}", at=AT + timedelta(hours=n), note="A line.\n" * 150)
        for n in range(12)
    )
    steps: tuple[NextStep, ...] = tuple(
        replace(
            FOLLOW_UP_STEP,
            id=f"s{n}",
            ended_at=AT,
            ended_by=OVERRIDE.by,
            end=StepEnd.POSTPONED,
            end_note="w" * 1000,
        )
        for n in range(40)
    )
    outcomes = tuple(replace(HISTOLOGY, id=f"o{n}", text="x" * 10_000) for n in range(3))
    return compared(
        with_loop(
            routine().content(),
            impressions=impressions,
            verdicts=verdicts,
            next_steps=steps,
            outcomes=outcomes,
        )
    )


def test_a_long_history_flows_over_pages_and_nothing_is_lost(draw: PdfReport) -> None:
    pages = _pages(draw(_many()))
    text = " ".join(pages)
    assert len(pages) > 15
    assert text.count("Not blinded: the findings had been shown before.") == 60
    assert text.count("A line.") == 12 * 150
    assert text.count("Postponed, 22 Nov 2026, 14:05 UTC, a.rowe") == 40
    assert text.count("x") >= 30_000


@pytest.mark.parametrize(
    "content",
    [routine().content(), read(), closed(), read(urgent()), compared(routine().content())],
    ids=["unread", "read", "closed", "urgent", "of a lesion"],
)
@pytest.mark.parametrize("synthetic", [False, True])
def test_no_page_holds_a_lonely_line(
    draw: PdfReport, content: ReportContent, synthetic: bool
) -> None:
    pages = _pages(draw(replace(content, synthetic=synthetic)))
    furniture = 300  # characters of header and footer
    assert 2 <= len(pages) <= 3
    for page in pages:
        assert len(page) > furniture + 400


def test_the_report_of_a_read_case_takes_three_pages_at_most(draw: PdfReport) -> None:
    assert len(_pages(draw(closed()))) == 3
