"""One source left out: a model trained without a clinic and measured on it is the honest figure."""

from __future__ import annotations

from collections.abc import Sequence

from triage_app.training.data import Record
from triage_app.training.errors import UnknownSource


def without(records: Sequence[Record], source: str) -> list[Record]:
    """The records of every other source, all of them for an empty name; raises UnknownSource."""
    if not source:
        return list(records)
    _check(records, source)
    return [record for record in records if record.source != source]


def only(records: Sequence[Record], source: str) -> list[Record]:
    """The records of one source, all of them for an empty name; raises UnknownSource."""
    if not source:
        return list(records)
    _check(records, source)
    return [record for record in records if record.source == source]


def _check(records: Sequence[Record], source: str) -> None:
    known = sorted({record.source for record in records})
    if source not in known:
        raise UnknownSource(source, known)
