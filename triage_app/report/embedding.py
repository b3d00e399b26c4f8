"""Fonts inside the finished PDF: the glyphs that were used, and the text that they stand for.

Each face becomes one composite font (ISO 32000-1, 9.7) with two-byte codes. A code names a glyph
together with its text, so that one glyph can stand for different text in different places and a
reader can still copy and search. The font program holds the used glyphs only.
"""

import struct
from collections.abc import Sequence
from typing import Any

import uharfbuzz as hb
from reportlab.pdfbase import pdfdoc

from triage_app.report.faces import Face
from triage_app.report.shaping import Cluster, Glyph

_SYMBOLIC = 4  # flag of a font with codes of its own
_STEM = 80  # asked for by the format, used only where the font program is not
# What a PDF reader needs of a TrueType font; the rest is layout, which is done already.
_KEPT_TABLES = frozenset({"glyf", "head", "hhea", "hmtx", "loca", "maxp", "cvt ", "fpgm", "prep"})
_TO_UNICODE = (
    "/CIDInit /ProcSet findresource begin 12 dict begin begincmap "
    "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def "
    "/CMapName /Adobe-Identity-UCS def /CMapType 2 def "
    "1 begincodespacerange <0000> <FFFF> endcodespacerange\n"
    "{pairs}"
    "endcmap CMapName currentdict /CMap defineresource pop end end"
)
_PAIRS_AT_ONCE = 100  # the format's limit for one block


class _Pen:
    """Collects text operators, and keeps to the shaped positions by moves within the line."""

    def __init__(self, size: float) -> None:
        self._size = size
        self._parts: list[str] = []
        self._array = ""
        self._rise = 0.0
        self._behind = 0.0  # thousandths of an em from the reader's pen to the shaped position

    def draw(self, glyph: Glyph, code: int, width: int) -> None:
        """One glyph; ``width`` is the advance that the font states for it."""
        self._raise(glyph.up)
        step = round(self._behind + glyph.right)
        self._array += f" {-step} " if step else ""
        self._array += f"<{code:04X}>"
        self._behind += glyph.advance - step - width

    def open(self, text: str) -> None:
        """Start a piece that stands for ``text``."""
        self._flush()
        stated = (b"\xfe\xff" + text.encode("utf-16-be")).hex().upper()
        self._parts.append(f"/Span <</ActualText <{stated}>>> BDC")

    def close(self) -> None:
        """End the piece."""
        self._raise(0.0)
        self._flush()
        self._parts.append("EMC")

    def operators(self) -> str:
        """Everything so far."""
        self._raise(0.0)
        self._flush()
        return " ".join(self._parts)

    def _raise(self, up: float) -> None:
        if up != self._rise:
            self._flush()
            self._parts.append(f"{up * self._size / 1000:.3f} Ts")
            self._rise = up

    def _flush(self) -> None:
        if self._array:
            self._parts.append(f"[{self._array.replace('><', '')}] TJ")
            self._array = ""


