"""The QR code read back from the drawn page, and the mark of made-up data."""

import shutil
import subprocess
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import zxingcpp
from numpy.typing import NDArray
from PIL import Image
from pypdf import PdfReader

from tests.samples.loop_samples import closed, letter
from tests.samples.report_samples import CONTENT_HASH, FONTS, REPORT_ID, routine
from triage_app.domain.report_code import ReportCode, parse_report_code
from triage_app.ports.documents import ReportContent
from triage_app.report import PdfReport

pictures = pytest.mark.skipif(
    shutil.which("pdftoppm") is None, reason="pdftoppm (poppler-utils) is not installed"
)


@pytest.fixture(scope="module")
def draw() -> PdfReport:
    return PdfReport(FONTS)


def _drawn(pdf: bytes, folder: Path, dots: int) -> list[NDArray[np.uint8]]:
    """Every page as uint8 (height, width, 3) at ``dots`` pixels an inch."""
    (folder / "document.pdf").write_bytes(pdf)
    command = ["pdftoppm", "-r", str(dots), "-png", "document.pdf", "page"]
    subprocess.run(command, cwd=folder, check=True)
    return [np.asarray(Image.open(path).convert("RGB")) for path in sorted(folder.glob("*.png"))]


@pictures
@pytest.mark.parametrize("dots", [100, 200, 300])
def test_a_scanner_reads_id_number_and_hash_of_the_report(
    draw: PdfReport, tmp_path: Path, dots: int
) -> None:
    pages = _drawn(draw(routine().content(number=2)), tmp_path, dots)
    found = [code for page in pages for code in zxingcpp.read_barcodes(page)]
    assert [code.format.name for code in found] == ["QRCode"]
    assert parse_report_code(found[0].text) == ReportCode(REPORT_ID, 2, CONTENT_HASH)


@pictures
def test_a_photocopy_in_grey_with_noise_is_still_read(draw: PdfReport, tmp_path: Path) -> None:
    page = _drawn(draw(replace(closed(), synthetic=True)), tmp_path, 150)[-1]
    rng = np.random.default_rng(7)
    grey = page.mean(axis=2) * 0.7 + 40 + rng.normal(0, 12, page.shape[:2])
    copied = np.clip(np.rot90(grey), 0, 255).astype(np.uint8)
    (code,) = zxingcpp.read_barcodes(np.ascontiguousarray(copied))
    assert parse_report_code(code.text).report_id == REPORT_ID


def test_the_text_of_the_code_is_printed_for_those_without_a_scanner(draw: PdfReport) -> None:
    pages = PdfReader(BytesIO(draw(routine().content()))).pages
    text = " ".join(" ".join(page.extract_text() for page in pages).split())
    code = ReportCode(REPORT_ID, 1, CONTENT_HASH)
    assert f"Text of the code: {code}" in text


def _marked(page: NDArray[np.uint8]) -> bool:
    """Whether a dark band as wide as the text lies under the header."""
    head = page[20:70, 60:530].max(axis=2)
    return int((head < 70).mean(axis=1).max() * 100) > 60


@pictures
@pytest.mark.parametrize("content", [routine().content(), closed()], ids=["unread", "closed"])
def test_each_page_of_made_up_data_is_marked(
    draw: PdfReport, content: ReportContent, tmp_path: Path
) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "made up").mkdir()
    real = _drawn(draw(content), tmp_path / "real", 72)
    synthetic = draw(replace(content, synthetic=True))
    made_up = _drawn(synthetic, tmp_path / "made up", 72)
    assert not any(_marked(page) for page in real)
    assert all(_marked(page) for page in made_up)
    reader = PdfReader(BytesIO(synthetic))
    assert all("SYNTHETIC DATA" in page.extract_text() for page in reader.pages)
    assert reader.metadata is not None
    assert str(reader.metadata.subject).startswith("SYNTHETIC DATA")


def test_a_letter_of_made_up_data_is_marked(draw: PdfReport) -> None:
    (page,) = PdfReader(BytesIO(draw.letter(replace(letter(), synthetic=True)))).pages
    assert "SYNTHETIC DATA" in page.extract_text()
    (page,) = PdfReader(BytesIO(draw.letter(letter()))).pages
    assert "SYNTHETIC" not in page.extract_text()
