"""How a list is to be found: the rare part first, so that nothing common is walked for its sake.

An index in the order of the list finds a page quickly where enough of what it passes matches. Where
little does, the cases are found first, by whatever leads to few, and put in order then.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from triage_app.domain.case import CaseFilter, CaseState, Order
from triage_app.domain.triage import RISK_RANK
from triage_app.storage.lists.filters import (
    Conditions,
    conditions,
    equal,
    indexed_phrase,
    part_conditions,
    reference_begins,
    since,
    undated,
    unindexed,
    until,
)
from triage_app.storage.lists.searching import holding
from triage_app.storage.lists.totals import count_about, count_kept, without_typed
from triage_app.storage.schema.cases import CaseRow

FEW = 500
"""So many are found first and sorted, if they are RARE among those that could match."""
FEW_WORDS = 200
"""The same of those that hold a word; more are walked by the full-text index anyway."""
RARE = 500
WALKED = 20_000
"""So many are walked through, looking at the text of each, rather than all that hold a word."""


@dataclass(frozen=True)
class Narrowed:
    """Conditions of the list, and what is known of it before it is read.

    The days are apart, because beyond a place of the list only one side of them may be looked up.
    ``ranks``: ranges of the order of risk, from high to low, None for all of it. ``total``: None
    where it is not known; it is counted by ``counting`` then, in which what was typed leads, and
    ``searched`` says that each text has to be looked at. ``phrase``: all matches hold it, and are
    walked by the full-text index.
    """

    where: Conditions
    since: Conditions
    until: Conditions
    ranks: tuple[tuple[int, int], ...] | None = None
    total: int | None = None
    phrase: str | None = None
    counting: Conditions = field(default_factory=list)
    searched: bool = False


def narrowed(session: Session, wanted: CaseFilter, order: Order) -> Narrowed:
    """The plan for a list."""
    kept = without_typed(wanted)
    total = count_kept(session, kept)
    known = total if kept == wanted or not total else None
    rows = _few(session, wanted, order, total)
    if rows is not None:
        found = [CaseRow.row_id.in_(_listed(rows)), *map(unindexed, conditions(wanted))]
        return Narrowed(found, [], [], total=known, counting=found)
    ranks = _ranks(wanted) if order is Order.RISK else None
    where, days = undated(wanted), (since(wanted), until(wanted))
    if order is Order.RISK:
        days = (list(map(unindexed, days[0])), list(map(unindexed, days[1])))
    phrase, counting = indexed_phrase(wanted.text), conditions(wanted)
    if wanted.patient_reference and not wanted.text:
        counting = [reference_begins(wanted.patient_reference), *map(unindexed, counting)]
    if phrase is None or order is Order.RISK or total <= WALKED:
        return Narrowed(where, *days, ranks, known, None, counting, bool(wanted.text))
    where = list(map(unindexed, where))
    return Narrowed(where, *days, None, known, phrase, list(map(unindexed, counting)), True)


def _few(session: Session, wanted: CaseFilter, order: Order, total: int) -> Sequence[int] | None:
    """Rows among which all matches are, if these are few and rare; None otherwise.

    ``total``: how many would match were nothing typed.
    """
    ways = [(select(CaseRow.row_id).where(one), FEW) for one in _probes(wanted)]
    phrase = indexed_phrase(wanted.text)
    if phrase is not None:
        ways.append((holding(phrase), FEW_WORDS))
    kept, passed = without_typed(wanted), _passed(wanted, order)
    if kept == passed and not ways:
        return None
    everything = total if kept == passed else count_about(session, passed)
    if total <= FEW and total * RARE <= everything:
        ways.insert(0, (select(CaseRow.row_id).where(*_leading(kept)), FEW))
    for way, few in ways:
        rows = session.scalars(way.limit(few + 1)).all()
        if len(rows) <= few and len(rows) * RARE <= everything:
            return rows
    return None


def _passed(wanted: CaseFilter, order: Order) -> CaseFilter:
    """All that is passed on a walk through the index in the order of the list."""
    return CaseFilter(
        levels=wanted.levels if order is Order.RISK else frozenset(),
        date_from=wanted.date_from if order is Order.NEWEST else None,
        date_to=wanted.date_to if order is Order.NEWEST else None,
        state=wanted.state if wanted.state is CaseState.DRAFT else None,
        reviewed=False if wanted.reviewed is False else None,
        in_bin=wanted.in_bin,
        zone=wanted.zone,
    )


def _leading(kept: CaseFilter) -> Conditions:
    """The conditions so that the narrowest index is taken: days before levels and classes."""
    if kept.date_from is not None or kept.date_to is not None:
        days = (*since(kept), *until(kept))
        return [*part_conditions(kept), *days, *map(unindexed, undated(kept))]
    ranks = [RISK_RANK[level] for level in sorted(kept.levels)]
    return conditions(kept) + ([CaseRow.risk_rank.in_(ranks)] if ranks else [])


def _probes(wanted: CaseFilter) -> Conditions:
    """What may lead to few cases, each alone, so that it is looked up in its own index."""
    given: Conditions = []
    for name in ("lesion_id", "batch_id"):
        value = getattr(wanted, name)
        if value:
            given.append(equal(getattr(CaseRow, name), value))
    if wanted.patient_reference:
        given.append(reference_begins(wanted.patient_reference))
    return given


def _ranks(wanted: CaseFilter) -> tuple[tuple[int, int], ...] | None:
    """Ranks of the wanted levels as ranges without gaps, from high to low."""
    if not wanted.levels:
        return None
    ranges: list[tuple[int, int]] = []
    for rank in sorted((RISK_RANK[level] for level in wanted.levels), reverse=True):
        if ranges and ranges[-1][0] == rank + 1:
            ranges[-1] = (rank, ranges[-1][1])
        else:
            ranges.append((rank, rank))
    return tuple(ranges)


def _listed(rows: Sequence[int]) -> Select[Any]:
    return select(func.json_each(json.dumps(list(rows))).table_valued("value").c.value)
