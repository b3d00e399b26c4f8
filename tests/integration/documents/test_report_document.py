"""The PDF as a file: the same bytes each time, nothing that leaks, readable aloud."""

import hashlib
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from pypdf import PdfReader

from tests.samples.report_samples import (
    ANCHOR,
    AT,
    CONTENT_HASH,
    FONTS,
    REPORT_ID,
    crop_jpeg,
    details,
    overlay_png,
    routine,
    urgent,
)
from triage_app.config import PROJECT_ROOT
from triage_app.domain.trail import parse_anchor
from triage_app.report import PdfReport
from triage_app.report.errors import ReportImageUnusable

ROOT = PROJECT_ROOT
MANY_SCRIPTS = details(patient_reference="محمد 李小龍", note="क्षत्रिय สมชาย Ελένη ≥ \U0001fae0")
IN_ANOTHER_PROCESS = """
import hashlib
from tests.integration.documents.test_report_document import MANY_SCRIPTS
from tests.samples.report_samples import FONTS, routine
from triage_app.report import PdfReport
print(hashlib.sha256(PdfReport(FONTS)(routine(details=MANY_SCRIPTS).content())).hexdigest())
"""


@pytest.fixture(scope="module")
def draw() -> PdfReport:
    return PdfReport(FONTS)


def _reader(pdf: bytes) -> PdfReader:
    return PdfReader(BytesIO(pdf), strict=True)


def _elements(node: Any) -> list[Any]:
    """All structure elements below a node, in order."""
    kids = node.get("/K", [])
    kids = kids if isinstance(kids, list) else [kids]
    found = []
    for kid in (kid.get_object() for kid in kids):
        if isinstance(kid, dict):
            found += [kid, *_elements(kid)]
    return found


