"""Breaking text into lines, and choosing faces."""

import random
from pathlib import Path

import pytest

from tests.samples.report_samples import FONTS
from triage_app.report.errors import ReportFontsMissing
from triage_app.report.faces import FALLBACKS, FaceBook
from triage_app.report.lines import Line, break_text

NARROW = 10_000.0  # ten ems


@pytest.fixture(scope="module")
def faces() -> FaceBook:
    return FaceBook(FONTS)


def _text(line: Line) -> str:
    return "".join(cluster.text for cluster in line.clusters)


def _faces_of(text: str, faces: FaceBook) -> set[str]:
    return {run.face.name for run in faces.runs(text, bold=False)}


def test_words_wrap_at_spaces_and_line_feeds_stay(faces: FaceBook) -> None:
    lines = break_text("one two three four five\n\nsix", faces, False, NARROW)
    assert [_text(line).rstrip() for line in lines] == ["one two three four", "five", "", "six"]
    assert [line.ends for line in lines] == [False, True, True, True]


def test_a_wrapped_line_keeps_its_space_outside_its_width(faces: FaceBook) -> None:
    first, _ = break_text("one two three four five", faces, False, NARROW)
    alone = break_text("one two three four", faces, False, 1e6)[0]
    assert _text(first).endswith(" ")
    assert first.width == pytest.approx(alone.width)


def test_an_unbroken_word_is_broken_and_loses_nothing(faces: FaceBook) -> None:
    lines = break_text("x" * 300, faces, False, NARROW)
    assert "".join(_text(line) for line in lines) == "x" * 300
    assert all(line.width <= NARROW for line in lines)


def test_a_page_that_is_narrower_than_a_letter_still_ends(faces: FaceBook) -> None:
    assert len(break_text("WWW", faces, False, 1.0)) == 3


def test_chinese_wraps_between_characters_and_never_starts_with_a_full_stop(
    faces: FaceBook,
) -> None:
    lines = break_text("患者自述无变化无变化无变。建议随访", faces, False, NARROW)
    assert len(lines) == 2
    assert not _text(lines[1]).startswith("。")


def test_no_line_is_wider_than_asked_whatever_is_typed(faces: FaceBook) -> None:
    chance = random.Random(7)
    letters = "abc WM.-/()[]12%\n\u00e9\u0301אבعدकिक्षนา้ำ李。「김😀\u200d\u200b\u202e\ue000\x07"
    for _ in range(150):
        text = "".join(chance.choices(letters, k=chance.randint(1, 60)))
        lines = break_text(text, faces, chance.random() < 0.5, NARROW)
        assert all(line.width <= NARROW for line in lines), repr(text)
        kept = sorted(c for line in lines for c in _text(line) if not c.isspace())
        assert kept == sorted(c for c in faces.visible(text) if not c.isspace()), repr(text)


@pytest.mark.parametrize(
    ("text", "face"),
    [
        ("Ægir Ønskværdig Nguyễn", "NotoSans-Regular"),
        ("Ελένη Дмитрий", "NotoSans-Regular"),
        ("محمد", "NotoSansArabic-Regular"),
        ("שרה", "NotoSansHebrew-Regular"),
        ("क्षत्रिय", "NotoSansDevanagari-Regular"),
        ("สมชาย", "NotoSansThai-Regular"),
        ("李小龍山田김철수", "WenQuanYiMicroHei"),
        ("≥✓", "DejaVuSans"),
    ],
)
def test_each_script_has_its_face(text: str, face: str, faces: FaceBook) -> None:
    assert _faces_of(text.replace(" ", ""), faces) == {face}


def test_arabic_letters_are_joined_by_shaping(faces: FaceBook) -> None:
    (line,) = break_text("ببب", faces, False, NARROW)
    glyphs = [cluster.glyphs[0].index for cluster in line.clusters]
    assert len(set(glyphs)) == 3, "initial, medial and final form are different glyphs"


def test_a_conjunct_is_one_piece_in_devanagari(faces: FaceBook) -> None:
    (line,) = break_text("क्षि", faces, False, NARROW)
    assert [cluster.text for cluster in line.clusters] == ["क्षि"]


def test_what_no_font_has_is_shown_as_its_code_point(faces: FaceBook) -> None:
    assert faces.visible("a\U0001fae0b") == "a[U+1FAE0]b"
    assert faces.visible("\U00020bb7") == "[U+20BB7]"


def test_characters_that_hide_or_turn_text_are_shown(faces: FaceBook) -> None:
    assert faces.visible("1\u202e2\u200f3\x00\ufeff") == "1[U+202E]2[U+200F]3[U+0000][U+FEFF]"


def test_joiners_that_a_script_needs_are_kept(faces: FaceBook) -> None:
    assert faces.visible("می\u200cخواهم") == "می\u200cخواهم"


def test_a_missing_font_is_named_before_anything_is_drawn(tmp_path: Path) -> None:
    for file in FONTS.glob("*.tt*"):
        (tmp_path / file.name).symlink_to(file)
    (tmp_path / FALLBACKS[0]).unlink()
    with pytest.raises(ReportFontsMissing, match=FALLBACKS[0]):
        FaceBook(tmp_path)


def test_a_damaged_font_is_named_when_it_is_needed(tmp_path: Path) -> None:
    for file in FONTS.glob("*.tt*"):
        (tmp_path / file.name).symlink_to(file)
    (tmp_path / FALLBACKS[0]).unlink()
    (tmp_path / FALLBACKS[0]).write_bytes(b"not a font")
    with pytest.raises(ReportFontsMissing, match=FALLBACKS[0]):
        break_text("محمد", FaceBook(tmp_path), False, NARROW)


def test_the_shipped_fonts_are_small_and_every_one_has_its_licence() -> None:
    files = [*FONTS.glob("*.ttf"), *FONTS.glob("*.ttc")]
    assert sum(file.stat().st_size for file in files) < 12_000_000
    named = (FONTS / "LICENSE-OFL-1.1.txt").read_text(encoding="utf-8")
    others = {"DejaVuSans.ttf", "WenQuanYiMicroHei.ttc"}
    assert {file.name for file in files if file.name not in named} == others
    for licence in ("LICENSE-DejaVu.txt", "LICENSE-Apache-2.0.txt", "NOTICE-WenQuanYiMicroHei.txt"):
        assert (FONTS / licence).stat().st_size > 500
