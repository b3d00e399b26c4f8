"""Checking that nothing that was recorded or stored has been changed behind the program's back."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from json import loads

from triage_app.domain.errors import FileMissing, TriageError
from triage_app.domain.files import FINDING_FILES, FileKind, StoredFile
from triage_app.domain.trail import (
    START,
    Action,
    Anchor,
    Break,
    Event,
    TrailFilter,
    breaks,
    file_facts,
)
from triage_app.ports.adapters import FileStore, UnitOfWork, UnitOfWorkFactory
from triage_app.services.cases.fingerprint import edited_cases
from triage_app.services.trail.verification_uploads import ReceivedFiles

# Events that name files which were stored from then on.
STORING = frozenset(
    {
        Action.CASE_ANALYSED,
        Action.CASE_REVEALED,
        Action.REPORT_ISSUED,
        Action.LETTER_ISSUED,
        Action.DOCUMENT_ADDED,
        Action.MIGRATED,
    }
)
PORTION = 500
CASES_REMEMBERED = 1_000
MISCOUNTED = (
    "The kept counts ({name}) are not those of the cases, so lists and statistics may show wrong "
    "totals. `python -m triage_app migrate` counts anew."
)


@dataclass(frozen=True)
class Damage:
    """A stored file that is not what it was, and a sentence that says how.

    ``case`` and ``file`` are internal ids, ``kind`` is "original", "report" and so on; a part that
    is not known is empty.
    """

    case: str
    file: str
    kind: str
    sentence: str


@dataclass(frozen=True)
class Verification:
    """What a check of trail and files found; ``tip`` is the last event that was read."""

    events: int
    files: int
    tip: Anchor
    breaks: tuple[Break, ...]
    damaged: tuple[Damage, ...]

    @property
    def sound(self) -> bool:
        """Whether nothing was found."""
        return not self.breaks and not self.damaged


def verify(
    units: UnitOfWorkFactory, files: FileStore, anchors: Iterable[Anchor] = ()
) -> Verification:
    """Check the chain, every stored file against its row, every row against the trail, and the
    counts of cases.

    Reads one state of the database, in portions; the server may go on meanwhile. Memory grows
    with what was erased and with what is wrong, not with what is stored.
    """
    with units() as unit:
        reader = _Reader(unit)
        found = _chain(reader, anchors)
        damaged = reader.gone()
        count, damaged_files = _check_files(units, unit, files)
        held, damaged_uploads = _check_uploads(units, unit, files, reader.received)
        damaged += damaged_files + damaged_uploads
        damaged += _edited(unit, {damage.case for damage in damaged})
        damaged += _miscounted(unit)
    return Verification(
        events=reader.events,
        files=count + held,
        tip=reader.tip,
        breaks=tuple(found),
        damaged=tuple(damaged),
    )


@dataclass
class _Reader:
    """Passes events on, and notes files that they name but that have no row."""

    unit: UnitOfWork
    events: int = 0
    tip: Anchor = field(default_factory=lambda: Anchor(0, START))
    received: ReceivedFiles = field(default_factory=ReceivedFiles)
    _named: list[tuple[str, Damage]] = field(default_factory=list)
    _rowless: list[Damage] = field(default_factory=list)
    _erased: set[str] = field(default_factory=set)

    def stream(self) -> Iterator[Event]:
        """All events in order."""
        for event in self.unit.trail.every():
            self.events += 1
            self.tip = Anchor(event.number, event.hash)
            self._note(event)
            self.received.note(event)
            yield event

    def gone(self) -> list[Damage]:
        """Files that the trail names, whose rows are gone though nobody erased their case."""
        self._look_up()
        return [damage for damage in self._rowless if damage.case not in self._erased]

    def _note(self, event: Event) -> None:
        if event.action == Action.CASE_ERASED:
            self._erased.add(event.subject)
        elif event.action == Action.PATIENT_ERASED:
            self._erased.update(_cases(event))
        elif event.action in STORING:
            sentence = "Its row is gone from the database, but nobody erased the case."
            for fact in _facts(event):
                damage = Damage(event.subject, fact[0], fact[1], sentence)
                self._named.append((fact[0], damage))
            if len(self._named) >= PORTION:
                self._look_up()

    def _look_up(self) -> None:
        known = self.unit.cases.known_files(file_id for file_id, _ in self._named)
        self._rowless += [damage for file_id, damage in self._named if file_id not in known]
        self._named.clear()


def _chain(reader: _Reader, anchors: Iterable[Anchor]) -> list[Break]:
    try:
        return breaks(reader.stream(), anchors)
    except TriageError as error:
        return [Break(reader.tip.number + 1, f"The trail cannot be read from here on: {error}")]


def _edited(unit: UnitOfWork, told: set[str]) -> list[Damage]:
    """Cases that were edited; not those of which a file tells it already."""
    try:
        return [
            Damage(case_id, "", "case", sentence)
            for case_id, sentence in edited_cases(unit)
            if case_id not in told
        ]
    except TriageError as error:
        return [Damage("", "", "case", f"The check of the cases stopped: {error}")]


def _miscounted(unit: UnitOfWork) -> list[Damage]:
    """Kept counts that are not those of the cases, by which lists and statistics would be wrong."""
    try:
        wrong = unit.site.miscounted()
    except TriageError as error:
        return [Damage("", "", "counts", f"The check of the counts stopped: {error}")]
    return [Damage("", "", "counts", MISCOUNTED.format(name=name)) for name in wrong]


def _check_files(
    units: UnitOfWorkFactory, unit: UnitOfWork, files: FileStore
) -> tuple[int, list[Damage]]:
    @lru_cache(maxsize=CASES_REMEMBERED)
    def stated(case_id: str) -> dict[str, str]:
        events = unit.trail.page(TrailFilter(actions=STORING, subject=case_id), None, PORTION)
        return {file_id: sha for event in events for file_id, _, sha in _facts(event)}

    count, damaged = 0, list[Damage]()
    try:
        for case_id, file in unit.cases.every_file():
            if _held_back(unit, case_id, file, stated(case_id)):
                sentence = _against_disk(units, files, file)
            else:
                count += 1
                known = _against_trail(file, stated(case_id))
                sentence = known or _against_disk(units, files, file)
            if sentence:
                damaged.append(Damage(case_id, file.id, file.kind.value, sentence))
    except TriageError as error:
        damaged.append(Damage("", "", "", f"The check stopped at {count} files: {error}"))
    return count, damaged


def _check_uploads(
    units: UnitOfWorkFactory, unit: UnitOfWork, files: FileStore, received: ReceivedFiles
) -> tuple[int, list[Damage]]:
    """Files of batches that are no case yet."""
    count, damaged = 0, list[Damage]()
    try:
        for file_id, sentence in received.check(unit, lambda f: _against_disk(units, files, f)):
            count += 1
            if sentence:
                damaged.append(Damage("", file_id, FileKind.ORIGINAL.value, sentence))
    except TriageError as error:
        damaged.append(Damage("", "", "", f"The check of received files stopped: {error}"))
    return count, damaged


def _held_back(unit: UnitOfWork, case_id: str, file: StoredFile, stated: dict[str, str]) -> bool:
    """Whether the trail names this file only when the findings of its case are revealed.

    The count leaves it out, because its mere presence would tell; that it was not put there from
    outside shows by the state of the case, which covers it.
    """
    if file.kind not in FINDING_FILES or file.id in stated or not stated:
        return False
    return unit.cases.get(case_id).blinded


def _against_trail(file: StoredFile, stated: dict[str, str]) -> str:
    if not stated:
        return "The trail knows nothing of its case: the rows were inserted from outside."
    if file.id not in stated:
        return "The trail does not know it: the row was inserted from outside."
    if stated[file.id] != file.sha256:
        return "The hash in its row is not the one that the trail holds."
    return ""


def _against_disk(units: UnitOfWorkFactory, files: FileStore, file: StoredFile) -> str:
    try:
        files.read(file)
    except FileMissing as error:
        with units() as unit:
            erased_meanwhile = not unit.cases.known_files([file.id])
        return "" if erased_meanwhile else str(error)
    return ""


def _facts(event: Event) -> list[tuple[str, str, str]]:
    # An event that cannot be read was changed, which the chain tells.
    try:
        return [(fact.id, fact.kind, fact.sha256) for fact in file_facts(event)]
    except ValueError:
        return []


def _cases(event: Event) -> list[str]:
    try:
        cases = loads(event.details).get("cases", [])
        return [case for case in cases if isinstance(case, str)]
    except (ValueError, AttributeError, TypeError):
        return []
