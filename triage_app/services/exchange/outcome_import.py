"""Outcomes from a CSV file: first a plan that can be read, then exactly that plan."""

import logging
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from triage_app.domain.calendar import UTC_ZONE, Zone
from triage_app.domain.case import Case
from triage_app.domain.errors import NotAllowedInState
from triage_app.domain.label_words import contradiction
from triage_app.domain.outcome import Outcome, OutcomeMethod, standing
from triage_app.domain.people import Actor, Permission
from triage_app.domain.trail import Action, Entry, Value
from triage_app.ports.adapters import UnitOfWork, UnitOfWorkFactory
from triage_app.services.cases.label_questions import place_of
from triage_app.services.exchange.import_choices import Ambiguous, Choices, Question
from triage_app.services.exchange.import_matching import Matcher, NoMatch
from triage_app.services.exchange.import_rows import ImportRow, notes_on, read_rows
from triage_app.services.images.storing import new_id, now, sha256
from triage_app.services.reading.outcomes import add_outcomes

log = logging.getLogger(__name__)


class RowStatus(StrEnum):
    """What becomes of a row."""

    ADD = "add"
    STORED = "stored"
    WITHDRAWN = "withdrawn"
    NO_MATCH = "no_match"
    CONFLICT = "conflict"
    AMBIGUOUS = "ambiguous"


ROW_STATUS_LABELS: dict[RowStatus, str] = {
    RowStatus.ADD: "Will be added",
    RowStatus.STORED: "Is stored already",
    RowStatus.WITHDRAWN: "Withdrawn before",
    RowStatus.NO_MATCH: "Does not match",
    RowStatus.CONFLICT: "Contradicts what is stored",
    RowStatus.AMBIGUOUS: "May be several patients",
}


PORTION = 50
MOST_NOTES = 10
NO_ANSWERS: Mapping[str, str] = {}
_CHANGED = (
    "The file or the stored cases have changed since the preview, so nothing was added. Look at "
    "the preview again."
)
_STORED = "This outcome is stored already."
_WITHDRAWN = (
    "This outcome was stored, and withdrawn as a mistake. If it is right after all, record it on "
    "the page of the case."
)
_CONTRADICTS = (
    "Another outcome is stored of this specimen, or of one without number. If it was corrected, or "
    "is a second specimen, record it on the page of the case."
)


@dataclass(frozen=True)
class PlannedRow:
    """A row with what becomes of it; ``sentence`` says why it is not added, empty where it is.

    ``case`` is the case that it matches, None where it matches none; ``lesion`` is the name of its
    lesion, empty where it has none.
    """

    row: ImportRow
    status: RowStatus
    sentence: str
    case: Case | None
    lesion: str = ""


@dataclass(frozen=True)
class ImportPlan:
    """What an import would do. ``digest`` stands for text and matches: ``apply`` asks for it.

    ``notes`` are sentences on what had to be assumed to read the file. ``questions`` are references
    that may mean several patients: their rows are left out until each is answered.
    """

    rows: tuple[PlannedRow, ...]
    digest: str
    notes: tuple[str, ...] = ()
    questions: tuple[Question, ...] = ()

    def count(self, status: RowStatus) -> int:
        """Number of rows of this status."""
        return sum(planned.status is status for planned in self.rows)


@dataclass(frozen=True)
class ImportResult:
    """What an import did: numbers of rows."""

    added: int
    stored: int
    left: int


