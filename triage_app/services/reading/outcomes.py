"""What turned out: recording outcomes, and keeping the pathologist's reports."""

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from triage_app.domain.calendar import UTC_ZONE, Zone
from triage_app.domain.case import Case, CaseState
from triage_app.domain.errors import (
    DocumentNotFound,
    FindingsWithheld,
    InvalidInput,
    NotAllowedInState,
)
from triage_app.domain.files import FileKind, StoredFile
from triage_app.domain.outcome import Outcome, Withdrawal
from triage_app.domain.people import Actor, Permission
from triage_app.domain.reading import REASON_LENGTH, NextStep, StepEnd, ended
from triage_app.domain.text import clean_block
from triage_app.domain.trail import Action, Entry, Value
from triage_app.domain.withdrawing import asked_again, ends
from triage_app.ports.adapters import FileStore, UnitOfWork, UnitOfWorkFactory
from triage_app.services.cases.changing import change_case, refuse_in_bin
from triage_app.services.cases.viewing import shown_to
from triage_app.services.ground.reviewers import reviewers
from triage_app.services.images.storing import (
    NewFile,
    describe_file,
    facts,
    new_id,
    now,
    remove_unnamed,
)
from triage_app.services.reading.outcome_forms import Recorder, outcome_from_form

log = logging.getLogger(__name__)

LARGEST_DOCUMENT = 10_000_000
PDF_START = b"%PDF-"


class Outcomes:
    """Use cases on outcomes; one is never changed, but superseded by a later one, or withdrawn."""

    def __init__(
        self,
        units: UnitOfWorkFactory,
        files: FileStore,
        clock: Callable[[], datetime] = now,
        *,
        zone: Zone = UTC_ZONE,
    ) -> None:
        self._units = units
        self._files = files
        self._clock = clock
        self._zone = zone

    def record(
        self, actor: Actor, case_id: str, version: int, fields: Mapping[str, object]
    ) -> Case:
        """Record an outcome from the fields of ``outcome_forms.OUTCOME_LABELS``.

        Ends what waited for it. Raises InvalidInput naming the field, NotAllowedInState for a
        draft or a case in the bin, FindingsWithheld before the impression, StaleCase.
        """
        actor.require(Permission.REVIEW)
        at = self._clock()
        with self._units() as unit:
            unit.lock()
            case = unit.cases.get(case_id)
            require_outcome_state(case)
            images = [self._zone.day_of(taken) for taken in _filed_times(unit, case)]
            recorder = Recorder(at, actor.id, self._zone.day_of(at), images)
            outcome = outcome_from_form(fields, new_id(), recorder)
            saved = add_outcomes(unit, actor, case_id, version, [outcome], at=at)
            unit.commit()
        log.info("outcome recorded", extra={"case": case_id})
        return shown_to(actor, saved)

    def withdraw(
        self, actor: Actor, case_id: str, version: int, outcome_id: str, reason: str
    ) -> Case:
        """Take back an outcome that was recorded by mistake; it stays readable and counts no more.

        What only it answered is asked again, due when it was, and a closed case is opened. Raises
        InvalidInput("reason", ...), NotAllowedInState for a case in the bin or an outcome that is
        not there or was withdrawn before, FindingsWithheld, StaleCase.
        """
        actor.require(Permission.REVIEW)
        at = self._clock()
        withdrawal = Withdrawal(at, actor.id, clean_block(reason, "reason", REASON_LENGTH))
        with self._units() as unit:
            unit.lock()
            able = reviewers(unit, actor)

            def change(case: Case) -> Case:
                require_outcome_state(case)
                return _without(case, outcome_id, withdrawal, able)

            def stated(before: Case, after: Case) -> Mapping[str, Value]:
                new = after.next_steps[len(before.next_steps) :]
                reopened = before.closed_at is not None
                steps = [step.id for step in new]
                return {"outcome": outcome_id, "steps": steps, "reopened": reopened}

            action = Action.OUTCOME_WITHDRAWN
            saved = change_case(unit, actor, case_id, version, action, change, at, stated)
            unit.commit()
        log.info("outcome withdrawn", extra={"case": case_id})
        return shown_to(actor, saved)

    def attach(self, actor: Actor, case_id: str, outcome_id: str, data: bytes) -> Case:
        """Keep the pathologist's report, a PDF of at most 10 MB, with its outcome.

        Raises InvalidInput for anything else, DocumentNotFound where the case has no such outcome,
        NotAllowedInState where it has its document already or the case is in the bin.
        """
        actor.require(Permission.REVIEW)
        _check_pdf(data)
        with self._units() as unit:
            _without_document(unit.cases.get(case_id), outcome_id)
        at = self._clock()
        new = NewFile(FileKind.PATHOLOGY, data, "application/pdf")
        file = describe_file(new, self._files.put(data), at)
        try:
            saved = self._attach(actor, case_id, outcome_id, file, at)
        except Exception:
            remove_unnamed(self._units, self._files, [file.id])
            raise
        log.info("document added", extra={"case": case_id, "bytes": len(data)})
        return shown_to(actor, saved)

    def document(self, actor: Actor, outcome_id: str) -> tuple[StoredFile, bytes]:
        """The pathologist's report of an outcome; raises DocumentNotFound, FileMissing."""
        actor.require(Permission.SEE_FINDINGS)
        with self._units() as unit:
            case = shown_to(actor, unit.cases.get(unit.work.document_owner(outcome_id)))
        outcome = next((o for o in case.outcomes if o.id == outcome_id), None)
        if outcome is None or outcome.document is None:
            raise DocumentNotFound
        data = self._files.read(outcome.document)
        with self._units() as unit:
            details: dict[str, Value] = {"outcome": outcome_id, "file": outcome.document.id}
            entry = Entry(Action.DOCUMENT_READ, actor.id, case.id, details)
            unit.trail.append(entry, self._clock())
            unit.commit()
        return outcome.document, data

    def _attach(
        self, actor: Actor, case_id: str, outcome_id: str, file: StoredFile, at: datetime
    ) -> Case:
        def change(case: Case) -> Case:
            _without_document(case, outcome_id)
            outcomes = tuple(
                replace(outcome, document=file) if outcome.id == outcome_id else outcome
                for outcome in case.outcomes
            )
            return replace(case, outcomes=outcomes)

        details: dict[str, Value] = {"outcome": outcome_id, "files": facts([file])}
        with self._units() as unit:
            unit.lock()
            saved = change_case(
                unit, actor, case_id, None, Action.DOCUMENT_ADDED, change, at, details
            )
            unit.commit()
        return saved


