"""From text to placed glyphs, with HarfBuzz: joining, reordering, ligatures, marks, kerning."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

import uharfbuzz as hb

from triage_app.report.bidi import base_level, levels
from triage_app.report.faces import Face, FaceBook, Run


@dataclass(frozen=True, slots=True)
class Glyph:
    """One glyph; advance and offsets in thousandths of an em, ``text`` is what it stands for.

    The texts of a cluster's glyphs, in reading order, add up to the cluster's text, so that
    copying and searching work in the finished document.
    """

    index: int
    advance: float
    right: float
    up: float
    text: str


@dataclass(frozen=True, slots=True)
class Cluster:
    """The smallest piece of text that is drawn as a whole; ``glyphs`` from left to right."""

    text: str
    face: Face
    level: int
    glyphs: tuple[Glyph, ...]
    advance: float


def shape(text: str, faces: FaceBook, bold: bool) -> list[Cluster]:
    """Clusters of one paragraph (no line feed) in reading order."""
    levels_of = levels(text, base_level(text))
    clusters: list[Cluster] = []
    for run in faces.runs(text, bold):
        for start, end, level in _level_runs(levels_of, run):
            clusters.extend(_shape_run(text[start:end], run.face, level))
    return clusters


def _level_runs(levels_of: list[int], run: Run) -> Iterator[tuple[int, int, int]]:
    start = run.start
    for level, group in groupby(levels_of[run.start : run.end]):
        end = start + len(list(group))
        yield start, end, level
        start = end


def _shape_run(text: str, face: Face, level: int) -> list[Cluster]:
    buffer = hb.Buffer()
    buffer.add_codepoints([ord(character) for character in text])
    buffer.direction = "rtl" if level % 2 else "ltr"
    # Otherwise HarfBuzz takes the language of the process, and the same report would differ.
    buffer.language = "en"
    buffer.guess_segment_properties()
    hb.shape(face.font, buffer)
    pieces = list(zip(buffer.glyph_infos, buffer.glyph_positions, strict=True))
    groups = [(key, list(group)) for key, group in groupby(pieces, key=lambda p: p[0].cluster)]
    if level % 2:
        groups.reverse()
    ends = [key for key, _ in groups[1:]] + [len(text)]
    return [
        _cluster(text[start:end], face, level, group)
        for (start, group), end in zip(groups, ends, strict=True)
    ]


def _cluster(
    text: str, face: Face, level: int, pieces: list[tuple[hb.GlyphInfo, hb.GlyphPosition]]
) -> Cluster:
    scale = face.scale
    if len(pieces) == 1:
        # Nearly always, and the most frequent step of a report.
        ((info, at),) = pieces
        advance = scale * at.x_advance
        glyph = Glyph(info.codepoint, advance, scale * at.x_offset, scale * at.y_offset, text)
        return Cluster(text, face, level, (glyph,), advance)
    texts = _share(text, len(pieces))
    if level % 2:
        texts.reverse()
    glyphs = tuple(
        Glyph(
            info.codepoint, scale * at.x_advance, scale * at.x_offset, scale * at.y_offset, shared
        )
        for (info, at), shared in zip(pieces, texts, strict=True)
    )
    return Cluster(text, face, level, glyphs, sum(glyph.advance for glyph in glyphs))


def _share(text: str, count: int) -> list[str]:
    """One character for each glyph, the rest with the last; spare glyphs stand for nothing."""
    shared = list(text[: count - 1])
    shared.append(text[count - 1 :])
    return shared + [""] * (count - len(shared))
