"""The pages as pictures: shapes, bars, and the two images."""

import itertools
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from tests.samples.report_samples import (
    FONTS,
    Sample,
    details,
    routine,
    urgent,
)
from triage_app.domain.context import NO_CONTEXT
from triage_app.domain.findings import EvidenceLocation
from triage_app.domain.quality import Grade
from triage_app.imaging.overlay import encode_jpeg
from triage_app.report import PdfReport

pytestmark = pytest.mark.skipif(
    shutil.which("pdftoppm") is None, reason="pdftoppm (poppler-utils) is not installed"
)

DOTS = 72  # one pixel is one point
LEVELS = {
    "routine": routine(),
    "review": routine(details=details(context=NO_CONTEXT)),
    "urgent": urgent(),
    "cannot assess": routine(grade=Grade.POOR),
}


@pytest.fixture(scope="module")
def draw() -> PdfReport:
    return PdfReport(FONTS)


def _first_page(pdf: bytes, folder: Path, scale: int = 1) -> NDArray[np.uint8]:
    """The first page as uint8 (height, width, 3), ``scale`` pixels a point."""
    (folder / "report.pdf").write_bytes(pdf)
    command = ["pdftoppm", "-r", str(DOTS * scale), "-png", "-f", "1", "-l", "1", "-singlefile"]
    subprocess.run([*command, "report.pdf", "page"], cwd=folder, check=True)
    return np.asarray(Image.open(folder / "page.png").convert("RGB"))


def _shape(page: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Ink of the level's shape: bool (h, w), cut to its bounds.

    It stands alone in the strip between the frame's left edge and the word, at the frame's top.
    """
    scale = page.shape[0] // 842
    strip = page[:, 44 * scale : 80 * scale].min(axis=2) < 190
    frame = np.flatnonzero(strip.all(axis=1))  # upper and lower edge of the frame
    inside = strip[frame[0] + 4 * scale : frame[0] + 50 * scale]
    rows, columns = (np.flatnonzero(inside.any(axis=axis)) for axis in (1, 0))
    return inside[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def test_each_level_has_a_shape_of_its_own(draw: PdfReport, tmp_path: Path) -> None:
    shapes = {}
    for name, sample in LEVELS.items():
        page = _first_page(draw(sample.content()), tmp_path, scale=2)
        picture = Image.fromarray(_shape(page)).resize((32, 32))
        shapes[name] = np.asarray(picture)
    names = list(shapes)
    for i, first in enumerate(names):
        for second in names[i + 1 :]:
            differing = np.mean(shapes[first] != shapes[second])
            assert differing > 0.1, f"{first} looks like {second}"


@pytest.mark.parametrize("sample", LEVELS.values(), ids=LEVELS)
def test_the_shape_is_an_outline(sample: Sample, draw: PdfReport, tmp_path: Path) -> None:
    shape = _shape(_first_page(draw(sample.content()), tmp_path, scale=2))
    middle = shape[int(0.55 * shape.shape[0]), shape.shape[1] // 2]
    assert shape.any()
    assert not middle


def _pictures(page: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """The left and the right picture: the left one is the tallest block that is nowhere white."""
    filled = page[:, 50:220].min(axis=2).max(axis=1) < 245
    rows = np.flatnonzero(filled)
    blocks = np.split(rows, np.flatnonzero(np.diff(rows) > 1) + 1)
    block = max(blocks, key=len)
    top, bottom, left, step = block[0], block[-1] + 1, 40, 198
    return page[top:bottom, left : left + 190], page[top:bottom, left + step : left + step + 190]


def test_crop_and_overlay_stand_side_by_side_in_the_same_size(
    draw: PdfReport, tmp_path: Path
) -> None:
    left, right = _pictures(_first_page(draw(urgent().content()), tmp_path))
    assert left.shape == right.shape
    assert 188 <= left.shape[0] <= 192
    corner = (slice(4, 30), slice(4, 30))
    assert np.abs(left[corner].astype(int) - right[corner]).mean() < 6, "same skin in the corner"
    centre = (slice(80, 110), slice(85, 125))
    assert np.abs(left[centre].astype(int) - right[centre]).mean() > 30, "overlay in the centre"


def test_the_overlay_lets_the_lesion_through(draw: PdfReport, tmp_path: Path) -> None:
    _, over_lesion = _pictures(_first_page(draw(urgent().content()), tmp_path))
    plain = encode_jpeg(np.full((512, 512, 3), (240, 170, 150), np.uint8))
    _, over_plain = _pictures(_first_page(draw(urgent().content(crop=plain)), tmp_path))
    centre = (slice(85, 105), slice(95, 115))
    assert np.abs(over_lesion[centre].astype(int) - over_plain[centre]).mean() > 12


def test_without_an_overlay_the_second_place_is_empty(draw: PdfReport, tmp_path: Path) -> None:
    page = _first_page(draw(routine(location=EvidenceLocation.NONE).content()), tmp_path)
    _, right = _pictures(page)
    assert (right.min(axis=2) > 240).mean() > 0.9


def test_bars_are_as_long_as_the_probabilities(draw: PdfReport, tmp_path: Path) -> None:
    content = urgent().content()
    page = _first_page(draw(content), tmp_path, scale=2)
    findings = content.case.analysis.evidence.findings
    assert findings is not None
    for share, (dark, track) in zip(findings.by_class().values(), _class_bars(page), strict=True):
        assert dark / track == pytest.approx(share, abs=0.01)


def _class_bars(page: NDArray[np.uint8]) -> list[tuple[int, int]]:
    """Dark and whole length in px of the three wide bars in the left half, from above."""
    left = page[:, 78:500].astype(int)
    bar = np.abs(left - np.array([64, 84, 107])).max(axis=2) < 12
    track = np.abs(left - np.array([237, 240, 242])).max(axis=2) < 4
    whole = (bar | track).sum(axis=1)
    rows = np.flatnonzero(whole > 300)
    starts = [rows[0], *(b for a, b in itertools.pairwise(rows) if b - a > 5)]
    return [(int(bar[row + 4].sum()), int(whole[row + 4])) for row in starts]