def test_the_same_content_gives_the_same_bytes_in_two_processes(draw: PdfReport) -> None:
    environment = os.environ | {
        "PYTHONHASHSEED": "123",
        "TZ": "Asia/Tokyo",
        "LC_ALL": "C",
        "SOURCE_DATE_EPOCH": "86400",
    }
    other = subprocess.run(
        [sys.executable, "-c", IN_ANOTHER_PROCESS],
        cwd=ROOT,
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    here = draw(routine(details=MANY_SCRIPTS).content())
    assert other.stdout.strip() == hashlib.sha256(here).hexdigest()


def test_reports_drawn_before_leave_no_trace_in_the_next(draw: PdfReport) -> None:
    first = draw(routine().content())
    draw(urgent(details=MANY_SCRIPTS).content())
    assert draw(routine().content()) == first


def test_reports_drawn_at_once_do_not_mix(draw: PdfReport) -> None:
    contents = [routine().content(), urgent().content(), routine(details=MANY_SCRIPTS).content()]
    alone = [draw(content) for content in contents]
    with ThreadPoolExecutor(3) as threads:
        together = list(threads.map(draw, contents * 2))
    assert together == alone * 2


def test_another_number_or_time_gives_other_bytes(draw: PdfReport) -> None:
    first = draw(routine().content())
    assert draw(routine().content(number=2)) != first
    assert draw(routine().content(issued_at=AT + timedelta(minutes=1))) != first
    assert draw(routine().content(anchor=replace(ANCHOR, number=4712))) != first


def test_the_metadata_hold_no_word_about_the_patient(draw: PdfReport) -> None:
    filled = details(patient_reference="Zebra", lesion_label="Zebra", note="Zebra")
    reader = _reader(draw(routine(details=filled).content()))
    metadata = dict(reader.metadata or {})
    assert metadata["/Title"] == f"Dermoscopy triage report {REPORT_ID}"
    assert metadata["/Author"] == "Example Dermatology Clinic"
    assert metadata["/CreationDate"] == metadata["/ModDate"] == "D:20261122140509+00'00'"
    assert metadata["/Keywords"] == f"trail anchor {ANCHOR}"
    assert "Zebra" not in str(metadata)
    assert "IMG.jpg" not in str(metadata)
    identifiers = [bytes(part.original_bytes).hex() for part in reader.trailer["/ID"]]
    assert identifiers == [REPORT_ID, REPORT_ID]


def test_the_whole_anchor_can_be_read_off_the_report_and_checked(draw: PdfReport) -> None:
    pages = _reader(draw(urgent().content())).pages
    text = " ".join(page.extract_text() for page in pages)
    printed = re.search(r"Trail anchor (\d+:[0-9a-f]{64})\b", text)
    assert printed is not None
    assert parse_anchor(printed[1]) == ANCHOR


def test_the_name_of_the_uploaded_file_is_not_printed(draw: PdfReport) -> None:
    pages = _reader(draw(routine().content())).pages
    assert not any("IMG.jpg" in page.extract_text() for page in pages)


def test_the_document_is_tagged_titled_and_in_english(draw: PdfReport) -> None:
    root = _reader(draw(routine().content())).trailer["/Root"]
    assert root["/Lang"] == "en-GB"
    assert root["/MarkInfo"]["/Marked"]
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    elements = _elements(root["/StructTreeRoot"])
    roles = [element["/S"] for element in elements]
    assert roles[0] == "/Document"
    assert roles.count("/H1") == 1
    assert roles.count("/Table") == 4
    headings = roles.count("/H2")
    assert headings >= 7
    figures = [element for element in elements if element["/S"] == "/Figure"]
    assert [figure["/Alt"] for figure in figures] == [
        "Shape of the level: circle",
        "The analysed crop of the dermoscopic image",
        "The analysed crop with the overlay on it",
        f"QR code with the text: dermoscopy-triage report {REPORT_ID} no 1 content {CONTENT_HASH}",
    ]


def test_every_mark_on_a_page_belongs_to_an_element_or_is_an_artefact(draw: PdfReport) -> None:
    reader = _reader(draw(routine(details=details(note="line\n" * 200)).content()))
    tree = reader.trailer["/Root"]["/StructTreeRoot"]
    numbers = tree["/ParentTree"]["/Nums"]
    for index, page in enumerate(reader.pages):
        assert page["/StructParents"] == index == numbers[2 * index]
        stream = page.get_contents().get_data().decode("latin-1")
        marked = [int(number) for number in re.findall(r"/MCID (\d+)", stream)]
        assert marked == list(range(len(numbers[2 * index + 1])))
        assert stream.count("BDC") + stream.count("BMC") == len(re.findall(r"\bEMC\b", stream))
        assert _painted_outside(stream) == []


def _painted_outside(stream: str) -> list[str]:
    """Painting operators that stand in no marked content."""
    depth, found = 0, []
    for line in stream.splitlines():
        for word in line.split():
            depth += {"BDC": 1, "BMC": 1, "EMC": -1}.get(word, 0)
            if depth == 0 and word in ("Tj", "TJ", "Do", "S", "f", "f*", "B", "s"):
                found.append(line)
    return found


def test_every_font_is_embedded_with_its_used_glyphs_only(draw: PdfReport) -> None:
    reader = _reader(draw(routine(details=MANY_SCRIPTS).content()))
    fonts = reader.pages[0]["/Resources"]["/Font"]
    assert len(fonts) >= 6
    for font in (font.get_object() for font in fonts.values()):
        inner = font["/DescendantFonts"][0].get_object()
        program = inner["/FontDescriptor"]["/FontFile2"].get_data()
        assert 200 < len(program) < 60_000, font["/BaseFont"]


def test_a_report_with_two_pictures_of_a_thousand_pixels_stays_below_two_megabytes(
    draw: PdfReport,
) -> None:
    pdf = draw(routine().content(crop=crop_jpeg(1024), overlay=overlay_png(1024)))
    assert len(pdf) < 2_000_000


@pytest.mark.parametrize("broken", [b"", b"not a picture", b"\xff\xd8\xff\xe0 torn"])
def test_a_crop_that_cannot_be_read_issues_nothing(broken: bytes, draw: PdfReport) -> None:
    with pytest.raises(ReportImageUnusable, match="Nothing was issued"):
        draw(routine().content(crop=broken))


def test_an_overlay_that_cannot_be_read_issues_nothing(draw: PdfReport) -> None:
    with pytest.raises(ReportImageUnusable):
        draw(routine().content(overlay=b"\x89PNG torn"))


def test_a_torn_crop_issues_nothing(draw: PdfReport) -> None:
    whole = routine().content().crop
    with pytest.raises(ReportImageUnusable):
        draw(routine().content(crop=whole[: len(whole) // 2]))
