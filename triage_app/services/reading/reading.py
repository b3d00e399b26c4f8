"""A clinician's work on a case: impression, verdict, next steps, who reads it, closing.

An impression reveals findings that were withheld, to everybody and for good.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime

from triage_app.domain.calendar import UTC_ZONE, Zone
from triage_app.domain.case import Case
from triage_app.domain.errors import InvalidInput
from triage_app.domain.people import Actor, Permission
from triage_app.domain.reading import (
    Impression,
    RevealCause,
    Terms,
    Verdict,
    check_verdict,
    step_of,
    superseded,
)
from triage_app.domain.trail import Action, Value
from triage_app.ports.adapters import UnitOfWorkFactory
from triage_app.services.cases.changing import change_case, refuse_in_bin
from triage_app.services.cases.revealing import record_reveal, reveal_cases, revealed
from triage_app.services.cases.viewing import shown_to
from triage_app.services.images.storing import new_id
from triage_app.services.reading.casework import CaseWork, require_verdict_state
from triage_app.services.reading.forms import (
    ImpressionParts,
    VerdictParts,
    impression_from_form,
    verdict_from_form,
)
from triage_app.services.reading.steps import finish_earlier_follow_ups


class Reading(CaseWork):
    """Use cases of those who may review; each call is one transaction."""

    def __init__(
        self,
        units: UnitOfWorkFactory,
        clock: Callable[[], datetime],
        terms: Terms,
        *,
        zone: Zone = UTC_ZONE,
    ) -> None:
        super().__init__(units, clock, zone=zone)
        self._terms = terms

    def record_impression(
        self, actor: Actor, case_id: str, version: int, fields: Mapping[str, object]
    ) -> Case:
        """Keep the clinician's own read for good; the first one reveals withheld findings.

        ``fields`` as in ``review_forms.IMPRESSION_LABELS``. It counts as blinded only when nobody
        had been shown the findings. Raises InvalidInput, StaleCase.
        """
        actor.require(Permission.REVIEW)
        parts, at = impression_from_form(fields), self._clock()

        def change(case: Case) -> Case:
            refuse_in_bin(case)
            impression = _impression(actor, case, parts, at)
            seen = revealed(case, at, actor, RevealCause.IMPRESSION) if case.blinded else case
            return replace(seen, impressions=(*case.impressions, impression))

        with self._units() as unit:
            action = Action.IMPRESSION_RECORDED
            case = change_case(
                unit, actor, case_id, version, action, change, at, _stated_impression
            )
            if case.impressions[-1].blinded:
                record_reveal(unit, actor, case, at)
            unit.commit()
        return shown_to(actor, case)

    def record_verdict(
        self, actor: Actor, case_id: str, version: int, fields: Mapping[str, object]
    ) -> Case:
        """Decide; the verdict before and its open steps are superseded, and stay readable.

        ``fields`` as in ``review_forms.VERDICT_LABELS``. On a lesion, follow-ups of its earlier
        images are done by it. Raises InvalidInput, FindingsWithheld, NotAllowedInState, StaleCase.
        """
        actor.require(Permission.REVIEW)
        parts, at = verdict_from_form(fields), self._clock()
        today = self._zone.day_of(at)

        def change(case: Case) -> Case:
            require_verdict_state(case)
            verdict = _verdict(actor, case, parts, at)
            check_verdict(verdict, today)
            steps = superseded(case.next_steps, at, actor.id)
            step = step_of(verdict, new_id(), self._terms, today)
            return replace(
                case,
                verdicts=(*case.verdicts, verdict),
                next_steps=(*steps, *([step] if step else [])),
                closed_at=None,
            )

        with self._units() as unit:
            action = Action.VERDICT_RECORDED
            case = change_case(unit, actor, case_id, version, action, change, at, _stated_verdict)
            finish_earlier_follow_ups(unit, actor, case, at)
            unit.commit()
        return shown_to(actor, case)

    def escalate(self) -> int:
        """Reveal urgent cases that nobody has read in time; returns how many.

        Done by the program itself, so nobody is asked for.
        """
        before = self._clock() - self._terms.urgent
        return reveal_cases(
            self._units,
            self._clock,
            RevealCause.ESCALATED,
            lambda unit, size: unit.work.urgent_blinded(before, size),
        )

    def unblind_all(self) -> int:
        """Reveal every case, because the site no longer asks for an impression; how many."""
        return reveal_cases(
            self._units,
            self._clock,
            RevealCause.SETTING,
            lambda unit, size: unit.work.blinded(size),
        )


def _impression(actor: Actor, case: Case, parts: ImpressionParts, at: datetime) -> Impression:
    return Impression(
        id=new_id(),
        at=at,
        by=actor.id,
        diagnosis=parts.diagnosis,
        level=parts.level,
        confidence=parts.confidence,
        blinded=case.blinded,
        abcd=parts.abcd,
        seven_point=parts.seven_point,
    )


def _verdict(actor: Actor, case: Case, parts: VerdictParts, at: datetime) -> Verdict:
    found = case.analysis.decision.level
    level = parts.level or (found if parts.agrees else None)
    if level is None:
        raise InvalidInput("level", "Choose the level that you give instead.")
    return Verdict(
        id=new_id(),
        at=at,
        by=actor.id,
        found=found,
        level=level,
        agrees=parts.agrees,
        disposition=parts.disposition,
        reason=parts.reason,
        due=parts.due,
        note=parts.note,
    )


def _stated_impression(_: Case, after: Case) -> Mapping[str, Value]:
    made = after.impressions[-1]
    return {"impression": made.id, "blinded": made.blinded, "level": made.level.value}


def _stated_verdict(_: Case, after: Case) -> Mapping[str, Value]:
    verdict = after.verdicts[-1]
    return {
        "verdict": verdict.id,
        "found": verdict.found.value,
        "level": verdict.level.value,
        "disposition": verdict.disposition.value,
    }
