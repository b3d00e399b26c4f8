"""Order of right-to-left text: the Unicode Bidirectional Algorithm (UAX #9) for plain text.

Explicit embeddings, overrides and isolates are no part of it: the report shows such characters as
code points instead of obeying them, because they make one reference read as another.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")

# Opening and closing brackets in pairs; the rest of the Unicode list is not typed in names.
_PAIRS = "()[]{}⟨⟩⟦⟧⟪⟫〈〉《》「」『』【】〔〕（）［］｛｝"
_CLOSER = dict(zip(_PAIRS[::2], _PAIRS[1::2], strict=True))
_CLOSERS = frozenset(_CLOSER.values())
_NUMBERS = frozenset({"EN", "AN"})
_NEUTRAL = frozenset({"B", "S", "WS", "ON"})
_BRACKET_DEPTH = 63  # BD16


def base_level(text: str) -> int:
    """0 for left-to-right, 1 for right-to-left, by the first strong letter (P2, P3)."""
    for character in text:
        kind = unicodedata.bidirectional(character)
        if kind == "L":
            return 0
        if kind in ("R", "AL"):
            return 1
    return 0


def levels(text: str, base: int) -> list[int]:
    """Embedding level of each character of one paragraph; even reads left to right."""
    kinds = [_kind(character) for character in text]
    _resolve_weak(kinds, _direction(base))
    _resolve_brackets(text, kinds, base)
    _resolve_neutral(kinds, base)
    return [_implicit(kind, base) for kind in kinds]


def visual_order(items: Sequence[T], item_levels: Sequence[int]) -> list[T]:
    """Items of one line from left to right (L2)."""
    order = list(range(len(items)))
    odd = [level for level in item_levels if level % 2]
    for level in range(max(item_levels, default=0), min(odd, default=1) - 1, -1):
        for start, end in _spans([item_levels[i] >= level for i in order]):
            order[start:end] = order[start:end][::-1]
    return [items[i] for i in order]


def _spans(flags: Sequence[bool]) -> Iterator[tuple[int, int]]:
    start = None
    for index, flag in enumerate((*flags, False)):
        if flag and start is None:
            start = index
        elif not flag and start is not None:
            yield start, index
            start = None


def _kind(character: str) -> str:
    # An unassigned code point has no class in unicodedata; it is laid out like a letter.
    kind = unicodedata.bidirectional(character) or "L"
    return "NSM" if kind == "BN" else kind


def _direction(level: int) -> str:
    return "R" if level % 2 else "L"


def _resolve_weak(kinds: list[str], start: str) -> None:
    strong = previous = start
    for index, kind in enumerate(kinds):  # W1 to W3
        now = previous if kind == "NSM" else kind
        if now in ("L", "R", "AL"):
            strong = now
        elif now == "EN" and strong == "AL":
            now = "AN"
        kinds[index] = previous = now
    kinds[:] = ["R" if kind == "AL" else kind for kind in kinds]
    _join_numbers(kinds)
    strong = start
    for index, kind in enumerate(kinds):  # W7
        if kind in ("L", "R"):
            strong = kind
        elif kind == "EN" and strong == "L":
            kinds[index] = "L"


def _join_numbers(kinds: list[str]) -> None:
    for i in range(1, len(kinds) - 1):  # W4
        around = {kinds[i - 1], kinds[i + 1]}
        if kinds[i] == "ES" and around == {"EN"}:
            kinds[i] = "EN"
        elif kinds[i] == "CS" and around in ({"EN"}, {"AN"}):
            kinds[i] = kinds[i - 1]
    for start, end in list(_spans([kind == "ET" for kind in kinds])):  # W5
        if "EN" in kinds[max(start - 1, 0) : start] or "EN" in kinds[end : end + 1]:
            kinds[start:end] = ["EN"] * (end - start)
    kinds[:] = ["ON" if kind in ("ES", "ET", "CS") else kind for kind in kinds]  # W6


def _strong(kind: str) -> str:
    return "R" if kind in _NUMBERS else kind


def _resolve_brackets(text: str, kinds: list[str], base: int) -> None:
    embedding = _direction(base)
    for opening, closing in _bracket_pairs(text, kinds):  # N0
        inside = {_strong(k) for k in kinds[opening + 1 : closing]} & {"L", "R"}
        if not inside:
            continue
        direction = embedding
        if embedding not in inside:
            before = [_strong(k) for k in kinds[:opening] if _strong(k) in ("L", "R")]
            other = "L" if embedding == "R" else "R"
            direction = other if (before or [embedding])[-1] == other else embedding
        kinds[opening] = kinds[closing] = direction


def _bracket_pairs(text: str, kinds: Sequence[str]) -> list[tuple[int, int]]:
    pairs: list[tuple[int, int]] = []
    stack: list[tuple[str, int]] = []
    for index, character in enumerate(text):
        if kinds[index] != "ON":
            continue
        if character in _CLOSER:
            if len(stack) == _BRACKET_DEPTH:
                return []
            stack.append((_CLOSER[character], index))
        elif character in _CLOSERS:
            depths = [i for i, (closer, _) in enumerate(stack) if closer == character]
            if depths:
                pairs.append((stack[depths[-1]][1], index))
                del stack[depths[-1] :]
    return sorted(pairs)


def _resolve_neutral(kinds: list[str], base: int) -> None:
    embedding = _direction(base)
    for start, end in list(_spans([kind in _NEUTRAL for kind in kinds])):  # N1, N2
        before = _strong(kinds[start - 1]) if start else embedding
        after = _strong(kinds[end]) if end < len(kinds) else embedding
        kinds[start:end] = [before if before == after else embedding] * (end - start)


def _implicit(kind: str, base: int) -> int:  # I1, I2
    if base % 2:
        return base if kind == "R" else base + 1
    return base + {"L": 0, "R": 1}.get(kind, 2)
