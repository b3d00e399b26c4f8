"""A year of the made-up clinic, lived through the same use cases as a real one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial

import numpy as np

from triage_app.demo.aftermath import Aftermath
from triage_app.demo.agenda import Agenda, in_office_hours, last_office_hours
from triage_app.demo.clinician import opinion
from triage_app.demo.known import Known
from triage_app.demo.looks import Kind
from triage_app.demo.photograph import Shot, photographs
from triage_app.demo.reading_room import ReadingRoom
from triage_app.demo.truth import TruePatient
from triage_app.domain.case import Case, CaseDetails
from triage_app.domain.context import ClinicalContext
from triage_app.domain.people import Actor
from triage_app.services.site.application import Application

# So that some lesions can be watched for twelve months.
LENGTH = timedelta(days=400)
_QUESTIONS = (
    "New lesion, noticed by the partner.",
    "Has it changed? The patient is worried.",
    "Naevus check.",
    "Referred by the general practitioner.",
    "",
    "",
)


@dataclass(frozen=True)
class Staff:
    """Who works in the clinic."""

    clinicians: Sequence[Actor]
    photographer: Actor


class Clinic:
    """Lets patients come, be photographed and read until the agenda's end."""

    def __init__(
        self,
        app: Application,
        staff: Staff,
        agenda: Agenda,
        seed: int,
        progress: Callable[[int], None],
    ) -> None:
        self._app = app
        self._staff = staff
        self._agenda = agenda
        self._rng = np.random.default_rng([seed, 2])
        self._progress = progress
        self._images = 0
        self.known: list[Known] = []
        aftermath = Aftermath(app, agenda, self._rng, self._come_again)
        self._room = ReadingRoom(app, staff.clinicians, agenda, self._rng, aftermath)

    def live(self, patients: Sequence[TruePatient]) -> None:
        """Let everybody come for the first time, and what follows from it."""
        pressing = [patient for patient in patients if _has_melanoma(patient)]
        for number, patient in enumerate(patients):
            # More come lately, one of them in danger, so that something waits to be read.
            late = number % 6 == 0 or patient in pressing[-1:]
            # New patients become fewer as those who come back become more.
            ago = (
                self._rng.uniform(0.5, 4) if late else 4 + (LENGTH.days - 8) * self._rng.beta(2, 1)
            )
            at = self._agenda.end - timedelta(days=float(ago))
            self._agenda.plan(
                last_office_hours(at, self._agenda.zone), partial(self._first_visit, patient)
            )
        self._agenda.run()

    def _first_visit(self, patient: TruePatient) -> None:
        clinician = self._someone()
        record = _record(patient, self._agenda.day())
        record["consent"] = "care_and_teaching" if self._rng.random() < 0.3 else "care"
        self._app.lesions.save_patient(clinician, patient.reference, 0, record)
        for truth in patient.lesions:
            where = truth.where
            lesion = self._app.lesions.create(
                clinician,
                patient.reference,
                {
                    "site": where.site.value,
                    "laterality": where.side.value,
                    "view": where.point.view.value,
                    "x": str(where.point.x),
                    "y": str(where.point.y),
                },
            )
            known = Known(patient, truth, lesion.id, self._agenda.clock())
            self.known.append(known)
            self._visit(known)

    def _visit(self, known: Known) -> None:
        """Take a photograph, file it under its lesion, and have it read some time later."""
        at = self._agenda.clock()
        known.photographed.append(at)
        shot = Shot(known.years(at), blurred=bool(self._rng.random() < 0.02))
        (data,) = photographs(known.truth.drawn, [shot])
        self._images += 1
        case = self._app.cases.analyse_upload(
            self._staff.photographer,
            data,
            f"SYN-IMG-{self._images:04d}.jpg",
            self._details(known, at),
        )
        known.cases.append(case.id)
        self._progress(self._images)
        self._agenda.plan(at + timedelta(minutes=4), partial(self._file, known, case))

    def _file(self, known: Known, case: Case) -> None:
        clinician = self._someone()
        filed = self._app.cases.file(clinician, case.id, case.version)
        reason = ""
        others = [s for s in self.known if s.patient is known.patient and s is not known]
        if others and self._rng.random() < 0.04:
            wrong, reason = others[0].lesion_id, "Filed under the wrong lesion."
            filed = self._app.lesions.assign(clinician, case.id, filed.version, wrong)
        filed = self._app.lesions.assign(clinician, case.id, filed.version, known.lesion_id, reason)
        years = known.years(self._agenda.clock())
        seen = opinion(self._rng, known.truth, years, careful=known.patient.careful)
        self._room.await_reading(filed, known, seen)

    def _come_again(self, known: Known, at: datetime) -> None:
        self._agenda.plan(in_office_hours(at, self._agenda.zone), partial(self._visit, known))

    def _details(self, known: Known, at: datetime) -> CaseDetails:
        patient, where = known.patient, known.truth.where
        context = ClinicalContext(
            age=at.year - patient.birth_year,
            sex=patient.sex,
            skin_type=patient.skin,
            site=where.site,
            laterality=where.side,
            red_flags=known.truth.red_flags,
            dermoscopic=True,
        )
        question = _QUESTIONS[int(self._rng.integers(len(_QUESTIONS)))]
        if len(known.photographed) > 1:
            question = "Follow-up: has it changed?"
        return CaseDetails(patient.reference, context=context, clinical_question=question)

    def _someone(self) -> Actor:
        return self._staff.clinicians[int(self._rng.integers(len(self._staff.clinicians)))]


def _record(patient: TruePatient, today: date) -> dict[str, object]:
    """The form of a patient's record, asked on the day of the consent."""
    return {
        "birth_year": str(patient.birth_year),
        "sex": patient.sex.value,
        "skin_type": patient.skin.value,
        "risk_factors": sorted(risk.value for risk in patient.risks),
        "risk_factors_asked": "yes",
        "consent_on": today.isoformat(),
    }


def _has_melanoma(patient: TruePatient) -> bool:
    return any(lesion.drawn.kind is Kind.MELANOMA for lesion in patient.lesions)
