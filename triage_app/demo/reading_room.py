"""What the made-up clinicians do with an image: read it, decide, and look again where needed."""

from collections.abc import Sequence
from datetime import timedelta

import numpy as np

from triage_app.demo.aftermath import Aftermath
from triage_app.demo.agenda import Agenda, in_office_hours
from triage_app.demo.clinician import Opinion, impression_fields, verdict_fields
from triage_app.demo.known import Known
from triage_app.domain.case import Case
from triage_app.domain.pathology import PROOF_OF, Proof
from triage_app.domain.people import Actor
from triage_app.domain.reading import Disposition
from triage_app.domain.triage import Level
from triage_app.services.site.application import Application

# Towards the end some images stay unread, so that the worklist holds something.
_BACKLOG = timedelta(days=9)
_NEVER = timedelta(days=30)


class ReadingRoom:
    """Plans and makes readings."""

    def __init__(
        self,
        app: Application,
        clinicians: Sequence[Actor],
        agenda: Agenda,
        rng: np.random.Generator,
        aftermath: Aftermath,
    ) -> None:
        self._app = app
        self._clinicians = clinicians
        self._agenda = agenda
        self._rng = rng
        self._aftermath = aftermath

    def await_reading(self, case: Case, known: Known, seen: Opinion) -> None:
        """Have an image read: an urgent one within a day, the others within the week."""
        now, reader = self._agenda.clock(), self._someone()
        hours = self._rng.uniform(1, 20)
        urgent = case.analysis.decision.level is Level.URGENT
        if not urgent:
            hours += min(self._rng.exponential(40), 120)
        if self._agenda.end - now < _BACKLOG and self._rng.random() < (0.8 if urgent else 0.5):
            hours += _NEVER / timedelta(hours=1)
        if self._rng.random() < 0.3:
            self._app.reading.take(reader, case.id)
        at = in_office_hours(now + timedelta(hours=hours), self._agenda.zone)
        self._agenda.plan(at, lambda: self._read(reader, case.id, known, seen))

    def _read(self, reader: Actor, case_id: str, known: Known, seen: Opinion) -> None:
        case = self._app.cases.get(reader, case_id)
        if case.blinded or self._rng.random() < 0.8:
            fields = impression_fields(self._rng, seen)
            case = self._app.reading.record_impression(reader, case_id, case.version, fields)
        case = self._decide(reader, case, seen)
        self._aftermath.of_verdict(reader, case, known)
        if self._was_missed(case, known) or self._rng.random() < 0.02:
            days = timedelta(days=self._rng.uniform(1, 4))
            at = in_office_hours(self._agenda.clock() + days, self._agenda.zone)
            self._agenda.plan(at, lambda: self._look_again(reader, case_id, known, seen))

    def _decide(self, reader: Actor, case: Case, seen: Opinion) -> Case:
        today = self._agenda.day()
        fields = verdict_fields(self._rng, seen, case, today)
        return self._app.reading.record_verdict(reader, case.id, case.version, fields)

    def _was_missed(self, case: Case, known: Known) -> bool:
        """A colleague notices half of what was let go."""
        dangerous = PROOF_OF[known.truth.pathology] in (Proof.MALIGNANT, Proof.SUSPICIOUS)
        let_go = case.verdict is not None and case.verdict.disposition is Disposition.DISCHARGE
        return dangerous and let_go and self._rng.random() < 0.5

    def _look_again(self, first: Actor, case_id: str, known: Known, seen: Opinion) -> None:
        others = [person for person in self._clinicians if person is not first]
        reader = others[0] if others else first
        case = self._app.cases.get(reader, case_id)
        if len(known.cases) > 1 and known.cases[-1] != case_id:
            return
        again = Opinion(seen.diagnosis, Level.REVIEW, 0.7)
        self._aftermath.of_verdict(reader, self._decide(reader, case, again), known)

    def _someone(self) -> Actor:
        return self._clinicians[int(self._rng.integers(len(self._clinicians)))]
