"""One patient reference or lesion for several images of a batch at once, and one step back.

What is selected on a page may have changed since the page was drawn. So each line comes with what
the page showed of it, a plan says what would be overwritten before anything is, and the plan is
carried out only on the very versions that it was made from: all of it, or nothing.
"""

from collections import Counter, OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from threading import Lock

from triage_app.domain.case import Case
from triage_app.domain.errors import NotAllowedInState, StaleCase, TriageError
from triage_app.domain.people import Actor
from triage_app.domain.trail import Action, Value
from triage_app.ports.adapters import UnitOfWork, UnitOfWorkFactory
from triage_app.services.cases.changing import change_case
from triage_app.services.cases.details import told_fields, with_details
from triage_app.services.cases.forms import details_from_form, form_from_details
from triage_app.services.cases.viewing import require_sight, shown_to
from triage_app.services.images.assessment import Assessor
from triage_app.services.images.storing import now

Fields = Mapping[str, str]
FIELDS = ("patient_reference", "lesion_label")
# Patients' references stay in memory only: one step for each person and batch, of the last ones.
STEPS_REMEMBERED = 200


class NotAsShown(NotAllowedInState):
    """A line no longer is what the page showed of it."""

    def __init__(self) -> None:
        super().__init__(
            "An image that you selected was changed in another window since it was shown here. "
            "Nothing was done with it. Look at the lines again and select anew."
        )


class NotAssigned(TriageError):
    """One of the images cannot be changed, so none was; ``case_id`` is which."""

    def __init__(self, case_id: str, reason: TriageError) -> None:
        super().__init__(str(reason))
        self.case_id = case_id


@dataclass(frozen=True)
class Line:
    """A line as a page showed it; ``fields`` are those of ``FIELDS``."""

    case_id: str
    fields: Fields


@dataclass(frozen=True)
class Overwrite:
    """So many images have ``before`` in a field that would become ``after``."""

    field: str
    before: str
    after: str
    count: int


@dataclass(frozen=True)
class Plan:
    """Versions of the cases that would change, and what of them would be lost."""

    fields: Fields
    versions: Mapping[str, int]
    overwrites: tuple[Overwrite, ...]


@dataclass(frozen=True)
class Assigned:
    """What was done last: ``fields`` to these versions of cases, which had ``before``."""

    fields: Fields
    versions: Mapping[str, int]
    before: Mapping[str, Fields]