class OutcomeImport:
    """Use cases on a CSV file of pathologists' reports."""

    def __init__(
        self,
        units: UnitOfWorkFactory,
        clock: Callable[[], datetime] = now,
        *,
        zone: Zone = UTC_ZONE,
    ) -> None:
        self._units = units
        self._clock = clock
        self._zone = zone

    def preview(
        self, actor: Actor, text: str, answers: Mapping[str, str] = NO_ANSWERS
    ) -> ImportPlan:
        """What would happen to each row; stores nothing but the view.

        ``answers`` say which stored reference a reference of the file means, where it may mean
        several; any that is none of its candidates is no answer.

        Raises InvalidInput("file", ...) for what is no such table.
        """
        actor.require(Permission.REVIEW)
        at = self._clock()
        rows = read_rows(text, self._zone.day_of(at), self._zone)
        with self._units() as unit:
            plan = _plan(unit, rows, text, answers, self._zone)
            seen = sorted({planned.case.id for planned in plan.rows if planned.case})
            details: dict[str, Value] = {"cases": seen}
            unit.trail.append(Entry(Action.LIST_VIEWED, actor.id, "", details), at)
            unit.commit()
        return replace(plan, notes=(*notes_on(text), *_label_notes(plan)))

    def apply(
        self, actor: Actor, text: str, digest: str, answers: Mapping[str, str] = NO_ANSWERS
    ) -> ImportResult:
        """Add the rows that the plan with this digest and these answers adds.

        Raises NotAllowedInState where text or matches are no longer those of the plan. Rows are
        stored in portions, so that nobody else has to wait; whatever stops the import in between,
        repeating it adds the rest, because rows that are stored are not added again.
        """
        actor.require(Permission.REVIEW)
        rows = read_rows(text, self._zone.day_of(self._clock()), self._zone)
        with self._units() as unit:
            plan = _plan(unit, rows, text, answers, self._zone)
        if plan.digest != digest:
            raise NotAllowedInState(_CHANGED)
        added = 0
        for portion in _portions(plan):
            self._store(actor, portion, added, answers)
            added += len(portion)
        log.info("outcomes imported", extra={"added": added})
        stored = plan.count(RowStatus.STORED)
        return ImportResult(added, stored, len(plan.rows) - added - stored)

    def _store(
        self,
        actor: Actor,
        portion: Sequence[PlannedRow],
        added: int,
        answers: Mapping[str, str],
    ) -> None:
        at, by_case = self._clock(), defaultdict[str, list[Outcome]](list)
        with self._units() as unit:
            unit.lock()
            choices = Choices(unit, answers)
            rows = [planned.row for planned in portion]
            again = _planned_rows(unit, rows, choices, self._zone)
            if list(map(_added_to, again)) != list(map(_added_to, portion)):
                raise NotAllowedInState(_stopped(added))
            for planned in again:
                by_case[_added_to(planned)].append(_outcome(planned.row, actor, at))
            for case_id, outcomes in by_case.items():
                add_outcomes(unit, actor, case_id, None, outcomes, at=at)
            unit.commit()


def _label_notes(plan: ImportPlan) -> list[str]:
    """Names of lesions that contradict where the images are that the outcomes would land on."""
    notes = []
    for planned in plan.rows:
        if planned.status is not RowStatus.ADD or planned.case is None:
            continue
        label, site, side = place_of(planned.case.details)
        question = contradiction(planned.row.lesion or label, site, side)
        if question:
            notes.append(f"Line {planned.row.number}: {question} Check that it is this lesion.")
    return notes[:MOST_NOTES]


def _stopped(added: int) -> str:
    if not added:
        return _CHANGED
    return (
        f"The stored cases were changed meanwhile. {added} rows were added, the rest was not. Look "
        "at the preview again; what is stored is not added twice."
    )


def _added_to(planned: PlannedRow) -> str:
    """Id of the case that the row is added to; empty where it is not added."""
    return planned.case.id if planned.status is RowStatus.ADD and planned.case else ""


def _portions(plan: ImportPlan) -> Iterator[list[PlannedRow]]:
    """Rows to add, those of one lesion together: how one is matched hangs on those before it."""
    groups = defaultdict[str, list[PlannedRow]](list)
    for planned in plan.rows:
        if planned.status is RowStatus.ADD and planned.case:
            groups[_group(planned.case)].append(planned)
    portion: list[PlannedRow] = []
    for group in groups.values():
        portion += group
        if len(portion) >= PORTION:
            yield portion
            portion = []
    if portion:
        yield portion


def _plan(
    unit: UnitOfWork, rows: Sequence[ImportRow], text: str, answers: Mapping[str, str], zone: Zone
) -> ImportPlan:
    choices = Choices(unit, answers)
    planned = _planned_rows(unit, rows, choices, zone)
    stated = [sha256(text.encode(errors="surrogatepass"))]
    stated += [f"{p.row.number}:{p.status}:{p.case.id if p.case else ''}" for p in planned]
    digest = sha256("\n".join(stated).encode())
    return ImportPlan(tuple(planned), digest, questions=choices.questions)


