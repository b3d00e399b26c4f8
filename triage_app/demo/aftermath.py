"""What follows a verdict in the made-up clinic: letters, follow-ups, histology, referrals, ends."""

from collections.abc import Callable
from datetime import datetime, timedelta

import numpy as np

from triage_app.demo.agenda import Agenda, in_office_hours
from triage_app.demo.known import Known
from triage_app.demo.papers import NOTICE, pathology_pdf
from triage_app.domain.case import Case
from triage_app.domain.pathology import PATHOLOGY_LABELS, Pathology
from triage_app.domain.people import Actor
from triage_app.domain.reading import Disposition, NextStep, StepEnd, StepKind
from triage_app.domain.triage import Level
from triage_app.services.site.application import Application

_MELANOMAS = (Pathology.MELANOMA_INVASIVE, Pathology.MELANOMA_IN_SITU, Pathology.LENTIGO_MALIGNA)


class Aftermath:
    """Plans what a verdict asked for; some of it never happens, as in life.

    ``come_again`` brings the patient back for another photograph.
    """

    def __init__(
        self,
        app: Application,
        agenda: Agenda,
        rng: np.random.Generator,
        come_again: Callable[[Known, datetime], None],
    ) -> None:
        self._app = app
        self._agenda = agenda
        self._rng = rng
        self._come_again = come_again
        self._specimens = 0

    def of_verdict(self, reader: Actor, case: Case, known: Known) -> None:
        """Papers and next steps of the verdict that was just given."""
        verdict = case.verdict
        assert verdict is not None, "a verdict was just recorded"
        if known.watched_for_a_year and verdict.disposition is not Disposition.BIOPSY_OR_EXCISION:
            case = self._year_is_over(reader, case, known)
        if self._chance(0.2):
            case = self._app.letters.issue(reader, case.id, case.version)
        if self._chance(0.1):
            self._app.reports.issue(reader, case.id)
        step = _open_step(case)
        if step is None:
            self._plan_close(reader, case.id)
        elif step.kind is StepKind.FOLLOW_UP:
            self._plan_follow_up(reader, case.id, step, known)
        elif step.kind is StepKind.HISTOLOGY and self._chance(0.86):
            self._later(6, 19, lambda: self._histology(reader, case.id, known))
        elif step.kind is StepKind.REFERRAL and self._chance(0.8):
            self._later(2, 11, lambda: self._referred(reader, case.id, known))

    def _year_is_over(self, reader: Actor, case: Case, known: Known) -> Case:
        last = known.photographed[-1]
        changed = known.truth.drawn.growth * known.years(last) > 0.4
        return self._app.outcomes.record(
            reader,
            case.id,
            case.version,
            {
                "method": "follow_up",
                "on": self._agenda.zone.day_of(last).isoformat(),
                "changed": "yes" if changed else "no",
            },
        )

    def _plan_follow_up(self, reader: Actor, case_id: str, step: NextStep, known: Known) -> None:
        due = self._agenda.zone.start_of(step.due)
        chance = self._rng.random()
        if chance < 0.78:
            self._come_again(known, due + timedelta(days=self._rng.normal(-2, 5), hours=9))
        elif chance < 0.86:
            at = in_office_hours(due - timedelta(days=3), self._agenda.zone)
            self._agenda.plan(at, lambda: self._postpone(reader, case_id, known))

    def _postpone(self, reader: Actor, case_id: str, known: Known) -> None:
        case = self._app.cases.get(reader, case_id)
        step = _open_step(case)
        if step is None or step.kind is not StepKind.FOLLOW_UP:
            return
        due = max(step.due, self._agenda.day()) + timedelta(days=42)
        note = "The patient asked for a later date."
        case = self._app.reading.end_step(
            reader, case_id, case.version, step.id, StepEnd.POSTPONED, note, due
        )
        later = _open_step(case)
        if later is not None:
            self._plan_follow_up(reader, case_id, later, known)

    def _histology(self, reader: Actor, case_id: str, known: Known) -> None:
        case = self._app.cases.get(reader, case_id)
        if case.outcomes and case.outcomes[-1].diagnosis is known.truth.pathology:
            return
        diagnosis = Pathology.NOT_DIAGNOSTIC if self._chance(0.03) else known.truth.pathology
        fields = self._reported(diagnosis, known)
        case = self._app.outcomes.record(reader, case_id, case.version, fields)
        if self._chance(0.35):
            outcome = case.outcomes[-1]
            self._app.outcomes.attach(reader, case_id, outcome.id, pathology_pdf(outcome))
        if diagnosis is Pathology.NOT_DIAGNOSTIC:
            self._later(12, 18, lambda: self._histology(reader, case_id, known))
        elif diagnosis in _MELANOMAS and self._chance(0.7):
            self._later(1, 3, lambda: self._refer(reader, case_id, known))
        else:
            self._plan_close(reader, case_id)

    def _reported(self, diagnosis: Pathology, known: Known) -> dict[str, object]:
        self._specimens += 1
        fields: dict[str, object] = {
            "method": "histopathology",
            "on": self._agenda.day().isoformat(),
            "diagnosis": diagnosis.value,
            "specimen": f"SYN-H-{self._specimens:04d}",
            "text": f"{NOTICE}. {PATHOLOGY_LABELS[diagnosis]}.",
        }
        if diagnosis is known.truth.pathology and known.truth.breslow_mm is not None:
            fields["breslow_mm"] = f"{known.truth.breslow_mm:g}"
        return fields

    def _refer(self, reader: Actor, case_id: str, known: Known) -> None:
        """A proven melanoma: a new verdict supersedes the one that asked for the biopsy."""
        case = self._app.cases.get(reader, case_id)
        fields: dict[str, object] = {"answer": "agree"}
        if case.analysis.decision.level is not Level.URGENT:
            fields = {
                "answer": "override",
                "level": "urgent",
                "reason": "Melanoma on histopathology.",
            }
        fields |= {"disposition": "urgent_referral", "note": "Re-excision with wider margins."}
        case = self._app.reading.record_verdict(reader, case_id, case.version, fields)
        if self._chance(0.85):
            self._later(2, 9, lambda: self._referred(reader, case_id, known))

    def _referred(self, reader: Actor, case_id: str, known: Known) -> None:
        case = self._app.cases.get(reader, case_id)
        step = _open_step(case)
        if step is None or step.kind is not StepKind.REFERRAL:
            return
        self._app.reading.end_step(
            reader, case_id, case.version, step.id, StepEnd.DONE, "Appointment confirmed."
        )
        if case.outcomes:
            self._plan_close(reader, case_id)
        elif self._chance(0.85):
            self._later(14, 35, lambda: self._histology(reader, case_id, known))

    def _plan_close(self, reader: Actor, case_id: str) -> None:
        if self._chance(0.75):
            self._later(0.5, 4, lambda: self._close(reader, case_id))

    def _close(self, reader: Actor, case_id: str) -> None:
        case = self._app.cases.get(reader, case_id)
        if case.closed_at is None and _open_step(case) is None:
            self._app.reading.close(reader, case_id, case.version)

    def _later(self, soonest: float, latest: float, event: Callable[[], None]) -> None:
        """Have something happen some days from now."""
        days = timedelta(days=self._rng.uniform(soonest, latest))
        self._agenda.plan(in_office_hours(self._agenda.clock() + days, self._agenda.zone), event)

    def _chance(self, share: float) -> bool:
        return bool(self._rng.random() < share)


def _open_step(case: Case) -> NextStep | None:
    return next((step for step in case.next_steps if step.is_open), None)
