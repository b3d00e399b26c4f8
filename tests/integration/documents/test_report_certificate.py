"""The certificate of erasure as a document."""

import hashlib
from dataclasses import replace
from io import BytesIO

import pytest
from pypdf import PdfReader

from tests.samples.report_samples import AT, FONTS
from triage_app.domain.site import ERASURE_REASONS, Certificate
from triage_app.report import PdfReport, render_certificate

ERASED = Certificate(
    id="0f" * 16,
    erased_at=AT,
    erased_by="a1" * 16,
    cases=("b2" * 16, "c3" * 16),
    sha256=("d4" * 32, "e5" * 32),
    reason="consent_withdrawn",
    event_number=88,
    event_hash="f6" * 32,
)


@pytest.fixture(scope="module")
def draw() -> PdfReport:
    return PdfReport(FONTS)


def _text(pdf: bytes) -> str:
    pages = PdfReader(BytesIO(pdf), strict=True).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


@pytest.mark.parametrize("reason", ERASURE_REASONS)
def test_every_reason_is_given_in_words(draw: PdfReport, reason: str) -> None:
    text = _text(draw.certificate(replace(ERASED, reason=reason), "Example Clinic"))
    assert f"Reason {ERASURE_REASONS[reason]}" in text


def test_thousands_of_files_are_all_listed_and_each_page_says_which_certificate_it_is_of(
    draw: PdfReport,
) -> None:
    many = tuple(f"{number:064x}" for number in range(1_000))
    pdf = draw.certificate(replace(ERASED, sha256=many), "Example Clinic")
    pages = [page.extract_text() for page in PdfReader(BytesIO(pdf)).pages]
    text = "".join(pages)
    assert all(f"\n{digest}" in text or f" {digest}" in text for digest in many)
    assert "Files that were erased" in pages[0]
    assert all(f"Certificate {ERASED.id}" in page for page in pages)
    assert f"Page {len(pages)} of {len(pages)}" in pages[-1]


def test_an_erasure_without_cases_and_files_says_none(draw: PdfReport) -> None:
    text = _text(draw.certificate(replace(ERASED, cases=(), sha256=()), "Example Clinic"))
    assert "Cases that were erased None." in text
    assert "Files that were erased None." in text


def test_the_same_erasure_gives_the_same_bytes_and_another_one_others(draw: PdfReport) -> None:
    first = draw.certificate(ERASED, "Example Clinic")
    assert render_certificate(ERASED, "Example Clinic") == first
    assert draw.certificate(replace(ERASED, event_number=89), "Example Clinic") != first


def test_a_certificate_of_an_earlier_version_is_still_drawn_byte_for_byte() -> None:
    # Drawn by the version before the site had a time zone. Certificates are kept as facts, so only
    # equal bytes prove a PDF that was handed out then.
    drawn = render_certificate(ERASED, "Example Clinic")
    before = "cbf28204540fa1b22397c0642107650ae90c650b52cfb5dc7bea12cc5031741a"
    assert hashlib.sha256(drawn).hexdigest() == before


def test_metadata_and_structure_are_those_of_a_certificate(draw: PdfReport) -> None:
    reader = PdfReader(BytesIO(draw.certificate(ERASED, "Example Clinic")), strict=True)
    metadata = dict(reader.metadata or {})
    assert metadata["/Title"] == f"Certificate of erasure {ERASED.id}"
    assert metadata["/Author"] == "Example Clinic"
    assert metadata["/Keywords"] == f"trail anchor 88:{ERASED.event_hash}"
    root = reader.trailer["/Root"]
    assert root["/Lang"] == "en-GB"
    assert root["/MarkInfo"]["/Marked"]
