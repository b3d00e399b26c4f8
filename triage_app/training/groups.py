"""Which photographs must stay together: those of one lesion, or of one patient."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from triage_app.training.published import Facts

Node = tuple[str, str]
# A name that stands for the whole: the patient before the lesion before the photograph.
_KINDS = ("patient", "lesion", "image")
_COPY_MARK = "_downsampled"


def groups_of(known: Sequence[Facts]) -> list[str]:
    """The group of each photograph: as given, else all that share a patient or a lesion.

    Two photographs are in one group if any chain of shared ids joins them, so that none can leak
    from one split into another. A photograph without ids is a group of its own.
    """
    parents: dict[Node, Node] = {}
    for facts in known:
        nodes = _nodes(facts)
        for node in nodes:
            _join(parents, nodes[0], node)
    whole: dict[Node, list[Node]] = {}
    for node in list(parents):
        whole.setdefault(_root(parents, node), []).append(node)
    named = _named(list(whole.values()))
    return [named[_nodes(facts)[0]] for facts in known]


def _nodes(facts: Facts) -> list[Node]:
    if facts.group:
        return [("group", facts.group)]
    image = facts.image.casefold().rpartition("/")[2].partition(".")[0].removesuffix(_COPY_MARK)
    ids = (("patient", facts.patient), ("lesion", facts.lesion), ("image", image))
    return [node for node in ids if node[1]]


def _root(parents: dict[Node, Node], node: Node) -> Node:
    parents.setdefault(node, node)
    while parents[node] != node:
        parents[node] = parents[parents[node]]
        node = parents[node]
    return node


def _join(parents: dict[Node, Node], one: Node, other: Node) -> None:
    parents[_root(parents, one)] = _root(parents, other)


def _named(wholes: Sequence[Sequence[Node]]) -> dict[Node, str]:
    """A name for each whole, with the kind of id before it where two would have the same."""
    chosen = [min(whole, key=_rank) for whole in wholes]
    names = [name for _, name in chosen]
    taken = {name for name, count in Counter(names).items() if count > 1}
    found = {}
    for whole, (kind, name) in zip(wholes, chosen, strict=True):
        for node in whole:
            found[node] = f"{kind} {name}" if name in taken else name
    return found


def _rank(node: Node) -> tuple[int, str]:
    kind, name = node
    return (_KINDS.index(kind) if kind in _KINDS else -1, name)