def _planned_rows(
    unit: UnitOfWork, rows: Sequence[ImportRow], choices: Choices, zone: Zone
) -> list[PlannedRow]:
    matcher = Matcher(unit, choices, zone)
    before: dict[str, list[ImportRow]] = defaultdict(list)
    planned = []
    for row in rows:
        found = _planned(matcher, row, before)
        if found.status is RowStatus.ADD and found.case:
            before[_group(found.case)].append(row)
        lesion = matcher.lesion_of(found.case) if found.case else ""
        planned.append(replace(found, lesion=lesion))
    return planned


def _planned(matcher: Matcher, row: ImportRow, before: dict[str, list[ImportRow]]) -> PlannedRow:
    if row.fault:
        return PlannedRow(row, RowStatus.NO_MATCH, row.fault, None)
    try:
        candidates = matcher.candidates(row)
        known = _known(row, candidates)
        if known is not None:
            return known
        case = matcher.choose(row, candidates)
    except Ambiguous as error:
        return PlannedRow(row, RowStatus.AMBIGUOUS, str(error), None)
    except NoMatch as error:
        return PlannedRow(row, RowStatus.NO_MATCH, str(error), None)
    of_lesion = [other for other in candidates if _group(other) == _group(case)]
    status, sentence = _against(row, of_lesion, before[_group(case)])
    return PlannedRow(row, status, sentence, case)


def _known(row: ImportRow, candidates: Sequence[Case]) -> PlannedRow | None:
    """What becomes of a row that was stored before; None for any other."""
    found = [(o, case) for case in candidates for o in case.outcomes if _is_stored(row, o)]
    for outcome, case in found:
        if outcome.withdrawal is None:
            return PlannedRow(row, RowStatus.STORED, _STORED, case)
    return PlannedRow(row, RowStatus.WITHDRAWN, _WITHDRAWN, found[0][1]) if found else None


def _group(case: Case) -> str:
    """What outcomes are compared within: the images of one lesion, or the one loose image."""
    return case.lesion_id or case.id


def _against(
    row: ImportRow, cases: Sequence[Case], before: Sequence[ImportRow]
) -> tuple[RowStatus, str]:
    """How the row stands to the outcomes of its lesion and to the rows before it."""
    for other in before:
        if _facts(other) == _facts(row):
            return RowStatus.STORED, f"Line {other.number} says the same."
        if _one_specimen(other.specimen, row.specimen):
            return RowStatus.CONFLICT, f"Line {other.number} says otherwise of the same specimen."
    tissue = [o for c in cases for o in c.outcomes if o.method is OutcomeMethod.HISTOPATHOLOGY]
    outcomes = standing(tissue)
    if any(_same(row, outcome) for outcome in outcomes):
        return RowStatus.STORED, _STORED
    if any(_same(row, outcome) for outcome in tissue):
        return RowStatus.WITHDRAWN, _WITHDRAWN
    if any(_one_specimen(outcome.specimen, row.specimen) for outcome in outcomes):
        return RowStatus.CONFLICT, _CONTRADICTS
    return RowStatus.ADD, ""


def _is_stored(row: ImportRow, outcome: Outcome) -> bool:
    """Whether this very row was stored, or one that says the same of the same specimen."""
    return outcome.source_key == row.key or (bool(row.specimen) and _same(row, outcome))


def _same(row: ImportRow, outcome: Outcome) -> bool:
    return _facts(row) == (
        outcome.on,
        outcome.diagnosis,
        outcome.breslow_mm,
        outcome.specimen.casefold(),
    )


def _facts(row: ImportRow) -> tuple[object, ...]:
    return row.on, row.diagnosis, row.breslow_mm, row.specimen.casefold()


def _one_specimen(stored: str, new: str) -> bool:
    """Whether two numbers may mean one specimen; without a number nobody can tell."""
    return not stored or not new or stored.casefold() == new.casefold()


def _outcome(row: ImportRow, actor: Actor, at: datetime) -> Outcome:
    return Outcome(
        id=new_id(),
        at=at,
        by=actor.id,
        method=OutcomeMethod.HISTOPATHOLOGY,
        on=row.on,
        diagnosis=row.diagnosis,
        breslow_mm=row.breslow_mm,
        specimen=row.specimen,
        text=row.report,
        source_key=row.key,
    )
