"""Finding the case that a row of an import belongs to; one that is not certain is none."""

from collections.abc import Sequence
from datetime import date

from triage_app.domain.calendar import UTC_ZONE, Zone
from triage_app.domain.case import Case, CaseState
from triage_app.domain.errors import CaseNotFound
from triage_app.domain.reading import StepKind
from triage_app.ports.adapters import UnitOfWork
from triage_app.services.exchange.import_choices import Choices
from triage_app.services.exchange.import_rows import ImportRow


class NoMatch(Exception):
    """Why a row belongs to no case, in words."""


class Matcher:
    """Looks up cases within one unit of work; each case and patient is read once.

    The day of an image is that of the site's ``zone``.
    """

    def __init__(
        self, unit: UnitOfWork, choices: Choices | None = None, zone: Zone = UTC_ZONE
    ) -> None:
        self._unit = unit
        self._zone = zone
        self._cases: dict[str, Case] = {}
        self._patients: dict[str, list[Case]] = {}
        self._labels: dict[str, str] = {}
        self.choices = choices or Choices(unit, {})
        """What references of the file mean."""

    def candidates(self, row: ImportRow) -> list[Case]:
        """Filed cases that the row may mean; raises NoMatch without any, Ambiguous where the
        reference may mean several patients.

        A case whose findings are withheld takes no outcome, which would give them away.
        """
        cases = [self._named(row)] if row.case_id else self._of_patient(row)
        filed = [c for c in cases if c.state is CaseState.FILED and c.deleted_at is None]
        if not filed:
            raise NoMatch("No filed case of this patient, lesion and date is stored here.")
        open_to_all = [case for case in filed if not case.blinded]
        if not open_to_all:
            raise NoMatch("Nobody has recorded an impression of this image yet.")
        return open_to_all

    def choose(self, row: ImportRow, candidates: Sequence[Case]) -> Case:
        """The one case that is meant; raises NoMatch where several may be.

        Of several images of one lesion it is the one whose histology is awaited, or else the
        newest that is not younger than the report.
        """
        if len(candidates) == 1:
            return candidates[0]
        lesions = {case.lesion_id for case in candidates}
        if len(lesions) > 1 or "" in lesions:
            raise NoMatch(
                f"{len(candidates)} images match. Give the lesion or the date of the image."
            )
        awaited = [case for case in candidates if _awaits_histology(case)]
        if len(awaited) == 1:
            return awaited[0]
        before = [case for case in candidates if self._day(case) <= row.on]
        if not before:
            raise NoMatch("Every image of this lesion was taken after the date of the report.")
        return max(before, key=lambda case: (case.created_at, case.id))

    def _named(self, row: ImportRow) -> Case:
        try:
            case = self._case(row.case_id)
        except CaseNotFound:
            raise NoMatch("No case has this id.") from None
        if row.patient_reference and case not in self._with_reference(row.patient_reference):
            raise NoMatch("The case with this id belongs to another patient.")
        if not self._fits(row, case):
            raise NoMatch("The case with this id has another lesion or date.")
        return case

    def _of_patient(self, row: ImportRow) -> list[Case]:
        cases = self._with_reference(self.choices.meant(row.patient_reference))
        if not cases:
            raise NoMatch("No patient with this reference is stored here.")
        return [case for case in cases if self._fits(row, case)]

    def _fits(self, row: ImportRow, case: Case) -> bool:
        if row.lesion and self.lesion_of(case).casefold() != row.lesion.casefold():
            return False
        return row.image_date is None or self._day(case) == row.image_date

    def _with_reference(self, reference: str) -> list[Case]:
        if reference not in self._patients:
            ids = self._unit.site.cases_of_patient(reference)
            self._patients[reference] = [self._case(case_id) for case_id in ids]
        return self._patients[reference]

    def _case(self, case_id: str) -> Case:
        if case_id not in self._cases:
            self._cases[case_id] = self._unit.cases.get(case_id)
        return self._cases[case_id]

    def _day(self, case: Case) -> date:
        return self._zone.day_of(case.created_at)

    def lesion_of(self, case: Case) -> str:
        """Name of the lesion of a case, empty without one."""
        if not case.lesion_id:
            return case.details.lesion_label
        if case.lesion_id not in self._labels:
            self._labels[case.lesion_id] = self._unit.lesions.get(case.lesion_id).label
        return self._labels[case.lesion_id]


def _awaits_histology(case: Case) -> bool:
    return any(step.is_open and step.kind is StepKind.HISTOLOGY for step in case.next_steps)