def require_outcome_state(case: Case) -> None:
    """Raise unless outcomes of this case may be recorded now."""
    refuse_in_bin(case)
    if case.state is not CaseState.FILED:
        raise NotAllowedInState("An outcome is recorded of a filed case. File the draft first.")
    if case.blinded:
        raise FindingsWithheld


def add_outcomes(
    unit: UnitOfWork,
    actor: Actor,
    case_id: str,
    version: int | None,
    outcomes: Sequence[Outcome],
    *,
    at: datetime,
) -> Case:
    """Add outcomes to a case inside a unit of work, and end the steps that waited for them."""

    def change(case: Case) -> Case:
        require_outcome_state(case)
        steps = case.next_steps
        for outcome in outcomes:
            steps = _ended_by(outcome, steps, actor.id, at)
        return replace(case, outcomes=(*case.outcomes, *outcomes), next_steps=steps)

    details: dict[str, Value] = {"outcomes": [outcome.id for outcome in outcomes]}
    return change_case(unit, actor, case_id, version, Action.OUTCOME_RECORDED, change, at, details)


def _ended_by(
    outcome: Outcome, steps: Sequence[NextStep], by: str, at: datetime
) -> tuple[NextStep, ...]:
    return tuple(
        ended(step, at, by, StepEnd.DONE) if step.is_open and ends(outcome, step) else step
        for step in steps
    )


def _without(case: Case, outcome_id: str, withdrawal: Withdrawal, able: Collection[str]) -> Case:
    """The case with an outcome withdrawn; ``able`` are those who can be responsible for a step."""
    outcome = next((o for o in case.outcomes if o.id == outcome_id), None)
    if outcome is None:
        raise NotAllowedInState("This case has no such outcome. Reload the page.")
    if outcome.withdrawal is not None:
        raise NotAllowedInState("This outcome was withdrawn before.")
    again = [
        NextStep(
            new_id(),
            step.kind,
            # Whoever had it may have left: then it is for the one who found the mistake.
            step.owner if step.owner in able else withdrawal.by,
            step.due,
            withdrawal.at,
            step.verdict_id,
        )
        for step in asked_again(case.next_steps, case.outcomes, outcome_id)
    ]
    taken_back = replace(outcome, withdrawal=withdrawal)
    outcomes = tuple(taken_back if o is outcome else o for o in case.outcomes)
    steps = (*case.next_steps, *again)
    # Whoever closed the case may have relied on it, whether or not a step waited for it.
    return replace(case, outcomes=outcomes, next_steps=steps, closed_at=None)


def _filed_times(unit: UnitOfWork, case: Case) -> list[datetime]:
    if not case.lesion_id:
        return [case.created_at]
    cases = [unit.cases.get(case_id) for case_id in unit.lesions.cases_of(case.lesion_id)]
    return [other.created_at for other in cases if other.state is CaseState.FILED]


def _check_pdf(data: bytes) -> None:
    if len(data) > LARGEST_DOCUMENT:
        megabytes = LARGEST_DOCUMENT // 1_000_000
        raise InvalidInput("document", f"The report is larger than {megabytes} MB. Export it anew.")
    if not data.startswith(PDF_START):
        raise InvalidInput("document", "Only a PDF can be kept as the pathologist's report.")


def _without_document(case: Case, outcome_id: str) -> None:
    refuse_in_bin(case)
    outcome = next((o for o in case.outcomes if o.id == outcome_id), None)
    if outcome is None:
        raise DocumentNotFound
    if outcome.document is not None:
        raise NotAllowedInState("This outcome has its report already. Record the outcome again.")
    if outcome.withdrawal is not None:
        raise NotAllowedInState("This outcome was withdrawn, so no report is added to it.")
