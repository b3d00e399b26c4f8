"""Breaking a shaped paragraph into lines."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from triage_app.report.bidi import base_level, visual_order
from triage_app.report.faces import FaceBook
from triage_app.report.shaping import Cluster, shape

# Never at the start, or at the end, of a line of Chinese or Japanese.
_NOT_FIRST = frozenset(
    "、。，．・：；？！）］｝〕〉》」』】ー々ぁぃぅぇぉっゃゅょァィゥェォッャュョ"
)
_NOT_LAST = frozenset("（［｛〔〈《「『【")
_BREAK_AFTER = frozenset(" \u200b\u00ad\u3000")


@dataclass(frozen=True, slots=True)
class Line:
    """Clusters from left to right; ``width`` in thousandths of an em, ``text`` as it is read.

    ``ends`` marks the last line of a paragraph. A wrapped left-to-right line keeps the space that
    it was broken at, outside its width, so that words stay apart for a screen reader.
    """

    clusters: tuple[Cluster, ...]
    text: str
    width: float
    rtl: bool
    ends: bool


def break_text(text: str, faces: FaceBook, bold: bool, width: float) -> list[Line]:
    """Lines of a text with line feeds, none wider than ``width`` (thousandths of an em).

    Text breaks after spaces and between ideographs; a word that is too long for a whole line
    breaks inside. An empty paragraph gives an empty line.
    """
    found: list[Line] = []
    for paragraph in faces.visible(text).split("\n"):
        rtl = bool(base_level(paragraph))
        clusters = shape(paragraph, faces, bold)
        parts = _break(clusters, width)
        found.extend(_line(part, rtl, part is parts[-1]) for part in parts)
    return found


def _break(clusters: Sequence[Cluster], width: float) -> list[Sequence[Cluster]]:
    parts: list[Sequence[Cluster]] = []
    start, last_break, used = 0, 0, 0.0
    for index, cluster in enumerate(clusters):
        if index > start and _may_break(clusters[index - 1], cluster):
            last_break = index
        used += cluster.advance
        if used <= width or cluster.text.isspace() or index == start:
            continue
        end = last_break if last_break > start else index
        parts.append(clusters[start:end])
        start = end
        used = sum(c.advance for c in clusters[start : index + 1])
    parts.append(clusters[start:])
    return parts


def _may_break(before: Cluster, after: Cluster) -> bool:
    left, right = before.text[-1], after.text[0]
    if left in _BREAK_AFTER:
        return right not in _BREAK_AFTER
    if (left in "-/" and right.isalpha()) or (left, right) == ("]", "["):
        return True
    wide = any(unicodedata.east_asian_width(c) in ("W", "F") for c in (left, right))
    return wide and left not in _NOT_LAST and right not in _NOT_FIRST


def _line(clusters: Sequence[Cluster], rtl: bool, ends: bool) -> Line:
    kept = list(clusters)
    while kept and kept[-1].text.isspace():
        kept.pop()
    ordered = visual_order(kept, [cluster.level for cluster in kept])
    if not (rtl or ends):
        ordered.extend(clusters[len(kept) : len(kept) + 1])
    text = "".join(cluster.text for cluster in clusters)
    return Line(tuple(ordered), text, sum(cluster.advance for cluster in kept), rtl, ends)
