"""What a list is narrowed to, as conditions on ``cases``."""

from datetime import date, timedelta

from sqlalchemy import Boolean, ColumnElement, UnaryExpression, false, func, text
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.elements import Grouping
from sqlalchemy.sql.operators import custom_op

from triage_app.domain.case import CaseFilter, CaseState
from triage_app.storage.records.folding import (
    LIKE_ESCAPE,
    TRIGRAM,
    can_occur,
    fold,
    like_pattern,
    phrase,
    prefix_range,
    reference_key,
)
from triage_app.storage.schema.cases import RARE, CaseRow

LONGEST_PHRASE = 64
"""The index looks up every character; more of them cost time and hardly narrow further."""

Conditions = list[ColumnElement[bool]]


def conditions(wanted: CaseFilter) -> Conditions:
    """Every part that is given narrows the list."""
    return [*undated(wanted), *since(wanted), *until(wanted)]


def undated(wanted: CaseFilter) -> Conditions:
    """All but the days."""
    return [*part_conditions(wanted), *_shown_conditions(wanted), *_found_conditions(wanted)]


def part_conditions(wanted: CaseFilter) -> Conditions:
    """Bin, state and reading, in the words of the index of that part where there is one."""
    deleted, state, reviewed = CaseRow.deleted_at, CaseRow.state, CaseRow.reviewed_at
    if wanted.in_bin:
        given: Conditions = [_words("bin")]
    elif wanted.state is CaseState.DRAFT:
        given = [_words("drafts")]
    elif wanted.reviewed is False:
        given = [_words("unread")]
    else:
        given = [deleted.is_(None)]
    if wanted.state is not None and (wanted.in_bin or wanted.state is not CaseState.DRAFT):
        given.append(state == wanted.state)
    if wanted.reviewed is not None:
        given.append(reviewed.is_not(None) if wanted.reviewed else reviewed.is_(None))
    return given


def since(wanted: CaseFilter) -> Conditions:
    """From the beginning of the first day on."""
    first = wanted.date_from
    return [] if first is None else [CaseRow.created_at >= wanted.zone.start_of(first)]


def until(wanted: CaseFilter) -> Conditions:
    """To the end of the last day."""
    last = wanted.date_to
    if last is None or last == date.max:
        return []
    return [CaseRow.created_at < wanted.zone.start_of(last + timedelta(days=1))]


def unindexed(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """The same condition, checked row by row, so that the database does not choose its index."""
    return UnaryExpression(Grouping(condition), operator=custom_op("+"), type_=Boolean())


def _words(part: str) -> ColumnElement[bool]:
    """As the partial index says it, which no other index can use."""
    return text(RARE[part].replace("+", "+cases."))  # type: ignore[return-value]


def _shown_conditions(wanted: CaseFilter) -> Conditions:
    """On what the lines of the list show."""
    given: Conditions = []
    if wanted.levels:
        given.append(CaseRow.level.in_(sorted(wanted.levels)))
        # What is withheld is of no level; of no class it is anyway, as nothing is stored of it.
        given.append(CaseRow.blinded == false())
    if wanted.finding_class is not None:
        given.append(CaseRow.leading_class == wanted.finding_class)
    return given


def _found_conditions(wanted: CaseFilter) -> Conditions:
    """On what leads to few cases, as a rule."""
    given: Conditions = []
    if wanted.batch_id is not None:
        given.append(equal(CaseRow.batch_id, wanted.batch_id))
    if wanted.uploaded_by:
        given.append(equal(CaseRow.uploaded_by, wanted.uploaded_by))
    if wanted.lesion_id:
        given.append(equal(CaseRow.lesion_id, wanted.lesion_id))
    if wanted.patient_reference:
        given.append(reference_begins(wanted.patient_reference))
    if wanted.text:
        given.append(text_holds(wanted.text))
    return given


def equal(
    where: InstrumentedAttribute[str] | InstrumentedAttribute[str | None], value: str
) -> ColumnElement[bool]:
    """Exactly this; nothing for what cannot occur."""
    return where == value if can_occur(value) else false()


def reference_begins(typed: str) -> ColumnElement[bool]:
    """Of patients whose reference begins so."""
    if not can_occur(typed):
        return false()
    return CaseRow.patient_key.between(*prefix_range(reference_key(typed)))


def text_holds(typed: str) -> ColumnElement[bool]:
    """Substring search in the row itself."""
    if not can_occur(typed):
        return false()
    needle = fold(typed)
    if len(needle) < TRIGRAM:
        return CaseRow.search_text.like(like_pattern(needle), escape=LIKE_ESCAPE)
    return func.instr(CaseRow.search_text, needle) > 0


def indexed_phrase(typed: str) -> str | None:
    """For the full-text index, which finds all cases that hold it and maybe some more; None for
    what is too short for the index or cannot occur."""
    needle = fold(typed) if can_occur(typed) else ""
    return phrase(needle[:LONGEST_PHRASE]) if len(needle) >= TRIGRAM else None
