"""Pointing out that an image is stored already: by its bytes, and by its picture.

What is found is told to whoever may know it and never stands in anybody's way; that somebody went
on all the same is kept, and stands in the trail.
"""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from triage_app.domain.case import Case
from triage_app.domain.copies import Copy, Coverage, SameBy, SeenCopy
from triage_app.domain.errors import CaseNotFound, FileMissing, StorageUnavailable, TriageError
from triage_app.domain.files import FileKind
from triage_app.domain.people import Actor, Permission
from triage_app.domain.trail import Action, Entry, Value
from triage_app.imaging.likeness import ALIKE, Shape, Sought, compared, pixels_of
from triage_app.ports.adapters import FileStore, UnitOfWork, UnitOfWorkFactory
from triage_app.services.cases.viewing import Sightings, require_sight, shown_to
from triage_app.services.ground.background import Background
from triage_app.services.images.storing import now

log = logging.getLogger(__name__)

# One photograph that was sent a hundred times makes a hundred cases, but not all of their pairs.
MOST_PAIRS = 20
MOST_SHOWN = 5
PORTION = 20
PAUSE_S, REST_S = 1.0, 3600.0


@dataclass(frozen=True)
class Look:
    """What an image is compared by: the hash of its bytes, the shape of its picture."""

    sha256: str
    shape: Shape | None
    sought: Sought | None


def look_at(crop: NDArray[np.uint8], sha256: str) -> Look:
    """From the analysed crop, uint8 (S, S, 3), and the SHA-256 of the file; takes no lock."""
    found = compared(crop)
    return Look(sha256, *(found or (None, None)))


def note_picture(unit: UnitOfWork, case: Case, look: Look, at: datetime) -> Sequence[Copy]:
    """Store the shape of a case that is stored in this unit, and the copies found by it."""
    known = {copy.beside(case.id) for copy in unit.pictures.copies_of(case.id)}
    found = {one: by for one, by in _found(unit, look).items() if one != case.id}
    shape = look.shape
    unit.pictures.add(case.id, shape.signs if shape else None, shape.keys if shape else ())
    new = [(one, by) for one, by in found.items() if one not in known][:MOST_PAIRS]
    copies = [pair for one, by in new if (pair := _pair(unit, case, one, by, at))]
    unit.pictures.relate(copies)
    return copies


def keep_copies(unit: UnitOfWork, actor: Actor, case_id: str, at: datetime) -> int:
    """Note that somebody went on with a case that is a copy of others; of how many."""
    others = list(unit.pictures.keep(case_id, actor.id, at))
    if others:
        entry = Entry(Action.COPY_KEPT, actor.id, case_id, {"copies": others})
        unit.trail.append(entry, at)
    return len(others)


def _found(unit: UnitOfWork, look: Look) -> dict[str, SameBy]:
    """Cases with a copy of the image; first those with the same bytes, then the most alike."""
    found = dict.fromkeys(unit.pictures.same_file(look.sha256), SameBy.FILE)
    if look.sought is not None:
        met = unit.pictures.met(look.sought.keys)
        near = sorted((look.sought.distance(signs), case_id) for case_id, signs in met)
        for distance, case_id in near:
            if distance <= ALIKE:
                found.setdefault(case_id, SameBy.PICTURE)
    return found


def _pair(unit: UnitOfWork, case: Case, found: str, by: SameBy, at: datetime) -> Copy | None:
    try:
        other = unit.cases.get(found)
    except StorageUnavailable:
        raise
    except TriageError:
        # A damaged record elsewhere must not keep a new image from being stored.
        return None
    later, earlier = (case, other) if case.created_at >= other.created_at else (other, case)
    return Copy(later.id, earlier.id, by, at)


