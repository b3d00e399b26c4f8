"""Taking the model out of service while work goes on, and problems that people report."""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime

from triage_app import __version__
from triage_app.domain.errors import InvalidInput
from triage_app.domain.people import Actor, Permission
from triage_app.domain.site import PROBLEM_KINDS, SafetyProblem
from triage_app.domain.text import clean_block, clean_line
from triage_app.domain.trail import Action, Entry
from triage_app.ports.adapters import UnitOfWorkFactory
from triage_app.services.cases.viewing import shown_to
from triage_app.services.images.storing import new_id, now

log = logging.getLogger(__name__)

SUSPENSION = "model_suspended"
REASON_LENGTH = 200
TEXT_LENGTH = 2_000
PROBLEMS_SHOWN = 500


class Safety:
    """Use cases on safety; each call is one transaction."""

    def __init__(self, units: UnitOfWorkFactory, clock: Callable[[], datetime] = now) -> None:
        self._units = units
        self._clock = clock

    def suspended(self) -> str:
        """The sentence that says why the model is suspended; empty while it is in service.

        Asked before each assessment. When the answer cannot be read this raises
        StorageUnavailable, and nothing is assessed.
        """
        with self._units() as unit:
            reason = unit.site.setting(SUSPENSION)
        return f"The model is suspended: {reason}" if reason else ""

    def suspend(self, actor: Actor, reason: str) -> None:
        """Refuse every assessment from now on; what was assessed stays as it is."""
        actor.require(Permission.MANAGE_SITE)
        cleaned = clean_line(reason, "reason", REASON_LENGTH)
        if not cleaned:
            raise InvalidInput("reason", "Say why, in words that clinicians will read.")
        sentence = cleaned if cleaned.endswith((".", "!", "?")) else f"{cleaned}."
        self._switch(actor, Action.MODEL_SUSPENDED, sentence)
        log.warning("model suspended")

    def resume(self, actor: Actor) -> None:
        """Assess again; images stored meanwhile stay as they are."""
        actor.require(Permission.MANAGE_SITE)
        self._switch(actor, Action.MODEL_RESUMED, "")
        log.warning("model resumed")

    def report_problem(self, actor: Actor, case_id: str, kind: str, text: str) -> SafetyProblem:
        """Keep what somebody noticed on a case, with the versions that were at work.

        Raises InvalidInput("kind" or "text", ...), CaseNotFound.
        """
        actor.require(Permission.REPORT_SAFETY)
        if kind not in PROBLEM_KINDS:
            raise InvalidInput("kind", "Choose what kind of problem it is.")
        cleaned = clean_block(text, "text", TEXT_LENGTH)
        if not cleaned:
            raise InvalidInput("text", "Say what happened, without the name of a patient.")
        with self._units() as unit:
            unit.lock()
            case = shown_to(actor, unit.cases.get(case_id))
            problem = SafetyProblem(
                id=new_id(),
                at=self._clock(),
                reported_by=actor.id,
                case_id=case.id,
                kind=kind,
                text=cleaned,
                app_version=__version__,
                model_sha256=case.analysis.model.sha256 if case.analysis.model else "",
            )
            unit.site.add_problem(problem)
            details = {"problem": problem.id, "kind": kind}
            entry = Entry(Action.SAFETY_REPORTED, actor.id, case.id, details)
            unit.trail.append(entry, problem.at)
            unit.commit()
        log.warning("safety problem reported", extra={"case": case.id, "code": kind})
        return problem

    def problems(self, actor: Actor) -> Sequence[SafetyProblem]:
        """Reported problems, newest first, at most 500."""
        actor.require(Permission.MANAGE_SITE)
        with self._units() as unit:
            return unit.site.problems(PROBLEMS_SHOWN)

    def _switch(self, actor: Actor, action: Action, reason: str) -> None:
        with self._units() as unit:
            unit.lock()
            at = self._clock()
            unit.site.set(SUSPENSION, reason, at)
            # The reason was typed, so it stays out of the trail.
            unit.trail.append(Entry(action, actor.id), at)
            unit.commit()
