"""The fonts of the report: which file draws which character.

``Face`` wraps one font file for shaping (HarfBuzz); ``FaceBook`` picks the face of each character.
Both are read-only after loading and are shared by all reports of a process.
"""

import unicodedata
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import uharfbuzz as hb

from triage_app.report.errors import ReportFontsMissing

REGULAR = "NotoSans-Regular.ttf"
BOLD = "NotoSans-Bold.ttf"
_SCRIPTS = (
    "Arabic Hebrew Devanagari Bengali Gurmukhi Gujarati Oriya Tamil Telugu Kannada Malayalam "
    "Sinhala Thai Lao Khmer Myanmar Armenian Georgian Ethiopic"
)
# Asked in this order for what the base face lacks. DejaVu Sans, for symbols, comes after the
# scripts because it also has letters (Arabic among them) that their own faces draw better, and
# before the ideographs, whose face has symbols of full width.
FALLBACKS = (
    *(f"NotoSans{script}-Regular.ttf" for script in _SCRIPTS.split()),
    "DejaVuSans.ttf",
    "WenQuanYiMicroHei.ttc",
)

# Characters without a picture of their own that a script needs: joiners, break opportunities,
# variation selectors. Any other invisible character is shown as its code point.
_SILENT = frozenset(
    {"\u00ad", "\u034f", "\u200b", "\u200c", "\u200d", "\u2060"}
    | {chr(code) for code in range(0xFE00, 0xFE10)}
)


class Face:
    """One font file; equal only to itself."""

    def __init__(self, path: Path) -> None:
        self.name = path.stem
        self._path = path

    @cached_property
    def shape(self) -> hb.Face:
        """The font's tables. Raises ReportFontsMissing when the file cannot be used."""
        try:
            face = hb.Face(hb.Blob(self._path.read_bytes()))
        except OSError as error:
            raise ReportFontsMissing(self._path.name) from error
        if not face.glyph_count:
            raise ReportFontsMissing(self._path.name)
        return face

    @cached_property
    def font(self) -> hb.Font:
        """The face at a size of one em, in font units."""
        return hb.Font(self.shape)

    @cached_property
    def scale(self) -> float:
        """Thousandths of an em in one font unit."""
        return 1000 / int(self.shape.upem)

    @cached_property
    def characters(self) -> frozenset[int]:
        """Code points that the face has a glyph for."""
        return frozenset(self.shape.unicodes)

    def width(self, glyph: int) -> int:
        """Advance of a glyph in thousandths of an em, rounded as the PDF states it."""
        return round(self.scale * int(self.font.get_glyph_h_advance(glyph)))


@dataclass(frozen=True)
class Run:
    """Characters ``start`` to ``end`` of a text, drawn with one face."""

    start: int
    end: int
    face: Face


class FaceBook:
    """All faces in a folder, loaded when a text first needs them."""

    def __init__(self, folder: Path) -> None:
        """Raises ReportFontsMissing when one of the files is not there."""
        names = (REGULAR, BOLD, *FALLBACKS)
        for name in names:
            if not (folder / name).is_file():
                raise ReportFontsMissing(name)
        regular, bold, *others = (Face(folder / name) for name in names)
        self._order = {False: (regular, *others), True: (bold, *others)}
        self._chosen: dict[tuple[str, bool], Face | None] = {}

    def runs(self, text: str, bold: bool) -> list[Run]:
        """The text in runs of one face; every character must be drawable (see ``visible``)."""
        found: list[Run] = []
        for index, character in enumerate(text):
            last = found[-1] if found else None
            face = self._face(character, bold, last.face if last else None)
            if last and last.face is face:
                found[-1] = Run(last.start, index + 1, face)
            else:
                found.append(Run(index, index + 1, face))
        return found

    def visible(self, text: str) -> str:
        """The text with everything that no face can draw as its code point in brackets.

        Direction controls and other invisible characters count as such: a reader must be able to
        see what a reference holds. A tab becomes four spaces; line feeds stay.
        """
        return "".join(self._shown(character) for character in text)

    def _shown(self, character: str) -> str:
        if character == "\n" or character in _SILENT:
            return character
        if character == "\t":
            return "    "
        if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"):
            return _code_point(character)
        drawable = self._choose(character, bold=False) is not None
        return character if drawable else _code_point(character)

    def _face(self, character: str, bold: bool, last: Face | None) -> Face:
        """A mark stays with its letter's face where that has it, so that it is placed on it."""
        silent = character in _SILENT
        joins = silent or unicodedata.category(character).startswith("M")
        if joins and last and (silent or ord(character) in last.characters):
            return last
        chosen = self._choose(character, bold)
        return chosen or self._order[bold][0]

    def _choose(self, character: str, bold: bool) -> Face | None:
        key = (character, bold)
        if key not in self._chosen:
            code = ord(character)
            faces = (face for face in self._order[bold] if code in face.characters)
            self._chosen[key] = next(faces, None)
        return self._chosen[key]


def _code_point(character: str) -> str:
    return f"[U+{ord(character):04X}]"