class Copies:
    """Use cases on copies."""

    def __init__(
        self,
        units: UnitOfWorkFactory,
        files: FileStore,
        clock: Callable[[], datetime] = now,
    ) -> None:
        self._units = units
        self._files = files
        self._clock = clock
        self._sightings = Sightings()
        self._after = 0

    def seen(self, actor: Actor, case_ids: Iterable[str]) -> Mapping[str, Sequence[SeenCopy]]:
        """Copies of cases that this person is shown, at most five of each, as the person may see
        them. That other cases were named in them is recorded before it is handed out."""
        require_sight(actor)
        found: dict[str, Sequence[SeenCopy]] = {}
        with self._units() as unit:
            for case_id in case_ids:
                copies = unit.pictures.copies_of(case_id)[:MOST_SHOWN]
                if copies:
                    case = shown_to(actor, unit.cases.get(case_id))
                    found[case_id] = [_seen(unit, actor, case, copy) for copy in copies]
        named = {one.case_id for copies in found.values() for one in copies if one.case_id}
        self._record(actor, sorted(named))
        return found

    def keep(self, actor: Actor, case_id: str) -> int:
        """Say that a case goes on as a second copy; of how many others."""
        actor.require(Permission.CHANGE_CASES)
        with self._units() as unit:
            unit.lock()
            shown_to(actor, unit.cases.get(case_id))
            count = keep_copies(unit, actor, case_id, self._clock())
            unit.commit()
        return count

    def coverage(self, actor: Actor) -> Coverage:
        """How many stored images can be compared by their picture by now."""
        actor.require(Permission.MANAGE_SITE)
        with self._units() as unit:
            return unit.pictures.coverage()

    def fill(self, size: int = PORTION) -> int:
        """Take the shapes of some images that were stored before there were any; how many.

        Can be stopped anywhere: what is done is stored, and the rest is found again.
        """
        with self._units() as unit:
            some = unit.pictures.without(self._after, size)
        looks = [(case_id, self._stored_look(case_id)) for _, case_id in some]
        with self._units() as unit:
            unit.lock()
            for case_id, look in looks:
                self._note_again(unit, case_id, look)
            unit.commit()
        self._after = some[-1][0] if some else self._after
        return len(some)

    def _stored_look(self, case_id: str) -> Look | None:
        """None where the case was erased meanwhile, or where its row is damaged."""
        try:
            with self._units() as unit:
                return self._look_again(unit.cases.get(case_id))
        except StorageUnavailable:
            raise
        except TriageError as error:
            log.warning("no shape taken: %s", error, extra={"case": case_id})
            return None

    def _note_again(self, unit: UnitOfWork, case_id: str, look: Look | None) -> None:
        if look is None:
            return
        try:
            case = unit.cases.get(case_id)
        except CaseNotFound:
            return
        note_picture(unit, case, look, self._clock())

    def _look_again(self, case: Case) -> Look:
        original = case.files.get(FileKind.ORIGINAL)
        sha256 = original.sha256 if original else ""
        try:
            return look_at(pixels_of(self._files.read(case.files[FileKind.CROP])), sha256)
        except (KeyError, FileMissing, ValueError):
            return Look(sha256, None, None)

    def _record(self, actor: Actor, case_ids: Sequence[str]) -> None:
        at = self._clock()
        new = [one for one in case_ids if not self._sightings.recent(actor, one, at)]
        if not new:
            return
        with self._units() as unit:
            details: dict[str, Value] = {"cases": new, "bin": False}
            unit.trail.append(Entry(Action.LIST_VIEWED, actor.id, "", details), at)
            unit.commit()
        self._sightings.note(actor, new, at)


class Filling(Background):
    """A thread that takes missing shapes, a portion at a time, until the block ends."""

    def __init__(self, copies: Copies) -> None:
        super().__init__("pictures", first_s=PAUSE_S, pause_s=REST_S)
        self._copies = copies

    def step(self) -> float | None:
        """A portion; the next follows soon while there is more."""
        return PAUSE_S if self._copies.fill() else None


def _seen(unit: UnitOfWork, actor: Actor, case: Case, copy: Copy) -> SeenCopy:
    try:
        stored = unit.cases.get(copy.beside(case.id))
        other = shown_to(actor, stored)
    except StorageUnavailable:
        raise
    except TriageError:
        return SeenCopy(copy.by)
    here, there = case.details.patient_reference, other.details.patient_reference
    # The findings of the one are those of the other: while they are withheld, no way leads there.
    withheld = case.blinded or stored.blinded
    return SeenCopy(
        by=copy.by,
        hidden=False,
        case_id="" if withheld else other.id,
        patient_reference=there,
        lesion_label=other.details.lesion_label,
        taken_at=other.created_at,
        in_bin=other.deleted_at is not None,
        other_patient=bool(here and there) and here.casefold() != there.casefold(),
        kept_at=copy.kept_at,
    )