class Assigning:
    """Use cases on the selected lines of a batch; each change is one transaction."""

    def __init__(
        self,
        units: UnitOfWorkFactory,
        assessor: Assessor,
        clock: Callable[[], datetime] = now,
    ) -> None:
        self._units = units
        self._assessor = assessor
        self._clock = clock
        self._last: OrderedDict[tuple[str, str], Assigned] = OrderedDict()
        self._lock = Lock()

    def plan(self, actor: Actor, lines: Sequence[Line], fields: Fields) -> Plan:
        """What assigning ``fields`` would change; changes nothing.

        Raises NotAsShown, CaseNotFound, and InvalidInput naming the field.
        """
        require_sight(actor)
        wanted = {name: _cleaned({name: text})[name] for name, text in fields.items() if text}
        lost: Counter[tuple[str, str]] = Counter()
        versions = {}
        with self._units() as unit:
            for line in lines:
                case = shown_to(actor, unit.cases.get(line.case_id))
                refuse_other_than(case, line.fields)
                stored = typed_of(case)
                changed = [name for name, text in wanted.items() if stored[name] != text]
                lost.update((name, stored[name]) for name in changed if stored[name])
                if changed:
                    versions[case.id] = case.version
        told = (Overwrite(name, old, wanted[name], n) for (name, old), n in sorted(lost.items()))
        return Plan(wanted, versions, tuple(told))

    def apply(
        self, actor: Actor, batch_id: str, versions: Mapping[str, int], fields: Fields
    ) -> int:
        """Assign ``fields`` to all of these versions of cases, or to none; how many.

        Raises NotAssigned, also for a case that is at another version by now.
        """
        wanted = dict.fromkeys(versions, fields)
        before, after = self._change(actor, versions, wanted, {"selected": len(versions)})
        if after:
            self._remember(actor, batch_id, Assigned(dict(fields), after, before))
        return len(after)

    def last(self, actor: Actor, batch_id: str) -> Assigned | None:
        """What this person did last in the batch, as long as it can be taken back."""
        with self._lock:
            return self._last.get((actor.id, batch_id))

    def undo(self, actor: Actor, batch_id: str) -> int:
        """Put back exactly what was there before the last step; how many images.

        Raises NotAllowedInState where nothing is to be undone, or where one of the images was
        changed or filed since; then none is changed.
        """
        last = self.last(actor, batch_id)
        if last is None:
            raise NotAllowedInState("There is nothing to undo any more.")
        try:
            self._change(actor, last.versions, last.before, {"undone": len(last.versions)})
        except NotAssigned as error:
            raise NotAllowedInState(
                "This cannot be undone, because at least one of the images was changed, filed or "
                "removed since. Nothing was changed. Correct the lines one by one."
            ) from error
        with self._lock:
            self._last.pop((actor.id, batch_id), None)
        return len(last.versions)

    def _change(
        self,
        actor: Actor,
        versions: Mapping[str, int],
        wanted: Mapping[str, Fields],
        told: Mapping[str, Value],
    ) -> tuple[dict[str, Fields], dict[str, int]]:
        """Fields as they were, and versions as they are, of each case."""
        require_sight(actor)
        before: dict[str, Fields] = {}
        after: dict[str, int] = {}
        with self._units() as unit:
            unit.lock()
            for case_id, version in versions.items():
                try:
                    old, new = self._one(unit, actor, case_id, version, wanted[case_id], told)
                except TriageError as error:
                    raise NotAssigned(case_id, error) from error
                before[case_id], after[case_id] = typed_of(old), new.version
            unit.commit()
        return before, after

    def _one(  # noqa: PLR0917 - which case, and what becomes of it
        self,
        unit: UnitOfWork,
        actor: Actor,
        case_id: str,
        version: int,
        fields: Fields,
        told: Mapping[str, Value],
    ) -> tuple[Case, Case]:
        old = unit.cases.get(case_id)
        shown_to(actor, old)
        if old.version != version:
            raise StaleCase
        details = details_from_form({**form_from_details(old.details), **fields})
        new = change_case(
            unit,
            actor,
            case_id,
            version,
            Action.CASE_CHANGED,
            lambda case: with_details(self._assessor, actor, case, details),
            self._clock(),
            lambda a, b: {**told_fields(a, b), **told},
        )
        return old, new

    def _remember(self, actor: Actor, batch_id: str, step: Assigned) -> None:
        with self._lock:
            self._last[actor.id, batch_id] = step
            self._last.move_to_end((actor.id, batch_id))
            while len(self._last) > STEPS_REMEMBERED:
                self._last.popitem(last=False)


def typed_of(case: Case) -> dict[str, str]:
    """What stands in ``FIELDS`` of a stored case."""
    form = form_from_details(case.details)
    return {name: str(form[name]) for name in FIELDS}


def refuse_other_than(case: Case, shown: Fields) -> None:
    """Raise NotAsShown where ``shown``, what a page shows of the case, is not what is stored."""
    stored = typed_of(case)
    try:
        same = all(stored[name] == text for name, text in _cleaned(shown).items())
    except TriageError:
        # What cannot be stored was not stored either.
        same = False
    if not same:
        raise NotAsShown


def _cleaned(fields: Fields) -> dict[str, str]:
    """As a form would store them; raises InvalidInput naming the field."""
    form = form_from_details(details_from_form(fields))
    return {name: str(form[name]) for name in fields}
