"""Whatever a person types is printed as typed."""

import shutil
import subprocess
from io import BytesIO
from pathlib import Path

import pytest
from pypdf import PdfReader

from tests.samples.report_samples import FONTS, details, routine
from triage_app.report import PdfReport

needs_poppler = pytest.mark.skipif(
    shutil.which("pdftotext") is None, reason="pdftotext (poppler-utils) is not installed"
)


@pytest.fixture(scope="module")
def draw() -> PdfReport:
    return PdfReport(FONTS)


def _text(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages)


def _poppler(pdf: bytes, folder: Path) -> str:
    (folder / "report.pdf").write_bytes(pdf)
    command = ["pdftotext", "-enc", "UTF-8", str(folder / "report.pdf"), "-"]
    return subprocess.run(command, check=True, capture_output=True).stdout.decode("utf-8")


@pytest.mark.parametrize(
    "typed",
    [
        '<b>bold</b> & <font color="red">red</font>',
        "&lt;script&gt; &amp; <img src='file:///etc/passwd'/>",
        "unclosed <i and </para>",
        "=1+1 (a formula)",
        "back\\slash (brackets) ]] >> endstream",
        "%PDF %s {0} {name}",
    ],
)
def test_markup_is_shown_as_text(typed: str, draw: PdfReport) -> None:
    filled = details(
        patient_reference=typed, lesion_label=typed, note=typed, clinical_question=typed
    )
    dense = "".join(_text(draw(routine(details=filled).content(site_name=typed))).split())
    # On two pages: the header on each, and once for reference, lesion, site, note and question.
    assert dense.count("".join(typed.split())) == 7


def test_a_note_of_ten_thousand_characters_is_printed_to_the_last(draw: PdfReport) -> None:
    words = [f"word{n:04d}" for n in range(1111)]
    note = " ".join(words)
    assert len(note) == 9998
    text = _text(draw(routine(details=details(note=note)).content()))
    assert [word for word in words if word not in text] == []


def test_ten_thousand_characters_without_a_space_are_wrapped_and_complete(draw: PdfReport) -> None:
    note = "".join(chr(ord("a") + n % 26) for n in range(10_000))
    pdf = draw(routine(details=details(note=note)).content())
    lines = [line for line in _text(pdf).splitlines() if len(line) > 40 and line.isalpha()]
    assert "".join(lines) == note


def test_line_feeds_in_a_note_are_kept(draw: PdfReport) -> None:
    text = _text(draw(routine(details=details(note="first\nsecond\n\nthird")).content()))
    assert "first\nsecond\n" in text
    assert text.index("second") < text.index("third")


def test_a_note_may_fill_pages_with_line_feeds(draw: PdfReport) -> None:
    pdf = draw(routine(details=details(note="x" + "\n" * 9998 + "y")).content())
    assert len(PdfReader(BytesIO(pdf)).pages) > 100


def test_a_reference_without_a_picture_is_spelled_out_in_full(draw: PdfReport) -> None:
    filled = details(patient_reference="\U0001fae0" * 64)
    first = PdfReader(BytesIO(draw(routine(details=filled).content()))).pages[0].extract_text()
    assert "".join(first.split()).count("[U+1FAE0]") == 128


NAMES = {
    "Greek": "Ελένη Παπαδοπούλου",
    "Cyrillic": "Дмитрий Їжак",
    "Vietnamese": "Nguyễn Thị Ánh",
    "Devanagari": "क्षत्रिय हिन्दी कि",
    "Thai": "สมชาย น้ำ",
    "Chinese": "李小龍",
    "Japanese": "山田たろうカナ",
    "Korean": "김철수",
    "Bengali": "রবীন্দ্রনাথ",
    "Gurmukhi": "ਗੁਰਪ੍ਰੀਤ",
    "Gujarati": "ગુજરાતી",
    "Tamil": "தமிழ்ச்செல்வி",
    "Armenian": "Հայկ",
    "Georgian": "ნინო",
    "Amharic": "አማርኛ",
    "Hebrew": "שרהלוי",
    "Arabic": "محمدعبدالله",
}


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_a_name_can_be_read_and_copied_in_its_script(name: str, draw: PdfReport) -> None:
    text = _text(draw(routine(details=details(patient_reference=name)).content()))
    # Header of both pages, and the reference itself.
    assert text.count(name) == 3
    assert "[U+" not in text


@needs_poppler
@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_another_reader_copies_the_same_name(name: str, draw: PdfReport, tmp_path: Path) -> None:
    text = _poppler(draw(routine(details=details(patient_reference=name)).content()), tmp_path)
    assert text.count(name) == 3


@pytest.mark.parametrize(
    "note", ["عمره 45 سنة (MRN 123) لديه", "שלום (abc) 12", "مُحَمَّد علاء", "name: אבג 12 " * 30]
)
def test_right_to_left_text_is_read_aloud_in_the_order_typed(note: str, draw: PdfReport) -> None:
    pdf = draw(routine(details=details(note=note.strip())).content())
    tree = PdfReader(BytesIO(pdf)).trailer["/Root"]["/StructTreeRoot"]["/K"]
    spoken = [kid.get_object().get("/ActualText") for kid in tree["/K"]]
    assert [text for text in spoken if text] == [note.strip()]


def test_a_direction_control_is_shown_and_not_obeyed(draw: PdfReport) -> None:
    filled = details(note="MRN 12\u202e34")
    assert "MRN 12[U+202E]34" in _text(draw(routine(details=filled).content()))