class EmbeddedFont:
    """One face in one document; collects codes while pages are drawn."""

    def __init__(self, face: Face, number: int) -> None:
        self.resource = f"T{number}"
        self._face = face
        self._tag = "".join(chr(ord("A") + int(digit)) for digit in f"{number:06d}")
        self._codes: dict[tuple[int, str], int] = {}

    def show(self, clusters: Sequence[Cluster], size: float) -> str:
        """Text operators that draw the clusters one after another at a size in points."""
        pen = _Pen(size)
        for cluster in clusters:
            # The glyphs of a mark or a conjunct stand in another order than its characters. From
            # right to left readers turn such a statement round, and manage without.
            stated = len(cluster.glyphs) > 1 and cluster.level % 2 == 0
            if stated:
                pen.open(cluster.text)
            for glyph in cluster.glyphs:
                code = self._code(glyph.index, glyph.text)
                pen.draw(glyph, code, self._face.width(glyph.index))
            if stated:
                pen.close()
        return pen.operators()

    def _code(self, glyph: int, text: str) -> int:
        return self._codes.setdefault((glyph, text), len(self._codes) + 1)

    def addObjects(self, document: Any) -> None:
        """Write the font into the document; ReportLab calls it when all pages are drawn."""
        name = pdfdoc.PDFName(f"{self._tag}+{self._face.name}")
        program, places = self._program()
        descendant = document.Reference(self._descendant(document, name, program, places))
        font = pdfdoc.PDFDictionary(
            {
                "Type": pdfdoc.PDFName("Font"),
                "Subtype": pdfdoc.PDFName("Type0"),
                "BaseFont": name,
                "Encoding": pdfdoc.PDFName("Identity-H"),
                "DescendantFonts": pdfdoc.PDFArray([descendant]),
                "ToUnicode": _stream(document, self._to_unicode()),
            }
        )
        fonts = document.idToObject[pdfdoc.BasicFonts]
        fonts.dict[self.resource] = document.Reference(font)

    def _descendant(self, document: Any, name: str, program: bytes, places: bytes) -> Any:
        widths = [0, *(self._face.width(glyph) for glyph, _ in self._codes)]
        system = {
            "Registry": pdfdoc.PDFString("Adobe"),
            "Ordering": pdfdoc.PDFString("Identity"),
            "Supplement": 0,
        }
        return pdfdoc.PDFDictionary(
            {
                "Type": pdfdoc.PDFName("Font"),
                "Subtype": pdfdoc.PDFName("CIDFontType2"),
                "BaseFont": name,
                "CIDSystemInfo": pdfdoc.PDFDictionary(system),
                "FontDescriptor": document.Reference(self._descriptor(document, name, program)),
                "DW": 1000,
                "W": pdfdoc.PDFArray([0, pdfdoc.PDFArray(widths)]),
                "CIDToGIDMap": _stream(document, places),
            }
        )

    def _descriptor(self, document: Any, name: str, program: bytes) -> Any:
        scale = self._face.scale
        extents = self._face.font.get_font_extents("ltr")
        box = struct.unpack(">4h", self._face.shape.reference_table("head").data[36:44])
        return pdfdoc.PDFDictionary(
            {
                "Type": pdfdoc.PDFName("FontDescriptor"),
                "FontName": name,
                "Flags": _SYMBOLIC,
                "FontBBox": pdfdoc.PDFArray([round(scale * edge) for edge in box]),
                "ItalicAngle": 0,
                "Ascent": round(scale * extents.ascender),
                "Descent": round(scale * extents.descender),
                "CapHeight": round(scale * extents.ascender),
                "StemV": _STEM,
                "FontFile2": _stream(document, program, {"Length1": len(program)}),
            }
        )

    def _program(self) -> tuple[bytes, bytes]:
        """The font with the used glyphs only, and the glyph of each code as big-endian uint16."""
        wanted = hb.SubsetInput()
        wanted.flags = hb.SubsetFlags.NO_LAYOUT_CLOSURE | hb.SubsetFlags.NO_HINTING
        wanted.glyph_set.update(glyph for glyph, _ in self._codes)
        dropped = {tag for tag in self._face.shape.table_tags if tag not in _KEPT_TABLES}
        wanted.drop_table_tag_set.update(_tag(name) for name in dropped)
        plan = hb.SubsetPlan(self._face.shape, wanted)
        places = plan.old_to_new_glyph_mapping
        order = [0, *(places[glyph] for glyph, _ in self._codes)]
        return plan.execute().blob.data, struct.pack(f">{len(order)}H", *order)

    def _to_unicode(self) -> bytes:
        pairs = [
            f"<{code:04X}> <{text.encode('utf-16-be').hex().upper()}>\n"
            for (_, text), code in self._codes.items()
            if text
        ]
        blocks = [pairs[i : i + _PAIRS_AT_ONCE] for i in range(0, len(pairs), _PAIRS_AT_ONCE)]
        body = "".join(f"{len(b)} beginbfchar\n{''.join(b)}endbfchar\n" for b in blocks)
        return _TO_UNICODE.format(pairs=body).encode("ascii")


class DocumentFonts:
    """The embedded fonts of one document."""

    def __init__(self, document: Any) -> None:
        self._document = document
        self._fonts: dict[Face, EmbeddedFont] = {}

    def __getitem__(self, face: Face) -> EmbeddedFont:
        if face not in self._fonts:
            font = EmbeddedFont(face, len(self._fonts))
            self._fonts[face] = font
            self._document.delayedFonts.append(font)
        return self._fonts[face]


def _tag(name: str) -> int:
    return int.from_bytes(name.encode("ascii"), "big")


def _stream(document: Any, content: bytes, extra: dict[str, int] | None = None) -> Any:
    dictionary = pdfdoc.PDFDictionary(extra or {})
    stream = pdfdoc.PDFStream(dictionary, content, [pdfdoc.PDFZCompress])
    return document.Reference(stream)
